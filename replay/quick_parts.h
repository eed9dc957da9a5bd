/*
 * quick_parts.h - what a side and an account of it are while tables fold them,
 * for the files quick*.c only
 */
#ifndef REPLAY_QUICK_PARTS_H
#define REPLAY_QUICK_PARTS_H

#include "core/book.h"
#include "core/earn.h"
#include "replay/quick_columns.h"
#include "replay/side.h"

/* Effects of a partner and month under a version. */
struct quick_cell {
    int64_t issued;
    int64_t redeemed;
    int64_t overdrawn;
    int64_t vouchers;
};

struct quick_lot {
    const struct rulebook_terms *terms;
    int64_t left;
};

/* Eligible spend of a month at a store, for the monthly bonus. */
struct quick_share {
    uint32_t store;
    uint16_t number;
    int64_t spend;
};

struct quick_spend {
    int64_t progress;
    int32_t year;
    bool by_year;
    bool given; /* in this window */
    bool begun;
};

/* What an account has come to so far. */
struct quick_state {
    const struct quick_era *era; /* at the last event or change */
    struct quick_lot *lots;      /* from `lot_first`, in the order of use */
    uint32_t lot_room;
    uint32_t lot_first;
    uint32_t lot_end;
    int64_t debt;
    int64_t due; /* no change by the clock comes before it */
    const struct quick_held *held;
    uint32_t change;       /* the next change of level */
    uint32_t row;          /* the next purchase */
    int32_t bonus_month;   /* the month whose bonus is to be given; -1 */
    uint32_t bonus_row;    /* its first purchase */
    int64_t absence_ms;    /* absences are rewarded up to here */
    int32_t active_month;  /* of the last activity or earning; -1 */
    int64_t idle_ended_ms; /* points were last gone for want of it */
    int32_t visit_day;     /* EVENT_NO_DAY */
    uint16_t visit_store;
    bool bought;
    bool joined;
    bool stamped; /* some of quick->stamps is not 0 */
    bool spent;   /* likewise of quick->spends */
    uint32_t home_store;
    uint32_t count_count;
    uint32_t given_count;
    struct side_account sums;
};

/* A side that takes each block before, and finds out the same about accounts
 * that begin no earlier than `from_ms`. */
struct quick_twin {
    const struct quick *of; /* NULL: none */
    int64_t from_ms;
};

struct quick {
    struct side *side;
    const struct timeline *timeline;
    struct plain *plain;
    struct quick_columns *columns;
    struct earn_outcome *outcome;
    struct arena *arena;
    struct rulebook **tables; /* by version */
    struct quick_era *eras;
    uint32_t era_count;
    uint32_t goods_count; /* categories, and none */
    bool flows;           /* points are used up as they were earned */
    bool tiered;          /* some version has tiers */
    bool bonused;         /* some version has a monthly bonus */
    bool idles;           /* some version ends points of the inactive */
    int32_t absence_min;  /* days of the shortest absence; 0: none */
    /* Of the block at hand, the side's own or its twin's. */
    struct quick_level *level;
    struct quick_level own_level;
    struct quick_mark *mark;
    struct quick_mark own_mark;
    const uint32_t *cell;    /* of the mark, or where cells lie otherwise */
    struct quick_flow *flow; /* where points flow */
    struct quick_flow own_flow;
    struct quick_twin level_twin, mark_twin, flow_twin;
    bool same_cells;            /* as the mark's twin */
    const struct version *last; /* in force at the end; NULL */
    struct quick_cell *cells;   /* number 0 is not looked at */
    struct effect_list effects; /* of one booking that no cell has room for */
    /* Of the account at hand; cleared only as far as it was used. */
    struct quick_state state;
    struct quick_share *bonus; /* of the month, by store */
    int64_t *weights;          /* of these, and their parts */
    int64_t *parts;
    uint32_t bonus_room;
    struct earn_count *counts;  /* of limits */
    int32_t *given;             /* rules that gave in this absence */
    int64_t *stamps;            /* by card's number */
    struct quick_spend *spends; /* by spend reward's number */
};

/* A step at an instant and a store.  What the clock does at the midnight at
 * which a version takes effect is judged by the one before. */
struct quick_place {
    int64_t at_ms;
    int32_t day;
    uint16_t month;
    const struct quick_era *era;
    struct rulebook *table; /* mostly the era's */
    uint32_t number;        /* of the store */
    const struct rulebook_store *store;
};

#endif
