/* cmd_events.c - events in by hand and out again: append, export */
#include "tools/cmd_events.h"

#include "core/balance.h"
#include "core/codec.h"
#include "core/explain.h"
#include "core/history_places.h"
#include "core/json.h"
#include "core/reader.h"
#include "core/slip.h"
#include "tools/csv.h"
#include "tools/file.h"
#include "tools/foreign.h"
#include "tools/lines.h"
#include "tools/lookup.h"
#include "tools/query.h"
#include "tools/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FOLLOW_MS = 50,
    PIECE_SIZE = 1 << 18,    /* that an export prints at once */
    APPEND_ROOM = 512 << 20, /* of memory for the events of one append */
};

/* --- append: reading ---------------------------------------------------- */

struct batch {
    struct ledger_entry *entries; /* in a growing malloc */
    uint32_t count;
    uint32_t room;
    struct arena arena; /* the events */
};

static enum err
grow(struct batch *batch)
{
    uint32_t room = batch->room == 0 ? 64 : batch->room * 2;
    struct ledger_entry *entries =
        realloc(batch->entries, room * sizeof *entries);

    if (entries == NULL)
        return ERR_MEMORY;
    batch->entries = entries;
    batch->room = room;
    return OK;
}

/* Adds one line; ERR_INPUT with the reason. */
static enum err
add_line(struct batch *batch, uint64_t number, view line, struct complaint *why)
{
    const char *words = number == 1 ? foreign_words_of_lines(line) : NULL;
    struct ledger_entry entry;

    if (words != NULL)
        return complain(why, "%s", words);
    enum err err = slip_read_event(line, &batch->arena, &entry, why);
    if (err != OK)
        return err;
    if (batch->count == LIMIT_APPEND_EVENTS)
        return complain(why, "expected at most %d events; use import",
                        LIMIT_APPEND_EVENTS);
    if (batch->arena.next - batch->arena.base > APPEND_ROOM)
        return complain(why, "the events take more than %d MiB; use import",
                        APPEND_ROOM >> 20);
    err = batch->count == batch->room ? grow(batch) : OK;
    entry.line = (uint32_t)number;
    if (err == OK)
        batch->entries[batch->count++] = entry;
    return err;
}

static enum command_status
read_batch(const struct arguments *arguments, const char *path,
           struct batch *batch)
{
    struct complaint why = { 0 };
    struct lines lines = { 0 };
    FILE *in = NULL;
    view line;

    enum err err = file_open(path, &in, &why);
    if (err != OK)
        return command_fail(arguments, err, "%s", why.text);
    const char *name = file_name(path);
    err = lines_open(&lines, in);
    while (err == OK) {
        err = lines_next(&lines, &line);
        if (err == ERR_INPUT)
            complain(&why, LINES_TOO_LONG);
        else if (err == OK && !lines_is_blank(line))
            err = add_line(batch, lines.number, line, &why);
    }
    const bool unread = err == ERR_IO;
    if (unread)
        err = file_fault(name, &why);
    uint64_t number = lines.number;
    lines_close(&lines);
    if (in != stdin)
        fclose(in);
    if (err == ERR_NOT_FOUND)
        return COMMAND_DONE;
    if (unread)
        return command_fail(arguments, err, "%s", why.text);
    return command_fail(arguments, err, "%s:%" PRIu64 ": %s", name, number,
                        why.text[0] != '\0' ? why.text : err_name(err));
}

/* --- append: answering -------------------------------------------------- */

/* The answers to a batch: for each entry its explain row and the balance
 * after it. */
struct answers {
    struct query *query;
    const struct batch *batch;
    struct lookup *places; /* identity to place in the batch, from 1 */
    struct text *rows;     /* one for each entry; empty: not answered yet */
};

static uint64_t *
take_place(const struct answers *answers, identity id)
{
    char name[IDENTITY_SIZE];

    identity_format(id, name);
    return lookup_take(answers->places, view_of(name));
}

static const uint64_t *
find_place(const struct answers *answers, identity id)
{
    char name[IDENTITY_SIZE];

    identity_format(id, name);
    return lookup_find(answers->places, view_of(name));
}

