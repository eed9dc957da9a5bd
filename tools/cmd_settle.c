/*
 * cmd_settle.c - partner settlement: statements shown, closed, written out
 *
 * A closed period comes from the bytes of its close, an open one is made from
 * what is known now; from there on both take the same way: JSON as it is, the
 * other forms from the statement that was read back out of it.
 */
#include "tools/cmd_settle.h"

#include "core/closing.h"
#include "core/statement.h"
#include "nodes/keys.h"
#include "tools/statement_csv.h"
#include "tools/statement_table.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum form {
    FORM_TABLE,
    FORM_JSON,
    FORM_CSV,
    FORM_COUNT,
};

static const char *const FORMS[] = {
    [FORM_TABLE] = "table", [FORM_JSON] = "json", [FORM_CSV] = "csv"
};
static_assert(COUNT_OF(FORMS) == FORM_COUNT, "a name for every form");

/* One run of the command: what was asked for and what it works on. */
struct settle {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct arena *arena;
    struct complaint complaint;
    int32_t first; /* periods asked for, inclusive */
    int32_t last;
    const char *partner; /* NULL: all */
    const char *folder;  /* NULL: standard output */
    enum form form;
    bool excel;
    int64_t now_ms;
};

static enum command_status
fail(const struct settle *settle, enum err err)
{
    return command_fail(settle->arguments, err, "%s", settle->complaint.text);
}

/* --- writing one statement --- */

/* The JSON of the period: from its close, or made now. */
static enum err
get_json(struct settle *settle, int32_t period, struct text *json)
{
    const struct statement *statement;
    struct closing_books books;

    enum err err =
        closing_read(settle->ledger, LEDGER_KNOWN_ALL, settle->arena, &books);
    if (err != OK)
        return err;
    const struct closing *closing = closing_find(&books, period);
    if (closing != NULL) {
        text_view_append(json, closing->statement);
        return text_ok(json) ? OK : ERR_MEMORY;
    }
    err = closing_statement(settle->ledger, &books, period, settle->now_ms,
                            settle->arena, &statement, &settle->complaint);
    if (err != OK)
        return err;
    statement_json(json, statement);
    return text_ok(json) ? OK : ERR_MEMORY;
}

static bool
write_form(const struct settle *settle, const struct statement *statement,
           const struct statement_partner *partner, FILE *out)
{
    struct text text = { 0 };

    if (settle->form == FORM_TABLE)
        return statement_table(out, statement, partner);
    if (settle->form == FORM_CSV)
        statement_csv(&text, statement, partner, settle->excel);
    else
        statement_partner_json(&text, statement, partner);
    bool done =
        text_ok(&text) && fwrite(text.bytes, 1, text.size, out) == text.size;
    text_close(&text);
    return done;
}

static FILE *
open_output(const struct settle *settle, int32_t period)
{
    char path[4096], month[8];

    if (settle->folder == NULL)
        return stdout;
    if (mkdir(settle->folder, 0777) != 0 && errno != EEXIST)
        return NULL;
    calendar_format_month(period, month);
    snprintf(path, sizeof path, "%s/settle-%s%s%s.%s", settle->folder, month,
             settle->partner != NULL ? "-" : "",
             settle->partner != NULL ? settle->partner : "",
             settle->form == FORM_TABLE ? "txt" : FORMS[settle->form]);
    return fopen(path, "w");
}

static enum command_status
write_statement(struct settle *settle, int32_t period, view json)
{
    const struct statement_partner *partner = NULL;
    struct statement statement;

    enum err err =
        statement_read(json, settle->arena, &statement, &settle->complaint);
    if (err != OK)
        return fail(settle, err);
    if (settle->partner != NULL) {
        partner = statement_find(&statement, view_of(settle->partner));
        if (partner == NULL)
            return command_fail(settle->arguments, ERR_NOT_FOUND,
                                "no partner \"%s\" in this period",
                                settle->partner);
    }
    FILE *out = open_output(settle, period);
    if (out == NULL)
        return command_fail(settle->arguments, ERR_IO, "%s: %s", settle->folder,
                            strerror(errno));
    bool done = settle->form == FORM_JSON && partner == NULL
                    ? fwrite(json.bytes, 1, json.size, out) == json.size
                    : write_form(settle, &statement, partner, out);
    if (out != stdout && fclose(out) != 0)
        done = false;
    if (!done)
        return command_fail(settle->arguments, ERR_IO,
                            "the statement can't be written");
    return COMMAND_DONE;
}

static enum command_status
show_period(struct settle *settle, int32_t period)
{
    struct text json = { 0 };

    enum err err = get_json(settle, period, &json);
    enum command_status status =
        err == OK ? write_statement(settle, period, text_view(&json))
                  : fail(settle, err);
    text_close(&json);
    return status;
}

/* --- closing --- */

