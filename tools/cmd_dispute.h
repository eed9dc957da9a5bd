/* cmd_dispute.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_DISPUTE_H
#define TOOLS_CMD_DISPUTE_H

#include "tools/command.h"

extern const struct command cmd_dispute_table[];

#endif
