/*
 * command.h - what every command of `leima` is made of
 *
 * A command is a row of a table: its name, its function, its help.  Each file
 * cmd_x.c exports one such table, ended by a row without a name; main.c lists
 * the tables, and this file finds the row, reads the options against it, and
 * writes help.  Exit statuses are those of CLI.md.
 *
 *   const struct command cmd_x_table[] = {
 *       { .name = "settle explain", .run = explain, .line = "...", ... },
 *       { 0 }
 *   };
 *
 * Options are `--name`, `--name VALUE` or `--name=VALUE` and may stand between
 * the operands; `--` ends them; a lone `-` is an operand.  `--json` and
 * `--help` need no row: every command has them.
 *
 * Data goes to stdout, words go to stderr, one line a mistake.  A command
 * writes data with stdio and need not check each call: command_main() flushes
 * at the end and turns a failed write into COMMAND_FAULT.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include "core/calendar.h"
#include "core/err.h"
#include "core/event.h"

#include <stdio.h>

enum command_status {
    COMMAND_DONE = 0,
    COMMAND_REFUSED = 1, /* refused or not found; nothing changed */
    COMMAND_MISUSE = 2,  /* the command line itself is wrong */
    COMMAND_DAMAGED = 3, /* the ledger is damaged */
    COMMAND_FAULT = 4,   /* a fault of the machine; nothing changed */
    COMMAND_PARTLY = 5,  /* import: some lines were rejected */
};

struct option {
    const char *name;  /* without the dashes; NULL ends the list */
    const char *value; /* how help calls its value; NULL: a flag */
    const char *help;  /* one line */
};

struct arguments; /* what was given; valid until the command returns */

struct command {
    const char *name; /* one word or two: "rules check"; NULL ends a table */
    enum command_status (*run)(const struct arguments *arguments);
    const char *line;             /* one line of help, no full stop */
    const char *usage;            /* operands: "LEDGER ACCOUNT..." */
    uint32_t operands_min;        /* fewer are a misuse */
    uint32_t operands_max;        /* more are; 0 means none */
    const struct option *options; /* NULL: none but --json and --help */
    /* Names of options of which every value counts, NULL after them; any other
     * that is given two different values is a misuse. */
    const char *const *repeatable;
    const char *about;    /* some lines for the help; NULL: none */
    const char *examples; /* command lines, "\n" after each */
};

/* Runs the command that the words name; `tables` ends with NULL.  Returns the
 * exit status, after help, misuse or the command. */
int command_main(const struct command *const *tables, int count,
                 char *const *words);

/* The operands, those words that are no options, from 0. */
uint32_t command_operand_count(const struct arguments *arguments);
const char *command_operand(const struct arguments *arguments, uint32_t index);

/* Whether the option was given at all. */
bool command_flag(const struct arguments *arguments, const char *name);
/* Its value; NULL: not given. */
const char *command_option(const struct arguments *arguments, const char *name);
/* Its value where it was given for the `index`th time, from 0; NULL: fewer. */
const char *command_option_nth(const struct arguments *arguments,
                               const char *name, uint32_t index);

/* Values of options.  Where the option was left out `ret` keeps what it holds.
 * False: the value is wrong, which has been said; return COMMAND_MISUSE. */
NODISCARD bool command_integer(const struct arguments *arguments,
                               const char *name, int64_t min, int64_t max,
                               int64_t *ret);
/* "400" days, or "400d", "72h", "30m", "90s". */
NODISCARD bool command_age(const struct arguments *arguments, const char *name,
                           int64_t *ret_ms);
/* "YYYY-MM" as a month, "YYYY-MM-DD" as a day of calendar.h, both from 2000 to
 * 2199. */
NODISCARD bool command_month(const struct arguments *arguments,
                             const char *name, int32_t *ret_month);
NODISCARD bool command_day(const struct arguments *arguments, const char *name,
                           int32_t *ret_day);
/* An RFC 3339 time, or a local date of the zone: its first instant.  A NULL
 * zone (a ledger without rules) takes dates as those of UTC. */
NODISCARD bool command_time(const struct arguments *arguments, const char *name,
                            const struct zone *zone, int64_t *ret_at_ms);
/* The place of --format among the words, of which --json says "json" and, where
 * the command has it, --excel says "csv".  More than one form is wrong. */
NODISCARD bool command_form(const struct arguments *arguments,
                            const char *const *words, uint32_t count,
                            uint32_t *ret_place);
/* "42" or "bearer:CODE" among the operands; likewise. */
NODISCARD bool command_account(const struct arguments *arguments,
                               uint32_t index, account_id *ret_account);

/* Now, in milliseconds UTC: the only clock of the commands. */
int64_t command_now_ms(void);

/* A misuse found by the command itself: says it with the command's usage. */
enum command_status command_misuse(const struct arguments *arguments,
                                   const char *format, ...) PRINTF_LIKE(2, 3);

/* Says "leima COMMAND: ..." in one line on stderr and gives the status that
 * goes with the fault; the fault's own name is added but for ERR_INPUT,
 * ERR_NOT_FOUND, ERR_EXISTS and ERR_CONFLICT, where the text says all. */
enum command_status command_fail(const struct arguments *arguments,
                                 enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The status alone. */
enum command_status command_status_of(enum err err);

#endif
