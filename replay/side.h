/*
 * side.h - one side of a comparison: a history folded by one set of rules, and
 * what it came to
 *
 * Accounts are folded one by one and forgotten; what stays are sums: totals by
 * month and partner (as for settlement), points by rule, cost by month, and
 * what is left in the accounts at the end.  Sales and the like, which are the
 * same by any rules, are left out of the totals, and so is breakage, which is
 * summed up as a whole.
 */
#ifndef REPLAY_SIDE_H
#define REPLAY_SIDE_H

#include "core/totals.h"
#include "core/walk.h"

/* The store in whose name what is summed up without one is counted. */
#define SIDE_STORE 1

/* What points cost in a month at their value as money; exact. */
struct side_month {
    int32_t month;
    micro accrual; /* of points issued less reversed */
    micro burn;    /* of points and rewards redeemed */
};

struct side {
    const struct timeline *timeline;
    struct totals *totals;
    struct arena *arena;
    int64_t since_ms; /* effects before are not counted */
    int64_t until_ms;
    int32_t month;          /* of the last effects, ... */
    int64_t month_from_ms;  /* ... and of all instants from here ... */
    int64_t month_until_ms; /* ... until here */
    struct side_months {
        struct side_month *items; /* in order of appearance */
        uint32_t count;
        uint32_t room;
        uint32_t last; /* the one used last */
    } months;
    int64_t *rule_points;  /* by number: gross */
    bool *rule_gave;       /* points or a voucher */
    int64_t *level_counts; /* by number: accounts that hold it at the end */
    int64_t overdrawn_redemptions;
    points expired;
    points outstanding;
    points debt;
    int64_t voucher_count; /* outstanding */
    micro voucher_value;   /* exact: no bound is set to how many there are */
};

/* What one account came to. */
struct side_account {
    bool begun;
    points net;      /* issued less reversed */
    points redeemed; /* less restored */
    points overdrawn;
    points expired;
    points outstanding; /* at the end; so the next two */
    points debt;
    int64_t vouchers;
    int32_t level;       /* number; PROGRAM_NONE */
    int32_t level_place; /* in the file of the version at the end; 0: lowest
                          * or none */
};

struct side_span {
    int64_t since_ms;
    int64_t until_ms;
};

/* A side without any account yet; it grows in the arena. */
void side_open(struct side *side, const struct timeline *timeline,
               const struct side_span *span, struct arena *arena);

/* Folds one account, whose walk goes up to the side's `until_ms`; the input's
 * fold is made to judge by the side's rules.  `arena` holds the account until
 * it is done. */
void side_fold(struct side *side, const struct walk_input *input,
               struct arena *arena, struct side_account *ret_account);

/* Adds effects of a month, at the value that a point has at their instants, to
 * the totals and the costs; nothing else is counted. */
void side_count(struct side *side, int32_t month, price value,
                const struct effect_list *effects);

/* Adds what vouchers that are held at the end are worth; they are not
 * counted. */
void side_hold(struct side *side, money each, int64_t count);

/* Adds what `from`, a side by the same timeline, came to. */
void side_merge(struct side *side, const struct side *from);

/* Its months in order. */
void side_sort_months(struct side *side);

#endif
