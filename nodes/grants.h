/*
 * grants.h - what the nodes of a hub may send, shared out among them
 *
 * What a node was granted and has not used is memory that the hub must have,
 * and what is on its way waits for all that came before it.  So it is bounded
 * in sum:
 *
 *   rest   who has brought all that it has told of may always send a little:
 *          what happens at a till now is heard at once
 *   turn   who has more to bring, or needs more at once, stands in a line, and
 *          is given a turn when it comes up: as much as makes a commit worth
 *          while, as long as all turns together hold less than the flow
 *
 * The flow is GRANTS_FLOW while the hub has all it can do.  Where little comes
 * although some wait in the line, the nodes are slow, or those that have turns
 * are gone: then the flow is raised, until all together hold GRANTS_MAX; then
 * whoever holds most and does not use it is to be ended, and comes again.  So
 * never is more granted and not used than GRANTS_MAX, and GRANTS_REST of each
 * node.
 *
 * Pure: it counts what it is told.
 */
#ifndef NODES_GRANTS_H
#define NODES_GRANTS_H

#include "core/base.h"
#include "core/limits.h"

enum {
    GRANTS_REST = 16384,
    GRANTS_FLOW = LIMIT_FRAME_SIZE + LIMIT_FRAME_SIZE / 4,
    GRANTS_TURN = LIMIT_FRAME_SIZE / 2, /* at most, but for who needs more */
    GRANTS_LEAST = 2 * GRANTS_REST,     /* of a turn: frames that come together
                                         * cost less, and wait longer */
    GRANTS_MAX = 16 * LIMIT_FRAME_SIZE,
    GRANTS_ITEM = 64, /* bytes that an item takes at least: a turn is not more
                       * than what is to come, and little of it is left over */
};

/* One node's. */
struct grant {
    void *owner;        /* for the caller; borrowed */
    uint64_t held;      /* granted and not used, as last noted */
    uint64_t items;     /* to come */
    uint64_t needed;    /* at once; 0: anything will do */
    bool moved;         /* something was noted since the last tick */
    bool stale;         /* nothing was between the two before */
    bool waits;         /* stands in the line */
    struct grant *next; /* in the line */
};

/* Of all; zeros: nobody. */
struct grants {
    uint64_t raised;     /* the flow may be that much more than GRANTS_FLOW */
    uint64_t flow;       /* held by those who are busy, and not stale */
    uint64_t all;        /* held by anybody beyond a rest */
    uint32_t busy_count; /* who have something to bring */
    bool choked;         /* GRANTS_MAX is all that keeps the next from a turn */
    struct grant *first;
    struct grant *last;
};

/* How a node stands when what it has sent was dealt with: `held` is granted and
 * not used, so many items are to come as far as it has told, and so many bytes
 * it needs at once. */
void grants_note(struct grants *grants, struct grant *grant, uint64_t held,
                 uint64_t items, uint64_t needed);
/* So many bytes came since the last call; to be called fifty times a second. */
void grants_came(struct grants *grants, uint64_t size);
/* The next to be given a turn, and how much it then may have on the way; it is
 * held to have that from now on.  NULL: nobody, for now. */
struct grant *grants_next(struct grants *grants, uint64_t *ret_size);
/* To be called for each node twice a second. */
void grants_tick(struct grants *grants, struct grant *grant);
/* The node is gone. */
void grants_leave(struct grants *grants, struct grant *grant);

#endif
