/*
 * cmd_settle.c - partner settlement: statements shown, closed, written out
 *
 * A closed period comes from the bytes of its close, an open one is made from
 * what is known now; from there on both take the same way: JSON as it is, the
 * other forms from the statement that was read back out of it.
 *
 * Files that --output DIR writes:
 *
 *   settle-PERIOD.FORM              the whole statement
 *   settle-PERIOD-PARTNER.FORM      one partner's (--partner, --apart)
 *   ....json and ....json.sig       with --signed: the whole and each partner's
 *                                   part with a seal (core/seal.h) beside it
 */
#include "tools/cmd_settle.h"

#include "core/closing_write.h"
#include "core/seal.h"
#include "core/silence.h"
#include "core/statement.h"
#include "tools/evidence.h"
#include "tools/file.h"
#include "tools/output.h"
#include "tools/query.h"
#include "tools/spreadsheet.h"
#include "tools/statement_csv.h"
#include "tools/statement_hledger.h"
#include "tools/statement_html.h"
#include "tools/statement_table.h"
#include "tools/statement_words.h"
#include "tools/table.h"
#include "tools/vacant.h"

#include <stdlib.h>
#include <sys/stat.h>

enum form {
    FORM_TABLE,
    FORM_JSON,
    FORM_CSV,
    FORM_XLSX,
    FORM_HLEDGER,
    FORM_HTML,
    FORM_COUNT,
};

static const char *const FORMS[] = {
    [FORM_TABLE] = "table", [FORM_JSON] = "json",       [FORM_CSV] = "csv",
    [FORM_XLSX] = "xlsx",   [FORM_HLEDGER] = "hledger", [FORM_HTML] = "html",
};
static_assert(COUNT_OF(FORMS) == FORM_COUNT, "a name for every form");

static const char *const ENDINGS[] = {
    [FORM_TABLE] = "txt", [FORM_JSON] = "json",       [FORM_CSV] = "csv",
    [FORM_XLSX] = "xlsx", [FORM_HLEDGER] = "journal", [FORM_HTML] = "html",
};
static_assert(COUNT_OF(ENDINGS) == FORM_COUNT, "an ending for every form");

enum { PATH_SIZE = 4096 };

/* One run of the command: what was asked for and what it works on. */
struct settle {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct arena *arena;
    struct complaint complaint;
    int32_t first; /* periods asked for, inclusive; PROGRAM_NONE: left out */
    int32_t last;
    const char *partner; /* NULL: all */
    const char *folder;  /* NULL: standard output */
    enum form form;
    bool excel;
    bool closing;
    int64_t now_ms;
    uint32_t closed;  /* periods so far */
    uint32_t busy;    /* those with a figure */
    uint32_t written; /* forms, and files of --signed, so far */
    /* The period at hand: */
    struct closing_books books;
    const struct closing *close; /* NULL: it is open */
    struct text json;            /* the whole statement */
    struct statement statement;
};

static enum command_status
fail(const struct settle *settle, enum err err)
{
    const char *text = settle->complaint.text;

    return command_fail(
        settle->arguments, err, "%s",
        text[0] != '\0' ? text : command_operand(settle->arguments, 0));
}

static enum command_status
fail_write(const struct settle *settle, enum err err,
           const struct complaint *why)
{
    return command_fail(settle->arguments, err,
                        "the statement can't be written: %s", why->text);
}

/* --- the statement of a period --- */

/* Its bytes: from its close, or made now. */
static enum err
get_json(struct settle *settle, int32_t period)
{
    const struct statement *statement;
    const struct closing_question question = { .books = &settle->books,
                                               .period = period,
                                               .known = LEDGER_KNOWN_ALL,
                                               .now_ms = settle->now_ms };

    settle->close = closing_find(&settle->books, period);
    if (settle->close != NULL)
        return closing_load(settle->ledger, settle->close, &settle->json,
                            &settle->complaint);
    enum err err = closing_statement(settle->ledger, &question, settle->arena,
                                     &statement, &settle->complaint);
    if (err == OK)
        statement_json(&settle->json, statement);
    return err == OK && !text_ok(&settle->json) ? ERR_MEMORY : err;
}

/* As they were when the period was closed, so that it is printed for ever as
 * it was; an open one has those of now. */
