/*
 * judge.h - purchases of an account that the ordinary fold takes, judged by
 * the tables of a side
 *
 * An account with events that tables don't know (returns, vouchers used,
 * passes, ...) is folded in the ordinary way, but most of its events are
 * purchases all the same.  What they earn is read off the tables; what is done
 * with it stays the fold's business (scene.h, struct scene_judge).
 *
 * Purchases are looked at once for all sides.  One that tables can't speak of,
 * or not for this account, is left to the ordinary evaluation.
 */
#ifndef REPLAY_JUDGE_H
#define REPLAY_JUDGE_H

#include "core/words.h"
#include "replay/quick.h"

/* A purchase as tables want it. */
struct judge_sale {
    const struct event *event;
    uint32_t store;               /* small number; 0: tables can't tell */
    uint32_t amount;              /* cents, of the lines above 0 */
    struct plain_receipt receipt; /* line_count 0: it has no lines */
};

/* The purchases among the events of one account, in their order. */
struct judge_sales {
    struct judge_sale *items;
    uint32_t count;
};

/* Lists them in the arena; events are borrowed, and stores get their small
 * numbers. */
struct judge_sales judge_read(struct plain *plain, const struct words *words,
                              const struct event *const *events, uint32_t count,
                              struct arena *arena);

/* One walk through an account. */
struct judge {
    struct scene_judge judge; /* for walk_input */
    const struct judge_sales *sales;
    uint32_t next;
    struct rulebook *const *tables; /* by version */
    const struct plain *plain;
};

/* Before the account's first event; all borrowed. */
void judge_begin(struct judge *judge, const struct judge_sales *sales,
                 const struct quick *quick);

#endif
