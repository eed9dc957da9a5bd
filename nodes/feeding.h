/*
 * feeding.h - states for the nodes, from a hub's keeper to its guests
 *
 * Whoever has acknowledged what it was told last and has something new to hear
 * is asked for at the keeper, which makes a parcel of it (feed.h); the parcel
 * goes out part by part, each when the one before has been acknowledged.
 */
#ifndef NODES_FEEDING_H
#define NODES_FEEDING_H

#include "nodes/keeper.h"
#include "nodes/roster.h"

/* All borrowed for the call. */
struct feeding {
    struct keeper *keeper;
    struct roster *roster;
    uint64_t epoch;
    roster_give *give;
    void *context;
};

/* Does what is due. */
void feeding_look(const struct feeding *feeding);

#endif
