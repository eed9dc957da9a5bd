/*
 * audience.h - the accounts for which a condition holds, in account order
 *
 * All accounts are walked by all cores (census_spread()); of those for which it
 * holds only the names are kept, so that a list of a few is as cheap as a sum.
 */
#ifndef CORE_AUDIENCE_H
#define CORE_AUDIENCE_H

#include "core/census.h"
#include "core/segment.h"

struct audience {
    account_id *items; /* owned, as are the codes of bearers */
    uint32_t count;
    uint32_t room;
};

/* The accounts of the ledger, as of options->at_ms, for which all the segments
 * hold; the caller's to free with audience_close().  Faults as of
 * census_spread(). */
NODISCARD enum err audience_find(struct ledger *ledger,
                                 const struct census_options *options,
                                 const struct segment *const *segments,
                                 uint32_t count, struct complaint *complaint,
                                 struct audience *ret_audience);
/* A zeroed one is allowed. */
void audience_close(struct audience *audience);

#endif
