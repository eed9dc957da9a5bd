#include "core/runs_merge.h"

#include <stdlib.h>
#include <string.h>

enum { MERGE_MAX = 64, KEY_SIZE_MAX = sizeof((runs_key *)0)->bytes };

/* A run that is not read to its end. */
struct source {
    struct runs_cursor cursor;
    uint64_t head[2]; /* the key's first bytes, as numbers of the same order */
};

/* Oldest first. */
struct sources {
    struct source items[MERGE_MAX];
    uint32_t count;
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
    if (a->head[0] != b->head[0])
        return a->head[0] < b->head[0] ? -1 : 1;
    if (a->head[1] != b->head[1])
        return a->head[1] < b->head[1] ? -1 : 1;
    return view_compare(a->cursor.key, b->cursor.key);
}

/* The first of those that stand at the least key. */
static uint32_t
least(const struct sources *sources)
{
    uint32_t least = 0;

    for (uint32_t i = 1; i < sources->count; i++)
        if (compare(&sources->items[i], &sources->items[least]) < 0)
            least = i;
    return least;
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

/* Takes all entries of `key`.  ERR_NOT_FOUND: they were the last. */
static enum err
drain(struct source *source, view key, enum runs_rule rule, struct blobs *blobs)
{
    enum err err = OK;

    if (rule == RUNS_NEWEST && view_equal(source->cursor.key, key))
        blobs->count = 0; /* of older runs */
    while (err == OK && view_equal(source->cursor.key, key)) {
        err = add_blob(blobs, source->cursor.blob);
        if (err == OK)
            err = step(source);
    }
    return err;
}

static void
remove_source(struct sources *sources, uint32_t index)
{
    sources->count--;
    memmove(&sources->items[index], &sources->items[index + 1],
            (sources->count - index) * sizeof sources->items[0]);
}

/* Takes what all have of `key`, from the first on that has it. */
static enum err
drain_all(struct sources *sources, uint32_t first, view key,
          enum runs_rule rule, struct blobs *blobs)
{
    blobs->count = 0;
    for (uint32_t i = first; i < sources->count;) {
        enum err err = drain(&sources->items[i], key, rule, blobs);
        if (err == ERR_NOT_FOUND)
            remove_source(sources, i);
        else if (err != OK)
            return err;
        else
            i++;
    }
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
        struct source *source = &sources->items[sources->count];
        *source = (struct source) { .cursor.runs = runs[i] };
        enum err err = step(source);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        sources->count += err == OK;
    }
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
        uint32_t first = least(&sources);
        view key = sources.items[first].cursor.key;
        err = key.size > KEY_SIZE_MAX
                  ? err_corrupt()
                  : drain_all(&sources, first, key, rule, &blobs);
        if (err == OK)
            err = add_all(key, &blobs, rule, joiner, writer);
    }
    free(blobs.items);
    return err;
}
