/*
 * ordinary.h - the row of an ordinary event straight from its bytes
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

struct ordinary {
    uint64_t member;
    struct chapter_row row; /* position and identity are the caller's to set;
                             * its codes lie here: */
    uint8_t codes[2 * CHAPTER_CODE_SIZE];
};

/* Reads one core; its category gets its number.  False: go the long way, and
 * what is in `ret` means nothing. */
NODISCARD bool ordinary_read(view core, struct words *words,
                             struct ordinary *ret);

#endif
