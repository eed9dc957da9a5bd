/*
 * load.c - the load under the recorder: appends or takes in events 1, 2, 3, ...
 * and acknowledges them; see crash.h
 *
 *   load init DIR            an empty journal in DIR
 *   load append DIR N        N appends of a few events, marks and notes between
 *   load ingest DIR N FROM   the same events made in the journal FROM and taken
 *                            in lazily, acknowledged one commit later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ingest.h"
#include "core/reader.h"
#include "tests/crash/crash.h"

#define NOW INT64_C(1700000000000)

enum { EVENTS_MAX = 24, TEXT_SIZE = 64, BYTES_MAX = 1 << 20 };

static void
need(enum err err, const char *what)
{
    if (err == OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_name(err));
    exit(1);
}

static void
acknowledge(uint64_t count)
{
    char line[40];
    int size =
        snprintf(line, sizeof line, "ack %llu\n", (unsigned long long)count);

    if (write(STDOUT_FILENO, line, (size_t)size) != size)
        exit(1);
}

static void
make(const char *dir, uint32_t node)
{
    const struct journal_identity who = {
        .node = node, .store = node, .incarnation = 100, .epoch = 1
    };

    mkdir(dir, 0700);
    need(journal_create(dir, &who), "create");
}

/* Appends events `first` to `first + count - 1`, each with an id. */
static void
append(struct journal *journal, uint64_t first, uint32_t count)
{
    static char texts[EVENTS_MAX][TEXT_SIZE];
    static struct journal_entry entries[EVENTS_MAX];
    static struct journal_result results[EVENTS_MAX];

    for (uint32_t i = 0; i < count; i++) {
        snprintf(texts[i], TEXT_SIZE, "event %llu",
                 (unsigned long long)(first + i));
        entries[i] = (struct journal_entry) { .core = view_of(texts[i]),
                                              .id = view_of(texts[i]) };
    }
    const struct journal_append batch = { .entries = entries,
                                          .count = count,
                                          .now_ms = NOW + (int64_t)first };
    need(journal_append(journal, &batch, results), "append");
}

static void
mark(struct journal *journal, uint64_t now)
{
    const struct journal_control control = { .channel = CHANNEL_EVENTS,
                                             .kind = RECORD_MARK,
                                             .body = view_of("\x80"),
                                             .now_ms = NOW + (int64_t)now };
    struct journal_result result;

    need(journal_append_control(journal, &control, &result), "mark");
    need(journal_put_note(journal, view_of("note"), view_of("something")),
         "note");
}

static void
load_append(const char *dir, uint32_t turns)
{
    struct journal *journal = NULL;
    uint64_t count = 0;

    need(journal_open(dir, NULL, &journal), "open");
    for (uint32_t turn = 0; turn < turns; turn++) {
        uint32_t more = 1 + turn * 7 % EVENTS_MAX;
        append(journal, count + 1, more);
        count += more;
        acknowledge(count);
        if (turn % 5 == 4)
            mark(journal, count);
        if (turn % 29 == 28)
            need(journal_renew(journal, 100 + turn, REASON_MOVED, NULL),
                 "renew");
    }
    journal_close(journal);
}

/* The records of `from`'s events from the seq on. */
static struct ingest_batch
take(struct journal *from, uint64_t seq)
{
    static uint8_t bytes[BYTES_MAX];
    static const stream_id stream = { .incarnation = 100, .node = 8 };
    struct reader *reader = NULL;
    struct reader_item item;
    uint32_t size = 0;

    need(reader_open(from, &reader), "reader");
    while (reader_find(reader, stream, seq, &item) == OK) {
        memcpy(bytes + size, item.record.bytes.bytes, item.record.bytes.size);
        size += item.record.bytes.size;
        seq = record_last(&item.record) + 1;
    }
    reader_close(reader);
    return (struct ingest_batch) { .stream = stream, .bytes = { bytes, size } };
}

static void
load_ingest(const char *dir, uint32_t turns, const char *from_dir)
{
    struct journal *journal = NULL;
    struct journal *from = NULL;
    const struct ingest_options lazy = { .now_ms = NOW, .lazy = true };
    uint64_t count = 0;

    make(from_dir, 8);
    need(journal_open(dir, NULL, &journal), "open");
    need(journal_open(from_dir, NULL, &from), "open");
    for (uint32_t turn = 0; turn < turns; turn++) {
        uint32_t more = 1 + turn * 7 % EVENTS_MAX;
        append(from, count + 1, more);
        struct ingest_batch batch = take(from, count + 1);
        need(ingest_run(journal, &batch, 1, &lazy), "ingest");
        if (batch.verdict != INGEST_APPENDED)
            exit(1);
        acknowledge(count); /* what the commit before had */
        count += more;
        if (turn % 10 == 9) {
            need(ingest_sync(journal), "sync");
            acknowledge(count);
        }
    }
    journal_close(from);
    journal_close(journal);
}

int
main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "init") == 0)
        make(words[2], 7);
    else if (count == 4 && strcmp(words[1], "append") == 0)
        load_append(words[2], (uint32_t)atoi(words[3]));
    else if (count == 5 && strcmp(words[1], "ingest") == 0)
        load_ingest(words[2], (uint32_t)atoi(words[3]), words[4]);
    else
        return 2;
    return 0;
}
