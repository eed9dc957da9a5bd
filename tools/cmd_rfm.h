/* cmd_rfm.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_RFM_H
#define TOOLS_CMD_RFM_H

#include "tools/command.h"

extern const struct command cmd_rfm_table[];

#endif
