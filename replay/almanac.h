/*
 * almanac.h - the calendar of a zone as tables
 */
#ifndef REPLAY_ALMANAC_H
#define REPLAY_ALMANAC_H

#include "core/calendar.h"

/* Months and days are counted from 1999-12. */
enum {
    ALMANAC_MONTH_FIRST = 2000 * 12 - 1,
    ALMANAC_MONTHS = 2407, /* to 2200-06 */
    ALMANAC_DAYS = 73200,  /* 36,600 days after the last event, and more */
};

struct almanac {
    const struct zone *zone;         /* borrowed */
    int32_t first;                   /* the day that the tables begin with */
    const uint16_t *months;          /* of each day, from ALMANAC_MONTH_FIRST */
    const int64_t *day_begins_ms;    /* and the first instant of each */
    const int32_t *month_day;        /* the first day of each month ... */
    const int64_t *month_begins_ms;  /* ... and its first instant, ... */
    const int32_t *month_begins_day; /* ... which lies in a day that exists */
};

/* All tables lie in the arena; the zone is borrowed. */
void almanac_open(struct almanac *almanac, const struct zone *zone,
                  struct arena *arena);

#endif
