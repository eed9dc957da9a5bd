/*
 * checks.h - what must hold in a world
 *
 * All along (safety): what a hub acknowledges is on its disk with that hash,
 * what a till was told is on the node's disk, journals have each identity once
 * and their chains unbroken.  At rest: every store's streams are at the hub,
 * bytes equal; every acknowledged sale is; balances are what a mere sum says;
 * a journal into which all came in another order gives the same digest; and
 * every stored state is that of a fresh fold.
 */
#ifndef TESTS_SIM_CHECKS_H
#define TESTS_SIM_CHECKS_H

#include "tests/sim/world.h"

/* A net_spy; `context` is the world. */
void checks_frame(void *context, struct machine *from, uint32_t to,
                  const struct frame *frame);

/* What is called safe of that hub's is, as it has it, on the disk of another
 * hub's machine, or in a backup. */
void checks_safe(struct world *world, const struct machine *hub,
                 stream_id stream, uint64_t safe);

/* The journal of a machine that is not dead. */
void checks_journal(struct world *world, struct box *box);

/* Whether `verify` finds nothing on the machine. */
bool checks_is_sound(struct world *world, struct box *box);

/* Every sale that was acknowledged is at the hub; `ret_present` may be NULL, or
 * has an element for each. */
void checks_arrived(struct world *world, bool *ret_present);

/* Everything, at rest. */
void checks_all(struct world *world);

#endif
