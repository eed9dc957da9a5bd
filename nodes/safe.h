/*
 * safe.h - up to where a hub's streams are on a second disk
 *
 * The greatest seq of each stream that a standby of this epoch has
 * acknowledged, or that is in a verified backup which the books speak of; but
 * the backup of a hub before us may have another branch, and counts only where
 * it has the same as we.  A node may drop only what lies at or below it.  What
 * standbys have said is kept in memory alone: after a restart they say it
 * again, and nodes remember what they were told last.
 *
 * It goes back where a standby comes with less than it has acknowledged, for
 * its disk is another or an older one, and where one is revoked: each counts
 * for itself, so that what others hold stays safe.
 *
 * A backup is the control item BACKUP of the books, a msgpack map: 1 position
 * of the last item in it, 2 digest of the heads (bin 32), 3 heads (heads.h).
 */
#ifndef NODES_SAFE_H
#define NODES_SAFE_H

#include "core/journal.h"
#include "nodes/frame.h"

struct safe;

/* Borrows the journal until the close, and takes in its backups.  ERR_MEMORY,
 * faults of the reader. */
NODISCARD enum err safe_open(struct journal *journal, struct safe **ret_safe);
void safe_close(struct safe *safe); /* NULL is allowed */

/* Takes in what the books say since; what can't be read counts as nothing. */
void safe_refresh(struct safe *safe);
/* The standby holds the stream up to there; what is less than known or can't be
 * kept for want of memory changes nothing. */
void safe_put(struct safe *safe, uint32_t standby, stream_id stream,
              uint64_t seq);
/* This is all that the standby holds, in the order of stream_compare(): of what
 * it has held it holds no more than that. */
void safe_cap(struct safe *safe, uint32_t standby,
              const struct frame_offer *held, uint32_t count);
/* The first number greater than `after` of a standby that has put something.
 * False: there is none. */
bool safe_next_standby(const struct safe *safe, uint32_t after,
                       uint32_t *ret_standby);
/* The journal holds more of the stream than before: a backup may turn out to
 * have the same. */
void safe_grown(struct safe *safe, stream_id stream);
/* 0: nothing is safe. */
uint64_t safe_get(const struct safe *safe, stream_id stream);
/* The next stream of which another seq is safe than when it was asked about
 * here.  False: there is none. */
bool safe_next_change(struct safe *safe, stream_id *ret_stream,
                      uint64_t *ret_seq);

/* Writes into the books that a backup up to the position has been made and
 * read through.  ERR_MEMORY, ERR_FULL, ERR_IO, faults of the reader. */
NODISCARD enum err safe_record_backup(struct journal *journal,
                                      uint64_t position, int64_t now_ms);

#endif
