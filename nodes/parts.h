/*
 * parts.h - records that are larger than a frame, put together again
 *
 * A close or a program of megabytes comes in several BATCHes, one after the
 * other, of which all but the last say MORE.  One such record at a time is
 * gathered in a session; what was lost between two parts is noticed by the
 * offset, and the sender begins again.
 */
#ifndef NODES_PARTS_H
#define NODES_PARTS_H

#include "nodes/frame.h"

struct parts_whole;
struct parts { /* zeros: nothing */
    stream_id stream;
    uint64_t seq;
    uint8_t *bytes; /* owned */
    uint32_t size;
    bool broken;                /* a part is missing: wait for the first */
    struct parts_whole *wholes; /* owned; handed out, not done with yet */
};
/* Gives back all of them, those handed out, too. */
void parts_close(struct parts *parts);

/* Whether the frame is a part at all. */
bool parts_is_one(const struct frame *frame);

enum parts_verdict {
    PARTS_MORE,   /* there is more to come */
    PARTS_WHOLE,  /* that was the last */
    PARTS_BROKEN, /* one before it is missing, or it is too large, or there is
                   * no memory: the sender is to begin again */
    PARTS_IGNORE, /* likewise, and it has been told */
};
/* Takes a part.  The whole record is valid until parts_done() with the `total`
 * of this frame. */
enum parts_verdict parts_take(struct parts *parts, const struct frame *frame,
                              view *ret_whole);
void parts_done(struct parts *parts, uint64_t total);

#endif
