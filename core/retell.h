/*
 * retell.h - a node whose stream has forked tells its own part again
 *
 * The hub holds another continuation of our stream (a disk image was cloned, a
 * backup restored and sold on).  What it holds stays valid; what we appended
 * above the last common end is told again in a new incarnation, whose parent
 * that end is.  The old telling stays in the journal and is marked, so that
 * here, too, each sale counts once.  Everything happens in one transaction.
 *
 * So it does with what it has appended to an incarnation that it has left
 * already, for another reason (the disk was moved), and of which it turns out
 * later that the hub holds another continuation: that part is told again in the
 * present incarnation, and from where is noted.
 *
 *   note "told/" and an incarnation in hexadecimal: u64 seq, 32 bytes hash of
 *   the last common end
 *
 * A void of an event that is told again means the new telling.  An event
 * without an id gets one, by the chain hash of the record in which it stood and
 * its seq: should somebody else tell the same event again (below), ids keep the
 * two from counting twice.  An event that this program does not understand, or
 * that breaks a rule, is told again as its bytes are.
 *
 * A hub that was active beside a later one does the same for the stream of
 * another node, of which the later one holds another branch: what it alone
 * holds it tells in its own stream, as copies, whose identities are of that
 * node in an incarnation drawn for this.  (Their own are taken by the events of
 * the other branch.)  Should that node itself tell its part again, it does so
 * under the same ids.  A copy in that stream stays a copy, unless the
 * node may not speak for its store, or it is false (ingest.h): it would be
 * taken for ours, for which nobody asks that.  The branch itself is dropped,
 * for a stream has one chain and the later hub's stays; who calls drops the
 * caches along.
 */
#ifndef CORE_RETELL_H
#define CORE_RETELL_H

#include "core/journal.h"

struct retell {
    stream_id stream; /* of events: ours, or another's */
    stream_head fork; /* the last common end */
    uint64_t upto;    /* of ours that was left: what lies above is not ours */
    uint64_t renewed; /* the name of the new incarnation; of ours that was left
                       * it is of no matter */
    uint8_t reason;   /* enum record_reason, where nothing of ours lies above
                       * the fork; else it is REASON_FORK */
    int64_t now_ms;
    uint32_t told; /* out: how many events were told again */
};

/* Durable when it returns.  ERR_CONFLICT: the stream is ours and not the
 * current one any more, and `upto` is 0, or it has been told again; ERR_EXISTS:
 * that incarnation is there; ERR_CORRUPT: a record above the fork can't be
 * read; ERR_BUSY: others append too fast; ERR_FULL, ERR_IO, ERR_MEMORY.
 * Nothing has changed then. */
NODISCARD enum err retell_run(struct journal *journal, struct retell *retell);

/* Where an incarnation of ours that was left before has been told again from.
 * ERR_NOT_FOUND: nowhere.  ERR_IO, ERR_CORRUPT. */
NODISCARD enum err retell_get(struct journal *journal, uint64_t incarnation,
                              stream_head *ret_fork);

#endif
