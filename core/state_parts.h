/*
 * state_parts.h - what the kept states consist of, for core/state*.c only
 *
 * The states lie in as many parts as there are lanes (lanes.h), an account's by
 * the partition that its key begins with: what arrives is folded by a thread
 * for each part, and the parts one after the other are in the order of keys.
 */
#ifndef CORE_STATE_PARTS_H
#define CORE_STATE_PARTS_H

#include "core/account_table.h"
#include "core/lanes.h"
#include "core/lives.h"
#include "core/marks.h"
#include "core/state_fold.h"
#include "core/state_packed.h"

enum { STATE_PARTS = LANES };

struct state_part {
    struct account_table table; /* what changed after set.position, and more */
    struct marks marks;         /* its accounts that are to be folded afresh */
    struct marks named; /* of any part: whom these name as their referrer */
};

struct state_news; /* state_follow.c's */

struct state {
    struct ledger *ledger; /* borrowed */
    bool loaded;
    uint64_t position;
    uint64_t step;         /* positions that are followed at a time, about */
    uint32_t threads;      /* that may fold at once; ... */
    uint32_t idle_threads; /* ... where all is built anew and nobody appends */
    uint64_t admitted;     /* the enrolment whose rules all states follow, or a
                            * later position */
    struct runset set;
    uint64_t keep_max; /* bytes of states in memory, changed or not */
    bool whole;        /* the tables have every account's */
    bool warms;        /* there is room for warm ones */
    struct state_part parts[STATE_PARTS];
    struct state_fold folds[STATE_PARTS]; /* a thread's each, opened for one
                                           * timeline; ... */
    uint32_t fold_count;                  /* ... the first always is */
    digest digest;                        /* of the timeline */
    uint64_t *quarantined; /* owned; positions whose mark has been looked at */
    uint32_t quarantine_count;
    struct lives lives;
    struct state_news *news; /* owned */
};

/* The part where the key belongs. */
static inline uint32_t
state_part_of(view key)
{
    static_assert(LIMIT_PARTITIONS == 256, "a byte tells the partition");
    return key.bytes[0] / (LIMIT_PARTITIONS / STATE_PARTS);
}

/* The table's hash of a key, the same in all parts. */
static inline uint64_t
state_hash(const struct state *state, view key)
{
    return account_table_hash(&state->parts[0].table, key);
}

/* The state (but for the account), perhaps warm, also the empty one of an
 * account whose events don't count any more.  ERR_NOT_FOUND: it has none. */
NODISCARD enum err state_find_packed(const struct state *state, uint64_t hash,
                                     view key, struct state_packed *ret_packed);

/* Puts an account's state as of a position.  ERR_MEMORY. */
NODISCARD enum err state_put(struct account_table *table, uint64_t hash,
                             view key, uint64_t position, view packed);

/* Opens what is missing of so many folds.  ERR_MEMORY: fewer are open. */
NODISCARD enum err state_open_folds(struct state *state, uint32_t count);

#endif
