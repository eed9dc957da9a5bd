/*
 * referral.h - whether a member's recommendation has borne fruit, and when
 *
 * The one effect between accounts, as a pure function of the referred member's
 * own events and of the versions (RULES.md, "Referral"): the first join says
 * who recommended the member, and the first qualifying event after it earns
 * both their rewards.  The fold of the referred member asks step by step; the
 * referrer's walk takes the answer as an input of its own at that event's
 * place in canonical order.
 */
#ifndef CORE_REFERRAL_H
#define CORE_REFERRAL_H

#include "core/event.h"
#include "core/timeline.h"

/* Part of a member's state.  All zero: no join yet. */
struct referral_state {
    uint64_t referrer; /* of the first join; 0: nobody */
    bool joined;       /* a later join's referrer does not count */
    bool done;         /* the qualifying event has been */
};

/* Whether a later event may be the qualifying one. */
static inline bool
referral_waits(const struct referral_state *state)
{
    return state->joined && state->referrer != 0 && !state->done;
}

/* Takes the member's next event in canonical order, voided ones left out.
 * `version` is the one in force at it (NULL before the first) and `eligible`,
 * looked at for a purchase only, its eligible amount as bought.  True: this is
 * the qualifying event, `state->referrer` gets the reward. */
bool referral_step(struct referral_state *state, const struct version *version,
                   const struct event *event, money eligible);

/* What the referrer's walk takes as an input. */
struct referral {
    uint64_t referrer;
    const struct event *event; /* the qualifying one; borrowed */
    const struct version *version;
};

struct basket;

/* Looks through the whole history of a referred member: its events in
 * canonical order, without voids and what they undo (walk_live()).  False:
 * nobody gets anything (yet).  `scratch` is written over. */
bool referral_find(const struct timeline *timeline,
                   const struct event *const *events, uint32_t count,
                   struct basket *scratch, struct referral *ret_referral);

#endif
