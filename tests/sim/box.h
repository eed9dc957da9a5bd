/*
 * box.h - a machine with its process: switched on and off, turn by turn
 */
#ifndef TESTS_SIM_BOX_H
#define TESTS_SIM_BOX_H

#include "tests/sim/world.h"

/* A new machine with an empty ledger of that node. */
struct box *box_add(struct world *world, enum box_kind kind, uint32_t node);

/* In which the ledger writes now. */
uint64_t box_incarnation(struct world *world, const struct box *box);

/* Whose code runs from now on. */
void box_enter(struct box *box);

bool box_runs(const struct box *box);
/* Begins the process: a store's node, or a hub, or the standby of one where
 * the ledger has joined another.  What can't begin is tried again. */
void box_begin(struct world *world, struct box *box);
/* Ends the process; and the till's. */
void box_end(struct box *box);
void box_end_till(struct box *box);
/* The power is gone; it comes back later. */
void box_bury(struct world *world, struct box *box);

/* What the machine does at this moment. */
void box_live(struct world *world, struct box *box);

#endif
