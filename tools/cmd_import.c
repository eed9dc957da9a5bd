/*
 * cmd_import.c - events in bulk
 *
 * Events are gathered into batches, and a batch is one transaction.  Where one
 * event of a batch is refused, those before it are stored, it is rejected, and
 * the rest goes on; one that only conflicts keeps nobody out: so each line
 * stands or falls by itself, and a file with many bad lines costs no more than
 * its length.
 *
 * Every rejected line is told on standard error with its reason; `--rejects`
 * keeps the lines themselves (behind the heading, where there is one), so that
 * they can be mended and imported.
 */
#include "tools/cmd_import.h"

#include "core/json.h"
#include "core/ledger_append.h"
#include "tools/file.h"
#include "tools/foreign.h"
#include "tools/inlet.h"
#include "tools/lines.h"
#include "tools/mapping.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    IMPORT_BATCH = 10000,   /* events, ... */
    IMPORT_ROOM = 64 << 20, /* ... or bytes of them and their lines */
};

struct import {
    const struct arguments *arguments;
    struct ledger *ledger;
    const struct mapping *mapping; /* NULL: JSON Lines */
    const char *path;              /* of the file at work */
    struct output *rejects;        /* NULL: not wanted */
    bool headed;                   /* ... and they have their heading */
    bool in_place;                 /* ... and that of a file to be imported */
    bool begun;                    /* a file could be read */
    bool whole;                    /* all could, to their ends */
    struct arena arena;            /* events of the batch, and their lines */
    struct ledger_entry *entries;
    view *texts; /* the lines that each entry was */
    uint32_t count;
    uint32_t tried; /* the first entry of those at work */
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
    progress_end(&import->progress);
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

/* Rejects an entry for what the ledger complained of, which names the line,
 * too; that is told anyway. */
static enum err
reject_entry(struct import *import, uint32_t place, const char *why)
{
    const struct ledger_entry *entry = &import->entries[place];
    char prefix[32];

    int length =
        snprintf(prefix, sizeof prefix, "line %" PRIu32 ": ", entry->line);
    if (strncmp(why, prefix, (size_t)length) == 0)
        why += length;
    return reject(import, entry->line, import->texts[place], why);
}

/* As of ledger_import: told after the batch has been stored. */
static void
take_conflict(void *context, uint32_t index, const char *why)
{
    struct import *import = context;

    (void)reject_entry(import, import->tried + index, why);
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

    import->done.now_ms = command_now_ms(); /* who writes may take hours */
    while (start < import->count && err == OK) {
        uint32_t left = import->count - start, refused = 0;
        uint32_t count = reach < left ? reach : left;
        import->tried = start;
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
            err = reject_entry(import, start, import->complaint.text);
            start++;
            reach = 1;
        }
    }
    import->complaint.text[0] = '\0';
    import->count = 0;
    arena_reset(&import->arena);
    progress_show(&import->progress, import->done.stored + import->done.known);
    return err;
}

static bool
is_full(const struct import *import)
{
    return import->count == IMPORT_BATCH ||
           import->arena.next - import->arena.base > IMPORT_ROOM;
}

/* `text` lies in the arena, like the event. */
static enum err
take_event(void *context, const struct event *event,
           const struct json_extra *extra, uint64_t line, view text)
{
    struct import *import = context;
    struct ledger_entry *entry = &import->entries[import->count];

    import->texts[import->count++] = text;
    *entry = (struct ledger_entry) {
        .event = *event,
        .voids_id = extra->voids_id,
        .at_given = extra->has_at,
        .line = (uint32_t)line,
    };
    return is_full(import) ? flush(import) : OK;
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
    return take_event(import, &event, &extra, number,
                      arena_copy(&import->arena, line));
}

/* A file of another program ends at once: none of its lines is an event.  One
 * that is too long is `cut`. */
static enum err
take_next(struct import *import, uint64_t number, view line, bool cut)
{
    const char *words = number == 1 ? foreign_words_of_lines(line) : NULL;

    if (words != NULL)
        return complain(&import->complaint, "%s", words);
    if (cut)
        return reject(import, number, line, LINES_TOO_LONG);
    return lines_is_blank(line) ? OK : take_line(import, number, line);
}

