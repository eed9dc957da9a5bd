/*
 * state_afresh.h - accounts whose states can't be had by folding forward
 *
 * They are marked while events are taken, and folded from their histories in
 * the end, each part's by a thread.  Whom an account names as its referrer, and
 * named before, may win or lose by it, and is then folded afresh, too.
 */
#ifndef CORE_STATE_AFRESH_H
#define CORE_STATE_AFRESH_H

#include "core/state_parts.h"

/* `own`: for an event of its own, not for a referral.  ERR_MEMORY. */
NODISCARD enum err state_mark(struct state *state, account_id account,
                              bool own);

/* Folds the marked accounts, and whom their parts have named, to a position up
 * to which all states are brought.  On error some of them are folded. */
NODISCARD enum err state_fold_afresh(struct state *state, uint64_t position);

/* Takes all marks back. */
void state_forget_marks(struct state *state);

#endif
