/*
 * fleet.h - many nodes in one process, as a hub sees them
 *
 * Their streams are prepared beforehand: records of 100 purchases each, written
 * by the code that a node's journal writes them with.  Then each node says
 * HELLO over a CURVE connection of its own and sends its frames as its credit
 * allows, and what comes back is timed.  They want no states.
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "bench/sales.h"
#include "core/journal.h"
#include "nodes/keys.h"

enum { FLEET_NODES_MAX = 2000, FLEET_FRAME_EVENTS = 100 };

struct fleet; /* owned by its opener */

struct fleet_options {
    uint32_t nodes;
    uint64_t events;  /* of all nodes together, in the first stretch, ... */
    uint64_t further; /* ... and in the second */
    uint64_t accounts;
    bool lines;
    bool late; /* in the second stretch one node catches up with all of a day
                * back, while the others are live; waits are then theirs */
};

/* Prepares two stretches: the first makes a purchase for each account in turn,
 * the second for accounts at random.  Each account buys at a node of its own,
 * so that its purchases come in order whichever node is faster, but for the
 * second stretch of a fleet with one that is late. */
struct fleet *fleet_open(const struct fleet_options *options);
void fleet_close(struct fleet *fleet);

/* Enters all nodes into the books of a hub. */
void fleet_enrol(struct fleet *fleet, struct journal *journal);

/* Connects and says HELLO; waits for all WELCOMEs. */
void fleet_dial(struct fleet *fleet, const char *endpoint, curve_key hub,
                uint64_t epoch);

/* Ends all connections, without a word. */
void fleet_hang_up(struct fleet *fleet);

/* How long it took until the last frame was acknowledged, and how long an
 * acknowledgement took. */
struct fleet_times {
    double seconds;
    double p50_ms;
    double p99_ms;
    uint32_t asked_count; /* nodes that heard nothing for so long that they
                           * asked again, and so waited longer than it took */
};

/* Sends the next stretch. */
struct fleet_times fleet_send(struct fleet *fleet);

#endif
