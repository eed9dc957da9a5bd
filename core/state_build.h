/*
 * state_build.h - all states folded anew from their histories
 *
 * Each thread takes one partition after the other, and what it makes of it is
 * appended in order (relay.h): the run is the same, byte for byte, however many
 * threads there were.  It takes long, and whoever takes in what arrives needs
 * processors: so threads beyond those that may always fold stand by, between
 * two partitions, while somebody appends to the journal.
 */
#ifndef CORE_STATE_BUILD_H
#define CORE_STATE_BUILD_H

#include "core/state_parts.h"

/* Fills a run with the states as of ledger_position().  The tables have been
 * emptied; part of their memory is used meanwhile.  ERR_CORRUPT: a history
 * can't be read; it has been left as it is.  After an error the run is of no
 * use. */
NODISCARD enum err state_build(struct state *state, struct runs_writer *writer);

#endif
