/*
 * chapter.h - the events of one account in a run of the history
 *
 * What most accounts consist of is *plain*: a purchase without lines, or with
 * one line of a category and nothing else to say; a redemption of points; a
 * join that names nobody.  Plain events lie in columns, so that a replay reads
 * what rules ask for without decoding the rest; all else about them (position,
 * identity, `recorded`, receipt, `id`) follows in a stretch of its own.  Other
 * events and pointers are kept as items (item.h).  Nothing is lost either way.
 *
 * | part    | bytes                                                        |
 * |---------|--------------------------------------------------------------|
 * | head    | flags u8 (1: goods are there), then varints: plain events n, |
 * |         | others, streams, size of the rest                            |
 * | keys    | n x u64: (at - 2000-01-01) << 22 | store << 2 | kind         |
 * | amounts | n x u32: total, points, or home store                        |
 * | goods   | n x u16 if so flagged: the category's number (words.h)       |
 * | streams | each node u32, incarnation u64                               |
 * | rest    | for each plain event varints: position less that of the one  |
 * |         | before (zigzag); the stream if there are several; position - |
 * |         | seq less that of the one before (zigzag); 0 or 1 + (recorded |
 * |         | - at, zigzag); receipt; `id`                                 |
 * | others  | each size u32, an item                                       |
 *
 * Plain events stand in canonical order.  A code (receipt, `id`) is a varint:
 * 0 none, 1-64 that many bytes follow, 65 a number in decimal follows as a
 * varint, 66 a byte and then such a number.  Numbers are little endian.
 */
#ifndef CORE_CHAPTER_H
#define CORE_CHAPTER_H

#include "core/event.h"
#include "core/item.h"
#include "core/words.h"

/* Kinds of plain events, as keys have them. */
enum chapter_kind {
    CHAPTER_PURCHASE,
    CHAPTER_LINE, /* a purchase of one line */
    CHAPTER_REDEEM,
    CHAPTER_JOIN,
};

enum {
    CHAPTER_KIND_BITS = 2,
    CHAPTER_STORE_BITS = 20,
    CHAPTER_STREAMS_MAX = 255,
    CHAPTER_SIZE_MAX = 1 << 22, /* after this size a new one is begun */
};

/* --- writing --- */

/* An event on its way into a chapter. */
struct chapter_entry {
    const struct event *event; /* NULL: a pointer */
    uint64_t position;
    bool copy;
    view item; /* its bytes if there are any; else they are made */
};

/* Appends a chapter of the entries, which are sorted in place; categories get
 * their numbers.  The caller asks text_ok().  `arena` is scratch. */
void chapter_write(struct chapter_entry *entries, uint32_t count,
                   struct words *words, struct arena arena, struct text *text);

/* --- reading --- */

/* The parts of a chapter; all borrow from its bytes. */
struct chapter {
    uint32_t plain_count;
    uint32_t other_count;
    uint32_t stream_count;
    const uint8_t *keys; /* not aligned */
    const uint8_t *amounts;
    const uint8_t *goods; /* NULL: there are none */
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
    const struct words *words;
    account_id account;
    uint32_t next;     /* plain event, then other */
    const uint8_t *at; /* in the rest, then in the others */
    uint64_t position; /* of the plain event before */
    int64_t lead;      /* likewise: position less seq */
};

/* Before the first entry of the account's chapter. */
void chapter_start(const struct chapter *chapter, const struct words *words,
                   account_id account, struct chapter_cursor *ret_cursor);

/* The next entry: a plain event, which lies in the arena, or (event NULL) an
 * item, which borrows from the bytes.  ERR_NOT_FOUND after the last;
 * ERR_CORRUPT. */
NODISCARD enum err chapter_next(struct chapter_cursor *cursor,
                                struct arena *arena,
                                struct chapter_entry *ret_entry);

static inline int64_t
chapter_key_at_ms(uint64_t key)
{
    return (int64_t)(key >> (CHAPTER_KIND_BITS + CHAPTER_STORE_BITS)) +
           LIMIT_AT_MS_MIN;
}

static inline uint32_t
chapter_key_store(uint64_t key)
{
    return (uint32_t)(key >> CHAPTER_KIND_BITS) &
           ((1u << CHAPTER_STORE_BITS) - 1);
}

static inline enum chapter_kind
chapter_key_kind(uint64_t key)
{
    return (enum chapter_kind)(key & ((1u << CHAPTER_KIND_BITS) - 1));
}

#endif
