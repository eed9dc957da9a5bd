/*
 * dispute.h - the events behind a figure of a statement
 *
 * Each row is what one step of one account's history adds to one measure of
 * one partner in the period: their sum is the figure.  Of a closed period that
 * is the history as it was known at the close.
 *
 * An adjustment is explained by the difference of two histories: as known when
 * it is made, less as known at the close before.  A row is then what an event
 * came to count more (or less) than had been settled.
 */
#ifndef CORE_DISPUTE_H
#define CORE_DISPUTE_H

#include "core/ledger.h"
#include "core/mistake.h"

/* Filters beyond the statement's measures. */
enum {
    DISPUTE_ALL = -1,        /* every measure of the statement */
    DISPUTE_CLEARING = -2,   /* the matrix: partner is the issuer */
    DISPUTE_ISSUE_COST = -3, /* the measures of one money figure */
    DISPUTE_REDEEM_CREDIT = -4,
    DISPUTE_VOUCHER_CREDIT = -5,
};

struct dispute_question {
    int32_t period;
    view partner;          /* empty: all */
    bool by_store;         /* only this store's effects: */
    uint32_t store;        /* 0: those without one */
    int measure;           /* enum measure, or one of the above */
    uint64_t known;        /* position */
    bool is_difference;    /* less what was known ... */
    uint64_t known_before; /* ... at this one */
    int64_t now_ms;
};

struct dispute_row {
    account_id account;
    int64_t at_ms;
    identity event;   /* node 0: a change by the clock */
    const char *kind; /* as explain calls it */
    uint32_t store;   /* 0: none */
    view partner;
    view other; /* DISPUTE_CLEARING: the acceptor; else empty */
    enum measure measure;
    int64_t amount;
    micro money; /* signed, of the measure's figure */
};

/* "issued", "issue_cost", "clearing", ...; false: no such name, all of which
 * are offered to the guess. */
NODISCARD bool dispute_parse(view name, int *ret_measure,
                             struct mistake_guess *guess);

/* Tells the rows, account by account, each in order of time; a row is borrowed
 * for the call.  ERR_NOT_FOUND: no rules; faults of census_open(). */
typedef void dispute_tell(void *context, const struct dispute_row *row);
NODISCARD enum err dispute_list(struct ledger *ledger,
                                const struct dispute_question *question,
                                dispute_tell *tell, void *context,
                                struct complaint *complaint);

/* "42" as "***42" with at most its last two digits: what a partner may see of
 * a member or a bearer. */
void dispute_mask(account_id account, char text[static ACCOUNT_SIZE]);

#endif
