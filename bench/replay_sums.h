/*
 * replay_sums.h - what five questions about a history come to, whoever
 * answers them: leima, the hand-written loop, and the peers
 *
 * Points with weekend and category multipliers; tiers by twelve months, whose
 * multiplier counts; expiry, first in first out, with redemptions; what each
 * partner issued and redeemed in each month; all of it by two programs, and
 * who gains.
 */
#ifndef BENCH_REPLAY_SUMS_H
#define BENCH_REPLAY_SUMS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    SUMS_SIDES = 2,   /* the baseline and the candidate */
    SUMS_MONTHS = 13, /* from January 2025 */
    SUMS_PARTNERS = 4,
    SUMS_LEVELS = 3,
};

struct replay_side {
    int64_t issued[SUMS_MONTHS][SUMS_PARTNERS];
    int64_t redeemed[SUMS_MONTHS][SUMS_PARTNERS];
    int64_t levels[SUMS_LEVELS]; /* accounts at the end */
    int64_t overdrawn;
    int64_t expired;
    int64_t outstanding;
    int64_t debt;
};

struct replay_sums {
    struct replay_side sides[SUMS_SIDES];
    int64_t up; /* accounts that get more points from the candidate */
};

/* Adds a line of a peer's answer, "SIDE,FIGURE,MONTH,PARTNER,VALUE"; figures
 * are called as the fields are, MONTH is the level's place where FIGURE is
 * "levels".  False: it is no such line. */
bool replay_sums_add(struct replay_sums *sums, const char *line);

/* Stops the benchmark with every difference if there is one. */
void replay_sums_need_equal(const char *peer, const struct replay_sums *theirs,
                            const struct replay_sums *ours);

#endif
