/*
 * quick_earn.h - what the rules that hold for one purchase give for it
 *
 * The last step of judging by tables, where rules can't be taken by columns:
 * those with limits, groups, funders or rewards, and all of them for an
 * account that the ordinary fold takes (judge.h).
 */
#ifndef REPLAY_QUICK_EARN_H
#define REPLAY_QUICK_EARN_H

#include "core/earn.h"
#include "replay/rulebook.h"

struct quick_purchase {
    const struct rulebook *table;
    const struct plain_receipt *receipt; /* NULL: no rule asks for its lines */
    uint32_t eligible;                   /* cents */
    uint32_t level; /* place + 1 of the level whose multiplier counts, too; 0 */
    int32_t partner; /* of its store */
    int32_t date;    /* its local day */
    struct earn_counts counts;
};

/* What the rules of these bits give, as earn_purchase() says it (but for
 * misses). */
void quick_earn(const struct quick_purchase *purchase, uint64_t mask,
                struct earn_outcome *ret_outcome);

/* The stamps for the card of that bit. */
int64_t quick_earn_stamps(const struct quick_purchase *purchase, uint32_t bit);

#endif
