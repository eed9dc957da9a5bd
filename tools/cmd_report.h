/* cmd_report.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_REPORT_H
#define TOOLS_CMD_REPORT_H

#include "tools/command.h"

extern const struct command cmd_report_table[];

#endif
