/* cmd_seal.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_SEAL_H
#define TOOLS_CMD_SEAL_H

#include "tools/command.h"

extern const struct command cmd_seal_table[];

#endif
