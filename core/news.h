/*
 * news.h - the events that have arrived since, one after another
 *
 *     struct news news;
 *     news_begin(&news, reader, after, last);
 *     while ((err = news_next(&news, &event, &position)) == OK)
 *         ...
 *
 * Control items and records of a later format are passed over.
 */
#ifndef CORE_NEWS_H
#define CORE_NEWS_H

#include "core/reader.h"

struct news {
    struct reader *reader; /* borrowed */
    uint64_t next;         /* position */
    uint64_t last;
    bool inside; /* of a record, whose events are being told */
    uint64_t position;
    struct reader_item item;
    struct record_cursor cursor; /* over item.record: not to be moved */
};

/* Before the first event at a position above `after`; none above `last` is
 * told. */
void news_begin(struct news *news, struct reader *reader, uint64_t after,
                uint64_t last);

/* The next event, which borrows from the reader's snapshot.  ERR_NOT_FOUND:
 * there is none; otherwise as reader_next(). */
NODISCARD enum err news_next(struct news *news, struct record_event *ret_event,
                             uint64_t *ret_position);

#endif
