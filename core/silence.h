/*
 * silence.h - which nodes have not reported past a time
 *
 * A month is complete when every node has written something after its end (a
 * sale, or a mark that says there was none).  Awaited are the nodes whose
 * streams are here and the stores on the allow-list, less those that have been
 * revoked; a node that began a new incarnation is heard by the newest.  The
 * ledger's own node needs no waiting for.
 */
#ifndef CORE_SILENCE_H
#define CORE_SILENCE_H

#include "core/ledger.h"

struct silence {
    uint32_t node;
    int64_t last_ms; /* what it wrote last; INT64_MIN: never heard */
};

/* The nodes not heard at or after `until_ms`, by number, in the arena.  Faults
 * of the reader. */
NODISCARD enum err silence_list(struct ledger *ledger, int64_t until_ms,
                                struct arena *arena,
                                const struct silence **ret_nodes,
                                uint32_t *ret_count);

#endif
