/*
 * medley.h - a random history of everything that a journal may hold: events of
 * several nodes and of the hub, late ones, copies, copies that differ from
 * their originals, events told again by a new incarnation, voids, joins that
 * name referrers, events that break a rule
 */
#ifndef TESTS_MEDLEY_H
#define TESTS_MEDLEY_H

#include "core/history.h"
#include "core/text.h"
#include "tests/inflow.h"

enum { MEDLEY_NODES = 3, MEDLEY_ACCOUNTS = 40 };

struct medley {
    struct inflow inflow;
    uint64_t seed;
    uint32_t count; /* events so far */
};

void medley_open(struct medley *medley, uint64_t seed);
void medley_close(struct medley *medley);

/* Some 50 to 250 events more, of one node. */
void medley_add(struct medley *medley);

/* A number below `bound`. */
uint32_t medley_draw(struct medley *medley, uint32_t bound);

/* All that the history says of all accounts, at that position, appended to the
 * text. */
void medley_tell(const struct history *history, uint64_t known,
                 struct text *text);

#endif
