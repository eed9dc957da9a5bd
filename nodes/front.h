/*
 * front.h - the two sockets of a running node or hub: its desk and its tills
 *
 * Where one can't be opened, for there is no descriptor or no inode left, all
 * else goes on without it.  It is said once, and tried again now and then.
 */
#ifndef NODES_FRONT_H
#define NODES_FRONT_H

#include "nodes/desk.h"
#include "nodes/tills.h"

enum { FRONT_RETRY_MS = 5000 };

struct front {
    struct ledger *ledger; /* NULL: nobody is served; borrowed */
    struct desk *desk;     /* NULL: can't be opened now */
    struct tills *tills;   /* NULL: likewise, or nobody sells yet */
    bool sells;
    bool desk_lacks; /* as was said last */
    bool tills_lack;
    int64_t again_ms; /* when it is tried again */
};

/* Opens the desk of a zeroed front. */
void front_open(struct front *front, struct ledger *ledger);
/* Lets tills in, too. */
void front_sell(struct front *front);
/* Tries again what could not be opened; to be called all the time. */
void front_look(struct front *front, int64_t steady_ms);
/* Afterwards it is a zeroed one. */
void front_close(struct front *front);

/* Readable whenever the desk may have something; `other` without a desk. */
int front_bell(const struct front *front, int other);

#endif