static void
write_answer(struct answers *answers, const struct walk *walk, struct text *out)
{
    text_char(out, '{');
    text_json_key(out, "explain");
    explain_row(out, walk);
    text_json_key(out, "balance");
    balance_json(out, answers->query->timeline, &walk->account,
                 walk->step.at_ms);
    text_char(out, '}');
}

/* Walks the account once, and answers all entries of it. */
static enum err
answer_account(struct answers *answers, account_id account)
{
    struct walk walk;

    enum err err = query_walk(answers->query, account, &walk);
    if (err != OK)
        return err;
    while (walk_next(&walk)) {
        if (walk.step.event == NULL || walk.step.kind == STEP_REFERRAL)
            continue;
        const uint64_t *place = find_place(answers, walk.step.event->identity);
        if (place != NULL && answers->rows[*place - 1].size == 0)
            write_answer(answers, &walk, &answers->rows[*place - 1]);
    }
    return OK;
}

static enum err
answer_all(struct answers *answers)
{
    const struct batch *batch = answers->batch;
    int64_t until_ms = answers->query->at_ms;

    /* Events may lie a day ahead. */
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->entries[i].event.at_ms > until_ms)
            until_ms = batch->entries[i].event.at_ms;
    answers->query->at_ms = until_ms;
    for (uint32_t i = 0; i < batch->count; i++) {
        uint64_t *place = take_place(answers, batch->entries[i].event.identity);
        if (place == NULL)
            return ERR_MEMORY;
        if (*place == 0)
            *place = i + 1;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        if (answers->rows[i].size > 0)
            continue;
        enum err err = answer_account(answers, batch->entries[i].event.account);
        if (err != OK)
            return err;
    }
    return OK;
}

static enum err
print_answers(const struct answers *answers)
{
    const struct batch *batch = answers->batch;

    for (uint32_t i = 0; i < batch->count; i++) {
        char name[IDENTITY_SIZE];
        identity id = batch->entries[i].event.identity;
        const uint64_t *place = find_place(answers, id);
        assert(place != NULL);
        const struct text *row = &answers->rows[*place - 1];
        if (!text_ok(row))
            return ERR_MEMORY;
        identity_format(id, name);
        printf("{\"event\": \"%s\", \"stored\": %s", name,
               batch->entries[i].known ? "false" : "true");
        if (row->size > 2)
            printf(", %.*s", (int)row->size - 2, (const char *)row->bytes + 1);
        printf("}\n");
    }
    return OK;
}

static enum command_status
print_json(struct query *query, const struct batch *batch, bool dry_run)
{
    struct answers answers = { .query = query, .batch = batch };
    struct event *extra = NULL;

    enum err err = ERR_MEMORY;
    answers.places = lookup_open();
    answers.rows = calloc(batch->count + 1, sizeof *answers.rows);
    extra = calloc(batch->count + 1, sizeof *extra);
    if (answers.places == NULL || answers.rows == NULL || extra == NULL)
        goto done;
    for (uint32_t i = 0; i < batch->count && dry_run; i++)
        if (!batch->entries[i].known)
            extra[query->question.extra_count++] = batch->entries[i].event;
    query->question.extra = extra;
    err = query_refresh(query);
    if (err == OK)
        err = answer_all(&answers);
    if (err == OK)
        err = print_answers(&answers);
done:
    for (uint32_t i = 0; i < batch->count && answers.rows != NULL; i++)
        text_close(&answers.rows[i]);
    free(answers.rows);
    free(extra);
    lookup_close(answers.places);
    if (err == OK)
        return COMMAND_DONE;
    return dry_run || command_status_of(err) != COMMAND_FAULT
               ? query_fail(query, err)
               : command_fail(query->arguments, err,
                              "all is stored; only the answer is lost");
}

/* FILE:LINE: as every other complaint of a file. */
static enum command_status
fail_append(const struct query *query, enum err err, const char *name)
{
    const char *words = query->complaint.text;
    unsigned line;
    int used = 0;

    if (sscanf(words, "line %u: %n", &line, &used) == 1 && used > 0)
        return command_fail(query->arguments, err, "%s:%u: %s", name, line,
                            words + used);
    return command_fail(query->arguments, err, "%s: %s", name, words);
}

