/*
 * chapter.h - the events of one account in a run of the history
 *
 * Plain events (chapter_row.h) lie in columns, so that a replay reads what
 * rules ask for without decoding the rest; all else about them (position,
 * identity, `recorded`, receipt, `id`) follows in a stretch of its own.  Other
 * events and pointers are kept as items (item.h).  Nothing is lost either way.
 *
 * | part    | bytes                                                        |
 * |---------|--------------------------------------------------------------|
 * | head    | kinds u8: 1 << kind of each plain event; flags u8 (1: goods  |
 * |         | are there); then varints: plain events n, others, streams,   |
 * |         | lines l, and size of the skus if there are lines, size of    |
 * |         | the rest                                                     |
 * | keys    | n x u64: (at - 2000-01-01) << 22 | store << 3 | kind         |
 * | amounts | n x u32                                                      |
 * | goods   | n x u16 if so flagged                                        |
 * | whose   | n x u8 if there are several streams: the event's stream      |
 * | lines   | l x 12 bytes: amount i32, sku u32, goods u16, qty u16; those |
 * |         | of the first event that has some, then the next              |
 * | skus    | of the lines that have one                                   |
 * | streams | each node u32, incarnation u64                               |
 * | rest    | for each plain event: tag u8; position less that of the one  |
 * |         | before (signed); seq, if it has not grown as much as the     |
 * |         | position, less that of the stream's one before (signed);     |
 * |         | `recorded`; its codes                                        |
 * | others  | each size u32, an item                                       |
 *
 * Plain events stand in canonical order, others in order of arrival.  A tag is
 * that of the row, and bits 0-1 tell `recorded` (0 none, 1 less `at`, 2 less
 * that of the one before, both signed; 3 the same as before), bit 2 whether
 * seq is there.  Numbers are little endian, those without a width varints.
 */
#ifndef CORE_CHAPTER_H
#define CORE_CHAPTER_H

#include "core/chapter_row.h"

enum {
    CHAPTER_STREAMS_MAX = 255,
    CHAPTER_STREAM_SIZE = 12,
    CHAPTER_FLAG_GOODS = 1,
    CHAPTER_TAG_RECORDED = 3, /* a mask, and what it may hold: */
    CHAPTER_RECORDED_AFTER_AT = 1,
    CHAPTER_RECORDED_AFTER_LAST = 2,
    CHAPTER_RECORDED_SAME = 3,
    CHAPTER_TAG_SEQ = 4,
};

/* The parts of a chapter; all borrow from its bytes, and none is aligned. */
struct chapter {
    uint8_t kinds; /* 1 << enum chapter_kind */
    uint32_t plain_count;
    uint32_t other_count;
    uint32_t stream_count;
    uint32_t line_count;
    const uint8_t *keys;
    const uint8_t *amounts;
    const uint8_t *goods; /* NULL: all are 0 */
    const uint8_t *whose; /* NULL: all are of stream 0 */
    const uint8_t *lines; /* struct chapter_line */
    const uint8_t *skus;
    const uint8_t *streams;
    const uint8_t *rest;
    const uint8_t *others;
    const uint8_t *end;
};

/* ERR_CORRUPT: these are no bytes that chapter_write() has written. */
NODISCARD enum err chapter_open(view bytes, struct chapter *ret_chapter);

/* The identity's node and incarnation of a stream, from 0. */
identity chapter_stream(const struct chapter *chapter, uint32_t index);

struct chapter_cursor {
    const struct chapter *chapter;
    uint32_t next;        /* plain event, then other */
    const uint8_t *at;    /* in the rest, then in the others */
    const uint8_t *lines; /* of the next event */
    const uint8_t *skus;
    uint64_t position; /* of the plain event before */
    int64_t recorded_ms;
    struct chapter_last {
        uint64_t position;
        uint64_t seq;
    } last[CHAPTER_STREAMS_MAX]; /* of each stream, the event before */
};

/* Before the first row of the chapter. */
void chapter_start(const struct chapter *chapter,
                   struct chapter_cursor *ret_cursor);

/* The next row, plain ones first; it borrows from the bytes.  ERR_NOT_FOUND
 * after the last; ERR_CORRUPT: the row means nothing. */
NODISCARD enum err chapter_next(struct chapter_cursor *cursor,
                                struct chapter_row *ret_row);

#endif
