/* cmd_ledger.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_LEDGER_H
#define TOOLS_CMD_LEDGER_H

#include "tools/command.h"

extern const struct command cmd_ledger_table[];

#endif
