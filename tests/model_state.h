/*
 * model_state.h - purchases and redemptions to look back at, and all that the
 * model keeps of the account it is asked about
 *
 * Only the files model*.c include this.
 */
#ifndef TESTS_MODEL_STATE_H
#define TESTS_MODEL_STATE_H

#include "tests/model_types.h"

struct line {
    int64_t bought; /* after `off` */
    int64_t amount; /* what is left of it */
    int64_t qty;    /* as bought */
    view category;
    view sku;
};

/* What the account was before an event. */
struct context {
    int64_t at_ms;
    int32_t day;
    int32_t ms_of_day;
    uint32_t store;
    uint32_t home_store;
    view level; /* empty: none */
    bool visited;
    int32_t visit_day;
    bool bought_before;
    LIST(view) granted;
};

struct gain {
    view rule;
    view issuer;
    view reward; /* empty: no voucher */
    int64_t points;
};

struct share {
    view issuer;
    int64_t points;
};

enum evaluation { AS_BOUGHT, AGAIN, BLIND };

struct gains {
    LIST(struct gain) all;      /* in the order of RULES.md */
    LIST(struct share) shares;  /* by issuer, byte order */
    LIST(uint32_t) stopped;     /* places of rules held by their limits */
    LIST(uint32_t) contributed; /* places of rules with a limit that gave */
};

struct bought {
    const struct event *event;
    const struct version_entry *version; /* NULL: before the first */
    uint32_t step;
    struct context context;
    LIST(struct line) lines;
    struct gains gains; /* as it stands */
    view partner;
    int64_t available_at;
    int64_t expires_at;
};

struct redeemed {
    const struct event *event;
    view partner;
    int64_t price;      /* micro, credited for a point */
    bool partner_bears; /* overdraft: {liable: partner} */
    bool done;
    int64_t overdrawn; /* not yet reversed */
    LIST(struct lot) taken;
    bool covered; /* by `ticket` */
    struct ticket ticket;
    bool charged;
    bool uncovered;
    int64_t value;
};

struct held_level {
    view id; /* empty: none */
    int64_t since_ms;
    int64_t until_ms;
    int64_t qualifying;
    int32_t first_month;
    int32_t last_month;
    uint32_t step;
};

enum { MODEL_DAYS = 80384 };

struct model {
    struct arena arena;
    struct zone zone;
    int64_t *midnights; /* of the days from 2000-01-01 on */

    LIST(struct version_entry) versions; /* by date */
    uint32_t step;                       /* events and referrals so far */
    bool begun;
    int64_t now_ms; /* instant of the event or change at hand */

    int64_t joined_ms;
    uint32_t home_store;
    bool joined;
    uint64_t referrer;
    bool referral_done;
    int64_t first_purchase_ms;
    int64_t last_purchase_ms;
    int64_t purchases;
    int64_t visit_ms;
    uint32_t visit_store;
    int64_t active_ms;
    int64_t idle_ended_ms;
    LIST(view) absent; /* rules that gave in this absence */
    LIST(struct month_store) months;
    LIST(struct channel) channels;
    LIST(struct used_limit) limits;

    int64_t debt;
    LIST(struct lot) lots;
    uint32_t ticket_order;
    LIST(struct ticket) tickets;
    LIST(struct card) cards;
    LIST(struct spending) spendings;
    LIST(struct pass_held) passes;
    struct held_level level;
    LIST(struct bought) purchases_made;
    LIST(struct redeemed) redemptions;

    struct row row;
    LIST(view) rows;
    LIST(struct model_sum) sums;
};

#endif
