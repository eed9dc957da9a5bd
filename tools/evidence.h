/*
 * evidence.h - the events behind the adjustments of a statement
 *
 * What a spreadsheet lists beside the adjustments: for each of them what
 * events (and changes by the clock) came to count otherwise since the close
 * before.  Members and bearers are masked.
 */
#ifndef TOOLS_EVIDENCE_H
#define TOOLS_EVIDENCE_H

#include "core/closing.h"
#include "core/dispute.h"
#include "core/settlement.h"

struct evidence_row {
    view partner;
    int32_t period; /* the month that is adjusted */
    view account;   /* masked */
    view event;     /* identity; empty: a change by the clock */
    int64_t at_ms;
    view kind;
    uint32_t store;
    enum measure measure;
    int64_t amount;
    micro money;
    uint32_t order; /* in which they were found */
};

struct evidence {
    struct arena *arena;
    struct evidence_row *items; /* by partner, period, account, time */
    uint32_t count;
    uint32_t room;
    bool inexact; /* evidence_words_inexact() */
};

/* What to say where a close was another hub's, and what it knew can't be told
 * here exactly. */
const char *evidence_words_inexact(void);

/* Between which two positions the adjustments of the statement arose: its own
 * close (or now) and the one before.  `ret_exact`: both as closing_known().
 * ERR_NOT_FOUND: it has none.  Faults of closing_known(). */
NODISCARD enum err evidence_span(struct ledger *ledger,
                                 const struct closing_books *books,
                                 int32_t period, uint64_t *ret_before,
                                 uint64_t *ret_known, bool *ret_exact);

/* Adds what is behind the adjustments of the statement (`partner`: of that one
 * only, NULL: all) to a zeroed evidence with an arena.  Faults of
 * dispute_list(). */
NODISCARD enum err evidence_gather(struct ledger *ledger,
                                   const struct closing_books *books,
                                   const struct statement *statement,
                                   const struct statement_partner *partner,
                                   struct evidence *evidence);

/* The first row of an adjustment and how many there are. */
uint32_t evidence_find(const struct evidence *evidence, view partner,
                       int32_t period, uint32_t *ret_count);

#endif