static enum err
name_partners(struct settle *settle)
{
    const struct timeline *timeline;
    uint64_t known;
    bool exact;

    enum err err = closing_known(settle->ledger, settle->close, &known, &exact);
    if (err == OK)
        err = ledger_timeline(settle->ledger, known, &timeline,
                              &settle->complaint);
    if (err == OK)
        statement_words_names(&settle->statement, timeline, settle->arena);
    return err;
}

static enum err
read_books(struct settle *settle)
{
    return closing_read(settle->ledger, LEDGER_KNOWN_ALL, settle->arena,
                        &settle->books, &settle->complaint);
}

/* The books have grown if something is being closed; else they are read once,
 * for all periods. */
static enum err
load_period(struct settle *settle, int32_t period)
{
    text_clear(&settle->json);
    enum err err = settle->closing ? read_books(settle) : OK;
    if (err == OK)
        err = get_json(settle, period);
    if (err == OK)
        err = statement_read(text_view(&settle->json), settle->arena,
                             &settle->statement, &settle->complaint);
    if (err == OK)
        err = name_partners(settle);
    return err;
}

/* --- writing --- */

/* The path of a file in the folder; `more` comes after the ending. */
static void
make_path(const struct settle *settle, enum form form,
          const struct statement_partner *partner, const char *more,
          char path[static PATH_SIZE])
{
    char month[8];
    int size = partner == NULL ? 0 : (int)partner->partner.size;

    calendar_format_month(settle->statement.period, month);
    snprintf(path, PATH_SIZE, "%s/settle-%s%s%.*s.%s%s", settle->folder, month,
             size > 0 ? "-" : "", size,
             size > 0 ? (const char *)partner->partner.bytes : "",
             ENDINGS[form], more);
}

static enum command_status
write_bytes(const struct settle *settle, const struct text *text,
            const char *path)
{
    struct complaint why;
    enum err err = output_write(path, text, &why);

    return err == OK ? COMMAND_DONE : fail_write(settle, err, &why);
}

static enum command_status
write_table(const struct settle *settle,
            const struct statement_partner *partner, const char *path)
{
    struct text text = { 0 };
    char *bytes = NULL;
    size_t size = 0;

    if (settle->folder == NULL && settle->written > 0)
        putchar('\n');          /* between two months */
    if (settle->folder == NULL) /* a terminal, which gets what no file gets */
        return statement_table(stdout, &settle->statement, partner)
                   ? COMMAND_DONE
                   : command_fail(settle->arguments, ERR_MEMORY, "the table");
    FILE *out = open_memstream(&bytes, &size);
    bool whole =
        out != NULL && statement_table(out, &settle->statement, partner);
    if (out != NULL && fclose(out) != 0)
        whole = false;
    text_bytes(&text, bytes, size);
    enum command_status status =
        whole ? write_bytes(settle, &text, path)
              : command_fail(settle->arguments, ERR_MEMORY, "%s", path);
    text_close(&text);
    free(bytes);
    return status;
}

/* A reader that has gone away ends us here. */
static enum err
copy_out(FILE *in, const char *path, struct complaint *why)
{
    enum { STEP = 1 << 16 };
    struct output *output = NULL;
    uint8_t bytes[STEP];
    uint32_t size = STEP;

    enum err err = output_open(path, &output, why);
    while (err == OK && size == STEP) {
        size = (uint32_t)fread(bytes, 1, STEP, in);
        if (!output_put(output, (view) { bytes, size }))
            break; /* closing says why */
    }
    if (err == OK && ferror(in)) {
        err = file_fault(path, why);
        output_discard(output);
    } else if (err == OK) {
        err = output_close(output, why);
    }
    return err;
}

static enum command_status
write_xlsx(struct settle *settle, const struct statement_partner *partner,
           const char *path)
{
    struct evidence evidence = { .arena = settle->arena };
    struct complaint why = { 0 };
    FILE *book = NULL;

    enum err err = evidence_gather(settle->ledger, &settle->books,
                                   &settle->statement, partner, &evidence);
    if (err == OK)
        err = spreadsheet_make(&settle->statement, partner, &evidence, &book,
                               &why);
    if (err != OK)
        return command_fail(settle->arguments, err, "%s",
                            why.text[0] != '\0' ? why.text : path);
    err = copy_out(book, path, &why);
    fclose(book);
    return err == OK ? COMMAND_DONE : fail_write(settle, err, &why);
}

