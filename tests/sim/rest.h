/*
 * rest.h - whether all has come to rest: nothing is on its way any more
 */
#ifndef TESTS_SIM_REST_H
#define TESTS_SIM_REST_H

#include "tests/sim/world.h"

/* Every process runs; every store's streams are at the hub and what is public
 * at every store, bytes equal; a standby holds what the hub does, and nothing
 * else. */
bool rest_is_reached(struct world *world);
/* Why not, in words; valid until the next call. */
const char *rest_why_not(void);

#endif
