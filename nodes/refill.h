/*
 * refill.h - public items that a node brings back to its hub, on probation
 *
 * What a hub has published in an epoch that is over, and may have forgotten
 * since, it takes from whichever node has it: mostly after a restore, or when a
 * machine comes that was not there then.  Any node could say it had published
 * anything; so records are held here, in memory, until one comes behind them by
 * which a hub has signed them (trust.h), and are stored only then.
 */
#ifndef NODES_REFILL_H
#define NODES_REFILL_H

#include "nodes/sync.h"
#include "nodes/trust.h"

/* What one session holds back. */
enum { REFILL_SIZE_MAX = 2 * LIMIT_CONTROL_SIZE, REFILL_STREAMS_MAX = 64 };
struct refill_stream {
    stream_id stream;
    uint64_t next;  /* seq expected next */
    uint8_t *bytes; /* owned */
    uint32_t size;
};
struct refill {                    /* zeros: nothing */
    struct refill_stream *streams; /* owned */
    uint32_t count;
    uint64_t size; /* of all */
};
void refill_close(struct refill *refill);

struct refill_result {
    uint8_t *bytes; /* owned by the caller, free() it; NULL: none */
    uint32_t size;  /* of those that may be stored */
    bool refused;   /* the rest will never be: nobody signed it, or falsely */
};

/* Takes a PUT_RECORDS.  ERR_MEMORY. */
NODISCARD enum err refill_take(struct refill *refill, const struct trust *trust,
                               const struct sync_output *wish,
                               struct refill_result *ret_result);

#endif
