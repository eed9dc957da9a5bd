/*
 * census.h - every account as it stands at a time, one after the other
 *
 * What a list of all accounts, a segment, a check or a digest reads: each
 * account's history is walked up to the time, and the walk handed out.  An
 * account that has no event and no referral up to then is left out.  Memory is
 * that of one account.  (Sums, which need no order, are for census_spread().)
 */
#ifndef CORE_CENSUS_H
#define CORE_CENSUS_H

#include "core/spread.h"

struct census;

struct census_options {
    uint64_t known;
    int64_t at_ms;
    /* NULL: the ledger's own versions at `known`; borrowed. */
    const struct timeline *timeline;
    /* Called for each step of each walk; NULL: nobody wants them. */
    void (*step)(void *context, const struct walk *walk);
    void *context;
};

/* The ledger is borrowed and not refreshed until the close.  Faults as of
 * ledger_timeline() and ledger_scan(). */
NODISCARD enum err census_open(struct ledger *ledger,
                               const struct census_options *options,
                               struct complaint *complaint,
                               struct census **ret_census);
void census_close(struct census *census);

/* The next account in account order, its clock at the time asked for; valid
 * until the next call.  ERR_NOT_FOUND after the last. */
NODISCARD enum err census_next(struct census *census,
                               const struct walk **ret_walk);

/* The history that the last walk was over; valid until the next call. */
const struct history_account *census_history(const struct census *census);

/* The versions by which the accounts are folded; valid until the close. */
const struct timeline *census_timeline(const struct census *census);

/* --- sums over all of them --- */

/* What is called for an account, with the context of the thread that walks it;
 * NULL: nothing is to be done then. */
struct census_calls {
    /* Before the first step. */
    void (*begin)(void *context, const struct history_account *history);
    void (*step)(void *context, const struct walk *walk);
    /* In the end, if the account has begun by then. */
    enum err (*take)(void *context, const struct walk *walk);
};

/* Takes every account, in no order and by all cores (spread.h); the step of the
 * options is not called.  Faults as of census_open(), of `take`, and of
 * spread_run(). */
NODISCARD enum err census_spread(struct ledger *ledger,
                                 const struct census_options *options,
                                 const struct census_calls *calls,
                                 const struct spread_contexts *contexts,
                                 struct complaint *complaint);

#endif
