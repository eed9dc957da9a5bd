/* cmd_enrol.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_ENROL_H
#define TOOLS_CMD_ENROL_H

#include "tools/command.h"

extern const struct command cmd_enrol_table[];

#endif
