/*
 * poison.h - events that count for nothing, and may not stop anything
 *
 * Of a store that is not the node's; of a kind, or with a field, that a later
 * version knows; beyond what an event may say; no event at all.  Each is
 * stored, acknowledged and passed on like any other, and gives nobody a point.
 * And MARKs, which are no events.
 */
#ifndef TESTS_SIM_POISON_H
#define TESTS_SIM_POISON_H

#include "tests/sim/world.h"

/* A faulty or a newer till appends one at this store. */
void poison_append(struct world *world, struct box *box);

#endif
