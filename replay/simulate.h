/*
 * simulate.h - the whole history folded under several sets of rules at once
 *
 * Takes every account once, folds it under the baseline and under each
 * candidate, and keeps what each side came to and how the accounts fared.
 * Accounts are shared out to threads by partition; every figure is an exact
 * sum and every list has a total order, so that the result is the same
 * whatever thread took which partition.  Nothing is changed anywhere.
 */
#ifndef REPLAY_SIMULATE_H
#define REPLAY_SIMULATE_H

#include "core/ledger.h"
#include "core/segment.h"
#include "replay/outcome.h"

enum {
    SIMULATE_CANDIDATES_MAX = 1000,
    SIMULATE_THREADS_MAX = 256,
};

/* One account under every side, for a table of accounts. */
struct simulate_row {
    account_id account;
    const struct side_account *sides; /* the baseline first */
};

struct simulation {
    uint32_t side_count;      /* the baseline and the candidates */
    struct side *sides;       /* the baseline first */
    struct outcome *outcomes; /* of each candidate, from 0 */
    int64_t until_ms;
    uint64_t event_count; /* up to until, voids and what they undo too */
    uint64_t account_count;
    uint64_t table_count;      /* accounts of plain events only */
    struct simulate_row *rows; /* account order; only if asked for */
};

struct simulate_options {
    const struct timeline *baseline;
    const struct timeline *const *candidates;
    uint32_t candidate_count; /* 1 to SIMULATE_CANDIDATES_MAX */
    struct side_span span;
    uint32_t thread_count; /* 1 to SIMULATE_THREADS_MAX */
    bool rows;             /* keep a row for each account */
    bool fold_only;        /* fold all accounts in the ordinary way: for tests
                            * that compare the two */
    /* Only accounts for which this holds under the baseline at the end; read
     * by the baseline's timeline.  NULL: all. */
    const struct segment *segment;
    /* Called now and then by the calling thread, with how many events have been
     * taken so far; false stops the simulation, which then fails with ERR_BUSY.
     * NULL: nobody asks. */
    bool (*progress)(void *context, uint64_t events);
    void *context;
};

/* Folds everything; the result lies in the arena.  Damage of the image is
 * mended once.  ERR_CORRUPT, ERR_IO, ERR_MEMORY: the history can't be read;
 * ERR_BUSY. */
NODISCARD enum err simulate(struct ledger *ledger,
                            const struct simulate_options *options,
                            struct arena *arena,
                            struct simulation *ret_simulation,
                            struct complaint *complaint);

#endif
