/*
 * plain.h - many accounts' events in columns, ready for tables
 *
 * The first of two stages of a fast replay, done once for all candidates: the
 * chapters of a block of accounts (core/chapter.h) become columns, in which
 * the local calendar has been looked up and stores are small numbers.  Each
 * purchase is a row; one of several lines is a *receipt* besides, whose lines
 * stay where the chapter has them.  What else happens to an account is a
 * *stop*, which stands before a row.  Of an account, instants ascend and local
 * days never go back.  All other accounts, and those with anything but plain
 * events or with a sku that rules may name, need a closer look (plain_live.h).
 */
#ifndef REPLAY_PLAIN_H
#define REPLAY_PLAIN_H

#include "core/chapter.h"
#include "core/history_scan.h"
#include "replay/almanac.h"

enum {
    PLAIN_STORES_MAX = 65535,
    PLAIN_ROWS = 512, /* of a block, unless one account has more */
};

/* What an account had done before a row. */
enum {
    PLAIN_BOUGHT = 1,
    PLAIN_AT_HOME = 2, /* the row's store is its home store */
    PLAIN_PASTS = 4,
};

/* The lines of a row, as its chapter has them. */
struct plain_receipt {
    uint32_t row;
    uint32_t line_count;
    const uint8_t *lines; /* struct chapter_line; not aligned */
};

/* Something else than a purchase. */
struct plain_stop {
    int64_t at_ms;
    int32_t day;
    uint32_t row;    /* the purchase that it stands before */
    uint32_t amount; /* points, or home store */
    uint16_t month;
    uint16_t store;
    uint8_t kind; /* enum chapter_kind */
};

/* Rows of an account in one month, from where the run before it ends. */
struct plain_run {
    uint32_t end;
    int32_t month;
};

struct plain_account {
    uint32_t row_first;
    uint32_t row_end;
    uint32_t run_first;
    uint32_t run_end;
    uint32_t stop_first;
    uint32_t stop_end;
};

/* One per thread: the small numbers of stores and a block of accounts. */
struct plain {
    const struct almanac *days;
    struct arena *arena;
    uint16_t *number_of; /* of each store that fits a key; 0: none yet */
    uint32_t *store_of;  /* of each small number from 1 */
    uint32_t store_count;
    uint32_t clock;        /* in the zone's transitions: ... */
    int64_t clock_from_ms; /* the stretch without a change of the clock ... */
    int64_t clock_until_ms;
    int64_t offset_ms; /* ... in which the last event lay */

    uint8_t *named; /* bits by chapter_sku() that rules may name; NULL: none */
    uint32_t room;  /* of rows, and as much of receipts and stops */
    uint32_t row_count;
    uint32_t receipt_count;
    uint32_t run_count;
    uint32_t stop_count;
    uint32_t account_count;
    uint32_t account_room;
    int64_t begins_ms; /* the first event of the block; INT64_MAX: none */
    bool looks_back;   /* some rules ask for `gap` and `past`, else not made */
    int64_t *at_ms;
    int32_t *day; /* from days->first */
    int32_t *ms_of_day;
    int32_t *gap;     /* days since the last visit; -1: there was none */
    uint32_t *amount; /* cents; of a receipt, of its lines above 0 */
    uint16_t *month;  /* from ALMANAC_MONTH_FIRST */
    uint16_t *store;  /* small number */
    uint16_t *goods;  /* of the category; 0: none, or a receipt */
    uint8_t *past;    /* PLAIN_BOUGHT, PLAIN_AT_HOME */
    struct plain_run *runs;
    struct plain_receipt *receipts; /* by row */
    struct plain_stop *stops;
    struct plain_account *accounts;
};

/* A block takes `account_room` accounts at most. */
void plain_open(struct plain *plain, const struct almanac *days,
                uint32_t account_room, struct arena *arena);

/* Says that some rule names the sku; before any account is taken. */
void plain_name_sku(struct plain *plain, view sku);
/* The small number of a store, which gets one; 0: there are too many. */
uint32_t plain_store(struct plain *plain, uint32_t store);
/* False: certainly no rule names the sku of that chapter_sku(). */
bool plain_may_be_named(const struct plain *plain, uint32_t sku);
enum plain_fit {
    PLAIN_TAKEN, /* the account is the block's last */
    PLAIN_FULL,  /* not in this block: clear it and try again */
    PLAIN_OTHER, /* other events, a sku that rules may name, or time, identity
                  * or right to speak for a store need a closer look */
};

/* Appends the account's events up to `until_ms`, perhaps none, to the block,
 * which borrows lines from `raw`. */
enum plain_fit plain_take(struct plain *plain, const struct history_scan *scan,
                          const struct history_raw *raw, int64_t until_ms);
/* Begins a new block. */
void plain_clear(struct plain *plain);
/* The place of the first receipt that is not before the row. */
uint32_t plain_receipt_from(const struct plain *plain, uint32_t row);
/* Whether few accounts more would fit the block. */
bool plain_is_well_filled(const struct plain *plain);

/* Whether none of the account's events lies before `until_ms`. */
static inline bool
plain_is_empty(const struct plain_account *account)
{
    return account->row_first == account->row_end &&
           account->stop_first == account->stop_end;
}

/* The instant of its first event, if there is one. */
static inline int64_t
plain_begins_ms(const struct plain *plain, const struct plain_account *account)
{
    const struct plain_stop *stop = &plain->stops[account->stop_first];

    return account->stop_first < account->stop_end &&
                   stop->row == account->row_first
               ? stop->at_ms
               : plain->at_ms[account->row_first];
}

#endif