static void
put_json(struct text *text, const struct settle *settle,
         const struct statement_partner *partner)
{
    if (partner == NULL)
        text_view_append(text, text_view(&settle->json));
    else
        statement_partner_json(text, &settle->statement, partner);
}

/* One form of the whole (NULL) or of one partner's part. */
static enum command_status
put_form(struct settle *settle, const struct statement_partner *partner)
{
    const struct statement *statement = &settle->statement;
    char path[PATH_SIZE] = "-";
    struct text text = { 0 };

    if (settle->folder != NULL)
        make_path(settle, settle->form, partner, "", path);
    switch (settle->form) {
    case FORM_TABLE:
        return write_table(settle, partner, path);
    case FORM_XLSX:
        return write_xlsx(settle, partner, path);
    case FORM_JSON:
        if (partner == NULL)
            return write_bytes(settle, &settle->json, path);
        put_json(&text, settle, partner);
        break;
    case FORM_CSV: /* one table, however many periods go to one place */
        if (settle->folder != NULL || settle->written == 0)
            statement_csv_heading(&text, settle->excel);
        statement_csv(&text, statement, partner, settle->excel);
        break;
    case FORM_HLEDGER:
        statement_hledger(&text, statement, partner);
        break;
    case FORM_HTML:
        statement_html(&text, statement, partner);
        break;
    case FORM_COUNT:
        break;
    }
    enum command_status status = write_bytes(settle, &text, path);
    text_close(&text);
    return status;
}

static enum command_status
write_form(struct settle *settle, const struct statement_partner *partner)
{
    enum command_status status = put_form(settle, partner);

    settle->written += status == COMMAND_DONE;
    return status;
}

static enum command_status
write_apart(struct settle *settle)
{
    enum command_status status = COMMAND_DONE;

    for (uint32_t i = 0;
         i < settle->statement.partner_count && status == COMMAND_DONE; i++)
        status = write_form(settle, &settle->statement.partners[i]);
    return status;
}

/* --- signed files --- */

/* The bytes and their seal beside them, once they are seen to fit. */
static enum command_status
write_sealed(struct settle *settle, const struct statement_partner *partner,
             crypto_signature signature)
{
    const struct closing *close = settle->close;
    struct seal seal = { .period = close->period,
                         .partner =
                             partner == NULL ? (view) { 0 } : partner->partner,
                         .heads = close->heads,
                         .key = close->key,
                         .signature = signature };
    struct text bytes = { 0 }, lines = { 0 };
    enum command_status status;
    char path[PATH_SIZE];

    put_json(&bytes, settle, partner);
    seal_write(&lines, &seal);
    enum err err = text_ok(&bytes) && text_ok(&lines)
                       ? seal_check(&seal, close->key, text_view(&bytes))
                       : ERR_MEMORY;
    if (err != OK) {
        status = err == ERR_INPUT
                     ? command_fail(settle->arguments, ERR_CORRUPT,
                                    "the statement is not what was signed")
                     : command_fail(settle->arguments, err, "the statement");
        goto done;
    }
    make_path(settle, FORM_JSON, partner, "", path);
    status = write_bytes(settle, &bytes, path);
    if (status != COMMAND_DONE)
        goto done;
    make_path(settle, FORM_JSON, partner, ".sig", path);
    status = write_bytes(settle, &lines, path);
    settle->written += 2;
done:
    text_close(&bytes);
    text_close(&lines);
    return status;
}

static enum command_status
write_signed(struct settle *settle)
{
    const struct closing *close = settle->close;
    char month[8];

    calendar_format_month(settle->statement.period, month);
    if (close == NULL)
        return command_fail(settle->arguments, ERR_INPUT,
                            "%s is not closed: nothing of it is signed yet; "
                            "add --close",
                            month);
    enum command_status status =
        settle->partner != NULL ? COMMAND_DONE
                                : write_sealed(settle, NULL, close->signature);
    for (uint32_t i = 0; i < close->part_count && status == COMMAND_DONE; i++) {
        const struct statement_partner *partner =
            statement_find(&settle->statement, close->parts[i].partner);
        if (partner == NULL ||
            (settle->partner != NULL &&
             !view_equal(view_of(settle->partner), partner->partner)))
            continue;
        status = write_sealed(settle, partner, close->parts[i].signature);
    }
    return status;
}

