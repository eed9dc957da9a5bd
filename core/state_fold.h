/*
 * state_fold.h - one account's state: folded afresh from its history, or
 * forward by one event
 *
 * Both ways give the same packed bytes.  The state is that right after the last
 * event that counts: all changes by the clock up to its instant, its own
 * included, have been made.  Forward it may also go warm (warm.h): then it says
 * the same in other bytes until it is cooled.
 */
#ifndef CORE_STATE_FOLD_H
#define CORE_STATE_FOLD_H

#include "core/ledger.h"
#include "core/onward.h"

/* A fold and its memory; one thread at a time. */
struct state_fold {
    struct ledger *ledger; /* borrowed; or NULL */
    const struct timeline *timeline;
    bool crowded; /* others read the history meanwhile (ledger_question) */
    bool warms;   /* what is folded forward becomes warm, if it can */
    struct fold *fold;
    struct onward *onward; /* of the fold */
    struct arena fold_arena;
    struct arena arena; /* of one account */
    struct history_trail trail;
    uint8_t *bytes; /* owned; what was packed last */
    size_t room;
};

/* What came out.  `packed` is valid until the next call; empty: the account
 * has no event that counts, and no referral, or else its state is larger than a
 * run takes.  Such a one is folded afresh at each event, and no node is told
 * what it holds, as if that were nothing: it refuses what it can't see. */
struct state_folded {
    view packed; /* or (forward, if it warms) warm */
    struct referral_state referral;
    bool rewards_referrer; /* forward: this was the qualifying event */
};

/* Without a ledger (NULL) it folds forward only.  ERR_MEMORY; so below. */
NODISCARD enum err state_fold_open(struct state_fold *fold,
                                   struct ledger *ledger,
                                   const struct timeline *timeline);
void state_fold_close(struct state_fold *fold);

/* From the history at positions <= `known`; the caller has read it into
 * fold->arena or elsewhere. */
NODISCARD enum err state_fold_history(struct state_fold *fold,
                                      const struct history_account *history,
                                      uint64_t known,
                                      struct state_folded *ret_folded);

/* The same, reading the history, too: fastest in the order of keys. */
NODISCARD enum err state_fold_account(struct state_fold *fold,
                                      account_id account, uint64_t known,
                                      struct state_folded *ret_folded);

/* Folds one event onto a state, packed or warm, or (empty) onto that of an
 * account which has no event before it, late ones included.  ERR_NOT_FOUND:
 * that can't be done, the history is needed.  ERR_CORRUPT: these are no packed
 * bytes; so below. */
NODISCARD enum err state_fold_forward(struct state_fold *fold, view state,
                                      const struct event *event,
                                      struct state_folded *ret_folded);

/* The same of an ordinary purchase onto a warm state in the bytes where it
 * lies.  Where it has grown, all of it lies elsewhere until the next call.
 * False: nothing has happened; go forward. */
NODISCARD bool state_fold_pass(struct state_fold *fold, uint8_t *bytes,
                               uint32_t size, const struct onward_sale *sale,
                               view *ret_state);

/* The packed bytes of a state that may be warm; until the next call.  As
 * state_fold_forward(). */
NODISCARD enum err state_fold_cool(struct state_fold *fold, view state,
                                   account_id account, view *ret_packed);

/* Whom the state names as its referrer; zeros for none. */
NODISCARD enum err state_fold_referral(struct state_fold *fold, view state,
                                       account_id account,
                                       struct referral_state *ret_referral);

#endif
