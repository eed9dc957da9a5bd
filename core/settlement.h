/*
 * settlement.h - what each partner owes and is owed for a month
 *
 * Makes a statement (SETTLEMENT.md) out of totals.  Money is exact until here;
 * each of the three figures of a partner is rounded once, half away from zero,
 * and its stores' parts by the largest remainder, so that they add up.  A
 * closed period is never made anew: what came to light later stands as
 * adjustments in the first period that is not closed.
 *
 * Asserted on every statement: stores add up to their partner.  The program's
 * net is minus the sum of the partners', so that a run comes to zero.
 */
#ifndef CORE_SETTLEMENT_H
#define CORE_SETTLEMENT_H

#include "core/settled.h"
#include "core/timeline.h"
#include "core/totals.h"

struct statement_line {
    int64_t amounts[MEASURE_STATEMENT_COUNT];
    money issue_cost;    /* the partner pays */
    money redeem_credit; /* the partner receives; so the next */
    money voucher_credit;
    money net; /* of a partner with its adjustments */
};

struct statement_store {
    uint32_t store;
    struct statement_line line;
};

struct statement_adjustment {
    int32_t period;
    money issue_cost;
    money redeem_credit;
    money voucher_credit;
    money net;
};

struct statement_partner {
    view partner; /* id */
    view name;    /* for people; empty: none.  No part of the JSON */
    struct statement_line line;
    const struct statement_adjustment *adjustments; /* by period */
    uint32_t adjustment_count;
    uint32_t store_count;
    const struct statement_store *stores; /* by number */
};

struct statement_pair {
    view issuer;
    view acceptor;
    int64_t points; /* not 0 */
};

struct statement {
    int32_t period; /* calendar_month() */
    bool closed;
    view currency;
    int64_t known_ms;
    const struct statement_partner *partners; /* by id */
    uint32_t partner_count;
    uint32_t pair_count;
    const struct statement_pair *pairs; /* by issuer, acceptor */
    money program_net;                  /* minus the sum of the nets */
};

struct settlement_input {
    const struct timeline *timeline;
    struct totals *totals; /* of all months */
    int32_t period;
    int32_t next_period;                /* the next to be closed, PROGRAM_NONE
                                         * before the first close */
    const struct settled_list *settled; /* borrowed, as are all pointers; not
                                         * looked at in any other period */
    view currency;
    int64_t known_ms;
};

/* The statement of a period that is not closed, in the arena; views borrow
 * from the timeline and the input.  ERR_INPUT: its figures come to more than a
 * statement holds (LIMIT_STATEMENT_PARTS), as prices with a slip in them may
 * bring; says which partner's, and of which month. */
NODISCARD enum err settlement_make(const struct settlement_input *input,
                                   struct arena *arena,
                                   const struct statement **ret_statement,
                                   struct complaint *complaint);

/* Adds to `settled` what closing the statement settles: its own figures and
 * its adjustments.  The list grows in the arena and borrows the names.  False:
 * it comes to more than it may (settled_add). */
NODISCARD bool settlement_settle(const struct statement *statement,
                                 struct settled_list *settled,
                                 struct arena *arena);

#endif
