/*
 * calendar.h - civil dates, and the local time of one zone
 *
 * A `day` counts local days from 1970-01-01, a `month` counts months from
 * year 0 (year * 12 + month - 1), so that both can be added to and compared.
 * A zone is a table of transitions from 2000 to 2199, taken once from the
 * system's tz database by whoever publishes a program and carried by the
 * published version: no machine's own tzdata decides what a member has.
 *
 * Civil from days and back: the proleptic Gregorian calendar (ISO 8601).
 */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include "core/err.h"

#define CALENDAR_DAY_MS INT64_C(86400000)

typedef struct {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
} civil;

/* The day of a date and back; the month is 1 to 12.  A day of the month that
 * there is not counts on from those that there are. */
int32_t calendar_day(civil date);
civil calendar_civil(int32_t day);
/* Whether there is such a day in the calendar, in any year. */
bool calendar_is_date(civil date);

/* 0 is Monday, 6 is Sunday. */
int32_t calendar_weekday(int32_t day);

/* The month that a day lies in, and the first day of a month. */
int32_t calendar_month(int32_t day);
int32_t calendar_month_first_day(int32_t month);

/* "YYYY-MM-DD" exactly; false if it is no such date. */
NODISCARD bool calendar_parse_date(view text, int32_t *ret_day);
/* "YYYY-MM" exactly. */
NODISCARD bool calendar_parse_month(view text, int32_t *ret_month);
/* Eleven bytes with the end.  What lies before the year 0 or behind 9999 is
 * written, here and below, as the first or the last that there are digits for:
 * points good through 9999-12-31 end in the year 10000 in half of the world. */
void calendar_format_date(int32_t day, char text[static 11]);
void calendar_format_month(int32_t month, char text[static 8]);

/* RFC 3339 with an offset or Z, at most three decimals of a second, seconds
 * 00-59, any year of four digits; false if it is not. */
NODISCARD bool calendar_parse_time(view text, int64_t *ret_at_ms);
/* "2026-10-31T15:00:00.000Z": 25 bytes with the end. */
void calendar_format_time(int64_t at_ms, char text[static 25]);

struct zone_transition {
    int64_t at_ms;    /* from this instant on ... */
    int32_t offset_s; /* ... local time is UTC plus this */
};

struct zone {
    view name;
    uint32_t count; /* at least 1; ascending; the first at INT64_MIN */
    const struct zone_transition *transitions;
    const struct zone_index *index; /* NULL: asking takes a search */
};

/* Reads the transitions of the zone with that tz database name from the
 * system into the arena.  Sets the process's TZ while it works: call it from
 * a single thread.  ERR_NOT_FOUND: the system has no such zone; ERR_INPUT: its
 * clock is changed more often than a zone here can hold; ERR_IO, ERR_MEMORY:
 * it can't be read now. */
NODISCARD enum err zone_load(view name, struct arena *arena,
                             struct zone *ret_zone);

/* The same name and the same transitions. */
bool zone_equal(const struct zone *a, const struct zone *b);

/* Lays tables into the arena by which instants find their transition and their
 * month, and months their first instant, without a search: for who reckons with
 * every event.  The answers stay the same.  They take ZONE_INDEX_SIZE bytes. */
enum { ZONE_INDEX_SIZE = 31200 };
void zone_index(struct zone *zone, struct arena *arena);

/* An instant as the wall clocks of the zone show it. */
typedef struct {
    int64_t at_ms;
    int32_t day;
    int32_t ms_of_day;
} moment;

/* What the wall clocks of the zone show at an instant: all of it, the day, the
 * month of that day. */
moment zone_moment(const struct zone *zone, int64_t at_ms);
int32_t zone_day(const struct zone *zone, int64_t at_ms);
int32_t zone_month(const struct zone *zone, int64_t at_ms);
/* The earliest day that the instant or a later one lies on: the day before
 * while clocks are yet to go back over midnight. */
int32_t zone_day_open(const struct zone *zone, int64_t at_ms);
/* "2026-10-31 15:00" there: 17 bytes with the end. */
void zone_format_minute(const struct zone *zone, int64_t at_ms,
                        char text[static 17]);

/* The first instant of a local date; also where a clock change skips or
 * repeats its midnight. */
int64_t zone_midnight_ms(const struct zone *zone, int32_t day);
/* The same of `count` dates from `day` on. */
void zone_midnights(const struct zone *zone, int32_t day, uint32_t count,
                    int64_t *ret_at_ms);
/* The first instant of a local month. */
int64_t zone_month_start_ms(const struct zone *zone, int32_t month);

/* The first instant whose wall clock shows that time of that day, for inputs
 * without an offset; a time that the clock change skips counts on from the
 * skip, as if the clock had not been changed yet. */
int64_t zone_at_ms(const struct zone *zone, int32_t day, int32_t ms_of_day);

#endif
