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

/* The fields are spill.c's own.  They stand here because entries are added tens
 * of millions of times. */
struct spill {
    /* The stretches of a partition; what is used of the last is known here
     * only. */
    struct spill_lane {
        uint8_t *next;
        uint8_t *end;
        uint32_t first; /* chunk; none: UINT32_MAX */
        uint32_t last;
        uint32_t count; /* of entries, in the file too */
    } lanes[LIMIT_PARTITIONS];
    const char *dir;
    int file; /* -1: there is none yet */
    enum err err;
    uint8_t *memory;
    uint32_t chunk_count; /* that fit the memory */
    uint32_t chunk_next;  /* the first free one */
    struct spill_chunk *chunks;
    struct spill_batch *batches;
    uint32_t batch_count;
    uint64_t file_size;
    uint8_t *map; /* of the file, once it is read; NULL: there is none */
};

/* `memory` bytes at most are held, 2 x SPILL_ENTRY_MAX at least; a file goes to
 * `dir`, which is borrowed.  ERR_MEMORY. */
NODISCARD enum err spill_open(const char *dir, size_t memory,
                              struct spill **ret_spill);
/* Gives back the memory and the file.  NULL is allowed. */
void spill_close(struct spill *spill);

/* Begins another stretch of the partition with room for so much; see
 * spill_room(). */
void *spill_more(struct spill *spill, uint32_t partition, uint32_t size);

/* Room for an entry of `size` bytes at most, to be filled before the next call;
 * then spill_added() says how many it took.  NULL: there has been a fault,
 * which spill_end() tells. */
static inline void *
spill_room(struct spill *spill, uint32_t partition, uint32_t size)
{
    const struct spill_lane *lane = &spill->lanes[partition];

    assert(size > 0 && size <= SPILL_ENTRY_MAX);
    return lane->end - lane->next >= (ptrdiff_t)size + SPILL_BEHIND
               ? lane->next
               : spill_more(spill, partition, size);
}

/* Keeps the entry that fills `size` bytes of the room. */
static inline void
spill_added(struct spill *spill, uint32_t partition, uint32_t size)
{
    enum { AHEAD = 64 };
    struct spill_lane *lane = &spill->lanes[partition];

    assert(lane->end - lane->next >= (ptrdiff_t)size);
    lane->next += size;
    lane->count++;
    /* Until this lane's turn comes again many others have theirs. */
    __builtin_prefetch(lane->next + AHEAD, 1);
}

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
/* After spill_end(); gone with the spill.  ERR_MEMORY. */
NODISCARD enum err spill_read(const struct spill *spill, uint32_t partition,
                              struct spill_part *ret_part);
void spill_part_close(struct spill_part *part);

#endif
