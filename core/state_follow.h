/*
 * state_follow.h - the states take in what has arrived since
 *
 * An account's event is folded forward from its state, the first one from
 * nothing.  What can't be folded so (a late event, a void, what looks back,
 * what may be a repetition) marks its account, and marked accounts are folded
 * afresh from their histories at the end.
 *
 * Events are taken in batches: their accounts are spread over more memory than
 * the caches hold, so all are asked for before the first is folded.
 */
#ifndef CORE_STATE_FOLLOW_H
#define CORE_STATE_FOLLOW_H

#include "core/state_parts.h"

NODISCARD enum err state_news_open(struct state_news **ret_news);
void state_news_close(struct state_news *news); /* NULL is allowed */

/* Brings all states from state->position to what the ledger has seen
 * (ledger_refresh.h), or by a step towards it; histories only where an account
 * is marked.  On error they are of no position any more, unless the fault was
 * one of the first event. */
NODISCARD enum err state_follow(struct state *state);

#endif
