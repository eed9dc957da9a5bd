/*
 * retain.h - how long a store's node keeps its own events, and dropping older
 * ones
 *
 * What a node drops must be on a second disk at the hub (safe) and in the
 * accounts that the hub has told it (copies.h): else its own balances would be
 * those of a part of the events.  So a node that has been told nothing drops
 * nothing.  A process that runs for long drops by itself, by a part at a time
 * and then again after a while.
 */
#ifndef NODES_RETAIN_H
#define NODES_RETAIN_H

#include "core/ledger.h"
#include "nodes/copies.h"

enum { RETAIN_PART = 100000 }; /* items of a stream that go at a time */

struct retain {
    int64_t now_ms;    /* redemptions of the last days stay, as the limit of
                        * what is granted on a day counts them */
    int64_t before_ms; /* drop nothing that was recorded at or after */
    bool dry;          /* only count */
    bool part;         /* no more than RETAIN_PART of each stream */
    uint64_t dropped;  /* out: items */
};

/* Drops, durably; the caches then go, too, and the owner closes the ledger and
 * opens it again.  `dry` may run beside the owner.  `copies` NULL: it opens
 * them itself, which a process that has them open must not.  ERR_CONFLICT: the
 * hub has told nothing yet; ERR_CORRUPT, ERR_FULL, ERR_IO. */
NODISCARD enum err retain_run(struct ledger *ledger, struct copies *copies,
                              struct retain *retain,
                              struct complaint *complaint);

/* For a process that keeps events for so long. */
struct retain_watch {
    int64_t keep_ms;   /* 0: for ever */
    int64_t look_ms;   /* when to look next */
    bool due;          /* there is something to drop */
    uint64_t *dropped; /* counts on; NULL: nobody asks */
};
/* Drops a part of what is too old, and says so.  True: something, and then the
 * ledger is to be closed and opened again.  `copies` are not open. */
bool retain_drop(struct retain_watch *watch, struct ledger *ledger);
/* Looks from time to time whether there is something to drop. */
bool retain_is_due(struct retain_watch *watch, struct ledger *ledger,
                   struct copies *copies);

/* How long a process that keeps events for so long waits from look to look. */
int64_t retain_pause_ms(int64_t keep_ms);

#endif
