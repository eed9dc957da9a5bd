/*
 * served.h - who served at each event, and how the account was identified
 *
 * Cashier and entry stand in the annexes of events, which histories leave
 * out, because no balance depends on them.  A report that wants them reads
 * the journal through once beforehand and keeps four bytes for each arrival
 * position.
 */
#ifndef CORE_SERVED_H
#define CORE_SERVED_H

#include "core/event.h"
#include "core/intern.h"
#include "core/journal.h"

struct served {
    const uint32_t *marks; /* by position; 0: nothing is known */
    uint64_t last;         /* position */
    struct intern cashiers;
};

/* Reads all records up to the position `known` into the arena.  A damaged
 * record is passed over: it serves no history either.  ERR_IO, ERR_MEMORY,
 * ERR_BUSY as of a reader. */
NODISCARD enum err served_load(struct journal *journal, uint64_t known,
                               uint64_t seed, struct arena *arena,
                               struct served *ret_served);

/* Of the event at that position: the cashier, empty if none was said. */
view served_cashier(const struct served *served, uint64_t position);
enum event_entry served_entry(const struct served *served, uint64_t position);

#endif