/* The partner asked for has no part in the period.  Of several periods, and
 * of one that has just been closed, that is no failure. */
static enum command_status
tell_no_part(const struct settle *settle)
{
    char month[8];

    calendar_format_month(settle->statement.period, month);
    if (!settle->closing && settle->first == settle->last)
        return command_fail(settle->arguments, ERR_NOT_FOUND,
                            "\"%s\" has no part in %s", settle->partner, month);
    fprintf(stderr, "\"%s\" has no part in %s\n", settle->partner, month);
    return COMMAND_DONE;
}

static enum command_status
write_period(struct settle *settle)
{
    const struct statement_partner *partner = NULL;

    if (settle->partner != NULL) {
        partner = statement_find(&settle->statement, view_of(settle->partner));
        if (partner == NULL)
            return tell_no_part(settle);
    }
    if (settle->folder != NULL) {
        struct complaint why;
        enum err err = output_make_folder(settle->folder, &why);
        if (err != OK)
            return command_fail(settle->arguments, err, "--output %s",
                                why.text);
    }
    if (command_flag(settle->arguments, "signed"))
        return write_signed(settle);
    if (command_flag(settle->arguments, "apart") && partner == NULL)
        return write_apart(settle);
    return write_form(settle, partner);
}

/* Partners may have another statement of that month, signed like this one. */
static void
tell_displaced(const struct settle *settle, int32_t period)
{
    const struct closing_books *books = &settle->books;
    struct complaint words;

    for (uint32_t i = 0; i < books->displaced_count; i++) {
        if (books->displaced[i].period != period)
            continue;
        closing_tell_displaced(books, &books->displaced[i], &words);
        fprintf(stderr, "leima settle: %s\n", words.text);
    }
}

static enum command_status
show_period(struct settle *settle, int32_t period)
{
    enum err err = load_period(settle, period);

    if (err != OK)
        return fail(settle, err);
    settle->busy += !vacant_is(&settle->statement);
    tell_displaced(settle, period);
    return write_period(settle);
}

/* --- closing --- */

static void
tell_silent(const struct settle *settle, const struct silence *silent)
{
    int64_t hours = (settle->now_ms - silent->last_ms) / 3600000;
    char last[25];

    if (silent->last_ms == INT64_MIN) {
        fprintf(stderr, "node %u: never heard\n", silent->node);
        return;
    }
    calendar_format_time(silent->last_ms, last);
    fprintf(stderr, "node %u: last heard %s, %lld hours ago\n", silent->node,
            last, (long long)hours);
}

/* Says who has not reported past the period's end, and whether to go on. */
static enum command_status
check_complete(struct settle *settle, int32_t period)
{
    const struct timeline *timeline;
    const struct silence *silent = NULL;
    uint32_t count = 0;

    enum err err = ledger_timeline(settle->ledger, LEDGER_KNOWN_ALL, &timeline,
                                   &settle->complaint);
    if (err == OK)
        err = silence_list(settle->ledger,
                           zone_month_start_ms(&timeline->zone, period + 1),
                           settle->arena, &silent, &count);
    if (err != OK)
        return fail(settle, err);
    for (uint32_t i = 0; i < count; i++)
        tell_silent(settle, &silent[i]);
    uint64_t flagged = history_counts(ledger_history(settle->ledger)).flagged;
    if (flagged > 0 && settle->closed == 0)
        fprintf(stderr,
                "%llu %s written by a clock that stood wrong; see "
                "leima status\n",
                (unsigned long long)flagged,
                text_plural(flagged, "record was", "records were"));
    char month[8];
    calendar_format_month(period, month);
    if (count > 0 && !command_flag(settle->arguments, "force"))
        return command_fail(settle->arguments, ERR_INPUT,
                            "%u %s not reported past the end of %s; wait, "
                            "or close with --force",
                            count, text_plural(count, "node has", "nodes have"),
                            month);
    return COMMAND_DONE;
}

/* Said before anybody is waited for. */
static enum command_status
check_period(struct settle *settle, int32_t period)
{
    const struct closing_question question = { .books = &settle->books,
                                               .period = period,
                                               .known = LEDGER_KNOWN_ALL,
                                               .now_ms = settle->now_ms };
    enum err err = read_books(settle);
    if (err == OK)
        err = closing_check(settle->ledger, &question, settle->arena,
                            &settle->complaint);
    return err == OK ? COMMAND_DONE : fail(settle, err);
}

