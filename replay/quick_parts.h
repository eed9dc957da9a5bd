/*
 * quick_parts.h - what an account is while a table folds it, for quick.c,
 * quick_book.c and quick_clock.c only
 */
#ifndef REPLAY_QUICK_PARTS_H
#define REPLAY_QUICK_PARTS_H

#include "core/book.h"
#include "core/earn.h"
#include "replay/rulebook.h"
#include "replay/side.h"

enum {
    BLOCK_MONTHS = 16,
    BLOCKS = (PLAIN_MONTHS + BLOCK_MONTHS - 1) / BLOCK_MONTHS,
    ROOM_FIRST = 64,
};

/* Effects of a store and month that stand under the store's partner. */
struct quick_cell {
    int64_t purchases;
    int64_t sales;
    int64_t issued;
    int64_t redeemed;
    int64_t overdrawn;
    int64_t vouchers;
};

struct quick_lot {
    int64_t expires_at;
    int64_t available_at;
    int64_t left;
    int32_t partner;
};

/* Eligible spend of a month at a store, for the monthly bonus. */
struct quick_share {
    uint32_t store;
    uint16_t number;
    int64_t spend;
};

struct quick_month {
    int32_t month;
    int64_t spend;
};

struct quick_spend {
    int64_t progress;
    int32_t year;
    bool given; /* in this window */
    bool begun;
};

/* What an account has come to so far. */
struct quick_state {
    struct quick_lot *lots; /* from `lot_first`, in the order of use */
    uint32_t lot_room;
    uint32_t lot_first;
    uint32_t lot_end;
    int64_t debt;
    int32_t level; /* place; PROGRAM_NONE: no tiers */
    int64_t level_until;
    struct quick_month *months;
    uint32_t month_count;
    int32_t window_first; /* months of the window that window_spend is of */
    int32_t window_last;
    int64_t window_spend;
    int64_t due;         /* the next change by the clock */
    int32_t bonus_month; /* the month whose bonus is to be given; -1 */
    struct quick_share *bonus_stores; /* of that month, by store */
    uint32_t bonus_count;
    int64_t absence_at; /* the next midnight of an absence; TERMS_NEVER */
    uint32_t absence_next;
    int32_t visit_day; /* EVENT_NO_DAY */
    uint16_t visit_store;
    bool bought;
    bool joined;
    uint32_t home_store;
    struct earn_count *counts; /* room for every rule; so has `given` */
    uint32_t count_count;
    int32_t *given; /* rules that gave in this absence */
    uint32_t given_count;
    int64_t stamps[RULEBOOK_BITS];
    struct quick_spend spends[RULEBOOK_SPENDS_MAX];
    struct side_account sums;
};

struct quick {
    struct side *side;
    struct rulebook *table;
    struct plain *plain;
    struct earn_outcome *outcome;
    struct arena *arena;
    const struct program *program;
    struct quick_cell **(*blocks); /* by store's small number, then by block */
    int64_t *expired;              /* by partner and month */
    struct effect_list effects;    /* of one rare booking */
    struct quick_cell dropped;     /* what `since` leaves out */
    int64_t *weights; /* of the stores of a bonus, and their parts */
    int64_t *parts;
    struct quick_cell **cells; /* of each row of the account */
    uint32_t bonus_room;       /* rows that these have room for */
    struct quick_state state;
};

/* A step at an instant and a store. */
struct quick_place {
    int64_t at_ms;
    int32_t day;
    uint16_t month;
    uint16_t number; /* of the store */
    const struct rulebook_store *store;
    struct quick_cell *cell;
};

#endif