static enum command_status
append_batch(struct query *query, const char *path, struct batch *batch)
{
    const struct arguments *arguments = query->arguments;
    const struct ledger_append options = {
        .now_ms = command_now_ms(),
        .dry_run = command_flag(arguments, "dry-run"),
    };

    if (batch->count == 0)
        return COMMAND_DONE;
    enum err err = ledger_append(query->ledger, batch->entries, batch->count,
                                 &options, &query->complaint);
    if (err != OK)
        return fail_append(query, err, file_name(path));
    query->at_ms = options.now_ms;
    if (command_flag(arguments, "json"))
        return print_json(query, batch, options.dry_run);
    for (uint32_t i = 0; i < batch->count; i++) {
        char name[IDENTITY_SIZE];
        identity_format(batch->entries[i].event.identity, name);
        printf("%s\n", name);
    }
    return COMMAND_DONE;
}

/* Who asks nothing needs no rules and no sound past: goods leave the store
 * also where this program is too old, or an early record is damaged. */
static enum command_status
open_append(struct query *query, const struct arguments *arguments)
{
    if (command_flag(arguments, "json"))
        return query_open(query, arguments,
                          (struct query_options) { .mode = LEDGER_WRITE });
    return query_open_late(query, arguments);
}

static enum command_status
append_stream(const struct arguments *arguments)
{
    struct query query = { 0 };

    if (command_operand_count(arguments) > 1 ||
        command_flag(arguments, "json") || command_flag(arguments, "dry-run"))
        return command_misuse(arguments, "--stream reads standard input and "
                                         "goes with no other option");
    enum command_status status = open_append(&query, arguments);
    if (status == COMMAND_DONE)
        status = stream_run(&query);
    query_close(&query);
    return status;
}

