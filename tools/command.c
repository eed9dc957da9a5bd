#include "tools/command.h"

#include "core/mistake.h"
#include "core/release.h"
#include "nodes/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    COMMAND_COLUMN = 22,    /* where the words of a help line begin */
    COMMAND_NAME_SIZE = 64, /* "rules publish" and its end */
    COMPLAINT_ROOM = 5120,  /* a path and a complaint */
};

struct given {
    const struct option *option;
    const char *value; /* NULL: a flag */
};

struct arguments {
    const struct command *command;
    const char **operands;
    struct given *given;
    uint32_t operand_count;
    uint32_t given_count;
};

static const struct option COMMON[] = {
    { "json", NULL, "print machine-readable output" },
    { "help", NULL, "print this and stop" },
    { 0 },
};

/* --- finding the command ------------------------------------------------ */

static const struct command *
find(const struct command *const *tables, const char *name)
{
    for (; *tables != NULL; tables++)
        for (const struct command *row = *tables; row->name != NULL; row++)
            if (strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

/* The command that the first one or two of the words name; NULL: none. */
static const struct command *
find_named(const struct command *const *tables, int count, char *const *words,
           int *ret_used)
{
    char name[COMMAND_NAME_SIZE];
    const struct command *command = NULL;

    if (count > 1) {
        snprintf(name, sizeof name, "%s %s", words[0], words[1]);
        command = find(tables, name);
    }
    *ret_used = command != NULL ? 2 : 1;
    return command != NULL ? command : find(tables, words[0]);
}

/* The command that was probably meant. */
static struct mistake_guess
guess_command(const struct command *const *tables, const char *name)
{
    struct mistake_guess guess = mistake_guess_start(view_of(name));

    mistake_guess_offer(&guess, view_of("--version"));
    mistake_guess_offer(&guess, view_of("--help"));
    for (; *tables != NULL; tables++)
        for (const struct command *row = *tables; row->name != NULL; row++)
            mistake_guess_offer(&guess, view_of(row->name));
    return guess;
}

/* --- help --------------------------------------------------------------- */

static void
print_entry(FILE *out, const char *what, const char *line)
{
    if (strlen(what) < COMMAND_COLUMN - 3)
        fprintf(out, "  %-*s%s\n", COMMAND_COLUMN - 2, what, line);
    else
        fprintf(out, "  %s\n%*s%s\n", what, COMMAND_COLUMN, "", line);
}

static void
print_options(FILE *out, const struct option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char what[128];
        snprintf(what, sizeof what, "--%s%s%s", options->name,
                 options->value != NULL ? " " : "",
                 options->value != NULL ? options->value : "");
        print_entry(out, what, options->help);
    }
}

static void
print_usage(FILE *out, const struct command *command)
{
    fprintf(out, "usage: leima %s%s%s%s\n", command->name,
            command->usage[0] != '\0' ? " " : "", command->usage,
            command->options != NULL ? " [OPTION...]" : "");
}

static void
print_help(const struct command *command)
{
    print_usage(stdout, command);
    printf("  %s\n", command->line);
    if (command->about != NULL)
        printf("\n%s", command->about);
    printf("\noptions:\n");
    print_options(stdout, command->options);
    print_options(stdout, COMMON);
    printf("\nexamples:\n");
    for (const char *line = command->examples; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        printf("  %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

/* All commands, or those whose first word is `first`. */
static void
print_list(FILE *out, const struct command *const *tables, const char *first)
{
    size_t size = first == NULL ? 0 : strlen(first);

    for (; *tables != NULL; tables++)
        for (const struct command *row = *tables; row->name != NULL; row++)
            if (size == 0 ||
                (strncmp(row->name, first, size) == 0 &&
                 (row->name[size] == ' ' || row->name[size] == '\0')))
                print_entry(out, row->name, row->line);
}

static void
print_overview(FILE *out, const struct command *const *tables)
{
    fprintf(out, "usage: leima COMMAND [OPERAND...] [OPTION...]\n\n"
                 "An event-sourced loyalty ledger.\n\n");
    print_list(out, tables, NULL);
    fprintf(out, "\n`leima COMMAND --help` says more; `leima --version`: the "
                 "release.  Exit status:\n0 done, 1 refused or not found, 2 "
                 "wrong usage, 3 the ledger is damaged,\n4 a fault of the "
                 "machine, 5 import rejected some lines.\n");
}

static bool
is_first_word(const struct command *const *tables, const char *word)
{
    size_t size = strlen(word);

    for (; *tables != NULL; tables++)
        for (const struct command *row = *tables; row->name != NULL; row++)
            if (strncmp(row->name, word, size) == 0 && row->name[size] == ' ')
                return true;
    return false;
}

/* --- reading the words -------------------------------------------------- */

static const struct option *
find_option(const struct option *options, const char *name, size_t size)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strlen(options->name) == size &&
            memcmp(options->name, name, size) == 0)
            return options;
    return NULL;
}

static void
misuse_of_option(const struct arguments *arguments, view name)
{
    struct mistake_guess guess = mistake_guess_start(name);
    struct mistake_quote quote;

    for (const struct option *row = arguments->command->options;
         row != NULL && row->name != NULL; row++)
        mistake_guess_offer(&guess, view_of(row->name));
    for (const struct option *row = COMMON; row->name != NULL; row++)
        mistake_guess_offer(&guess, view_of(row->name));
    command_misuse(arguments, "there is no option --%.*s%s", (int)name.size,
                   (const char *)name.bytes,
                   mistake_guess_words(&guess, &quote));
}

/* Nothing is called "": what a script has put there was not set. */
#define UNSET "; is a variable of the shell not set?"

static bool
is_repeatable(const struct command *command, const char *name)
{
    const char *const *row = command->repeatable;

    while (row != NULL && *row != NULL && strcmp(*row, name) != 0)
        row++;
    return row != NULL && *row != NULL;
}

/* Which of two values is meant only the user knows; the one that a script adds
 * to what it was given must not win silently, nor lose.  False: a misuse. */
static bool
add_given(struct arguments *arguments, struct given given)
{
    const char *name = given.option->name;
    const char *other = command_option(arguments, name);

    if (other != NULL && strcmp(other, given.value) != 0 &&
        !is_repeatable(arguments->command, name)) {
        command_misuse(arguments,
                       "--%s is given twice, \"%s\" and \"%s\": expected one "
                       "value; leave out the other",
                       name, other, given.value);
        return false;
    }
    arguments->given[arguments->given_count++] = given;
    return true;
}

/* Reads the option at words[*at] and its value, which may be the word behind
 * it.  False: a misuse, which has been said. */
static bool
read_option(struct arguments *arguments, char *const *words, int count, int *at)
{
    const char *name = words[*at] + 2;
    size_t size = strcspn(name, "=");
    const char *value = name[size] == '=' ? name + size + 1 : NULL;

    const struct option *option =
        find_option(arguments->command->options, name, size);
    if (option == NULL)
        option = find_option(COMMON, name, size);
    if (option == NULL) {
        misuse_of_option(arguments,
                         (view) { (const uint8_t *)name, (uint32_t)size });
        return false;
    }
    if (option->value == NULL && value != NULL) {
        command_misuse(arguments, "--%s takes no value", option->name);
        return false;
    }
    if (option->value != NULL && value == NULL) {
        if (*at + 1 == count || strncmp(words[*at + 1], "--", 2) == 0) {
            command_misuse(arguments, "--%s needs a value: --%s %s",
                           option->name, option->name, option->value);
            return false;
        }
        value = words[++*at];
    }
    if (value != NULL && value[0] == '\0') {
        command_misuse(arguments, "--%s: expected %s (%s), found \"\"" UNSET,
                       option->name, option->value, option->help);
        return false;
    }
    return add_given(arguments, (struct given) { option, value });
}

static bool
read_words(struct arguments *arguments, char *const *words, int count)
{
    bool options_end = false;

    for (int i = 0; i < count; i++) {
        if (!options_end && strcmp(words[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && strncmp(words[i], "--", 2) == 0) {
            if (!read_option(arguments, words, count, &i))
                return false;
        } else if (!options_end && words[i][0] == '-' && words[i][1] != '\0') {
            command_misuse(arguments,
                           "options begin with two dashes: %s (an operand "
                           "that begins with one goes behind --)",
                           words[i]);
            return false;
        } else if (words[i][0] == '\0') {
            command_misuse(
                arguments, "expected %s, found \"\" as operand %u" UNSET,
                arguments->command->usage, arguments->operand_count + 1);
            return false;
        } else {
            arguments->operands[arguments->operand_count++] = words[i];
        }
    }
    return true;
}

static bool
count_is_right(const struct arguments *arguments)
{
    const struct command *command = arguments->command;
    uint32_t count = arguments->operand_count;

    if (count < command->operands_min)
        command_misuse(arguments, "too few operands: %s expected",
                       command->usage);
    else if (count > command->operands_max)
        command_misuse(arguments, "one operand too many: \"%s\"",
                       arguments->operands[command->operands_max]);
    else
        return true;
    return false;
}

/* --- running ------------------------------------------------------------ */

/* What was printed is on its way only now; a reader that has gone away is no
 * fault of ours.  What was stored is stored, whoever has heard of it. */
static int
finish(int status)
{
    if (status == COMMAND_DONE && text_has_lacked()) {
        fprintf(stderr, "leima: %s: what was said may lack something\n",
                err_name(ERR_MEMORY));
        status = COMMAND_FAULT;
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return status;
    fprintf(stderr, "%sleima: standard output can't be written: %s%s\n",
            trace_priority(TRACE_ERROR), strerror(errno),
            status == COMMAND_DONE ? "; only the answer is lost" : "");
    return COMMAND_FAULT;
}

static int
run(const struct command *command, char *const *words, int count)
{
    struct arguments arguments = { .command = command };
    int status = COMMAND_MISUSE;

    arguments.operands = calloc((size_t)count + 1, sizeof(char *));
    arguments.given = calloc((size_t)count + 1, sizeof(struct given));
    if (arguments.operands == NULL || arguments.given == NULL) {
        status = command_fail(&arguments, ERR_MEMORY, "can't begin");
        goto done;
    }
    if (!read_words(&arguments, words, count))
        goto done;
    if (command_flag(&arguments, "help")) {
        print_help(command);
        status = COMMAND_DONE;
    } else if (count_is_right(&arguments)) {
        status = (int)command->run(&arguments);
    }
done:
    free(arguments.given);
    free(arguments.operands);
    return finish(status);
}

static void
tell_unknown(const struct command *const *tables, const char *name,
             const char *then)
{
    const struct mistake_guess guess = guess_command(tables, name);
    struct mistake_quote quote;

    fprintf(stderr, "leima: there is no command %s%s%s\n",
            err_quote(view_of(name)).text, mistake_guess_words(&guess, &quote),
            then);
}

static int
run_unknown(const struct command *const *tables, const char *first,
            const char *second)
{
    if (!is_first_word(tables, first)) {
        tell_unknown(tables, first, " (leima --help lists all)");
        return COMMAND_MISUSE;
    }
    if (second != NULL && strcmp(second, "--help") == 0) {
        printf("usage: leima %s COMMAND [OPERAND...] [OPTION...]\n\n", first);
        print_list(stdout, tables, first);
        return finish(COMMAND_DONE);
    }
    char name[COMMAND_NAME_SIZE];
    snprintf(name, sizeof name, "%s %s", first, second == NULL ? "" : second);
    if (second == NULL)
        fprintf(stderr, "leima: \"%s\" needs one of these:\n", first);
    else
        tell_unknown(tables, name, "");
    print_list(stderr, tables, first);
    return COMMAND_MISUSE;
}

int
command_main(const struct command *const *tables, int count, char *const *words)
{
    if (count < 2) {
        print_overview(stderr, tables);
        return COMMAND_MISUSE;
    }
    /* `help COMMAND` is `COMMAND --help`: other programs taught it. */
    const bool help = strcmp(words[1], "help") == 0;
    if (strcmp(words[1], "--help") == 0 || (help && count == 2)) {
        print_overview(stdout, tables);
        return finish(COMMAND_DONE);
    }
    if (strcmp(words[1], "--version") == 0) {
        printf("leima %s\n", RELEASE);
        return finish(COMMAND_DONE);
    }
    words += help ? 2 : 1;
    count -= help ? 2 : 1;
    int used = 0;
    const struct command *command = find_named(tables, count, words, &used);
    if (command != NULL && !help)
        return run(command, words + used, count - used);
    if (command == NULL)
        return run_unknown(tables, words[0],
                           count > 1 ? words[1]
                           : help    ? "--help"
                                     : NULL);
    print_help(command);
    return finish(COMMAND_DONE);
}

/* --- what was given ----------------------------------------------------- */

uint32_t
command_operand_count(const struct arguments *arguments)
{
    return arguments->operand_count;
}

const char *
command_operand(const struct arguments *arguments, uint32_t index)
{
    assert(index < arguments->operand_count);
    return arguments->operands[index];
}

/* A name that the command has no row for is a bug of the command. */
static bool
is_row(const struct arguments *arguments, const char *name)
{
    size_t size = strlen(name);

    return find_option(arguments->command->options, name, size) != NULL ||
           find_option(COMMON, name, size) != NULL;
}

bool
command_flag(const struct arguments *arguments, const char *name)
{
    assert(is_row(arguments, name));
    for (uint32_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return true;
    return false;
}

const char *
command_option_nth(const struct arguments *arguments, const char *name,
                   uint32_t index)
{
    assert(is_row(arguments, name));
    for (uint32_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0 && index-- == 0)
            return arguments->given[i].value;
    return NULL;
}

const char *
command_option(const struct arguments *arguments, const char *name)
{
    assert(is_row(arguments, name));
    for (uint32_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return arguments->given[i].value;
    return NULL;
}

bool
command_integer(const struct arguments *arguments, const char *name,
                int64_t min, int64_t max, int64_t *ret)
{
    const char *text = command_option(arguments, name);
    char *end;

    if (text == NULL)
        return true;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min ||
        value > max || text[0] == ' ' || text[0] == '+') {
        command_misuse(arguments,
                       "--%s: expected an integer from %lld to %lld, "
                       "found \"%s\"",
                       name, (long long)min, (long long)max, text);
        return false;
    }
    *ret = value;
    return true;
}

static bool
parse_age(const char *text, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = { { '\0', 86400000 },
                  { 'd', 86400000 },
                  { 'h', 3600000 },
                  { 'm', 60000 },
                  { 's', 1000 } };
    int64_t number = 0;
    const char *at = text;

    while (*at >= '0' && *at <= '9' && number < 100000)
        number = number * 10 + (*at++ - '0');
    for (uint32_t i = 0; at > text && number > 0 && i < COUNT_OF(UNITS); i++) {
        if (at[0] == UNITS[i].unit && (at[0] == '\0' || at[1] == '\0')) {
            *ret_ms = number * UNITS[i].ms;
            return true;
        }
    }
    return false;
}

bool
command_age(const struct arguments *arguments, const char *name,
            int64_t *ret_ms)
{
    const char *text = command_option(arguments, name);

    if (text == NULL || parse_age(text, ret_ms))
        return true;
    command_misuse(arguments,
                   "--%s: expected days, or 72h, 30m, 90s, found \"%s\"", name,
                   text);
    return false;
}

bool
command_month(const struct arguments *arguments, const char *name,
              int32_t *ret_month)
{
    enum { FIRST = 2000 * 12, END = 2200 * 12 };
    const char *text = command_option(arguments, name);
    int32_t month;

    if (text == NULL)
        return true;
    if (calendar_parse_month(view_of(text), &month) && month >= FIRST &&
        month < END) {
        *ret_month = month;
        return true;
    }
    command_misuse(arguments,
                   "--%s: expected YYYY-MM from 2000-01 to 2199-12, "
                   "found \"%s\"",
                   name, text);
    return false;
}

/* A list such as "table, json or csv". */
static void
list_words(const char *const *words, uint32_t count, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0           ? ""
                                 : i + 1 == count ? " or "
                                                  : ", ",
                                 words[i]);
}

bool
command_form(const struct arguments *arguments, const char *const *words,
             uint32_t count, uint32_t *ret_place)
{
    const char *word = command_option(arguments, "format");
    const char *json = command_flag(arguments, "json") ? "json" : NULL;
    const char *csv =
        is_row(arguments, "excel") && command_flag(arguments, "excel") ? "csv"
                                                                       : NULL;
    const char *form = word != NULL ? word : json != NULL ? json : csv;
    char list[128];

    if (form == NULL)
        return true;
    if ((json != NULL && strcmp(form, json) != 0) ||
        (csv != NULL && strcmp(form, csv) != 0)) {
        command_misuse(arguments,
                       "more than one form is asked for: expected %s",
                       csv != NULL ? "one of --format, --json and --excel, "
                                     "which is csv"
                                   : "--format or --json");
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(form, words[i]) == 0) {
            *ret_place = i;
            return true;
        }
    list_words(words, count, list, sizeof list);
    command_misuse(arguments, "--format: expected %s, found \"%s\"", list,
                   form);
    return false;
}

bool
command_day(const struct arguments *arguments, const char *name,
            int32_t *ret_day)
{
    const char *text = command_option(arguments, name);
    int32_t day;

    if (text == NULL)
        return true;
    if (calendar_parse_date(view_of(text), &day) &&
        day >= LIMIT_AT_MS_MIN / CALENDAR_DAY_MS &&
        day <= LIMIT_CLOCK_MS_MAX / CALENDAR_DAY_MS) {
        *ret_day = day;
        return true;
    }
    command_misuse(arguments,
                   "--%s: expected YYYY-MM-DD from 2000-01-01 to 2199-12-31, "
                   "found \"%s\"",
                   name, text);
    return false;
}

static bool
read_time(const char *text, const struct zone *zone, int64_t *ret_at_ms)
{
    int64_t at_ms;
    int32_t day;

    /* The first midnight is before all time where clocks are ahead of UTC. */
    if (calendar_parse_date(view_of(text), &day)) {
        at_ms =
            zone != NULL ? zone_midnight_ms(zone, day) : day * CALENDAR_DAY_MS;
        if (day == LIMIT_AT_MS_MIN / CALENDAR_DAY_MS && at_ms < LIMIT_AT_MS_MIN)
            at_ms = LIMIT_AT_MS_MIN;
    } else if (!calendar_parse_time(view_of(text), &at_ms))
        return false;
    if (at_ms < LIMIT_AT_MS_MIN || at_ms > LIMIT_CLOCK_MS_MAX)
        return false;
    *ret_at_ms = at_ms;
    return true;
}

bool
command_time(const struct arguments *arguments, const char *name,
             const struct zone *zone, int64_t *ret_at_ms)
{
    const char *text = command_option(arguments, name);

    if (text == NULL || read_time(text, zone, ret_at_ms))
        return true;
    const struct option *row =
        find_option(arguments->command->options, name, strlen(name));
    command_misuse(
        arguments,
        "--%s: expected a time like 2026-10-31T15:00:00Z%s or a "
        "date, from 2000 to 2199, found \"%s\"",
        name,
        strstr(row->value, "POSITION") != NULL ? ", an arrival position" : "",
        text);
    return false;
}

bool
command_account(const struct arguments *arguments, uint32_t index,
                account_id *ret_account)
{
    const char *text = command_operand(arguments, index);

    if (account_parse(view_of(text), ret_account))
        return true;
    command_misuse(arguments,
                   "\"%s\" names no account: expected a member's number or "
                   "bearer:CODE",
                   text);
    return false;
}

int64_t
command_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- saying what is wrong ----------------------------------------------- */

static void
begin_line(const struct arguments *arguments)
{
    fprintf(stderr, "%sleima %s: ", trace_priority(TRACE_ERROR),
            arguments->command->name);
}

/* What was given is quoted: it must not break the line, nor move a terminal's
 * cursor. */
static const char *
on_one_line(char *text)
{
    for (char *at = text; *at != '\0'; at++)
        if ((uint8_t)*at < 0x20 || *at == 0x7f)
            *at = '?';
    return text;
}

enum command_status
command_misuse(const struct arguments *arguments, const char *format, ...)
{
    char text[COMPLAINT_ROOM];
    va_list list;

    begin_line(arguments);
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "%s (leima %s --help)\n", on_one_line(text),
            arguments->command->name);
    return COMMAND_MISUSE;
}

enum command_status
command_status_of(enum err err)
{
    switch (err) {
    case OK:
        return COMMAND_DONE;
    case ERR_INPUT:
    case ERR_NOT_FOUND:
    case ERR_EXISTS:
    case ERR_CONFLICT:
    case ERR_UNKNOWN:
        return COMMAND_REFUSED;
    case ERR_CORRUPT:
        return COMMAND_DAMAGED;
    case ERR_FULL:
    case ERR_IO:
    case ERR_MEMORY:
    case ERR_BUSY:
    case ERR_COUNT:
        return COMMAND_FAULT;
    }
    return COMMAND_FAULT;
}

/* "Permission denied" says more than ERR_IO does.  Not from errno: by now it is
 * that of whatever was put away since. */
static bool
has_system_words(const char *text)
{
    for (int code = 1; code <= EHWPOISON; code++)
        if (strstr(text, strerror(code)) != NULL)
            return true;
    return false;
}

enum command_status
command_fail(const struct arguments *arguments, enum err err,
             const char *format, ...)
{
    enum command_status status = command_status_of(err);
    va_list list;

    /* What can't be printed is no fault of the ledger: finish() says it. */
    if (status == COMMAND_FAULT && ferror(stdout))
        return status;
    char text[COMPLAINT_ROOM];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    begin_line(arguments);
    fputs(on_one_line(text), stderr);
    /* The fault has mostly been named by who found it. */
    bool is_named = strstr(text, err_name(err)) != NULL ||
                    (err == ERR_IO && has_system_words(text)) ||
                    (err == ERR_CORRUPT && strstr(text, "damage") != NULL);
    if ((status != COMMAND_REFUSED || err == ERR_UNKNOWN) && !is_named)
        fprintf(stderr, ": %s", err_name(err));
    if (status == COMMAND_DAMAGED && !is_named)
        fprintf(stderr, " (%s); leima verify says where", err_witness());
    fprintf(stderr, "\n");
    return status;
}
