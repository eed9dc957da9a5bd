/*
 * lies.h - what a forger says, one lie at a time
 */
#ifndef TESTS_SIM_LIES_H
#define TESTS_SIM_LIES_H

#include "tests/sim/forger.h"

/* Says HELLO with what is known of one's streams. */
void lies_greet(struct forger *forger);
/* Tells one of those that chance offers; with `quiet` none that a hub would
 * have to store. */
void lies_tell(struct forger *forger, bool quiet);

#endif
