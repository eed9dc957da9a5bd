/*
 * convoy.h - the parcels of a partition, as several threads have spilled them
 *
 * Each thread has read one stretch of the journal after the other, whichever
 * was next when it had done the one before (bulk.h); so its parcels stand in
 * the order of positions, and with those of all others they come in that order
 * again.  Each is found later by its place, a number of 32 bits: parcels of
 * millions of rows are sorted by account, and no row is moved for that.
 */
#ifndef CORE_CONVOY_H
#define CORE_CONVOY_H

#include "core/parcel.h"
#include "core/spill.h"

enum {
    CONVOY_PARTS_MAX = 16,
    CONVOY_BLOCK_BITS = 14, /* of a place, within a block; ... */
    CONVOY_BLOCKS_MAX = 1 << (32 - CONVOY_BLOCK_BITS), /* ... which block */
};

/* The fields are convoy.c's own.  They stand here because places are looked up
 * tens of millions of times. */
struct convoy {
    struct convoy_part {
        struct spill_part part; /* owned */
        uint32_t stretch;       /* that is next */
        const uint8_t *start;   /* of the one at hand */
        const uint8_t *end;
        uint32_t place; /* of its start */
        /* The parcel at hand: */
        const uint8_t *at;
        const uint8_t *behind;
        account_id account;
        uint64_t step; /* from the first position; UINT64_MAX: none is left */
    } parts[CONVOY_PARTS_MAX];
    uint32_t part_count;
    struct convoy_part *part; /* whose turn it is; NULL: nobody's yet or more */
    uint64_t until;           /* step: then it is another's */
    struct convoy_block {
        const uint8_t *bytes;
        uint32_t part;
    } * blocks; /* owned */
    uint32_t block_count;
    uint32_t block_room;
    uint32_t parcel_count;
};

/* A zeroed one is closed. */
void convoy_close(struct convoy *convoy);

/* Begins with the partition; what there was before is gone.  ERR_UNKNOWN: it
 * has too many parcels for a place each.  ERR_MEMORY. */
NODISCARD enum err convoy_begin(struct convoy *convoy,
                                struct spill *const *spills, uint32_t count,
                                uint32_t partition);

/* The account and the place of the next parcel; the account is valid until the
 * next call, its bearer until convoy_begin().  False: there is none left. */
bool convoy_next(struct convoy *convoy, const account_id **ret_account,
                 uint32_t *ret_place);

/* Where the parcel lies, and whose it is. */
static inline const uint8_t *
convoy_at(const struct convoy *convoy, uint32_t place, uint32_t *ret_part)
{
    assert(place >> CONVOY_BLOCK_BITS < convoy->block_count);
    const struct convoy_block *block =
        &convoy->blocks[place >> CONVOY_BLOCK_BITS];
    *ret_part = block->part;
    return block->bytes + (place & ((1u << CONVOY_BLOCK_BITS) - 1));
}

#endif
