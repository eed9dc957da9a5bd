/*
 * fork.h - the search for the last record end that two ends of a stream share
 *
 * The receiver asks, for it can't have what is new at the sender: it names
 * hashes at record ends of its own, spread evenly between the last one known
 * to be common and the first known to differ; the sender says where among
 * them the agreement ends.  Each round divides the range by about thirty,
 * until the two are neighbours.
 *
 *   receiver  fork_narrow(), look up fork_seqs(), fork_probe() -> FORKQ
 *   sender    fork_question(), look up fork_seqs(), fork_compare() -> FORKA
 */
#ifndef NODES_FORK_H
#define NODES_FORK_H

#include "nodes/sync.h"

struct fork_search {
    bool busy;
    bool probing;    /* receiver: our own ends are to be looked up */
    bool neighbours; /* `heads` are the common end, if any, and the other */
    stream_id stream;
    uint64_t common;  /* receiver: common up to here, at least */
    uint64_t differs; /* receiver: different here, at the latest */
    uint32_t asked;   /* sender: hashes that are to be compared */
    uint32_t head_count;
    stream_head heads[SYNC_PROBES];
};

/* Receiver: what is known now; `differs` 0: nothing new.  Starts the search if
 * none is under way.  False: that makes no sense, nothing changed. */
bool fork_narrow(struct fork_search *fork, stream_id stream, uint64_t common,
                 uint64_t differs);
/* Receiver: our record ends at or below the seqs asked for, in order. */
void fork_probe(struct fork_search *fork, const stream_head *ends,
                uint32_t count);

/* Sender: the peer's hashes, ascending, 1 to SYNC_PROBES. */
void fork_question(struct fork_search *fork, stream_id stream,
                   const stream_head *heads, uint32_t count, bool neighbours);
struct fork_answer {
    stream_head common; /* the last that is ours too; zeros: none */
    uint64_t differs;   /* the first that is not; 0: none */
};
/* Sender: ours at the same places. */
struct fork_answer fork_compare(const struct fork_search *fork,
                                const stream_head *ours, uint32_t count);

/* Both: the seqs to look up, in order; returns how many, at least one. */
uint32_t fork_seqs(const struct fork_search *fork,
                   uint64_t ret_seqs[static SYNC_PROBES]);

#endif
