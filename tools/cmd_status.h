/* cmd_status.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_STATUS_H
#define TOOLS_CMD_STATUS_H

#include "tools/command.h"

extern const struct command cmd_status_table[];

#endif