static enum command_status
close_period(struct settle *settle, int32_t period)
{
    enum command_status status =
        query_may_rule(settle->arguments, settle->ledger);
    if (status == COMMAND_DONE)
        status = check_period(settle, period);
    if (status == COMMAND_DONE)
        status = check_complete(settle, period);
    if (status != COMMAND_DONE)
        return status;
    enum err err = closing_close(settle->ledger, period, settle->now_ms,
                                 &settle->complaint);
    if (err != OK)
        return fail(settle, err);
    settle->closed++;
    return COMMAND_DONE;
}

/* --- the command --- */

/* All that is wrong about where and how to write is said before anything is
 * closed for ever. */
static enum command_status
read_form(struct settle *settle)
{
    const struct arguments *arguments = settle->arguments;
    bool has_signed = command_flag(arguments, "signed");
    uint32_t form = FORM_TABLE;

    if (!command_form(arguments, FORMS, FORM_COUNT, &form))
        return COMMAND_MISUSE;
    settle->form = (enum form)form;
    settle->excel = command_flag(arguments, "excel");
    if (has_signed && form != FORM_TABLE && form != FORM_JSON)
        return command_misuse(arguments, "--signed writes JSON only");
    if (settle->folder != NULL)
        return COMMAND_DONE;
    if (has_signed || command_flag(arguments, "apart"))
        return command_misuse(arguments,
                              "--signed and --apart need --output DIR");
    if (form == FORM_XLSX && table_terminal(stdout))
        return command_misuse(arguments,
                              "a workbook is no text: name --output DIR");
    if ((form == FORM_XLSX || form == FORM_HTML) &&
        settle->first != settle->last)
        return command_misuse(arguments,
                              "each month is a file of its own in this form: "
                              "name --output DIR");
    return COMMAND_DONE;
}

/* Reads the books.  Without --period: from the next to be closed, or from the
 * first of all. */
static enum command_status
find_first(struct settle *settle)
{
    enum err err = read_books(settle);
    if (err == OK && settle->first != PROGRAM_NONE)
        return COMMAND_DONE;
    if (err == OK && settle->closing &&
        settle->books.next_period != PROGRAM_NONE)
        settle->first = settle->books.next_period;
    else if (err == OK)
        err = closing_first(settle->ledger, &settle->books, LEDGER_KNOWN_ALL,
                            settle->arena, &settle->first, &settle->complaint);
    return err == OK ? COMMAND_DONE : fail(settle, err);
}

/* --through is before the first month, or before the next to be closed. */
static enum command_status
tell_no_period(const struct settle *settle)
{
    char first[8], last[8];

    calendar_format_month(settle->first, first);
    calendar_format_month(settle->last, last);
    if (settle->closing && settle->books.count > 0)
        return command_fail(settle->arguments, ERR_NOT_FOUND,
                            "no period up to %s is left to be closed; the next "
                            "one is %s",
                            last, first);
    return command_fail(settle->arguments, ERR_NOT_FOUND,
                        "--through: %s is before the first month of the "
                        "ledger, %s",
                        last, first);
}

/* Whoever names a month that has not ended has mistyped it, and shall not have
 * closed those before it. */
static enum command_status
check_end(struct settle *settle)
{
    const struct timeline *timeline;
    enum err err = ledger_timeline(settle->ledger, LEDGER_KNOWN_ALL, &timeline,
                                   &settle->complaint);

    if (err == OK)
        err = closing_check_end(&timeline->zone, settle->last, settle->now_ms,
                                &settle->complaint);
    return err == OK ? COMMAND_DONE : fail(settle, err);
}