static enum err
import_lines(struct import *import, FILE *in)
{
    struct lines lines;
    view line;

    enum err err = lines_open(&lines, in);
    while (err == OK) {
        err = lines_next(&lines, &line);
        if (err == ERR_IO)
            complain(&import->complaint, "%s", strerror(errno));
        else if (err == OK || err == ERR_INPUT)
            err = take_next(import, lines.number, line, err == ERR_INPUT);
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
    import->path = file_name(path);
    import->complaint.text[0] = '\0';
    import->begun = true;
    err = import->mapping == NULL ? import_lines(import, in)
                                  : import_rows(import, in);
    if (err == OK)
        err = flush(import);
    progress_end(&import->progress);
    if (in != stdin)
        fclose(in);
    if (err == OK)
        return COMMAND_DONE;
    return command_fail(
        import->arguments, err, "%s: %s%s", import->path,
        import->complaint.text[0] != '\0' ? import->complaint.text
                                          : "can't go on",
        import->done.stored > 0 ? " (what was stored before that stays)" : "");
}

/* One file after the other; one that can't be taken keeps no other out. */
static enum command_status
import_files(struct import *import)
{
    const uint32_t count = command_operand_count(import->arguments);
    enum command_status status = COMMAND_DONE;
    bool refused = false;

    for (uint32_t i = 1; i < count && status == COMMAND_DONE; i++) {
        status = import_file(import, command_operand(import->arguments, i));
        refused = refused || status == COMMAND_REFUSED;
        if (status == COMMAND_REFUSED)
            status = COMMAND_DONE;
    }
    import->whole = status == COMMAND_DONE && !refused;
    if (status != COMMAND_DONE)
        return status;
    if (refused && import->done.stored == 0 && import->rejected == 0)
        return COMMAND_REFUSED;
    return refused || import->rejected > 0 ? COMMAND_PARTLY : COMMAND_DONE;
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
        mistakes_write(mistakes, file_name(path), bytes, &text);
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
    const char *kept = command_option(import->arguments, "rejects");

    if (command_flag(import->arguments, "json"))
        printf("{\"stored\": %" PRIu64 ", \"known\": %" PRIu64
               ", \"skipped\": %" PRIu64 ", \"rejected\": %" PRIu64 "}\n",
               import->done.stored, import->done.known, import->skipped,
               import->rejected);
    else
        fprintf(stderr,
                "leima import: %" PRIu64 " stored, %" PRIu64
                " there already, %" PRIu64 " %s skipped%s, %" PRIu64
                " rejected%s%s\n",
                import->done.stored, import->done.known, import->skipped,
                text_plural(import->skipped, "row", "rows"),
                import->skipped > 0 ? " as the mapping says" : "",
                import->rejected,
                import->rejected == 0 ? ""
                : kept == NULL        ? " and not stored (--rejects FILE "
                                        "keeps them)"
                                      : " and not stored, kept in ",
                import->rejected > 0 && kept != NULL ? kept : "");
}

static bool
is_same(const char *path, const char *other)
{
    struct stat one, two;

    return stat(path, &one) == 0 && stat(other, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* Before anything is stored. */
static enum command_status
check_files(struct import *import)
{
    const struct arguments *arguments = import->arguments;
    const uint32_t count = command_operand_count(arguments);
    const char *rejects = command_option(arguments, "rejects");
    struct complaint why;

    for (uint32_t i = 1; i < count; i++) {
        const char *path = command_operand(arguments, i);
        enum err err = file_check(path, &why);
        if (err != OK)
            return command_fail(arguments, err, "%s", why.text);
        if (rejects != NULL && is_same(path, rejects))
            import->in_place = true;
    }
    return COMMAND_DONE;
}

static enum command_status
open_parts(struct import *import, struct arena *lasting)
{
    const struct arguments *arguments = import->arguments;
    const char *rejects = command_option(arguments, "rejects");
    enum command_status status = check_files(import);

    if (status != COMMAND_DONE)
        return status;

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
 * rest of the batches is stored.  But not in the place of lines that nobody has
 * looked at. */
static enum command_status
end_rejects(struct import *import, enum command_status status)
{
    struct complaint why;

    if (import->rejects == NULL)
        return status;
    if (!import->begun || (import->in_place && !import->whole)) {
        output_discard(import->rejects);
        return status;
    }
    enum err err = output_close(import->rejects, &why);
    if (err == OK || (status != COMMAND_DONE && status != COMMAND_PARTLY))
        return status;
    return command_fail(import->arguments, err, "--rejects %s", why.text);
}

static enum command_status
import_all(const struct arguments *arguments)
{
    static const char *const INLETS[] = { "map", NULL };
    struct import import = {
        .arguments = arguments,
        .done = { .conflict = take_conflict, .context = &import },
        .progress = { .words = "imported" },
    };
    struct arena lasting = { 0 };

    if (!inlet_is_single(arguments, 1, INLETS))
        return COMMAND_MISUSE;
    enum command_status status = open_parts(&import, &lasting);
    if (status == COMMAND_DONE)
        status = import_files(&import);
    status = end_rejects(&import, status);
    if (import.begun)
        print_summary(&import);
    ledger_close(import.ledger);
    arena_close(&import.arena);
    arena_close(&lasting);
    free(import.entries);
    free(import.texts);
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
      .about =
          "A line that can't be taken is rejected with its reason; the "
          "rest is stored\n(exit status 5); likewise a whole file that can't "
          "be.  Importing a file again\nstores nothing twice of what "
          "has `event` or `id`.  - is standard input.\n",
      .examples =
          "leima import L events.jsonl\n"
          "leima import L orders.csv --map maps/shop.yaml --rejects bad.csv\n"
          "zcat orders.csv.gz | leima import L - --map maps/shop.yaml\n" },
    { 0 },
};
