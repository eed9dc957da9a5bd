/*
 * generate.h - a believable history from a seed
 *
 * Members with habits shop in stores with a weekly and a yearly rhythm; they
 * join (some by a friend), fill stamp cards, spend what they have, bring
 * things back, change their mind about letters; now and then the wrong card
 * was scanned and is voided.  Everything follows from the options: no clock,
 * no randomness of the machine, no floating point.  Events come in the order
 * of time, as if each store's node had appended its own.
 */
#ifndef TOOLS_GENERATE_H
#define TOOLS_GENERATE_H

#include "tools/town.h"

/* Faults: those of the sink; ERR_MEMORY. */
NODISCARD enum err generate_history(const struct town_options *options,
                                    const struct town_sink *sink);

/* The program that the events speak of, as a YAML file. */
const char *generate_program(void);

#endif