static enum command_status
append(const struct arguments *arguments)
{
    const char *path = command_operand_count(arguments) > 1
                           ? command_operand(arguments, 1)
                           : "-";
    struct query query = { 0 };
    struct batch batch = { 0 };

    if (command_flag(arguments, "stream"))
        return append_stream(arguments);
    if (!arena_open(&batch.arena, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum command_status status = open_append(&query, arguments);
    if (status == COMMAND_DONE)
        status = read_batch(arguments, path, &batch);
    if (status == COMMAND_DONE)
        status = append_batch(&query, path, &batch);
    query_close(&query);
    arena_close(&batch.arena);
    free(batch.entries);
    return status;
}

/* --- export ------------------------------------------------------------- */

struct export
{
    const struct arguments *arguments;
    struct reader *reader;
    bool has_account;
    bool is_csv;
    account_id account;
    uint64_t next; /* position */
    uint64_t last; /* that is wanted */
    /* Of an account: where its events stand, as far as that is known. */
    struct history_places places;
    uint32_t place;       /* the next of them */
    uint64_t places_last; /* known up to this position; 0: nothing is */
    struct arena lasting; /* these */
    struct arena arena;   /* an event */
    struct text line;     /* what is to be printed next */
    struct text cell;
    uint64_t unknown;            /* events that this version can't show */
    struct reader_damage damage; /* that it stopped at; position 0: none */
};

/* The columns of CSV, which are the fields of JSON; what lines there are goes
 * into one cell as "category sku qty amount; ...". */
static const char *const COLUMNS[] = {
    "event",      "kind",    "at",      "store",  "member",     "bearer",
    "id",         "receipt", "total",   "off",    "from_store", "bought_on",
    "card",       "count",   "points",  "reward", "value",      "redemption",
    "channel",    "granted", "text",    "name",   "home_store", "referrer",
    "expires_on", "pass",    "price",   "voids",  "reason",     "by",
    "source",     "till",    "cashier", "entry",  "recorded",
};

static void
write_lines_cell(const struct event *event, struct text *cell)
{
    if (event->kind != EVENT_PURCHASE && event->kind != EVENT_RETURN)
        return;
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        text_format(cell, "%s%" PRIu32 " %" PRId64, i > 0 ? "; " : "",
                    by_receipt ? line->index : line->qty, line->amount.minor);
        if (line->category.size > 0)
            text_char(cell, ' ');
        text_view_append(cell, line->category);
        if (line->sku.size > 0)
            text_char(cell, ' ');
        text_view_append(cell, line->sku);
    }
}

/* Texts are as they are, also those that a spreadsheet program takes for
 * formulas: by a mapping this is imported again, and what was put before them
 * would be part of them then. */
static enum err
write_csv(struct export *export, const struct event *event, uint64_t position)
{
    struct complaint complaint;
    struct json_tree *tree = NULL;

    text_clear(&export->cell);
    json_write_event(&export->cell, event);
    enum err err = text_ok(&export->cell)
                       ? json_open(text_view(&export->cell), &tree, &complaint)
                       : ERR_MEMORY;
    if (err != OK)
        return err;
    text_unsigned(&export->line, position);
    for (uint32_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        const struct json_tree *node = json_get(tree, COLUMNS[i]);
        int64_t number;
        view string;
        bool yes;
        text_char(&export->line, ',');
        if (json_get_integer(node, &number))
            text_integer(&export->line, number);
        else if (json_get_string(node, &string))
            csv_write(&export->line, string, ',');
        else if (json_get_bool(node, &yes))
            text_string(&export->line, yes ? "true" : "false");
    }
    json_close(tree);
    text_clear(&export->cell);
    write_lines_cell(event, &export->cell);
    text_char(&export->line, ',');
    csv_write(&export->line, text_view(&export->cell), ',');
    return OK;
}

/* Reads one stored event whole.  ERR_NOT_FOUND: it is not for this export. */
static enum err
decode(struct export *export, const struct record_event *stored,
       uint64_t position, struct event *event)
{
    uint64_t counting;

    enum err err = codec_decode(stored->core, &export->arena, event);
    if (err == OK)
        err = codec_decode_annex(stored->annex, &event->annex);
    if (err != OK)
        return err;
    event->identity = stored->origin;
    if (export->has_account && !account_equal(event->account, export->account))
        return ERR_NOT_FOUND;
    if (!stored->copy)
        return OK;
    /* Of an original and its copies one is told. */
    err = reader_find_event(export->reader, stored->origin, &counting);
    if (err == OK && counting != position)
        return ERR_NOT_FOUND;
    return err;
}

static enum err
export_event(struct export *export, const struct record_event *stored,
             uint64_t position)
{
    struct event event;

    arena_reset(&export->arena);
    enum err err = decode(export, stored, position, &event);
    if (err == ERR_UNKNOWN)
        export->unknown++;
    if (err == ERR_UNKNOWN || err == ERR_NOT_FOUND)
        return OK;
    if (err == OK && export->is_csv)
        err = write_csv(export, &event, position);
    else if (err == OK)
        json_write_event(&export->line, &event);
    if (err != OK)
        return err;
    text_char(&export->line, '\n');
    return text_ok(&export->line) ? OK : ERR_MEMORY;
}

/* From the position on that is next: the record may begin before it. */
static enum err
export_record(struct export *export, const struct reader_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event stored;
    uint64_t position = item->position;
    enum err err = OK;

    for (; err == OK && record_next(&cursor, &stored); position++)
        if (position >= export->next)
            err = export_event(export, &stored, position);
    return err;
}

/* Of one account, the journal is read only where its events stand. */
static void
pass_others(struct export *export)
{
    const struct history_places *places = &export->places;

    while (export->place < places->count &&
           places->items[export->place] < export->next)
        export->place++;
    if (export->place < places->count)
        export->next = places->items[export->place];
    else if (export->next <= export->places_last)
        export->next = export->places_last + 1;
}

/* The records up to the last that is wanted, as far as they make a piece; what
 * is printed of them waits in the line.  ERR_NOT_FOUND: there are no more. */
static enum err
export_piece(struct export *export, struct journal *journal)
{
    struct reader_item item;
    enum err err = reader_open(journal, &export->reader);

    if (err != OK)
        return err;
    while (err == OK && export->line.size < PIECE_SIZE) {
        pass_others(export);
        err = export->next > export->last
                  ? ERR_NOT_FOUND
                  : reader_next(export->reader, export->next, &item);
        if (err == OK && item.record.kind == RECORD_EVENTS)
            err = export_record(export, &item);
        if (err == OK)
            export->next = item.position + item.record.count;
    }
    if (err == ERR_CORRUPT)
        export->damage = *reader_damage(export->reader);
    reader_close(export->reader);
    return err;
}

static enum err
put_out(struct export *export)
{
    const size_t size = export->line.size;
    const bool done =
        (size == 0 || fwrite(export->line.bytes, 1, size, stdout) == size) &&
        fflush(stdout) == 0;

    text_clear(&export->line);
    return done ? OK : ERR_IO;
}

/* While somebody may take his time to read what is printed, a pager that is
 * left open, no snapshot stands: the journal could not use its pages again, and
 * would grow with each commit. */
static enum err
export_all(struct export *export, struct ledger *ledger)
{
    const struct timespec pause = { 0, FOLLOW_MS * 1000000 };
    const bool follow = command_flag(export->arguments, "follow");
    enum err err;

    if (export->is_csv) {
        printf("position");
        for (uint32_t i = 0; i < COUNT_OF(COLUMNS); i++)
            printf(",%s", COLUMNS[i]);
        printf(",lines\n");
    }
    do {
        err = export_piece(export, ledger_journal(ledger));
        const enum err second = put_out(export);
        if (second != OK)
            return second;
        if (err == ERR_NOT_FOUND && follow) {
            nanosleep(&pause, NULL);
            err = OK;
        }
    } while (err == OK);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum command_status
read_export(struct export *export)
{
    const struct arguments *arguments = export->arguments;
    const char *account = command_option(arguments, "account");
    const char *format = command_option(arguments, "format");
    int64_t after = 0;

    if (!command_integer(arguments, "after", 0, INT64_MAX - 1, &after))
        return COMMAND_MISUSE;
    export->next = (uint64_t)after + 1;
    export->has_account = account != NULL;
    if (account != NULL && !account_parse(view_of(account), &export->account))
        return command_misuse(arguments,
                              "--account: \"%s\" names no account: expected a "
                              "member's number or bearer:CODE",
                              account);
    export->is_csv = format != NULL && strcmp(format, "csv") == 0;
    if (format != NULL && !export->is_csv && strcmp(format, "jsonl") != 0)
        return command_misuse(
            arguments, "--format: expected jsonl or csv, found \"%s\"", format);
    if (export->is_csv && command_flag(arguments, "json"))
        return command_misuse(arguments, "--json is JSON Lines: expected one "
                                         "of --format csv and --json");
    return COMMAND_DONE;
}

static enum command_status
fail_export(const struct export *export, enum err err)
{
    const struct reader_damage *damage = &export->damage;

    if (err != ERR_CORRUPT || damage->position == 0)
        return command_fail(export->arguments, err, "at position %" PRIu64,
                            export->next);
    if (damage->next == 0)
        return command_fail(export->arguments, err,
                            "the record at position %" PRIu64
                            ", the last one, is damaged; all before it has "
                            "been told",
                            damage->position);
    return command_fail(export->arguments, err,
                        "the record at position %" PRIu64
                        " is damaged; all before it has been told, go on "
                        "behind it with --after %" PRIu64,
                        damage->position, damage->next - 1);
}

/* Who goes on from there has read another ledger, or this one before it was
 * brought back from a backup; silence would be taken for nothing new. */
static enum command_status
check_after(struct export *export, struct ledger *ledger)
{
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return command_fail(export->arguments, err, "%s", ledger_dir(ledger));
    /* Of the journal itself: a damaged ledger takes in less than it holds. */
    const uint64_t last = reader_last(reader);
    reader_close(reader);
    export->last =
        command_flag(export->arguments, "follow") ? UINT64_MAX : last;
    if (export->next - 1 <= last)
        return COMMAND_DONE;
    return command_fail(export->arguments, ERR_NOT_FOUND,
                        "--after: position %" PRIu64 " is not there, the last "
                        "one is %" PRIu64,
                        export->next - 1, last);
}

/* The history knows where the events of an account stand, unless it has met
 * what it can't read: then the journal is read from one end to the other, as it
 * is where a run is damaged, and tells what there is to tell. */
static enum err
find_places(struct export *export, struct ledger *ledger)
{
    const struct history *history = ledger_history(ledger);

    if (!export->has_account || ledger_damage(ledger) != NULL ||
        history_counts(history).odd > 0)
        return OK;
    enum err err = history_places(history, export->account, &export->lasting,
                                  &export->places);
    if (err == OK)
        export->places_last = history_position(history);
    return err == ERR_CORRUPT ? OK : err;
}

static enum command_status
export_command(const struct arguments *arguments)
{
    struct export export = { .arguments = arguments };
    struct ledger *ledger = NULL;

    enum command_status status = read_export(&export);
    if (status != COMMAND_DONE)
        return status;
    if (!arena_open(&export.arena, LIMIT_ARENA_SIZE) ||
        !arena_open(&export.lasting, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    status = query_ledger(arguments, LEDGER_CHECK, &ledger);
    if (status == COMMAND_DONE)
        status = check_after(&export, ledger);
    if (status == COMMAND_DONE) {
        enum err err = find_places(&export, ledger);
        if (err == OK)
            err = export_all(&export, ledger);
        if (err != OK)
            status = fail_export(&export, err);
        else /* who goes on from there has all of it */
            fprintf(stderr, "leima export: up to position %" PRIu64 "\n",
                    export.next - 1);
    }
    if (export.unknown > 0)
        fprintf(stderr,
                "leima export: %" PRIu64 " %s of a later version left out\n",
                export.unknown, text_plural(export.unknown, "event", "events"));
    if (ledger != NULL)
        ledger_close(ledger);
    text_close(&export.line);
    text_close(&export.cell);
    arena_close(&export.lasting);
    arena_close(&export.arena);
    return status;
}

/* --- the table ---------------------------------------------------------- */

static const struct option APPEND_OPTIONS[] = {
    { "dry-run", NULL, "say what would come of it, and store nothing" },
    { "stream", NULL, "for a till: store and answer each line by itself" },
    { 0 },
};
static const struct option EXPORT_OPTIONS[] = {
    { "after", "POSITION", "only what arrived after this position" },
    { "account", "ACCOUNT", "only the events of this account" },
    { "follow", NULL, "go on with what arrives, until interrupted" },
    { "format", "jsonl|csv", "JSON Lines (default) or CSV" },
    { 0 },
};

const struct command cmd_events_table[] = {
    { .name = "append",
      .run = append,
      .line = "append events, all or none; prints their identities",
      .usage = "LEDGER [FILE]",
      .operands_min = 1,
      .operands_max = 2,
      .options = APPEND_OPTIONS,
      .about =
          "The events are JSON Lines, from FILE or standard input.  With "
          "--json each\nline of the answer holds the event's row of "
          "explain and the balance after it.\n"
          "Where the node has joined a hub, an event of a store that it was "
          "not enrolled\nfor is refused.\n\n"
          "--stream is what a till's program keeps open.  Each line is one "
          "event, or a list\n[{...}, {...}] of which all are stored or "
          "none; for each a line comes back:\n"
          "  {\"events\": [\"10.1.4\"]}  stored and on the disk, under these "
          "identities\n"
          "  {\"refused\": \"WORDS\"}    breaks a rule, and would again\n"
          "  {\"fault\": \"WORDS\"}      the machine can't, now\n"
          "A redemption that is still to be decided is asked for with an `id` "
          "and without\n`at`:\n"
          "  {\"decide\": {\"kind\": \"redeem\", \"member\": 42, "
          "\"points\": 300, \"id\": \"r-1\"}}\n"
          "The answer is that of `leima redeem --json`; what is granted is "
          "stored.\n"
          "Whoever gets no answer says the line again, with the same `id`."
          "  Where a node or\nhub runs on the ledger, the Unix socket "
          "LEDGER/tills takes and answers the same\nlines from any number "
          "of tills, which then share a flush.\n",
      .examples =
          "leima append L sale.jsonl\n"
          "echo '{\"kind\": \"join\", \"member\": 42}' | leima append L\n"
          "leima append L sale.jsonl --dry-run --json\n"
          "leima append L --stream <sale.jsonl\n" },
    { .name = "export",
      .run = export_command,
      .line = "events in the order of arrival",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = EXPORT_OPTIONS,
      .about = "In csv a text is as it was typed in, so that import reads the "
               "same by a mapping.\nOne that begins with = + - @ or a tab is a "
               "formula to a spreadsheet program: let\nthat take all columns "
               "for text.\n",
      .examples = "leima export L >events.jsonl\n"
                  "leima export L --after 1200 --follow\n"
                  "leima export L --account 42 --format csv\n" },
    { 0 },
};