static enum command_status
run_periods(struct settle *settle)
{
    enum command_status status = find_first(settle);

    if (status == COMMAND_DONE && settle->closing &&
        settle->last > settle->first)
        status = check_end(settle);
    if (status == COMMAND_DONE && settle->first > settle->last)
        return tell_no_period(settle);
    for (int32_t period = settle->first;
         period <= settle->last && status == COMMAND_DONE; period++) {
        struct arena outer = *settle->arena; /* a period's is given back */
        if (settle->closing)
            status = close_period(settle, period);
        if (status == COMMAND_DONE)
            status = show_period(settle, period);
        *settle->arena = outer;
    }
    const struct vacant vacant = { "settle", settle->ledger, &settle->books,
                                   settle->arena };
    if (status == COMMAND_DONE && settle->busy == 0)
        vacant_tell_months(&vacant, settle->first, settle->last);
    if (status != COMMAND_DONE && settle->closed > 0)
        fprintf(stderr, "months closed before that: %u\n", settle->closed);
    if (status != COMMAND_DONE && settle->folder && settle->written > 0)
        fprintf(stderr, "files written before that: %u\n", settle->written);
    if (status == COMMAND_DONE && settle->folder != NULL)
        fprintf(stderr, "%s: %u %s written\n", settle->folder, settle->written,
                text_plural(settle->written, "file", "files"));
    return status;
}

static enum command_status
open_and_run(struct settle *settle)
{
    struct arena arena;
    struct complaint why;

    /* Said before anything is closed for ever. */
    enum err err =
        settle->folder == NULL ? OK : output_check_folder(settle->folder, &why);
    if (err != OK)
        return command_fail(settle->arguments, err, "--output %s", why.text);
    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return command_fail(settle->arguments, ERR_MEMORY, "settle");
    settle->arena = &arena;
    enum command_status status = query_ledger(
        settle->arguments, settle->closing ? LEDGER_WRITE : LEDGER_READ,
        &settle->ledger);
    if (status == COMMAND_DONE && settle->partner != NULL)
        status =
            query_partner(settle->arguments, settle->ledger, settle->partner);
    if (status == COMMAND_DONE)
        status = run_periods(settle);
    ledger_close(settle->ledger);
    text_close(&settle->json);
    arena_close(&arena);
    return status;
}

static enum command_status
settle(const struct arguments *arguments)
{
    struct settle settle = { .arguments = arguments,
                             .now_ms = command_now_ms(),
                             .first = PROGRAM_NONE,
                             .last = PROGRAM_NONE,
                             .closing = command_flag(arguments, "close"),
                             .partner = command_option(arguments, "partner"),
                             .folder = command_option(arguments, "output") };

    if (!command_month(arguments, "period", &settle.first) ||
        !command_month(arguments, "through", &settle.last))
        return COMMAND_MISUSE;
    if (settle.last == PROGRAM_NONE)
        settle.last = settle.first;
    if (settle.last == PROGRAM_NONE)
        return command_misuse(arguments,
                              "--period or --through YYYY-MM is needed");
    if (settle.last < settle.first)
        return command_misuse(arguments, "--through is before --period");
    if (command_flag(arguments, "force") && !settle.closing)
        return command_misuse(arguments, "--force goes with --close");
    enum command_status status = read_form(&settle);
    return status == COMMAND_DONE ? open_and_run(&settle) : status;
}

static const struct option OPTIONS[] = {
    { "period", "YYYY-MM", "the month to settle" },
    { "through", "YYYY-MM",
      "all months to this one, from --period or the first" },
    { "partner", "ID", "only what this partner may see" },
    { "close", NULL, "close the period for ever, then show it" },
    { "force", NULL, "close although some nodes have not reported" },
    { "format", "FORM", "table, json, csv, xlsx, hledger or html" },
    { "excel", NULL, "csv with semicolons, decimal commas and a BOM" },
    { "output", "DIR", "write a file for each period there" },
    { "apart", NULL, "a file for each partner, with nothing of the others" },
    { "signed", NULL,
      "closed periods as JSON, whole and by partner, with .sig" },
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
      .about = "Shows the statement of an open month as known now, and that of "
               "a closed one for\n"
               "ever as it was closed.  What came to light later stands as "
               "adjustments in the\n"
               "first month that is not closed.  Several months as JSON are a "
               "document each, one\n"
               "behind the other.  In csv the last column says which month a "
               "row adjusts; period\n"
               "is that of the statement.  html is dark on a dark screen, and "
               "light on paper.\n",
      .examples = "leima settle hub --period 2026-10\n"
                  "leima settle hub --through 2026-10 --close --json\n"
                  "leima settle hub --period 2026-10 --partner cafe "
                  "--excel --output statements\n"
                  "leima settle hub --period 2026-10 --signed "
                  "--output statements\n"
                  "leima settle hub --period 2026-10 --format html --apart "
                  "--output print\n" },
    { 0 },
};
