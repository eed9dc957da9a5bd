/*
 * stream.h - what a till's program hands in line by line, and what it is told
 *
 * Each line (slip.h) is done and answered by itself, in their order; but
 * questions that have come together are decided together, with one commit, and
 * answered when that is on the disk.
 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

#include "tools/query.h"

/* From standard input to its end.  Refusals are a line's own affair, and a full
 * disk may have room again: COMMAND_PARTLY.  Any other fault ends it, so that
 * whoever starts it anew has the ledger looked at; it has been said. */
NODISCARD enum command_status stream_run(struct query *query);

#endif
