/*
 * state_parts.h - what the kept states consist of, for core/state*.c only
 */
#ifndef CORE_STATE_PARTS_H
#define CORE_STATE_PARTS_H

#include "core/account_table.h"
#include "core/lives.h"
#include "core/marks.h"
#include "core/state_fold.h"
#include "core/state_packed.h"

struct state_news; /* state_follow.c's */

/* For one decoded event, and for some batches of many. */
enum { STATE_SCRATCH_EVENT = 1 << 20, STATE_SCRATCH = 3 << 21 };

struct state {
    struct ledger *ledger; /* borrowed */
    bool loaded;
    uint64_t position;
    uint64_t step;     /* positions that are followed at a time, about */
    uint64_t admitted; /* the enrolment whose rules all states follow, or a
                        * later position */
    struct runset set;
    uint64_t keep_max;          /* bytes of states in memory, changed or not */
    bool whole;                 /* the table has every account's */
    struct account_table table; /* what changed after set.position, and more */
    struct marks marks;         /* to be folded afresh */
    struct state_fold fold;     /* opened for one timeline */
    digest digest;              /* of the timeline */
    uint64_t *quarantined; /* owned; positions whose mark has been looked at */
    uint32_t quarantine_count;
    struct lives lives;
    struct state_news *news; /* owned */
    struct arena scratch;    /* decoded events */
    struct text blob;
};

/* The state (but for the account), also the empty one of an account whose
 * events don't count any more.  `hash` is the table's, of the key.
 * ERR_NOT_FOUND: it has no event. */
NODISCARD enum err state_find_packed(const struct state *state, uint64_t hash,
                                     view key, struct state_packed *ret_packed);

#endif
