/*
 * spread.h - the histories of all accounts, each taken once, by all cores
 *
 * For sums.  Each thread takes one partition after the other, and sums up in a
 * context of its own; what the contexts come to the caller adds up in the end.
 * Within a partition accounts come in order, among partitions in none.
 *
 * Nobody else may change what a thread reads, so a damaged run is made good
 * when all have stopped, and then each goes on where it was.
 */
#ifndef CORE_SPREAD_H
#define CORE_SPREAD_H

#include "core/ledger.h"

enum { SPREAD_THREADS_MAX = 16 };

/* One for each processor. */
uint32_t spread_threads(void);

/* Takes the history of one account, which lies in the arena; that is the
 * thread's, and more may be taken from it until the return.  Who asks for other
 * accounts says that the question is `crowded`.  ERR_CORRUPT: one of these
 * can't be read, and nothing has been summed up yet: the account is given
 * again. */
typedef enum err spread_take(void *context,
                             const struct history_account *history,
                             struct arena *arena);

/* One for each thread. */
struct spread_contexts {
    void *items[SPREAD_THREADS_MAX];
    uint32_t count;
};

/* Hands out all that is known at a position.  The ledger is borrowed and not
 * refreshed meanwhile; its watch, for which the caller has begun something,
 * hears of how many events.  Faults of `take` and of history_scan_next(). */
NODISCARD enum err spread_run(struct ledger *ledger, uint64_t known,
                              spread_take *take,
                              const struct spread_contexts *contexts);

#endif
