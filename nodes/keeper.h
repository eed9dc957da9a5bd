/*
 * keeper.h - the thread that folds, so that the one that talks never waits
 *
 * It looks at the journal many times a second, and takes in what this or any
 * other process has committed: histories, versions, states.
 */
#ifndef NODES_KEEPER_H
#define NODES_KEEPER_H

#include "core/ledger.h"

struct keeper;

/* Starts the thread.  The ledger was opened with LEDGER_OWN and is the
 * keeper's alone, but for its journal, until the close.  ERR_MEMORY. */
NODISCARD enum err keeper_open(struct ledger *ledger,
                               struct keeper **ret_keeper);
/* Ends the thread after the step it is in. */
void keeper_close(struct keeper *keeper);

/* There is something new in the journal. */
void keeper_wake(struct keeper *keeper);

/* The position up to which all is folded. */
uint64_t keeper_position(struct keeper *keeper);

#endif
