/* cmd_backup.h - this file's commands, for the table of main.c */
#ifndef TOOLS_CMD_BACKUP_H
#define TOOLS_CMD_BACKUP_H

#include "tools/command.h"

extern const struct command cmd_backup_table[];

#endif
