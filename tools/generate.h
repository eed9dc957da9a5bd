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

#include "core/event.h"

enum {
    GENERATE_STORE_FIRST = 10,
    GENERATE_STORES_MAX = 10000,
    GENERATE_MEMBERS_MAX = 50000000,
    GENERATE_MONTHS_MAX = 600,
};

struct generate_options {
    uint64_t seed;
    uint32_t stores;      /* numbered from GENERATE_STORE_FIRST */
    uint32_t members;     /* numbered from 1 */
    int32_t month_first;  /* of calendar.h */
    uint32_t months;      /* how many */
    uint32_t visits_mean; /* of a member, a year; 1 to 365 */
};

/* One event, whole, with identity (node = store, incarnation 1) and recorded;
 * borrowed for the call.  Where it is a void, `voids_id` is the `id` of what
 * it voids.  A fault ends the generation. */
struct generate_sink {
    void *context;
    enum err (*event)(void *context, const struct event *event, view voids_id);
};

/* Faults: those of the sink; ERR_MEMORY. */
NODISCARD enum err generate_history(const struct generate_options *options,
                                    const struct generate_sink *sink);

/* The program that the events speak of, as a YAML file. */
const char *generate_program(void);

#endif
