/*
 * main.c - the program: all tables of commands, in the order of the help
 */
#include <locale.h>
#include <stddef.h>

#include "tools/command.h"

static const struct command *const TABLES[] = {
    NULL,
};

int
main(int count, char **words)
{
    /* Only for the width of letters in tables; numbers and times are written
     * by our own functions, the same everywhere. */
    setlocale(LC_CTYPE, "C.UTF-8");
    return command_main(TABLES, count, words);
}
