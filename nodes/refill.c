#include "nodes/refill.h"

#include <stdlib.h>
#include <string.h>

void
refill_close(struct refill *refill)
{
    for (uint32_t i = 0; i < refill->count; i++)
        free(refill->streams[i].bytes);
    free(refill->streams);
    *refill = (struct refill) { 0 };
}

/* NULL: no memory, or more streams than there ever were hubs. */
static struct refill_stream *
obtain(struct refill *refill, stream_id stream)
{
    for (uint32_t i = 0; i < refill->count; i++)
        if (stream_equal(refill->streams[i].stream, stream))
            return &refill->streams[i];
    if (refill->count == REFILL_STREAMS_MAX)
        return NULL;
    struct refill_stream *grown =
        realloc(refill->streams, (refill->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    refill->streams = grown;
    grown[refill->count] = (struct refill_stream) { .stream = stream };
    return &grown[refill->count++];
}

static void
forget(struct refill *refill, struct refill_stream *held)
{
    refill->size -= held->size;
    free(held->bytes);
    held->bytes = NULL;
    held->size = 0;
}

static enum err
hold(struct refill *refill, struct refill_stream *held,
     const struct sync_output *wish)
{
    const view bytes = wish->put_records.bytes;

    /* What does not follow begins anew: the sender has gone back. */
    if (wish->put_records.from != held->next)
        forget(refill, held);
    uint8_t *grown = realloc(held->bytes, held->size + bytes.size);
    if (!grown)
        return ERR_MEMORY;
    memcpy(grown + held->size, bytes.bytes, bytes.size);
    held->bytes = grown;
    held->size += bytes.size;
    held->next = wish->put_records.to + 1;
    refill->size += bytes.size;
    return OK;
}

/* So that each signature is looked at once. */
static bool
has_signature(view records)
{
    struct record record;

    while (records.size > 0 && record_parse(records, &record) == OK) {
        if (record.kind == RECORD_SIGNED)
            return true;
        records.bytes += record.bytes.size;
        records.size -= record.bytes.size;
    }
    return false;
}

/* Hands out what is covered, and keeps the rest. */
static enum err
release(struct refill *refill, struct refill_stream *held, uint32_t size,
        struct refill_result *result)
{
    uint32_t left = held->size - size;
    uint8_t *rest = left > 0 ? malloc(left) : NULL;

    if (left > 0 && !rest)
        return ERR_MEMORY;
    if (rest)
        memcpy(rest, held->bytes + size, left);
    result->bytes = held->bytes;
    result->size = size;
    refill->size -= size;
    held->bytes = rest;
    held->size = left;
    return OK;
}

enum err
refill_take(struct refill *refill, const struct trust *trust,
            const struct sync_output *wish, struct refill_result *ret_result)
{
    struct refill_result result = { 0 };
    uint32_t size = 0;

    assert(wish->kind == SYNC_PUT_RECORDS);
    struct refill_stream *held = obtain(refill, wish->put_records.stream);
    enum err err = held ? hold(refill, held, wish) : ERR_MEMORY;
    if (err != OK)
        return err;
    if (has_signature(wish->put_records.bytes))
        result.refused =
            trust_look(trust, held->stream, (view) { held->bytes, held->size },
                       &size) == TRUST_FORGED;
    if (size > 0)
        err = release(refill, held, size, &result);
    if (err != OK)
        return err;
    result.refused |= (wish->put_records.last && held->size > 0) ||
                      refill->size > REFILL_SIZE_MAX;
    if (result.refused)
        forget(refill, held);
    *ret_result = result;
    return OK;
}
