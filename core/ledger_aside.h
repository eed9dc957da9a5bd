/*
 * ledger_aside.h - what a ledger holds and does not count, and why
 *
 * A walk over the journal in order of arrival, telling the records that are
 * damaged or of a later version, the records whose writer's clock stood wrong,
 * and the events and control items that are kept without effect
 * (REPLICATION.md, case 7).  It goes on behind damage.
 */
#ifndef CORE_LEDGER_ASIDE_H
#define CORE_LEDGER_ASIDE_H

#include "core/asides.h"

/* "damaged", "flagged", "quarantined". */
const char *aside_name(enum aside_kind kind);

struct aside_totals {
    uint64_t last;   /* position */
    uint64_t events; /* copies too */
    uint64_t counts[ASIDE_KIND_COUNT];
};

typedef void ledger_aside_tell(void *context, const struct aside *aside);

/* Walks all of it; `keeps`: goes on where another walk has ended, and may keep
 * what it finds for the next (asides.h).  `tell` may be NULL.  ERR_CORRUPT: the
 * journal's pages are damaged, so that it can't be walked; a damaged record is
 * no error. */
NODISCARD enum err ledger_aside_walk(struct ledger *ledger, bool keeps,
                                     ledger_aside_tell *tell, void *context,
                                     struct aside_totals *ret_totals);

/* Whether there can be anything to tell, found out without a walk. */
bool ledger_aside_may(struct ledger *ledger);

#endif
