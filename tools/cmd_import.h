/* cmd_import.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_IMPORT_H
#define TOOLS_CMD_IMPORT_H

#include "tools/command.h"

extern const struct command cmd_import_table[];

#endif
