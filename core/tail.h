/*
 * tail.h - the end of the journal that no run holds yet, by account
 *
 * Rows lie in memory in order of arrival, as dockets (docket.h); for each
 * partition a list tells whose they are.  So taking one in touches little
 * memory, and to find those of an account the list of its partition is gone
 * through, a few hundred or thousand numbers.  It is bounded by count and by
 * size; whoever fills it writes it to a run when it is full and empties it.
 */
#ifndef CORE_TAIL_H
#define CORE_TAIL_H

#include "core/docket.h"

struct tail {
    uint64_t seed;       /* random, set by whoever opens it */
    uint32_t item_count; /* dockets */
    uint64_t size;       /* of the buffer */
    uint64_t room;
    uint8_t *bytes; /* owned */
    struct tail_part {
        uint64_t *accounts; /* a member, or a hash of the bearer; owned */
        uint32_t *places;   /* in the buffer; owned */
        uint32_t count;
        uint32_t room;
    } parts[LIMIT_PARTITIONS];
};

/* A zeroed tail with a seed is an empty one.  Closing empties it and gives its
 * memory back; it can be filled again. */
void tail_close(struct tail *tail);
/* Empties it and keeps the memory. */
void tail_clear(struct tail *tail);

/* Appends a row of the account; all of it is copied.  ERR_MEMORY. */
NODISCARD enum err tail_add(struct tail *tail, account_id account,
                            const struct chapter_row *row);

/* Takes back what was added since its buffer had that size. */
void tail_cut(struct tail *tail, uint64_t size);

/* The dockets of one account in order of arrival; a value, gone when the tail
 * changes. */
struct tail_cursor {
    const struct tail *tail;
    const struct tail_part *part;
    account_id account; /* borrowed */
    uint64_t number;
    uint32_t next;
};

/* Before the oldest docket of the account. */
void tail_seek(const struct tail *tail, account_id account,
               struct tail_cursor *ret_cursor);
/* NULL: that was the last. */
const struct docket *tail_next(struct tail_cursor *cursor);

/* Opens a list of the dockets of a partition in some tails, oldest first, in
 * order of account; they are borrowed.  ERR_MEMORY. */
NODISCARD enum err tail_sort(const struct tail *const *tails, uint32_t count,
                             uint32_t partition, struct docket_list *ret_list);

#endif
