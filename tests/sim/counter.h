/*
 * counter.h - redemptions at the tills: asked, decided, appended
 *
 * A till asks its node at the desk (nodes/desk.h, a real socket), and decides
 * alone by the rules' `offline` key when there is no answer in time, as the
 * command `redeem` does.
 *
 * Checked on the way: whoever asks is answered once, and in time; a hub never
 * grants what is not there or is held for others; a node alone never grants
 * more than the limit of the day, by what is on its own disk.
 */
#ifndef TESTS_SIM_COUNTER_H
#define TESTS_SIM_COUNTER_H

#include "tests/sim/world.h"

/* Of the rules (office.c). */
enum { COUNTER_LIMIT = 500, COUNTER_MIN = 10 };

/* Answers are checked against this world from now on. */
void counter_open(struct world *world);
/* A member wants to redeem at this store. */
void counter_ask(struct world *world, struct box *box);
/* Takes what was answered meanwhile. */
void counter_turn(struct world *world);
/* Nobody waits any more. */
void counter_close(struct world *world);

/* The process has begun anew: a hub's has forgotten what it held, and nobody
 * waits at a new desk. */
void counter_forget(struct box *box);

#endif
