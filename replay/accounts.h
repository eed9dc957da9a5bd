/*
 * accounts.h - what each account came to on both sides, as CSV
 */
#ifndef REPLAY_ACCOUNTS_H
#define REPLAY_ACCOUNTS_H

#include "core/text.h"
#include "replay/simulate.h"

/* Appends the line of headings. */
void accounts_heading(struct text *text);

/* Appends the row of an account: "42" or "bearer:CODE", then each figure under
 * the baseline and under the candidate of that index, side by side. */
void accounts_row(struct text *text, const struct simulation *simulation,
                  const struct simulate_row *row, uint32_t candidate);

#endif
