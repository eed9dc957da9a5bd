/*
 * keeper_model.h - what the simulator asks of its keepers beside keeper.h
 */
#ifndef TESTS_SIM_KEEPER_MODEL_H
#define TESTS_SIM_KEEPER_MODEL_H

#include "nodes/keeper.h"

/* Borrowed while the process of its machine runs. */
struct ledger *keeper_ledger(struct keeper *keeper);

/* Folds what has come since, as the real one's thread does. */
NODISCARD enum err keeper_fold(struct keeper *keeper,
                               struct complaint *complaint);

#endif
