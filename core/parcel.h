/*
 * parcel.h - a row on its way to its partition, in few bytes
 *
 * A history built at once throws millions of rows into partitions before it
 * knows all of an account (bulk.h).  What they take there is memory to be
 * cleared, written and read again, or a file; so a row leaves out what the row
 * before it of the same sender and partition said, too: some 20 bytes instead
 * of 96.  Parcels are read in the order in which they were written.
 *
 * | part     | bytes                                                         |
 * |----------|---------------------------------------------------------------|
 * | size     | u8; 0: a u32 follows that has it.  Of all bytes               |
 * | form     | u16: widths, and what is there                                |
 * | account  | member, or of a bearer the code's size u8 and the code        |
 * | key      | less the one before, folded                                   |
 * | position | less the one before                                           |
 * | seq      | u64 and the stream's number u32, unless seq has grown as much |
 * |          | as the position in the same stream                            |
 * | recorded | less `at`, folded u32, or u64; nothing if as before           |
 * | amount   |                                                               |
 * | goods    |                                                               |
 * | tag      | u8                                                            |
 * | lines    | of `lines`: 12 bytes each, the size of the skus u32, these    |
 * | codes    | or of an item all of it; the rest                             |
 *
 * Nothing of this outlives the process: what is wrong in it is a bug.
 *
 * Accounts go by reference here and in muster.h: a copy of what has just been
 * written piece by piece waits for all of it, tens of millions of times.
 */
#ifndef CORE_PARCEL_H
#define CORE_PARCEL_H

#include "core/chapter_row.h"

/* What is said once; zeroed before the first parcel, and the same where they
 * are put and where they are taken. */
struct parcel_last {
    uint64_t key;
    uint64_t position;
    uint64_t ahead; /* the position less seq */
    int64_t recorded_ms;
    uint32_t stream;
};

enum {
    PARCEL_FIXED_SIZE = 64, /* without what follows */
    PARCEL_BEHIND = 8,      /* bytes behind a parcel that may be read */
};

/* Room for the parcel of that row, and somewhat more. */
static inline uint32_t
parcel_room(const account_id *account, const struct chapter_row *row)
{
    return PARCEL_FIXED_SIZE + account->bearer.size + row->codes.size +
           (row->lines == NULL ? 0 : row->goods * 12u + row->skus.size);
}

/* Writes the row, whose stream has that number with the sender, and returns
 * where it ends.  Positions never fall; of an item's fields only the position
 * is kept. */
uint8_t *parcel_put(uint8_t *at, struct parcel_last *last,
                    const account_id *account, const struct chapter_row *row,
                    uint32_t stream);

/* Whose the parcel is (the bearer is set only where there is no member), and
 * where the next one begins. */
const uint8_t *parcel_account(const uint8_t *at, account_id *ret_account);

/* Reads the row and returns where the next one begins.  `last` has the number
 * of its stream; the rest of its identity but seq is the caller's to set.  It
 * borrows from the bytes. */
const uint8_t *parcel_take(const uint8_t *at, struct parcel_last *last,
                           struct chapter_row *ret_row);

#endif
