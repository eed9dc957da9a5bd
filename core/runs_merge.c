#include "core/runs_merge.h"

#include <stdlib.h>
#include <string.h>

enum { MERGE_MAX = 64, KEY_SIZE_MAX = sizeof((runs_key *)0)->bytes };

/* A run that is not read to its end. */
struct source {
    struct runs_cursor cursor;
    uint64_t head[2]; /* the key's first bytes, as numbers of the same order */
};

struct sources {
    struct source items[MERGE_MAX]; /* oldest first */
    uint32_t heap[MERGE_MAX];       /* of those: the least key on top, and of
                                     * equal keys the oldest */
    uint32_t count;                 /* in the heap */
};

static void
take_head(struct source *source)
{
    uint8_t bytes[sizeof source->head] = { 0 };
    view key = source->cursor.key;

    memcpy(bytes, key.bytes, key.size < sizeof bytes ? key.size : sizeof bytes);
    memcpy(source->head, bytes, sizeof bytes);
    source->head[0] = __builtin_bswap64(source->head[0]);
    source->head[1] = __builtin_bswap64(source->head[1]);
}

static enum err
step(struct source *source)
{
    enum err err = runs_next(&source->cursor);

    if (err == OK)
        take_head(source);
    return err;
}

/* As view_compare() of the keys. */
static inline int
compare(const struct source *a, const struct source *b)
{
    const view x = a->cursor.key, y = b->cursor.key;

    if (a->head[0] != b->head[0])
        return a->head[0] < b->head[0] ? -1 : 1;
    if (a->head[1] != b->head[1])
        return a->head[1] < b->head[1] ? -1 : 1;
    if (x.size <= sizeof a->head && y.size <= sizeof b->head)
        return (x.size > y.size) - (x.size < y.size);
    return view_compare(x, y);
}

static inline bool
comes_before(const struct sources *sources, uint32_t a, uint32_t b)
{
    int order = compare(&sources->items[a], &sources->items[b]);

    return order != 0 ? order < 0 : a < b;
}

/* Brings what stands at that place of the heap down to where it belongs. */
static void
sift_down(struct sources *sources, uint32_t at)
{
    uint32_t *heap = sources->heap;
    const uint32_t sifted = heap[at];
    uint32_t child;

    while ((child = 2 * at + 1) < sources->count) {
        if (child + 1 < sources->count &&
            comes_before(sources, heap[child + 1], heap[child]))
            child++;
        if (comes_before(sources, sifted, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = sifted;
}

/* The blobs of one key, all borrowed from the runs. */
struct blobs {
    view *items;
    uint32_t count;
    uint32_t room;
};

static enum err
add_blob(struct blobs *blobs, view blob)
{
    if (blobs->count == blobs->room) {
        uint32_t room = blobs->room == 0 ? 64 : blobs->room * 2;
        view *grown = realloc(blobs->items, room * sizeof *grown);
        if (grown == NULL)
            return ERR_MEMORY;
        blobs->items = grown;
        blobs->room = room;
    }
    blobs->items[blobs->count++] = blob;
    return OK;
}

/* Takes the source's entries of `key`.  ERR_NOT_FOUND: they were its last. */
static enum err
drain(struct source *source, view key, struct blobs *blobs)
{
    enum err err = OK;

    while (err == OK && view_equal(source->cursor.key, key)) {
        err = add_blob(blobs, source->cursor.blob);
        if (err == OK)
            err = step(source);
    }
    return err;
}

/* Takes what all have of `key`, which is on top. */
static enum err
drain_all(struct sources *sources, view key, enum runs_rule rule,
          struct blobs *blobs)
{
    blobs->count = 0;
    do {
        if (rule == RUNS_NEWEST)
            blobs->count = 0; /* of older runs */
        enum err err = drain(&sources->items[sources->heap[0]], key, blobs);
        if (err == ERR_NOT_FOUND)
            sources->heap[0] = sources->heap[--sources->count];
        else if (err != OK)
            return err;
        if (sources->count == 0)
            return OK;
        sift_down(sources, 0);
    } while (view_equal(sources->items[sources->heap[0]].cursor.key, key));
    return OK;
}

/* One blob by itself stays what it is. */
static enum err
add_all(view key, const struct blobs *blobs, enum runs_rule rule,
        const struct runs_joiner *joiner, struct runs_writer *writer)
{
    if (rule == RUNS_JOIN && blobs->count > 1)
        return joiner->join(joiner->context, key, blobs->items, blobs->count,
                            writer);
    for (uint32_t i = 0; i < blobs->count; i++)
        runs_add(writer, key, blobs->items[i]);
    return OK;
}

static enum err
open_sources(struct sources *sources, const struct runs *const *runs,
             uint32_t count)
{
    assert(count <= MERGE_MAX);
    sources->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct source *source = &sources->items[i];
        *source = (struct source) { .cursor.runs = runs[i] };
        enum err err = step(source);
        if (err == OK)
            sources->heap[sources->count++] = i;
        else if (err != ERR_NOT_FOUND)
            return err;
    }
    for (uint32_t i = sources->count / 2; i-- > 0;)
        sift_down(sources, i);
    return OK;
}

enum err
runs_merge(const struct runs *const *runs, uint32_t count, enum runs_rule rule,
           const struct runs_joiner *joiner, struct runs_writer *writer)
{
    struct sources sources;
    struct blobs blobs = { 0 };
    enum err err = open_sources(&sources, runs, count);

    while (err == OK && sources.count > 0) {
        view key = sources.items[sources.heap[0]].cursor.key;
        err = key.size > KEY_SIZE_MAX ? err_corrupt()
                                      : drain_all(&sources, key, rule, &blobs);
        if (err == OK)
            err = add_all(key, &blobs, rule, joiner, writer);
    }
    free(blobs.items);
    return err;
}
