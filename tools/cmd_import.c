/*
 * cmd_import.c - events in bulk
 *
 * Events are gathered into batches, and a batch is one transaction.  Where one
 * event of a batch is refused, those before it are stored, it is rejected, and
 * the rest goes on: so each line stands or falls by itself, and a file with
 * many bad lines costs no more than its length.
 *
 * Every rejected line is told on standard error with its reason; `--rejects`
 * keeps the lines themselves (behind the heading, where there is one), so that
 * they can be mended and imported.
 */
#include "tools/cmd_import.h"

#include "core/json.h"
#include "core/ledger_append.h"
#include "tools/file.h"
#include "tools/lines.h"
#include "tools/mapping.h"
#include "tools/output.h"
#include "tools/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { IMPORT_BATCH = 10000 };

struct import {
    const struct arguments *arguments;
    struct ledger *ledger;
    const struct mapping *mapping; /* NULL: JSON Lines */
    const char *path;              /* of the file at work */
    struct output *rejects;        /* NULL: not wanted */
    bool headed;                   /* ... and they have their heading */
    bool begun;                    /* a file could be read */
    struct arena arena;            /* events of the batch, and their lines */
    struct ledger_entry *entries;
    view *texts; /* the line that each entry was; empty if it was mapped */
    uint32_t count;
    struct ledger_import done;
    uint64_t rejected;
    uint64_t skipped;
    struct progress progress;
    struct complaint complaint;
};

/* --- rejects ------------------------------------------------------------ */

/* Where they can't be kept the rest is stored all the same, and that is said at
 * the end: each of them is told anyway. */
static void
keep_line(struct import *import, view line)
{
    if (import->rejects == NULL)
        return;
    output_put(import->rejects, line);
    output_put(import->rejects, view_of("\n"));
}

static enum err
reject(void *context, uint64_t line, view text, const char *why)
{
    struct import *import = context;

    import->rejected++;
    command_progress_end(&import->progress);
    fprintf(stderr, "%s:%" PRIu64 ": %s\n", import->path, line, why);
    keep_line(import, text);
    return OK;
}

/* Only the first file's heading: all are of one mapping. */
static enum err
take_heading(void *context, view row)
{
    struct import *import = context;

    if (!import->headed)
        keep_line(import, row);
    import->headed = true;
    return OK;
}

/* --- batches ------------------------------------------------------------ */

/* What the ledger complained of, without the line, which is told anyway. */
static const char *
reason(const struct import *import, char *prefix, size_t size, uint32_t line)
{
    int length = snprintf(prefix, size, "line %" PRIu32 ": ", line);

    if (strncmp(import->complaint.text, prefix, (size_t)length) == 0)
        return import->complaint.text + length;
    return import->complaint.text;
}

static bool
is_refusal(enum err err)
{
    return err == ERR_INPUT || err == ERR_CONFLICT || err == ERR_NOT_FOUND;
}

/* Tries all at once; where an entry is refused, what stands before it, then
 * that entry by itself, which is rejected.  From there on it feels its way, two
 * at a time, four, and so on: where one is refused others often follow, and
 * each try costs what it holds. */
static enum err
flush(struct import *import)
{
    uint32_t start = 0, reach = import->count;
    enum err err = OK;

    while (start < import->count && err == OK) {
        uint32_t left = import->count - start, refused = 0;
        uint32_t count = reach < left ? reach : left;
        char prefix[32];
        const struct ledger_entry *first = &import->entries[start];
        err = ledger_import(import->ledger, &import->entries[start], count,
                            &import->done, &refused, &import->complaint);
        if (err != OK && !is_refusal(err))
            return err;
        if (err == OK) {
            start += count;
            reach = 2 * count;
        } else if (refused > 0) {
            reach = refused;
            err = OK;
        } else {
            err = reject(import, first->line, import->texts[start],
                         reason(import, prefix, sizeof prefix, first->line));
            start++;
            reach = 1;
        }
    }
    import->count = 0;
    arena_reset(&import->arena);
    command_progress(&import->progress,
                     import->done.stored + import->done.known);
    return err;
}

