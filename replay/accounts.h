/*
 * accounts.h - what each account came to on both sides, as CSV
 */
#ifndef REPLAY_ACCOUNTS_H
#define REPLAY_ACCOUNTS_H

#include "core/text.h"
#include "replay/simulate.h"

/* Appends the line of headings.  One candidate: each figure under the baseline
 * and under the candidate, side by side, as "baseline_points" and
 * "candidate_points".  Several: the baseline's figures, then those of each
 * candidate with its name before them, "NAME_points". */
void accounts_heading(struct text *text, const char *const *names,
                      uint32_t count);

/* Appends the row of an account, "42" or "bearer:CODE" first. */
void accounts_row(struct text *text, const struct simulation *simulation,
                  const struct simulate_row *row);

#endif
