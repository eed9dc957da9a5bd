#include "nodes/parts.h"

#include <stdlib.h>
#include <string.h>

/* A control item and what a record adds to it. */
enum { WHOLE_MAX = LIMIT_CONTROL_SIZE + 1024 };

struct parts_whole {
    struct parts_whole *next;
    uint64_t total;
    uint8_t *bytes; /* owned */
};

static void
forget(struct parts *parts)
{
    free(parts->bytes);
    parts->bytes = NULL;
    parts->size = 0;
}

void
parts_close(struct parts *parts)
{
    forget(parts);
    while (parts->wholes) {
        struct parts_whole *whole = parts->wholes;
        parts->wholes = whole->next;
        free(whole->bytes);
        free(whole);
    }
    *parts = (struct parts) { 0 };
}

bool
parts_is_one(const struct frame *frame)
{
    return frame->more || frame->batch.offset > 0;
}

/* Whether the frame goes on where the last one ended. */
static bool
follows(const struct parts *parts, const struct frame *frame)
{
    return frame->batch.from == frame->batch.to &&
           frame->batch.stream.channel != CHANNEL_EVENTS &&
           stream_equal(parts->stream, frame->batch.stream) &&
           parts->seq == frame->batch.from &&
           parts->size == frame->batch.offset &&
           frame->batch.records.size <= WHOLE_MAX - parts->size;
}

static bool
append(struct parts *parts, view bytes)
{
    uint8_t *grown = realloc(parts->bytes, parts->size + bytes.size);

    if (!grown)
        return false;
    memcpy(grown + parts->size, bytes.bytes, bytes.size);
    parts->bytes = grown;
    parts->size += bytes.size;
    return true;
}

static bool
hand_out(struct parts *parts, uint64_t total, view *ret_whole)
{
    struct parts_whole *whole = malloc(sizeof *whole);

    if (!whole)
        return false;
    *whole = (struct parts_whole) { parts->wholes, total, parts->bytes };
    *ret_whole = (view) { parts->bytes, parts->size };
    parts->wholes = whole;
    parts->bytes = NULL;
    parts->size = 0;
    return true;
}

enum parts_verdict
parts_take(struct parts *parts, const struct frame *frame, view *ret_whole)
{
    assert(parts_is_one(frame));
    if (frame->batch.offset == 0) {
        forget(parts);
        parts->stream = frame->batch.stream;
        parts->seq = frame->batch.from;
        parts->broken = false;
    }
    if (parts->broken)
        return PARTS_IGNORE;
    if (follows(parts, frame) && append(parts, frame->batch.records)) {
        if (frame->more)
            return PARTS_MORE;
        if (hand_out(parts, frame->batch.total, ret_whole))
            return PARTS_WHOLE;
    }
    forget(parts);
    parts->broken = true;
    return PARTS_BROKEN;
}

void
parts_done(struct parts *parts, uint64_t total)
{
    for (struct parts_whole **at = &parts->wholes; *at; at = &(*at)->next) {
        struct parts_whole *whole = *at;
        if (whole->total != total)
            continue;
        *at = whole->next;
        free(whole->bytes);
        free(whole);
        return;
    }
}
