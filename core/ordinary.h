/*
 * ordinary.h - an ordinary event, or its row, straight from its bytes
 *
 * Nearly all that a ledger holds are members' purchases without lines or with
 * one line that says nothing but its category, and redemptions of points,
 * written as codec_encode() writes them.  For these the way over
 * codec_decode(), event_check_core() and chapter_row_of() costs several times
 * what reading them costs; a history built from millions goes this way.  What
 * comes out is the same (test_ordinary.c), and whatever looks different is left
 * to the long way: this one refuses, it never judges.
 */
#ifndef CORE_ORDINARY_H
#define CORE_ORDINARY_H

#include "core/chapter_row.h"
#include "core/record.h"

/* A purchase without lines, all that it says but its annex. */
struct ordinary_sale {
    int64_t at_ms;
    int64_t recorded_ms; /* 0: none */
    uint64_t member;
    money total;
    uint32_t store;
    view id; /* it and the receipt borrow from the bytes */
    view receipt;
};
/* Reads one that event_check_core() lets pass.  False: go the long way. */
NODISCARD bool ordinary_sale(const struct record_event *stored,
                             struct ordinary_sale *ret_sale);
/* The same as codec_decode() gives it. */
NODISCARD bool ordinary_purchase(const struct record_event *stored,
                                 struct event *ret_event);

/* Room for what a row points to. */
struct ordinary {
    uint8_t codes[2 * CHAPTER_CODE_SIZE];
};

/* Reads an event; its category gets its number; the position is the caller's to
 * set.  The row borrows from the room.  False: go the long way, and what is in
 * `ret_` means nothing. */
NODISCARD bool ordinary_read(const struct record_event *stored,
                             struct words *words, struct ordinary *room,
                             account_id *ret_account,
                             struct chapter_row *ret_row);

#endif
