/* cmd_keys.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_KEYS_H
#define TOOLS_CMD_KEYS_H

#include "tools/command.h"

extern const struct command cmd_keys_table[];

#endif
