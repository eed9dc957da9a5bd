/*
 * quick_flow.h - the points of an account that are used up in the order in
 * which they were earned
 *
 * Where all rules are simple (rulebook.h) and points that are earned later
 * are never over earlier, there is no need of lots.  All points that the
 * account has earned, one after the other, are a line; how far along it they
 * are used up is one number, which expiry lifts and a redemption moves on, even
 * past what there is: that is the debt, which the next points pay.  Only
 * redemptions and the end are looked at.
 */
#ifndef REPLAY_QUICK_FLOW_H
#define REPLAY_QUICK_FLOW_H

#include "replay/quick_parts.h"

/* Whether the side's points are used up so.  Its eras are known. */
bool quick_flow_fits(const struct quick *quick);

/* From when on points of the two sides are used up so, and over at the same
 * instants (quick_era.h). */
int64_t quick_flow_same_from(const struct quick *a, const struct quick *b);

/* Fills the columns of the side's own flow. */
void quick_flow_run(struct quick *quick);

/* Folds the account at that place of the block, which has some event. */
void quick_flow_fold(struct quick *quick, uint32_t index,
                     struct side_account *sums);

#endif
