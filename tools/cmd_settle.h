/* cmd_settle.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_SETTLE_H
#define TOOLS_CMD_SETTLE_H

#include "tools/command.h"

extern const struct command cmd_settle_table[];

#endif
