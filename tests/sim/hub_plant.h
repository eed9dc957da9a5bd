/*
 * hub_plant.h - streams that nobody has written, which a lying hub sends to its
 * standby
 *
 * A standby takes every stream from its hub, and can't know who wrote it: of a
 * node that nobody enrolled, of a store in an incarnation that it never had, or
 * on from where the store's stream ends.  What hangs together is kept and
 * offered to the next hub; what does not is refused.  All of it gives nobody a
 * point, and none of it may stop a stream that is true.
 *
 * What is public is not made up (hub_lies.h), nor what the hub's books say in
 * its present epoch: they are the hub's word, and nothing speaks against it.
 * So is a close of a past one: where it can't be read nobody closes any more.
 */
#ifndef TESTS_SIM_HUB_PLANT_H
#define TESTS_SIM_HUB_PLANT_H

#include "tests/sim/world.h"

/* The frame becomes a BATCH of such records; what it borrows is kept until the
 * next one. */
void hub_plant(struct world *world, const struct box *standby,
               struct frame *frame);

#endif
