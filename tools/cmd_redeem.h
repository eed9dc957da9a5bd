/* cmd_redeem.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_REDEEM_H
#define TOOLS_CMD_REDEEM_H

#include "tools/command.h"

extern const struct command cmd_redeem_table[];

#endif
