/* cmd_replay.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_REPLAY_H
#define TOOLS_CMD_REPLAY_H

#include "tools/command.h"

extern const struct command cmd_replay_table[];

#endif
