/*
 * graft.h - what a standby has to tell again before it can follow its hub
 *
 * A hub that was active beside a later one stands by now, and holds another
 * branch of a stream than that one.  What it alone holds it tells in its own
 * stream and drops the branch (retell.h).  That is done when the process opens
 * its ledger, for nobody may fold it meanwhile; until then it is noted.
 *
 *   note "graft": for each stream u64 incarnation, u32 node, u32 0, u64 seq and
 *   32 bytes hash of the last common end
 */
#ifndef NODES_GRAFT_H
#define NODES_GRAFT_H

#include "core/journal.h"

/* Notes it; once for a stream.  ERR_EXISTS: it is noted already; ERR_FULL: so
 * many can't be noted at once; ERR_IO. */
NODISCARD enum err graft_note(struct journal *journal, stream_id stream,
                              stream_head fork);
/* Whether there is something to do. */
bool graft_is_due(struct journal *journal);
/* Does it; `dir` is the ledger's, which the caller owns and nobody folds.  What
 * was opened of it must be opened anew.  As retell_run(). */
NODISCARD enum err graft_run(struct journal *journal, const char *dir,
                             int64_t now_ms);
/* Nothing is to be done any more: this ledger is a hub again. */
NODISCARD enum err graft_forget(struct journal *journal);

#endif
