#include "core/runs_merge.h"

#include <stdlib.h>
#include <string.h>

enum { MERGE_MAX = 64 };

struct source {
    struct runs_cursor cursor;
    bool over;
};

static enum err
step(struct source *source)
{
    enum err err = runs_next(&source->cursor);

    source->over = err != OK;
    return err == ERR_NOT_FOUND ? OK : err;
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

/* Moves past all entries of `key`, taking them where `keep`. */
static enum err
drain(struct source *source, view key, bool keep, struct blobs *blobs)
{
    enum err err = OK;

    while (err == OK && !source->over && view_equal(source->cursor.key, key)) {
        if (keep)
            err = add_blob(blobs, source->cursor.blob);
        if (err == OK)
            err = step(source);
    }
    return err;
}

static bool
least_key(const struct source *sources, uint32_t count, view *ret_key)
{
    bool found = false;

    for (uint32_t i = 0; i < count; i++) {
        if (sources[i].over)
            continue;
        if (!found || view_compare(sources[i].cursor.key, *ret_key) < 0)
            *ret_key = sources[i].cursor.key;
        found = true;
    }
    return found;
}

static uint32_t
newest_with(const struct source *sources, uint32_t count, view key)
{
    for (uint32_t i = count; i-- > 0;)
        if (!sources[i].over && view_equal(sources[i].cursor.key, key))
            return i;
    assert(!"the least key is in one of them");
    return 0;
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

enum err
runs_merge(const struct runs *const *runs, uint32_t count, enum runs_rule rule,
           const struct runs_joiner *joiner, struct runs_writer *writer)
{
    struct source sources[MERGE_MAX] = { 0 };
    struct blobs blobs = { 0 };
    runs_key key;
    view least = { 0 };
    enum err err = OK;

    assert(count <= MERGE_MAX);
    for (uint32_t i = 0; i < count && err == OK; i++) {
        sources[i].cursor.runs = runs[i];
        err = step(&sources[i]);
    }
    while (err == OK && least_key(sources, count, &least)) {
        if (least.size > sizeof key.bytes) {
            err = err_corrupt();
            break;
        }
        key.size = (uint8_t)least.size;
        memcpy(key.bytes, least.bytes, least.size);
        least = runs_key_view(&key);
        uint32_t newest = newest_with(sources, count, least);
        blobs.count = 0;
        for (uint32_t i = 0; i < count && err == OK; i++)
            err = drain(&sources[i], least, rule != RUNS_NEWEST || i == newest,
                        &blobs);
        if (err == OK)
            err = add_all(least, &blobs, rule, joiner, writer);
    }
    free(blobs.items);
    return err;
}
