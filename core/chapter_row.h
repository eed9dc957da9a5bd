/*
 * chapter_row.h - an event of an account on its way into a chapter or out of
 * it
 *
 * What most accounts consist of is *plain*: purchases without returns,
 * redemptions, stamps, joins, activities.  A plain event is a row of fixed
 * numbers, which are all that rules ask for, and a few bytes for the rest:
 *
 * | kind     | amount                        | goods                         |
 * |----------|-------------------------------|-------------------------------|
 * | purchase | total; it has no lines        | 0                             |
 * | line     | total; its only line says     | the category's number         |
 * |          | nothing but the category      |                               |
 * | lines    | total                         | how many lines                |
 * | redeem   | points                        | 0                             |
 * | reward   | 0 or 1 + value                | the reward's number           |
 * | stamp    | count                         | the card's number             |
 * | join     | home store                    | 1: it names a referrer        |
 * | activity | 0                             | the name's number             |
 *
 * Numbers of names are those of words.h, 0 is no name.  The *codes* hold the
 * rest: receipt, `id`, and then a join's referrer (varint) or the lines' `off`
 * (varint) and what it took off each line (varint).  The row's tag says which
 * of these are there: bits 3-4 the receipt, bits 5-6 the `id` (0 none, 1 a
 * number in decimal as a varint, 2 a byte and then such a number, 3 a size and
 * so many bytes), bit 7 the third.  *Skus* are, for each line that has one, a
 * size and so many bytes, or 0 and a number in decimal as a varint.
 *
 * All other events, and pointers, are items (item.h).
 */
#ifndef CORE_CHAPTER_ROW_H
#define CORE_CHAPTER_ROW_H

#include "core/event.h"
#include "core/item.h"
#include "core/words.h"

/* Kinds of plain events, as keys have them. */
enum chapter_kind {
    CHAPTER_PURCHASE,
    CHAPTER_LINE,
    CHAPTER_LINES,
    CHAPTER_REDEEM,
    CHAPTER_REWARD,
    CHAPTER_STAMP,
    CHAPTER_JOIN,
    CHAPTER_ACTIVITY,
};

enum {
    CHAPTER_KIND_BITS = 3,
    CHAPTER_STORE_BITS = 19,
    CHAPTER_TAG_OWN = 0xf8, /* what of a tag belongs to the row */
    CHAPTER_TAG_RECEIPT = 3,
    CHAPTER_TAG_ID = 5,
    CHAPTER_TAG_MORE = 0x80,
    CHAPTER_CODE_NUMBER = 1, /* a code's form: a number in decimal */
    CHAPTER_CODE_SIZE = 2 + LIMIT_CODE_SIZE,
};

/* A line as it lies in a chapter, one after the other. */
struct chapter_line {
    int32_t amount; /* cents, after `off` */
    uint32_t sku;   /* chapter_sku(); 0: none */
    uint16_t goods; /* the category's number; 0: none */
    uint16_t qty;
};
static_assert(sizeof(struct chapter_line) == 12, "as the format says");

struct chapter_row {
    uint64_t key;
    uint64_t position;
    identity identity;
    int64_t recorded_ms; /* 0: none */
    uint32_t amount;
    uint16_t goods;
    uint8_t tag;
    bool item;            /* `codes` is one; key and the like say nothing */
    const uint8_t *lines; /* of `lines`; not aligned */
    view skus;
    view codes;
};

/* The row of an event that arrived at the position; names get their numbers,
 * bytes lie in the arena.  False: it is not plain, and the row means nothing.
 */
NODISCARD bool chapter_row_of(const struct event *event, uint64_t position,
                              struct words *words, struct arena *arena,
                              struct chapter_row *ret_row);

/* Writes a receipt or an `id`, if there is one, in CHAPTER_CODE_SIZE bytes at
 * most, and returns where it ends; `ret_form` is for the tag. */
uint8_t *chapter_row_put_code(uint8_t *at, view code, uint8_t *ret_form);

/* The row of an item; the bytes are borrowed.  ERR_CORRUPT: it is none. */
NODISCARD enum err chapter_row_of_item(view bytes, struct chapter_row *ret_row);

/* The event of a plain row; all of it lies in the arena.  ERR_CORRUPT. */
NODISCARD enum err chapter_row_event(const struct chapter_row *row,
                                     account_id account,
                                     const struct words *words,
                                     struct arena *arena,
                                     struct event *ret_event);

/* Moves past the codes of a row.  False: they don't end before the end. */
NODISCARD bool chapter_row_pass_codes(const struct chapter_row *row,
                                      const uint8_t **at, const uint8_t *end);

/* The next sku; it borrows from the bytes or from `room`. */
NODISCARD bool chapter_row_take_sku(const uint8_t **at, const uint8_t *end,
                                    uint8_t room[static LIMIT_CODE_SIZE],
                                    view *ret_sku);

/* Canonical order; of rows of one identity by arrival. */
int chapter_row_compare(const struct chapter_row *a,
                        const struct chapter_row *b);

/* What stands for a sku in lines, never 0.  Two skus may have the same: who
 * looks for one compares the bytes where it is met. */
uint32_t chapter_sku(view sku);

/* What a key says: the instant, the store, the kind. */
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
