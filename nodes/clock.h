/*
 * clock.h - the two clocks of the processes
 *
 * Everything below takes the time as an input; here is where it comes from.
 */
#ifndef NODES_CLOCK_H
#define NODES_CLOCK_H

#include "core/base.h"

/* Milliseconds UTC, for what is recorded; may jump. */
int64_t clock_wall_ms(void);
/* Milliseconds that only run forward, also while the machine sleeps: for
 * waiting, and for carrying on what another clock said. */
int64_t clock_steady_ms(void);

#endif
