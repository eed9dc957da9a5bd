/* cmd_liability.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_LIABILITY_H
#define TOOLS_CMD_LIABILITY_H

#include "tools/command.h"

extern const struct command cmd_liability_table[];

#endif