static enum err
take_event(void *context, const struct event *event,
           const struct json_extra *extra, uint64_t line)
{
    struct import *import = context;
    struct ledger_entry *entry = &import->entries[import->count];

    import->texts[import->count++] = (view) { 0 };
    *entry = (struct ledger_entry) {
        .event = *event,
        .voids_id = extra->voids_id,
        .at_given = extra->has_at,
        .line = (uint32_t)line,
    };
    return import->count == IMPORT_BATCH ? flush(import) : OK;
}

/* --- files -------------------------------------------------------------- */

static enum err
take_line(struct import *import, uint64_t number, view line)
{
    struct event event;
    struct json_extra extra;
    struct complaint why = { 0 };

    enum err err = json_read_event(line, &import->arena, &event, &extra, &why);
    if (err == ERR_INPUT)
        return reject(import, number, line, why.text);
    if (err != OK)
        return err;
    view text = arena_copy(&import->arena, line);
    uint32_t place = import->count;
    import->texts[place] = text;
    err = take_event(import, &event, &extra, number);
    if (import->count > place)
        import->texts[place] = text;
    return err;
}

static enum err
import_lines(struct import *import, FILE *in)
{
    struct lines lines;
    view line;

    enum err err = lines_open(&lines, in);
    while (err == OK) {
        err = lines_next(&lines, &line);
        if (err == ERR_INPUT)
            err = reject(import, lines.number, line,
                         "expected a shorter line of JSON");
        else if (err == OK && !lines_is_blank(line))
            err = take_line(import, lines.number, line);
    }
    lines_close(&lines);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
import_rows(struct import *import, FILE *in)
{
    const struct mapping_sink sink = {
        .context = import,
        .arena = &import->arena,
        .event = take_event,
        .heading = take_heading,
        .reject = reject,
    };
    struct mapping_count count = { 0 };

    enum err err = mapping_convert(import->mapping, in, import->path, &sink,
                                   &count, &import->complaint);
    import->skipped += count.skipped;
    return err;
}

static enum command_status
import_file(struct import *import, const char *path)
{
    FILE *in = NULL;
    enum err err = file_open(path, &in, &import->complaint);

    if (err != OK)
        return command_fail(import->arguments, err, "%s",
                            import->complaint.text);
    import->path = in == stdin ? "standard input" : path;
    import->complaint.text[0] = '\0';
    import->begun = true;
    err = import->mapping == NULL ? import_lines(import, in)
                                  : import_rows(import, in);
    if (err == OK)
        err = flush(import);
    command_progress_end(&import->progress);
    if (in != stdin)
        fclose(in);
    if (err == OK)
        return COMMAND_DONE;
    return command_fail(import->arguments, err, "%s: %s", import->path,
                        import->complaint.text[0] != '\0'
                            ? import->complaint.text
                            : "can't go on");
}

/* --- the command -------------------------------------------------------- */

/* Reads the mapping of --map into the arena; what is wrong has been said. */
static enum command_status
read_mapping(const struct arguments *arguments, struct arena *arena,
             const struct mapping **ret_mapping)
{
    const char *path = command_option(arguments, "map");
    view bytes = { 0 };

    struct complaint why;
    enum err err = file_read(path, LIMIT_PROGRAM_SIZE, arena, &bytes, &why);
    if (err != OK)
        return command_fail(arguments, err, "--map %s", why.text);
    struct mistakes *mistakes = ARENA_NEW(arena, struct mistakes, 1);
    err = mapping_file_read(bytes, arena, mistakes, ret_mapping);
    if (err == ERR_INPUT) {
        struct text text = { 0 };
        mistakes_write(mistakes, path, bytes, &text);
        fwrite(text.bytes, 1, text.size, stderr);
        text_close(&text);
        return COMMAND_REFUSED;
    }
    if (err != OK)
        return command_fail(arguments, err, "--map %s", path);
    return COMMAND_DONE;
}

static void
print_summary(const struct import *import)
{
    if (command_flag(import->arguments, "json"))
        printf("{\"stored\": %" PRIu64 ", \"known\": %" PRIu64
               ", \"skipped\": %" PRIu64 ", \"rejected\": %" PRIu64 "}\n",
               import->done.stored, import->done.known, import->skipped,
               import->rejected);
    else
        fprintf(stderr,
                "leima import: %" PRIu64 " stored, %" PRIu64
                " there already, %" PRIu64 " rows skipped, %" PRIu64
                " rejected\n",
                import->done.stored, import->done.known, import->skipped,
                import->rejected);
}

static enum command_status
open_parts(struct import *import, struct arena *lasting)
{
    const struct arguments *arguments = import->arguments;
    const char *rejects = command_option(arguments, "rejects");
    enum command_status status = COMMAND_DONE;

    import->entries = calloc(IMPORT_BATCH, sizeof *import->entries);
    import->texts = calloc(IMPORT_BATCH, sizeof *import->texts);
    if (import->entries == NULL || import->texts == NULL ||
        !arena_open(&import->arena, LIMIT_ARENA_SIZE) ||
        !arena_open(lasting, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    if (command_option(arguments, "map") != NULL)
        status = read_mapping(arguments, lasting, &import->mapping);
    if (status == COMMAND_DONE && rejects != NULL) {
        enum err err =
            output_open(rejects, &import->rejects, &import->complaint);
        if (err != OK)
            return command_fail(arguments, err, "--rejects %s",
                                import->complaint.text);
    }
    if (status == COMMAND_DONE)
        status = query_instance(arguments);
    if (status == COMMAND_DONE)
        status = query_ledger(arguments, LEDGER_CHECK, &import->ledger);
    return status;
}

/* Lines that were rejected are kept also where the import could not go on: the
 * rest of the batches is stored. */
static enum command_status
end_rejects(struct import *import, enum command_status status)
{
    struct complaint why;

    if (import->rejects == NULL)
        return status;
    if (!import->begun) {
        output_discard(import->rejects);
        return status;
    }
    enum err err = output_close(import->rejects, &why);
    if (err == OK || status != COMMAND_DONE)
        return status;
    return command_fail(import->arguments, err, "--rejects %s", why.text);
}

static enum command_status
import_all(const struct arguments *arguments)
{
    struct import import = {
        .arguments = arguments,
        .done = { .now_ms = command_now_ms() },
        .progress = { .words = "imported" },
    };
    struct arena lasting = { 0 };

    enum command_status status = open_parts(&import, &lasting);
    uint32_t count = command_operand_count(arguments);
    for (uint32_t i = 1; i < count && status == COMMAND_DONE; i++)
        status = import_file(&import, command_operand(arguments, i));
    status = end_rejects(&import, status);
    if (import.begun)
        print_summary(&import);
    ledger_close(import.ledger);
    arena_close(&import.arena);
    arena_close(&lasting);
    free(import.entries);
    free(import.texts);
    if (status == COMMAND_DONE && import.rejected > 0)
        return COMMAND_PARTLY;
    return status;
}

static const struct option OPTIONS[] = {
    { "map", "MAP.yaml", "the files are CSV or alike, as this file says" },
    { "rejects", "FILE", "write the rejected lines to this file" },
    { 0 },
};

const struct command cmd_import_table[] = {
    { .name = "import",
      .run = import_all,
      .line = "events in bulk: JSON Lines, or CSV by a mapping",
      .usage = "LEDGER FILE...",
      .operands_min = 2,
      .operands_max = UINT32_MAX,
      .options = OPTIONS,
      .about = "A line that can't be taken is rejected with its reason; the "
               "rest is stored\n(exit status 5).  Importing a file again "
               "stores nothing twice of what has\n`event` or `id`.  - is "
               "standard input.\n",
      .examples =
          "leima import L events.jsonl\n"
          "leima import L orders.csv --map maps/shop.yaml --rejects bad.csv\n"
          "zcat orders.csv.gz | leima import L - --map maps/shop.yaml\n" },
    { 0 },
};
