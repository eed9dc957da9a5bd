/*
 * quick_clock.h - what changes in an account by the clock alone, and what the
 * ordinary evaluation is asked for
 */
#ifndef REPLAY_QUICK_CLOCK_H
#define REPLAY_QUICK_CLOCK_H

#include "replay/quick_parts.h"

/* A join: its rules are asked at the first one. */
void quick_clock_join(struct quick *quick, const struct quick_place *place,
                      uint32_t home_store);

/* Finds the next change by the clock anew. */
void quick_clock_due(struct quick *quick);

/* Makes all changes that are due up to and including that instant, in their
 * order. */
void quick_clock_run(struct quick *quick, int64_t until_ms);

/* The next midnight at which an absence since the last visit is rewarded. */
void quick_clock_absence(struct quick *quick);

/* Eligible spend of the tiers' window that ends with the month, which is kept
 * in the state. */
int64_t quick_clock_window(struct quick *quick, int32_t month);

/* The highest level that this spend supports. */
int32_t quick_clock_level(const struct program_tiers *tiers, int64_t spend);

/* When the validity of that level ends if it begins in the month. */
int64_t quick_clock_until(const struct quick *quick, int32_t place,
                          int32_t month);

#endif
