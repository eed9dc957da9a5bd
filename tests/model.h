/*
 * model.h - the slow ledger that is plainly right
 *
 * A second implementation of the reward rules, written from RULES.md,
 * EVENTS.md, SETTLEMENT.md and CLI.md alone, to be compared with the fold.  It
 * shares the event and program structs and the zone's calendar with the
 * product, and nothing else: names stay strings, lists are searched from one
 * end to the other, the clock is run by visiting every local midnight, and
 * every question walks the whole history from the first event.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "core/event.h"
#include "core/program.h"
#include "core/text.h"

/* One publication; the list of them is in the order of publishing. */
struct model_version {
    const struct program *program;
    int32_t from_day;
};

struct model_question {
    const struct model_version *versions;
    uint32_t version_count;
    /* All events of all accounts, in any order, the same one any number of
     * times; each with its identity. */
    const struct event *events;
    uint32_t event_count;
    account_id account;
    int64_t until_ms;
};

/* A figure of settlement or clearing, summed over the history. */
struct model_sum {
    int32_t month;
    view partner;        /* of clearing: the issuer */
    view other;          /* of clearing: the acceptor; else empty */
    uint32_t store;      /* 0: none */
    const char *measure; /* as a statement spells it; money in millionths as
                          * issue_cost, redeem_credit, voucher_credit; and
                          * "clearing" */
    int128 amount;
};

struct model; /* memory and a zone's midnights */

/* Owned by the caller. */
struct model *model_open(const struct zone *zone);
void model_close(struct model *model);

/* What the account has at the end, beside its balance. */
struct model_end {
    int64_t outstanding; /* points of all lots */
    int64_t debt;
    int64_t vouchers;
    int64_t voucher_value; /* cents, if they were redeemed then */
    view level;            /* empty: none */
    int64_t purchases;
    int64_t spend; /* cents, ever */
};

/* Answers; everything lives until the next question. */
struct model_answer {
    bool begun;   /* there is an event that counts, or a referral */
    view balance; /* one JSON object */
    struct model_end end;
    const view *rows; /* of explain, one JSON object each */
    uint32_t row_count;
    uint32_t sum_count;
    const struct model_sum *sums; /* no zeros; sorted */
};

struct model_answer model_ask(struct model *model,
                              const struct model_question *question);

/* For sorting sums made elsewhere in the same way. */
int model_sum_compare(const void *a, const void *b);

#endif
