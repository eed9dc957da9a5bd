/*
 * clearing.h - the clearing identity of every account: what was given is what
 * is left, was used, expired or was taken back (SETTLEMENT.md)
 */
#ifndef CORE_CLEARING_H
#define CORE_CLEARING_H

#include "core/ledger.h"

/* Told in account order.  `damage`: points are unaccounted for; else a number
 * that two nodes have enrolled. */
typedef void clearing_tell(void *context, bool damage, const char *line);

/* Walks all accounts to the end of time.  ERR_UNKNOWN: rules beyond this
 * program; faults of census_spread(). */
NODISCARD enum err clearing_check(struct ledger *ledger, clearing_tell *tell,
                                  void *context, struct complaint *complaint);

#endif
