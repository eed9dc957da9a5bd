/*
 * quick_event.h - one event of an account after the other, for programs with
 * more than points by amount
 *
 * Rules with limits, groups, funders or rewards, stamp cards, spend rewards
 * and rewards of levels; joins.  What the clock does in between is in
 * quick_clock.h.
 */
#ifndef REPLAY_QUICK_EVENT_H
#define REPLAY_QUICK_EVENT_H

#include "replay/quick_parts.h"

/* The purchase of that row. */
void quick_event_buy(struct quick *quick, uint32_t row);

/* A join: its rules are asked at the first one. */
void quick_event_join(struct quick *quick, const struct plain_stop *stop);

#endif
