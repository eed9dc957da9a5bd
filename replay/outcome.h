/*
 * outcome.h - how the accounts fare under a candidate, against the baseline
 *
 * Counts of winners and losers, the accounts that gain and lose most, and how
 * the changes are spread.  Outcomes of parts of the accounts add up to that of
 * all, in whatever order.
 */
#ifndef REPLAY_OUTCOME_H
#define REPLAY_OUTCOME_H

#include "replay/side.h"

enum {
    OUTCOME_TOP = 10,
    OUTCOME_BANDS = 27, /* changes by size: 13 of losses, 0, 13 of gains */
    OUTCOME_BAND_NONE = OUTCOME_BANDS / 2,
};

/* An account that gained or lost. */
struct outcome_change {
    account_id account;
    char bearer[LIMIT_CODE_SIZE]; /* where account.bearer points */
    points baseline;              /* issued less reversed */
    points candidate;
};

struct outcome_top {
    uint32_t count;
    struct outcome_change items[OUTCOME_TOP]; /* the greatest first */
};

struct outcome {
    uint64_t up; /* accounts by points, and by level */
    uint64_t down;
    uint64_t same;
    uint64_t tier_up;
    uint64_t tier_down;
    uint64_t bands[OUTCOME_BANDS]; /* accounts by the size of the change */
    struct outcome_top gain;
    struct outcome_top loss;
};

/* Counts one account, of which either side may know nothing. */
void outcome_count(struct outcome *outcome, account_id account,
                   const struct side_account *baseline,
                   const struct side_account *candidate);

/* Adds all of `from`. */
void outcome_merge(struct outcome *outcome, const struct outcome *from);

/* The change of the band that is nearest to 0: a band goes from there away from
 * 0, to where the next one begins.  Negative for losses; 0 for
 * OUTCOME_BAND_NONE. */
int64_t outcome_band_from(uint32_t band);

#endif
