/*
 * hold.h - reservations: what a hub has granted and has not seen happen yet
 *
 * A hub that grants a redemption to a node holds points or voucher back from
 * others under the redemption's `id`, until the event arrives or HOLD_MS have
 * passed.  They live in memory only: a hub that is started anew has forgotten
 * them, and the worst that follows is an overdraft, which the ledger shows.
 *
 * Pure: time is an input.  Bounded in all and per node, so that one node can't
 * reserve everybody's points.
 */
#ifndef NODES_HOLD_H
#define NODES_HOLD_H

#include "core/event.h"

enum {
    HOLD_MAX = 8192,
    HOLD_NODE_MAX = 256, /* of one node */
    HOLD_MS = 60000,
};

struct hold {
    uint32_t node;
    char id[LIMIT_CODE_SIZE + 1];
    char account[ACCOUNT_SIZE];
    points points;                    /* that it takes; 0: a voucher ... */
    char reward[LIMIT_NAME_SIZE + 1]; /* ... of this reward */
    int64_t until_ms;                 /* of a clock that only runs forward */
};

struct holds;

/* NULL: no memory. */
struct holds *hold_open(void);
void hold_close(struct holds *holds);

/* Forgets those whose time is over. */
void hold_expire(struct holds *holds, int64_t now_ms);
uint32_t hold_count(const struct holds *holds);

/* The one of that node and id; NULL: none.  Valid until the next change. */
const struct hold *hold_find(const struct holds *holds, uint32_t node, view id);
/* The next one of the account, beginning with 0; NULL: no more. */
const struct hold *hold_next(const struct holds *holds, view account,
                             uint32_t *cursor);

/* Adds one, in place of the one of the same node and id.  False: there are too
 * many, in all or of its node. */
NODISCARD bool hold_put(struct holds *holds, const struct hold *hold);
void hold_drop(struct holds *holds, uint32_t node, view id);

#endif
