/*
 * ledger_check.h - the health of a ledger: status and verify
 */
#ifndef CORE_LEDGER_CHECK_H
#define CORE_LEDGER_CHECK_H

#include "core/ledger_aside.h"

struct ledger_status {
    struct ledger_identity who;
    uint64_t position;         /* arrival positions taken in */
    uint64_t event_count;      /* events among them, imported copies too */
    uint64_t history_position; /* held by run files */
    uint64_t damaged;          /* records, but those that run files hold */
    uint64_t quarantined;      /* events and control items without effect */
    uint64_t flagged;          /* records of a clock that stood wrong */
    uint64_t gaps;             /* ranges missing in streams */
    bool joined;               /* to a hub */
    bool rewound;              /* its last commits are gone */
    bool full;                 /* the disk: nothing can be appended */
    uint64_t versions;
    uint64_t journal_size; /* bytes on disk, each */
    uint64_t history_size;
    uint64_t state_size;
};

/* Also of a ledger opened with LEDGER_CHECK; tells each damaged, flagged and
 * quarantined thing, if `tell` is not NULL. */
NODISCARD enum err ledger_get_status(struct ledger *ledger,
                                     ledger_aside_tell *tell, void *context,
                                     struct ledger_status *ret_status);

/* What verify finds is told one line at a time; `damage` is false for what is
 * worth knowing and wrong nowhere (a gap, a collision of member numbers). */
typedef void ledger_finding(void *context, bool damage, const char *line);

/* Of a ledger opened with LEDGER_CHECK, or else what is damaged can't be
 * opened.  Chains and checksums, gaps, run files, the signatures of closes,
 * stored states against a fresh fold, the clearing identity of every account,
 * collisions of member numbers.
 * ERR_CORRUPT if there was damage, after all of it has been told. */
NODISCARD enum err ledger_verify(struct ledger *ledger, ledger_finding *tell,
                                 void *context, struct complaint *complaint);

#endif
