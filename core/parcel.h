/*
 * parcel.h - a row on its way to its partition, in few bytes
 *
 * A history built at once throws millions of rows into partitions before it
 * knows all of an account (bulk.h).  What they take there is memory to be
 * cleared, written and read again, or a file; so they take some 24 bytes in
 * place of 96.  Each is read by itself, in any order: rows of one account lie
 * far apart, and what is fetched of one is all there is of it.
 *
 * | part     | bytes                                                         |
 * |----------|---------------------------------------------------------------|
 * | size     | u8; 0: a u32 follows that has it.  Of all bytes               |
 * | form     | u16: widths, and what is there                                |
 * | account  | member, or of a bearer the code's size u8 and the code        |
 * | position | less the sender's first, u32 or u64                           |
 * | key      | u64; of an item neither this nor what follows but codes       |
 * | seq      | u64 and the stream's number u32, unless as the sender's usual |
 * | recorded | unless as usual: less `at`, folded u32, or u64                |
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

/* What a sender's rows have in common, and leave out where they have it: the
 * same where parcels are put and where they are taken. */
struct parcel_usual {
    uint64_t position; /* none is less */
    uint64_t ahead;    /* the position less seq, in the stream */
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
 * where it ends.  Of an item's fields only the position is kept. */
uint8_t *parcel_put(uint8_t *at, const struct parcel_usual *usual,
                    const account_id *account, const struct chapter_row *row,
                    uint32_t stream);

/* Whose the parcel is (the bearer is set only where there is no member), how
 * far its position is from the sender's first, and where the next one begins.
 */
const uint8_t *parcel_look(const uint8_t *at, account_id *ret_account,
                           uint64_t *ret_step);

/* Reads the row and returns the number of its stream; what of its identity goes
 * by that is the caller's to set.  It borrows from the bytes. */
uint32_t parcel_take(const uint8_t *at, const struct parcel_usual *usual,
                     struct chapter_row *ret_row);

#endif
