/* cmd_nodes.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_NODES_H
#define TOOLS_CMD_NODES_H

#include "tools/command.h"

extern const struct command cmd_nodes_table[];

#endif
