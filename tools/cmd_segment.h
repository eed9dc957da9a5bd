/* cmd_segment.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_SEGMENT_H
#define TOOLS_CMD_SEGMENT_H

#include "tools/command.h"

extern const struct command cmd_segment_table[];

#endif
