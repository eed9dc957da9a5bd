#include "core/silence.h"

#include "core/enrol.h"
#include "core/reader.h"

#include <stdlib.h>

/* A node that is known of; later entries of one node add to earlier ones. */
struct known {
    uint32_t node;
    uint32_t order; /* of its arrival: keeps the sort stable */
    int64_t last_ms;
    bool revoked;
};

struct known_list {
    struct known *items;
    uint32_t count;
    uint32_t room;
};

static void
add_known(struct known_list *list, struct arena *arena, struct known known)
{
    known.order = list->count;
    *LIST_ADD(arena, list) = known;
}

static enum err
add_stream(struct reader *reader, const struct reader_stream *stream,
           struct known_list *list, struct arena *arena)
{
    struct known known = { .node = stream->stream.node, .last_ms = INT64_MIN };
    struct reader_item item;

    if (stream->position != 0) {
        enum err err =
            reader_find(reader, stream->stream, stream->head.seq, &item);
        if (err != OK)
            return err;
        known.last_ms = item.record.recorded_ms;
    }
    add_known(list, arena, known);
    return OK;
}

static enum err
add_streams(struct reader *reader, struct known_list *list, struct arena *arena)
{
    struct reader_stream stream = { 0 };
    enum err err;

    while ((err = reader_next_stream(reader, stream.stream, &stream)) == OK) {
        if (stream.stream.channel == CHANNEL_EVENTS)
            err = add_stream(reader, &stream, list, arena);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Who has been enrolled as a store, and who has been sent away. */
static enum err
add_enrolments(struct reader *reader, struct known_list *list,
               struct arena *arena)
{
    struct enrolment enrolment;
    struct reader_item item;
    uint32_t node;
    enum err err;

    for (uint64_t next = 1;; next = item.position + 1) {
        err = reader_next_control(reader, next, &item);
        if (err != OK)
            return err == ERR_NOT_FOUND ? OK : err;
        struct known known = { .last_ms = INT64_MIN };
        if (item.record.stream.channel != CHANNEL_BOOKS)
            continue;
        if (item.record.kind == RECORD_ENROL &&
            enrol_decode(item.record.body, &enrolment) == OK &&
            enrolment.role == ENROL_STORE)
            known.node = enrolment.node;
        else if (item.record.kind == RECORD_REVOKE &&
                 enrol_decode_revoke(item.record.body, &node) == OK)
            known = (struct known) { node, 0, INT64_MIN, true };
        if (known.node != 0)
            add_known(list, arena, known);
    }
}

static int
compare_known(const void *a, const void *b)
{
    const struct known *left = a, *right = b;

    if (left->node != right->node)
        return left->node < right->node ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* One entry for each node that is awaited and was not heard. */
static uint32_t
pick_silent(const struct known_list *list, uint32_t own, int64_t until_ms,
            struct silence *silent)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < list->count;) {
        struct known all = list->items[i];
        for (; i < list->count && list->items[i].node == all.node; i++) {
            const struct known *one = &list->items[i];
            all.revoked = one->revoked;
            if (one->last_ms > all.last_ms)
                all.last_ms = one->last_ms;
        }
        if (all.node != own && !all.revoked && all.last_ms < until_ms)
            silent[count++] = (struct silence) { all.node, all.last_ms };
    }
    return count;
}

enum err
silence_list(struct ledger *ledger, int64_t until_ms, struct arena *arena,
             const struct silence **ret_nodes, uint32_t *ret_count)
{
    struct known_list list = { 0 };
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err == OK)
        err = add_streams(reader, &list, arena);
    if (err == OK)
        err = add_enrolments(reader, &list, arena);
    reader_close(reader);
    if (err != OK)
        return err;
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, compare_known);
    struct silence *silent = ARENA_NEW(arena, struct silence, list.count);
    *ret_count = pick_silent(&list, ledger_who(ledger).node, until_ms, silent);
    *ret_nodes = silent;
    return OK;
}
