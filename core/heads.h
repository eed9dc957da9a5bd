/*
 * heads.h - how far each stream was known at an arrival position
 *
 * What a close says it is made of: for each stream the last seq that had
 * arrived, with the chain hash there, so that an auditor can tell whether two
 * ledgers hold the same and fold exactly that.  Packed as msgpack, an array of
 * [node, incarnation, channel, seq, chain] in the order of stream_compare().
 */
#ifndef CORE_HEADS_H
#define CORE_HEADS_H

#include "core/reader.h"
#include "core/text.h"

/* Appends the heads as of the position, and gives the digest of these bytes
 * less the array's own head.  Faults of the reader. */
NODISCARD enum err heads_pack(struct journal *journal, uint64_t known,
                              struct text *text, digest *ret_digest);

/* Where a ledger had taken in what some heads name. */
struct heads_place {
    uint64_t position; /* by then all that it has of it; 0: nothing */
    bool exact;        /* all of it, and no other node's event beside */
};

/* Those may be the heads of another ledger, to which things came in another
 * order.  ERR_CORRUPT: that are no heads.  Faults of the reader. */
NODISCARD enum err heads_find(struct journal *journal, view packed,
                              struct heads_place *ret_place);

#endif
