/* cmd_generate.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_GENERATE_H
#define TOOLS_CMD_GENERATE_H

#include "tools/command.h"

extern const struct command cmd_generate_table[];

#endif
