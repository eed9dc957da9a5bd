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

/* A purchase without lines, all of it but its annex, as codec_decode() gives it
 * and event_check_core() lets it pass; it borrows from the bytes.  False: go
 * the long way. */
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
