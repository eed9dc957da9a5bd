/*
 * quick.h - accounts of plain events folded by tables
 *
 * The second stage of a fast replay: one side takes a block of accounts
 * (plain.h) at a time.  No rule asks how many points an account has, so the
 * work is done in passes, each as plain as it can be; sides that agree in what
 * the first two depend on share them.
 *
 * 1. Levels (quick_level.h): eligible amounts, and the level before each
 *    purchase.
 * 2. Marks (quick_mark.h): which rules hold for each purchase.
 * 3. Gains (quick_gain.h): the points that they give, rule by rule over the
 *    columns of the block.
 * 4. Accounts, one after the other: points become lots, redemptions take from
 *    them, what is over expires (quick_book.h), and the rest is done on the
 *    way, event by event (quick_event.h) and by the clock (quick_clock.h).
 *    Where all rules are simple, redemptions alone are looked at
 *    (quick_flow.h).
 *
 * Time falls into eras (quick_parts.h): what changes at a version's beginning,
 * at `since` and after `ends` is constant within one.  Every figure is the one
 * that the ordinary fold comes to; the tests compare the two on random
 * histories and programs.
 */
#ifndef REPLAY_QUICK_H
#define REPLAY_QUICK_H

#include "core/earn.h"
#include "replay/rulebook.h"
#include "replay/side.h"

struct quick_columns;
struct quick; /* in the arena it was opened in */

/* What the sides of one thread have in common; all borrowed. */
struct quick_setup {
    struct plain *plain;
    const struct words *words;    /* of the history's goods */
    struct earn_outcome *outcome; /* scratch; so the next two */
    struct basket *basket;
    struct quick_columns *columns;
    struct arena *arena;
};

/* Columns to share, in the arena. */
struct quick_columns *quick_columns_open(struct arena *arena);

/* ERR_UNKNOWN: the side's rules have no tables, and the ordinary fold is to
 * take all accounts.  ERR_MEMORY. */
NODISCARD enum err quick_open(struct side *side,
                              const struct quick_setup *setup,
                              struct quick **ret_quick);
/* NULL is allowed; the rest of it lies in the arena. */
void quick_close(struct quick *quick);

/* Lets the side use what another of its thread, which takes each block first,
 * finds out about the block, as far as they agree. */
void quick_share(struct quick *quick, const struct quick *other);

/* Folds the block; what each account came to goes to `ret_accounts`, one in
 * `stride`. */
void quick_fold(struct quick *quick, struct side_account *ret_accounts,
                uint32_t stride);

/* Adds what has been summed up to the side, once. */
void quick_finish(struct quick *quick);

#endif
