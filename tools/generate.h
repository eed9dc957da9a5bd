/*
 * generate.h - a believable history from a seed
 *
 * Members with habits shop in stores with a weekly and a yearly rhythm; they
 * join (some by a friend), carry stamp cards, spend what they have, bring
 * things back, change their mind about letters; now and then the wrong card
 * was scanned and is voided.  Everything follows from the options: no clock,
 * no randomness of the machine.  Events come in the order of time, each
 * store's clock its own, as if the stores had appended them.
 */
#ifndef TOOLS_GENERATE_H
#define TOOLS_GENERATE_H

#include "core/event.h"

struct generate_options {
    uint64_t seed;
    uint32_t stores;      /* numbered from 10 */
    uint32_t members;     /* numbered from 1 */
    int32_t month_first;  /* of calendar.h */
    uint32_t months;      /* how many */
    uint32_t visits_mean; /* of an average member, a year */
};

/* One event, whole, with identity (node = store, incarnation 1) and recorded;
 * borrowed for the call.  A fault ends the generation. */
struct generate_sink {
    void *context;
    enum err (*event)(void *context, const struct event *event);
};

/* Faults: those of the sink, ERR_MEMORY. */
NODISCARD enum err generate_history(const struct generate_options *options,
                                    const struct generate_sink *sink);

/* The program that the events speak of, as a YAML file. */
const char *generate_program(void);

#endif
