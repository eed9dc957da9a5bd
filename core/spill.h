/*
 * spill.h - entries thrown into partitions, in memory, beyond a bound in a file
 *
 * For sorting more than fits memory: entries go to their partition in the order
 * in which they come, and later each partition is read by itself.  The file
 * has no name by the time anything is in it, so that a crash leaves nothing.
 * One thread adds; afterwards any number may read different partitions.
 */
#ifndef CORE_SPILL_H
#define CORE_SPILL_H

#include "core/err.h"
#include "core/limits.h"

enum {
    SPILL_CHUNK_SIZE = 1 << 14,
    SPILL_ENTRY_MAX = 1 << 20,
    SPILL_BEHIND = 8, /* bytes behind a stretch that may be read */
};

struct spill;

/* `memory` bytes at most are held, 2 x SPILL_ENTRY_MAX at least; a file goes to
 * `dir`, which is borrowed.  ERR_MEMORY. */
NODISCARD enum err spill_open(const char *dir, size_t memory,
                              struct spill **ret_spill);
void spill_close(struct spill *spill); /* NULL is allowed */

/* Room for an entry of `size` bytes at most, to be filled before the next call;
 * then spill_added() says how many it took.  NULL: there has been a fault,
 * which spill_end() tells. */
void *spill_room(struct spill *spill, uint32_t partition, uint32_t size);
void spill_added(struct spill *spill, uint32_t partition, uint32_t size);
/* Nothing more is added.  ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err spill_end(struct spill *spill);

/* The bytes of a partition: entries one after the other, none in two
 * stretches. */
struct spill_part {
    uint32_t entry_count;
    uint32_t count; /* of stretches */
    struct spill_stretch {
        uint8_t *bytes; /* borrowed from the spill; may be changed */
        size_t size;
    } * stretches; /* owned */
};
NODISCARD enum err spill_read(const struct spill *spill, uint32_t partition,
                              struct spill_part *ret_part);
void spill_part_close(struct spill_part *part);

#endif
