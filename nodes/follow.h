/*
 * follow.h - whom a node follows: the hub of the greatest epoch that it has
 * seen, and what of that it remembers
 *
 * An epoch that no clock of today could have made would shut out every honest
 * hub for ever, if a hub with a fault, or with a stolen key, once told it.  A
 * store's node, or a standby, talks to such a hub, for a clock can be wrong
 * here as well as there, raises an alarm, and remembers nothing of it: so it
 * comes back to whoever is the hub afterwards.
 */
#ifndef NODES_FOLLOW_H
#define NODES_FOLLOW_H

#include "nodes/frame.h"
#include "nodes/notes.h"

struct follow {
    uint32_t node;           /* ours */
    struct journal *journal; /* borrowed, like the next one */
    struct notes *notes;
    struct claim claim; /* of the hub of the greatest epoch seen */
    struct claim heard; /* a later one, until there is room to keep it */
};

/* The claim that was kept is loaded; the other members have been set.
 * ERR_IO. */
NODISCARD enum err follow_open(struct follow *follow);

/* A WELCOME from the hub of that key: its claim is kept, to be shown to whoever
 * does not know of it.  An older hub makes none, and one of the past is refused
 * by the session. */
void follow_hear(struct follow *follow, const struct frame *welcome,
                 curve_key hub, int64_t now_ms);
/* A session lives with a hub of that epoch. */
void follow_live(struct follow *follow, uint64_t epoch, int64_t now_ms);
/* Writes down what there was no room for. */
void follow_keep(struct follow *follow);

#endif
