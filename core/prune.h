/*
 * prune.h - a node drops old records that are safe elsewhere
 *
 * From the beginning of a stream up to a boundary, whose seq and hash stay, so
 * that the chain goes on and a peer can still tell whether it agrees.  Ids are
 * remembered for ever: what was sold long ago is not sold again by accident.
 * Which positions were dropped, and whose they were, stays in notes
 * ("dropped/" and a position), so that a gap that was made is told from one
 * that was not.  So does what only the first record of an incarnation says:
 *
 *   note "parent/" and the stream as NODE.INCARNATION.CHANNEL: u64 incarnation,
 *   u64 seq, 32 bytes hash, u8 reason of what was left for it
 *
 * What was dropped is gone from this ledger: `history`, `explain`, `export`
 * and reports begin after it, and so would everything that is made anew from
 * the journal, which is why the caches are dropped along.  Balances are those
 * that the hub tells; a node that has none of them must not prune
 * (nodes/retain.h).
 */
#ifndef CORE_PRUNE_H
#define CORE_PRUNE_H

#include "core/journal.h"

struct prune {
    stream_id stream;
    uint64_t safe;        /* drop nothing above */
    int64_t before_ms;    /* drop nothing that was recorded at or after */
    int64_t granted_ms;   /* not 0: nor from the first redemption on that is
                           * dated at or after: what a node grants on a day
                           * without its hub has a limit */
    bool dry;             /* only count */
    uint64_t items_max;   /* not 0: about so many are enough */
    uint64_t dropped;     /* out: items */
    stream_head boundary; /* out: what lies at or below has been dropped */
};

/* Drops whole records, never a stream's last nor the journal's last.  Durable
 * when it returns, in several commits; cut in between, it goes on with the
 * next call.  ERR_CORRUPT: a record can't be read; ERR_FULL, ERR_IO. */
NODISCARD enum err prune_run(struct journal *journal, struct prune *prune);

/* The parent of an incarnation whose first record has been dropped.
 * ERR_NOT_FOUND: it is there, or had no parent; ERR_CORRUPT; ERR_IO. */
NODISCARD enum err prune_get_parent(struct journal *journal, stream_id stream,
                                    struct record_parent *ret_parent);

/* Takes away what was made of the journal; the owner of the caches calls it
 * before it closes the ledger.  ERR_FULL, ERR_IO. */
NODISCARD enum err prune_caches(struct journal *journal, const char *dir);

/* Their files only, of a ledger that nobody will open again. */
void prune_files(const char *dir);

#endif
