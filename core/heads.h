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

#endif
