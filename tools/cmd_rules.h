/* cmd_rules.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_RULES_H
#define TOOLS_CMD_RULES_H

#include "tools/command.h"

extern const struct command cmd_rules_table[];

#endif
