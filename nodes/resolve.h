/*
 * resolve.h - the address behind a host's name, looked up beside
 *
 * Where no name server answers, the system's resolver waits for a minute and
 * more, and nothing can interrupt it.  So each look-up has a thread of its own,
 * for which nobody waits: whoever has given up goes his way, the thread ends
 * when the resolver does, or with the process.  A look-up that takes longer
 * than one attempt to dial is there for the next one.
 */
#ifndef NODES_RESOLVE_H
#define NODES_RESOLVE_H

#include "nodes/keys.h"

struct resolve_lookup;
struct resolve { /* zeros: nothing is looked up */
    struct resolve_lookup *lookups[KEYS_HUBS_MAX + 1];
};
/* Waits for nobody. */
void resolve_close(struct resolve *resolve);

enum resolve_answer {
    RESOLVE_WAIT,  /* it is being looked up; ask again */
    RESOLVE_FOUND, /* the endpoint, with an address for the name */
    RESOLVE_NONE,  /* it can't be looked up; the next call tries again */
};
/* An endpoint with an address in it is its own answer, at once.  `ret_why` is
 * set where there is none: why, in static words. */
NODISCARD enum resolve_answer
resolve_ask(struct resolve *resolve, const char *endpoint,
            char ret_endpoint[static KEYS_ENDPOINT_SIZE], const char **ret_why);

#endif
