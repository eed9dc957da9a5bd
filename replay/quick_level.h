/*
 * quick_level.h - eligible amounts, and the level before each purchase
 *
 * Neither depends on points, so this comes first, and the variants of one
 * earning rule do it once.
 */
#ifndef REPLAY_QUICK_LEVEL_H
#define REPLAY_QUICK_LEVEL_H

#include "replay/quick_parts.h"

/* From when on the two sides agree in all that this depends on
 * (quick_era.h). */
int64_t quick_level_same_from(const struct quick *a, const struct quick *b);

/* Fills the columns of the side's own level; its stretches are known. */
void quick_level_run(struct quick *quick);

/* The place that the account held before an instant and before a row. */
int32_t quick_level_before(const struct quick_level *level,
                           const struct quick_held *held, int64_t at_ms,
                           uint32_t row);

#endif
