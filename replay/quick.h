/*
 * quick.h - an account of plain events folded by a table
 *
 * The second stage of a fast replay.  It keeps of an account what plain events
 * can change (lots, debt, level, spend of the window, counts) and sums effects
 * up in cells by store and month, which become totals of the side at the end.
 * Every figure is the one that the ordinary fold comes to; the tests compare
 * the two on random histories and programs.
 */
#ifndef REPLAY_QUICK_H
#define REPLAY_QUICK_H

#include "core/earn.h"
#include "replay/rulebook.h"
#include "replay/side.h"

struct quick; /* in the arena it was opened in */

/* For one side in one thread; `outcome` is scratch that may be shared.  All
 * are borrowed.  NULL: the machine has no memory. */
struct quick *quick_open(struct side *side, struct rulebook *table,
                         struct plain *plain, struct earn_outcome *outcome,
                         struct arena *arena);
void quick_close(struct quick *quick);

/* Folds the rows that plain_read() has made of an account.  False: the account
 * has begun before the rules did, and is left to the ordinary fold; nothing
 * has been counted. */
NODISCARD bool quick_fold(struct quick *quick,
                          struct side_account *ret_account);

/* Adds what has been summed up to the side, once. */
void quick_finish(struct quick *quick);

#endif
