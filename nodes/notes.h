/*
 * notes.h - what a node remembers about its hub over a restart
 *
 * How far a hub has acknowledged each of its streams, and called it safe, and
 * the greatest epoch of a hub that it has seen: by these it notices a hub that
 * was restored, and one that is of the past.  Kept beside the log, for
 * nothing of it is history; written now and then, for losing the last second
 * of it does no harm.
 *
 *   note "sync.hub": u64 epoch, then for each stream u64 incarnation, u64 seq
 *   acknowledged, u64 seq safe
 */
#ifndef NODES_NOTES_H
#define NODES_NOTES_H

#include "core/journal.h"

enum { NOTES_STREAMS_MAX = 256 };

struct notes {
    uint64_t epoch;
    uint32_t count;
    bool changed;
    struct {
        uint64_t incarnation;
        uint64_t seq;
        uint64_t safe; /* on a second disk, too (sync.h) */
    } acked[NOTES_STREAMS_MAX];
};

/* ERR_IO; what can't be understood counts as nothing. */
NODISCARD enum err notes_load(struct notes *notes, struct journal *journal);
/* Writes what has changed since it was written.  ERR_FULL, ERR_IO. */
NODISCARD enum err notes_save(struct notes *notes, struct journal *journal);

/* How many items of this node's streams no hub has acknowledged, as of what
 * was saved last, and when the first of them arrived (0: there is none).
 * ERR_IO, ERR_MEMORY. */
NODISCARD enum err notes_unacknowledged(struct journal *journal, uint32_t node,
                                        uint64_t *ret_count,
                                        int64_t *ret_oldest_ms);

/* How many items of this node's streams are not on a second disk at HQ, and the
 * seq of the current stream up to which it is; likewise. */
NODISCARD enum err notes_unsafe(struct journal *journal, uint32_t node,
                                uint64_t *ret_count, uint64_t *ret_safe);

/* The hub has so much of the stream. */
void notes_acked(struct notes *notes, stream_id stream, uint64_t seq);
/* That is what the hub says now, and no more: one that has forgotten something
 * must find it here. */
void notes_told(struct notes *notes, stream_id stream, uint64_t seq,
                uint64_t safe);
/* What has been noted of the stream; 0: nothing. */
uint64_t notes_get_acked(const struct notes *notes, stream_id stream);
uint64_t notes_get_safe(const struct notes *notes, stream_id stream);
/* A hub of that epoch lives.  Where it is a later one, nothing is safe before
 * it says so: the second disk may have been the other's alone. */
void notes_epoch(struct notes *notes, uint64_t epoch);

/* The number of this run of a hub, from 1: by it the numbers of sessions ascend
 * over restarts.  Kept as the note "sync.run".  ERR_FULL, ERR_IO. */
NODISCARD enum err notes_next_run(struct journal *journal, uint64_t *ret_run);

#endif
