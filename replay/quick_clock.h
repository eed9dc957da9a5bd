/*
 * quick_clock.h - what changes in an account by the clock alone, and what the
 * ordinary evaluation is asked for
 */
#ifndef REPLAY_QUICK_CLOCK_H
#define REPLAY_QUICK_CLOCK_H

#include "replay/quick_parts.h"

/* A purchase, once its rules have been asked: the next absence begins, and its
 * month is due a bonus. */
void quick_clock_visit(struct quick *quick, uint32_t row);

/* Makes all changes that are due up to and including that instant, in their
 * order. */
void quick_clock_run(struct quick *quick, int64_t until_ms);

/* What the rules ask about the account; changes of the level by the clock
 * count before `level_ms`. */
struct earn_context quick_clock_context(const struct quick *quick,
                                        const struct quick_place *place,
                                        moment now, int64_t level_ms);
struct earn_input quick_clock_input(const struct quick *quick,
                                    const struct quick_place *place,
                                    const struct earn_context *context);

#endif
