/* cmd_account.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_ACCOUNT_H
#define TOOLS_CMD_ACCOUNT_H

#include "tools/command.h"

extern const struct command cmd_account_table[];

#endif
