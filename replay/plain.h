/*
 * plain.h - the events of an account in rows, ready for tables
 *
 * The first of two stages of a fast replay, done once for all candidates: the
 * columns of an account's chapters (core/chapter.h) become rows in which the
 * local calendar has been looked up and stores are small numbers.  Accounts
 * with anything but plain events are left to the ordinary fold.
 */
#ifndef REPLAY_PLAIN_H
#define REPLAY_PLAIN_H

#include "core/chapter.h"
#include "core/history_scan.h"

/* Months and days are counted from 2000-01 and 1999-12-01. */
enum {
    PLAIN_MONTH_FIRST = 2000 * 12 - 1,
    PLAIN_MONTHS = 2407, /* to 2200-06 */
    PLAIN_DAYS = 73200,  /* 36,600 days after the last event, and more */
    PLAIN_STORES_MAX = 65535,
};

/* The calendar of a zone as tables. */
struct plain_days {
    const struct zone *zone; /* borrowed */
    int32_t first;           /* the day that the tables begin with */
    const uint16_t *month;   /* of each day, from PLAIN_MONTH_FIRST */
    const int64_t *midnight_ms;
    const int32_t *month_day; /* the first day of each month */
};

void plain_days_open(struct plain_days *days, const struct zone *zone,
                     struct arena *arena);

struct plain_event {
    int64_t at_ms;
    int32_t day; /* from days->first */
    int32_t ms_of_day;
    uint32_t amount; /* cents, points, or home store */
    uint16_t month;  /* from PLAIN_MONTH_FIRST */
    uint16_t store;  /* small number */
    uint16_t goods;  /* number of the category; 0: none */
    uint8_t kind;    /* enum chapter_kind */
    uint8_t weekday; /* 0 is Monday */
};

/* One per thread: the small numbers of stores and the rows of an account. */
struct plain {
    const struct plain_days *days;
    uint16_t *number_of; /* of each store that fits a key; 0: none yet */
    uint32_t *store_of;  /* of each small number from 1 */
    uint32_t store_count;
    int64_t clock_from_ms; /* the stretch without a change of the clock ... */
    int64_t clock_until_ms;
    int64_t offset_ms; /* ... in which the last event lay */
    struct plain_event *events;
    uint32_t event_count; /* up to `until` */
    uint32_t row_count;   /* of all */
};

void plain_open(struct plain *plain, const struct plain_days *days,
                struct arena *arena);

/* Puts the account's events up to `until_ms` into rows, which live in the
 * arena.  False: there are others than plain ones, or their order, identity or
 * right to speak for a store needs a closer look. */
NODISCARD bool plain_read(struct plain *plain, const struct history_scan *scan,
                          const struct history_raw *raw, int64_t until_ms,
                          struct arena *arena);

#endif
