/*
 * fate.h - what befalls a world, and its healing
 */
#ifndef TESTS_SIM_FATE_H
#define TESTS_SIM_FATE_H

#include "tests/sim/world.h"

/* When the hub falls, if the plan says that it does. */
void fate_plan(struct world *world);
/* What happens to one machine in this step; and to all of them. */
void fate_strike(struct world *world, struct box *box);
void fate_turn(struct world *world);

/* The end of a cut and of a full disk, when their time is over. */
void fate_relieve(struct world *world, struct box *box);
/* Everything is repaired, the weather is fair, everybody works. */
void fate_heal(struct world *world);

#endif
