/*
 * state_check.h - whether the stored states are what a fresh fold gives
 */
#ifndef CORE_STATE_CHECK_H
#define CORE_STATE_CHECK_H

#include "core/ledger.h"

/* Compares the checkpoints on disk, whoever wrote them, with a fresh fold of
 * what they hold; `ret_wrong` counts the states that differ.  Checkpoints of
 * other rules than the present ones count as none.  ERR_CORRUPT: a file is
 * damaged. */
NODISCARD enum err state_check(struct ledger *ledger, uint64_t *ret_wrong);

/* Forgets damaged checkpoints, so that the next node or hub folds anew.
 * ERR_BUSY: the owner is somebody else, who has to. */
NODISCARD enum err state_check_drop(struct ledger *ledger);

#endif
