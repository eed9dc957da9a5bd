/*
 * hub_lies.h - a hub that lies: it has a fault, or its key was stolen
 *
 * Of what a hub says to a store's node, or to its standby, something is now and
 * then another thing than the hub's own process meant: an epoch, an end, what
 * is safe, a credit, a clock, a state; or it is another frame altogether, and
 * to a standby streams that nobody wrote (hub_plant.h).  What is public it does
 * not make up: who may sign for a hub decides on the rules.  When the world is
 * healed, so are the hubs, as if others had taken their places: whatever the
 * nodes were told, nothing may be missing then, and no lie be remembered.
 */
#ifndef TESTS_SIM_HUB_LIES_H
#define TESTS_SIM_HUB_LIES_H

#include "tests/sim/world.h"

/* A frame is about to go out: a net_bend. */
void hub_lies_bend(void *context, struct machine *from, uint32_t to,
                   struct frame *frame);

/* At rest: what the nodes remember of hubs is true. */
void hub_lies_check(struct world *world);

#endif
