/* cmd_events.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_EVENTS_H
#define TOOLS_CMD_EVENTS_H

#include "tools/command.h"

extern const struct command cmd_events_table[];

#endif
