/*
 * simulate.h - the whole history folded twice, under two sets of rules
 *
 * Takes every account once, folds it under the baseline and under the
 * candidate, and keeps what each side came to and how the accounts fared.
 * Nothing is changed anywhere.
 */
#ifndef REPLAY_SIMULATE_H
#define REPLAY_SIMULATE_H

#include "core/ledger.h"
#include "replay/side.h"

enum { SIMULATE_TOP = 10 };

/* An account that gained or lost. */
struct simulate_change {
    account_id account;
    char bearer[LIMIT_CODE_SIZE]; /* where account.bearer points */
    points baseline;              /* issued less reversed */
    points candidate;
};

struct simulate_top {
    uint32_t count;
    struct simulate_change items[SIMULATE_TOP]; /* the greatest first */
};

struct simulation {
    struct side baseline;
    struct side candidate;
    int64_t until_ms;
    uint64_t event_count; /* up to until, voids and what they undo too */
    uint64_t account_count;
    uint64_t up; /* accounts by points, and by level */
    uint64_t down;
    uint64_t same;
    uint64_t tier_up;
    uint64_t tier_down;
    struct simulate_top gain;
    struct simulate_top loss;
};

struct simulate_options {
    const struct timeline *baseline;
    const struct timeline *candidate;
    struct side_span span;
    /* Called now and then with the accounts done so far; false stops the
     * simulation, which then fails with ERR_BUSY.  NULL: nobody asks. */
    bool (*progress)(void *context, uint64_t accounts);
    void *context;
};

/* Folds everything; the result lies in the arena.  Errors as of ledger_scan().
 */
NODISCARD enum err simulate(struct ledger *ledger,
                            const struct simulate_options *options,
                            struct arena *arena,
                            struct simulation *ret_simulation,
                            struct complaint *complaint);

#endif
