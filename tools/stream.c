#include "tools/stream.h"

#include "core/slip.h"
#include "tools/file.h"
#include "tools/lines.h"
#include "tools/redeem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct stream {
    struct query *query;
    struct lines lines;
    struct arena arena;     /* of the lines at hand */
    struct complaint words; /* of the last fault */
    struct text answer;     /* to the lines at hand */
    struct redeem *redeems; /* owned; the questions at hand */
    uint32_t count;
};

/* --- events --- */

static enum err
append_line(struct stream *stream, view line)
{
    const struct ledger_append options = { .now_ms = command_now_ms() };
    struct ledger_entry *entries = NULL;
    uint32_t count = 0;

    enum err err =
        slip_read(line, &stream->arena, &entries, &count, &stream->words);
    if (err == OK)
        err = ledger_append(stream->query->ledger, entries, count, &options,
                            &stream->words);
    slip_answer(&stream->answer, entries, count, err, &stream->words);
    return err;
}

static enum err
refuse_line(struct stream *stream)
{
    enum err err = complain(&stream->words, LINES_TOO_LONG);

    slip_answer(&stream->answer, NULL, 0, err, &stream->words);
    return err;
}

/* --- questions --- */

/* Whether an earlier one of those at hand bears the id: what came of that must
 * be known first. */
static bool
repeats(const struct stream *stream, const struct event *event)
{
    for (uint32_t i = 0; i < stream->count; i++)
        if (stream->redeems[i].err == OK &&
            view_equal(stream->redeems[i].entry.event.id, event->id))
            return true;
    return false;
}

/* False: it has to wait until those at hand have been answered. */
static bool
take_question(struct stream *stream, view line)
{
    struct redeem *redeem = &stream->redeems[stream->count];
    struct complaint words = { .text = "" };
    struct ledger_entry entry;

    enum err err = slip_read_question(line, &stream->arena, &entry, &words);
    if (err == OK && repeats(stream, &entry.event))
        return false;
    if (err == OK)
        redeem_open(redeem, &entry.event);
    else
        *redeem = (struct redeem) { .err = err, .words = words };
    stream->count++;
    return true;
}

/* The question, and those that have come behind it.  A redemption that is
 * refused is an answer, not an error; and whatever keeps us from deciding,
 * sales go on. */
static enum err
decide_lines(struct stream *stream, view line)
{
    enum err err = OK;

    stream->count = 0;
    (void)take_question(stream, line);
    while (stream->count < REDEEM_AT_ONCE &&
           lines_peek(&stream->lines, &line) && slip_is_question(line) &&
           take_question(stream, line) &&
           lines_next(&stream->lines, &line) == OK)
        continue;
    redeem_run(stream->query, stream->redeems, stream->count, false);
    for (uint32_t i = 0; i < stream->count; i++) {
        const struct redeem *redeem = &stream->redeems[i];
        if (redeem->err == OK) {
            redeem_json(redeem, &stream->answer);
            continue;
        }
        err = ERR_BUSY;
        stream->words = redeem->words;
        slip_answer(&stream->answer, NULL, 0, redeem->err, &redeem->words);
    }
    /* A commit that has failed: nothing more can be stored from here. */
    if (journal_is_broken(ledger_journal(stream->query->ledger)))
        err = ERR_IO;
    return err;
}

/* --- all of them --- */

/* Does what one line asks for, or several, and says what came of it. */
static enum err
answer_lines(struct stream *stream, view line, bool too_long)
{
    enum err err;

    arena_reset(&stream->arena);
    text_clear(&stream->answer);
    stream->words.text[0] = '\0';
    if (too_long)
        err = refuse_line(stream);
    else if (slip_is_question(line))
        err = decide_lines(stream, line);
    else
        err = append_line(stream, line);
    fwrite(stream->answer.bytes, 1, stream->answer.size, stdout);
    if (!text_ok(&stream->answer))
        return ERR_MEMORY;
    return fflush(stdout) == 0 ? err : ERR_IO;
}

static enum err
open_stream(struct stream *stream)
{
    stream->redeems = calloc(REDEEM_AT_ONCE, sizeof *stream->redeems);
    if (stream->redeems == NULL ||
        !arena_open(&stream->arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    return lines_open(&stream->lines, stdin);
}

static void
close_stream(struct stream *stream)
{
    lines_close(&stream->lines);
    text_close(&stream->answer);
    arena_close(&stream->arena);
    free(stream->redeems);
}

/* What has ended it, at the line last read or before the next. */
static enum command_status
fail(struct stream *stream, enum err err, bool unread)
{
    const struct arguments *arguments = stream->query->arguments;
    const char *words = stream->words.text;

    if (unread) {
        err = file_fault("standard input", &stream->words);
        return command_fail(arguments, err, "%s", words);
    }
    return command_fail(arguments, err, "standard input:%" PRIu64 ": %s",
                        stream->lines.number,
                        words[0] != '\0' ? words : err_name(err));
}

enum command_status
stream_run(struct query *query)
{
    enum command_status status = COMMAND_DONE;
    struct stream stream = { .query = query };
    bool unread = false;
    view line;

    enum err err = open_stream(&stream);
    while (err == OK) {
        err = lines_next(&stream.lines, &line);
        unread = err == ERR_IO;
        if (err != OK && err != ERR_INPUT)
            break;
        err = answer_lines(&stream, line, err == ERR_INPUT);
        if (err != OK)
            status = COMMAND_PARTLY;
        if (command_status_of(err) == COMMAND_REFUSED || err == ERR_FULL ||
            err == ERR_BUSY)
            err = OK;
    }
    if (err != OK && err != ERR_NOT_FOUND)
        status = fail(&stream, err, unread);
    close_stream(&stream);
    return status;
}
