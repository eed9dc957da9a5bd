/*
 * quick_era.h - the stretches of time within which nothing changes for a side
 * but the accounts
 *
 * What is judged by a version, counted from `since` and earned until `ends` is
 * the same for all events of an era, so that the rows of a block fall into a
 * few stretches, each treated as a whole.
 */
#ifndef REPLAY_QUICK_ERA_H
#define REPLAY_QUICK_ERA_H

#include "replay/quick_parts.h"

/* Makes the eras of a side whose tables are there. */
void quick_era_make(struct quick *quick);

/* Divides the rows of the block by the eras that they lie in. */
void quick_era_stretch(const struct quick *quick);

/* Whether two versions are the same in what is asked about. */
typedef bool quick_era_same(const struct quick *quick, const struct rulebook *a,
                            const struct rulebook *b);

/* The instant from which on the same versions are in force for both sides: all
 * that depends on these is the same for accounts that do not begin earlier.
 * INT64_MIN: for all accounts; INT64_MAX: for none. */
int64_t quick_era_same_from(const struct quick *a, const struct quick *b,
                            quick_era_same *same);

/* The era of that instant. */
static inline const struct quick_era *
quick_era_at(const struct quick *quick, int64_t at_ms)
{
    const struct quick_era *era = quick->eras;

    while (at_ms >= era->until_ms)
        era++;
    return era;
}

#endif
