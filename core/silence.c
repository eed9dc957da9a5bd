#include "core/silence.h"

#include "core/allow_list.h"
#include "core/reader.h"

#include <stdlib.h>

struct search {
    struct allow_list allowed;
    uint32_t own;          /* the ledger's number */
    struct arena *arena;   /* of the items */
    struct silence *items; /* awaited, for each stream and for being enrolled */
    uint32_t count;
    uint32_t room;
};

static void
add(struct search *search, uint32_t node, int64_t last_ms)
{
    const struct allow_list_entry *entry =
        allow_list_find(&search->allowed, node);

    if (node != search->own && !(entry && entry->revoked))
        *LIST_ADD(search->arena, search) = (struct silence) { node, last_ms };
}

static enum err
add_stream(struct search *search, struct reader *reader,
           const struct reader_stream *stream)
{
    int64_t last_ms = INT64_MIN;
    struct reader_item item;

    if (stream->position != 0) {
        enum err err =
            reader_find(reader, stream->stream, stream->head.seq, &item);
        if (err != OK)
            return err;
        last_ms = item.record.recorded_ms;
    }
    add(search, stream->stream.node, last_ms);
    return OK;
}

static enum err
add_streams(struct search *search, struct reader *reader)
{
    struct reader_stream stream = { 0 };
    enum err err;

    while ((err = reader_next_stream(reader, stream.stream, &stream)) == OK) {
        if (stream.stream.channel == CHANNEL_EVENTS)
            err = add_stream(search, reader, &stream);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static void
add_stores(struct search *search)
{
    for (uint32_t i = 0; i < search->allowed.count; i++) {
        const struct enrolment *enrolment =
            &search->allowed.entries[i].enrolment;
        if (enrolment->role == ENROL_STORE)
            add(search, enrolment->node, INT64_MIN);
    }
}

/* By number; of one number the last heard first. */
static int
compare(const void *a, const void *b)
{
    const struct silence *left = a, *right = b;

    if (left->node != right->node)
        return left->node < right->node ? -1 : 1;
    return (left->last_ms < right->last_ms) - (left->last_ms > right->last_ms);
}

/* One of each number, if that was not heard. */
static uint32_t
keep_silent(struct silence *items, uint32_t count, int64_t until_ms)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        if ((i == 0 || items[i].node != items[i - 1].node) &&
            items[i].last_ms < until_ms)
            items[kept++] = items[i];
    return kept;
}

enum err
silence_list(struct ledger *ledger, int64_t until_ms, struct arena *arena,
             const struct silence **ret_nodes, uint32_t *ret_count)
{
    struct search search = { .own = ledger_who(ledger).node, .arena = arena };
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err == OK)
        err = allow_list_read(&search.allowed, reader);
    if (err == OK)
        err = add_streams(&search, reader);
    reader_close(reader);
    if (err == OK) {
        add_stores(&search);
        if (search.count > 0)
            qsort(search.items, search.count, sizeof *search.items, compare);
        *ret_count = keep_silent(search.items, search.count, until_ms);
        *ret_nodes = search.items;
    }
    allow_list_close(&search.allowed);
    return err;
}
