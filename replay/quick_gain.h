/*
 * quick_gain.h - what rules give for each purchase that they hold for
 *
 * Element by element over the columns of a block, without a branch that
 * depends on an event: rule by rule, its points are reckoned for every row and
 * kept where its bit is set.
 */
#ifndef REPLAY_QUICK_GAIN_H
#define REPLAY_QUICK_GAIN_H

#include "replay/quick_parts.h"

/* Fills the columns of the thread from the side's marks, and counts what each
 * rule gave.  Special rules are left to quick_event.h. */
void quick_gain_run(struct quick *quick);

#endif