static void
tell_silent(void *context, uint32_t node, int64_t last_ms)
{
    const struct settle *settle = context;
    int64_t hours = (settle->now_ms - last_ms) / 3600000;

    if (last_ms == INT64_MIN)
        fprintf(stderr, "node %u: never heard\n", node);
    else
        fprintf(stderr, "node %u: not heard for %lld hours\n", node,
                (long long)hours);
}

static enum command_status
close_period(struct settle *settle, int32_t period)
{
    const struct timeline *timeline;
    uint32_t silent = 0;

    if (keys_has_hub(ledger_dir(settle->ledger)))
        return command_fail(settle->arguments, ERR_CONFLICT,
                            "%s has joined a hub: close there",
                            ledger_dir(settle->ledger));
    enum err err = ledger_timeline(settle->ledger, LEDGER_KNOWN_ALL, &timeline,
                                   &settle->complaint);
    if (err == OK)
        err = closing_incomplete(
            settle->ledger, zone_month_start_ms(&timeline->zone, period + 1),
            tell_silent, settle, &silent);
    if (err != OK)
        return fail(settle, err);
    if (silent > 0 && !command_flag(settle->arguments, "force"))
        return command_fail(settle->arguments, ERR_INPUT,
                            "%u nodes have not reported past the end of the "
                            "period; wait for them, or close with --force",
                            silent);
    err = closing_close(settle->ledger, period, settle->now_ms,
                        &settle->complaint);
    return err == OK ? COMMAND_DONE : fail(settle, err);
}

/* --- the command --- */

static bool
read_form(struct settle *settle)
{
    const char *name = command_option(settle->arguments, "format");

    settle->excel = command_flag(settle->arguments, "excel");
    settle->form = settle->excel ? FORM_CSV : FORM_TABLE;
    if (command_flag(settle->arguments, "json"))
        settle->form = FORM_JSON;
    if (name == NULL)
        return true;
    for (int i = 0; i < FORM_COUNT; i++)
        if (strcmp(name, FORMS[i]) == 0) {
            settle->form = (enum form)i;
            return true;
        }
    return false;
}

static enum command_status
run_periods(struct settle *settle)
{
    bool closing = command_flag(settle->arguments, "close");

    for (int32_t period = settle->first; period <= settle->last; period++) {
        enum command_status status = COMMAND_DONE;
        if (closing)
            status = close_period(settle, period);
        if (status == COMMAND_DONE)
            status = show_period(settle, period);
        if (status != COMMAND_DONE)
            return status;
    }
    return COMMAND_DONE;
}

static enum command_status
open_and_run(struct settle *settle)
{
    bool closing = command_flag(settle->arguments, "close");
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return command_fail(settle->arguments, ERR_MEMORY, "settle");
    settle->arena = &arena;
    enum err err = ledger_open(command_operand(settle->arguments, 0),
                               closing ? LEDGER_WRITE : LEDGER_READ,
                               &settle->complaint, &settle->ledger);
    enum command_status status =
        err == OK ? run_periods(settle) : fail(settle, err);
    if (err == OK)
        ledger_close(settle->ledger);
    arena_close(&arena);
    return status;
}

static enum command_status
settle(const struct arguments *arguments)
{
    struct settle settle = { .arguments = arguments,
                             .now_ms = command_now_ms(),
                             .first = PROGRAM_NONE,
                             .partner = command_option(arguments, "partner"),
                             .folder = command_option(arguments, "output") };

    if (!command_month(arguments, "period", &settle.first))
        return COMMAND_MISUSE;
    if (settle.first == PROGRAM_NONE)
        return command_misuse(arguments, "--period YYYY-MM is needed");
    settle.last = settle.first;
    if (!command_month(arguments, "through", &settle.last))
        return COMMAND_MISUSE;
    if (settle.last < settle.first)
        return command_misuse(arguments, "--through is before --period");
    if (!read_form(&settle))
        return command_misuse(arguments, "--format is one of table, json, csv");
    return open_and_run(&settle);
}

static const struct option OPTIONS[] = {
    { "period", "YYYY-MM", "the month to settle" },
    { "through", "YYYY-MM", "all months from --period to this one" },
    { "partner", "ID", "only what this partner may see" },
    { "close", NULL, "close the period for ever, then show it" },
    { "force", NULL, "close although some nodes have not reported" },
    { "format", "FORM", "table, json or csv" },
    { "excel", NULL, "csv with semicolons, decimal commas and a BOM" },
    { "output", "DIR", "write a file for each period there" },
    { 0 },
};

const struct command cmd_settle_table[] = {
    { .name = "settle",
      .run = settle,
      .line = "what each partner owes and is owed for a month",
      .usage = "LEDGER --period YYYY-MM",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about = "Shows the statement of an open month as known now, and that "
               "of a closed one\nfor ever as it was closed.  What came to "
               "light later stands as adjustments in the\nfirst month that is "
               "not closed.\n",
      .examples = "leima settle hub --period 2026-10\n"
                  "leima settle hub --period 2026-10 --close --json\n"
                  "leima settle hub --period 2026-10 --partner cafe "
                  "--excel --output statements\n" },
    { 0 },
};
