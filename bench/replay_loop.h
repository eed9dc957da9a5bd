/*
 * replay_loop.h - the yardstick of bench_replay.c: one loop, written by hand
 * for five questions of one pair of programs
 *
 * Points with weekend and category multipliers, the tier by twelve months with
 * its multiplier, first-in-first-out expiry with redemptions, what each
 * partner issued and redeemed in each month, and the difference to a candidate
 * that gives two points in place of one.  It knows all this beforehand, reads
 * twelve bytes an event, and answers nothing else.
 */
#ifndef BENCH_REPLAY_LOOP_H
#define BENCH_REPLAY_LOOP_H

#include "core/ledger.h"

struct loop_sums {
    int64_t issued;
    int64_t redeemed;
    int64_t overdrawn;
    int64_t expired;
    int64_t outstanding;
    int64_t candidate_issued;
};

struct loop_history;

/* Lays the history out for the loop. */
struct loop_history *loop_prepare(struct ledger *ledger, uint64_t event_count);
void loop_free(struct loop_history *history);

/* Seconds that the loop took on one thread. */
double loop_run(const struct loop_history *history, struct loop_sums *ret_sums);

#endif
