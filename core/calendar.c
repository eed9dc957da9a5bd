#include "core/calendar.h"

#include "core/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    DAYS_OF_ERA = 146097,   /* 400 years */
    DAYS_TO_EPOCH = 719468, /* from 0000-03-01 to 1970-01-01 */
    MS_OF_SECOND = 1000,
    MS_OF_MINUTE = 60 * MS_OF_SECOND,
    MS_OF_HOUR = 60 * MS_OF_MINUTE,
    ZONE_NAME_MAX = 64,
    ZONE_TRANSITIONS_MAX = 1024, /* 200 years, at most four a year */
};

static int64_t
floor_div(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

/* Years are counted from March, so that the leap day is the last of one. */
int32_t
calendar_day(civil date)
{
    int32_t year = date.month <= 2 ? date.year - 1 : date.year;
    int32_t month = date.month > 2 ? date.month - 3 : date.month + 9;

    assert(date.month >= 1);
    assert(date.month <= 12);
    int32_t era = (int32_t)floor_div(year, 400);
    int32_t year_of_era = year - era * 400;
    int32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int32_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_OF_ERA + day_of_era - DAYS_TO_EPOCH;
}

/* A day as years count from March. */
struct from_march {
    int32_t year;
    uint32_t month; /* 0 is March */
    uint32_t day_of_year;
};

/* Days from March of the year 0 on fall into centuries, and days of a century
 * into years, of 36524.25 and 365.25 days: in quarters of a day both are whole
 * numbers, and a leap day is the rest.  (This is asked several times an event;
 * numbers without a sign are divided fastest.) */
static inline struct from_march
from_march(int32_t day)
{
    enum { ERAS = 1000, DAYS_OF_4_YEARS = 1461 };
    uint32_t shifted =
        (uint32_t)(day + DAYS_TO_EPOCH + ERAS * DAYS_OF_ERA); /* >= 0 */

    assert(shifted < UINT32_MAX / 8);
    uint32_t century = (4 * shifted + 3) / DAYS_OF_ERA;
    uint32_t of_century = (4 * shifted + 3) % DAYS_OF_ERA | 3;
    uint32_t day_of_year = of_century % DAYS_OF_4_YEARS / 4;

    return (struct from_march) {
        .year = (int32_t)(100 * century + of_century / DAYS_OF_4_YEARS) -
                400 * ERAS,
        .month = (5 * day_of_year + 2) / 153,
        .day_of_year = day_of_year,
    };
}

civil
calendar_civil(int32_t day)
{
    struct from_march date = from_march(day);
    uint32_t month = date.month;

    return (civil) {
        .year = month >= 10 ? date.year + 1 : date.year,
        .month = (int32_t)(month < 10 ? month + 3 : month - 9),
        .day = (int32_t)(date.day_of_year - (153 * month + 2) / 5 + 1),
    };
}

bool
calendar_is_date(civil date)
{
    static const int8_t DAYS[] = { 31, 29, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };

    if (date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    if (date.month == 2 && date.day == 29)
        return date.year % 4 == 0 &&
               (date.year % 100 != 0 || date.year % 400 == 0);
    return date.day <= DAYS[date.month - 1];
}

/* 1970-01-01 was a Thursday. */
int32_t
calendar_weekday(int32_t day)
{
    int32_t rest = (int32_t)(((int64_t)day + 3) % 7);
    return rest < 0 ? rest + 7 : rest;
}

int32_t
calendar_month(int32_t day)
{
    struct from_march date = from_march(day);

    return date.year * 12 + (int32_t)date.month + 2;
}

int32_t
calendar_month_first_day(int32_t month)
{
    int32_t year = (int32_t)floor_div(month, 12);
    return calendar_day((civil) { year, month - year * 12 + 1, 1 });
}

/* The number that `count` digits show; -1 if one of them is no digit. */
static int32_t
parse_digits(const uint8_t *digits, uint32_t count)
{
    int32_t value = 0;

    assert(count <= 4);
    for (uint32_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        value = value * 10 + (digits[i] - '0');
    }
    return value;
}

bool
calendar_parse_date(view text, int32_t *ret_day)
{
    if (text.size != 10 || text.bytes[4] != '-' || text.bytes[7] != '-')
        return false;
    civil date = {
        .year = parse_digits(text.bytes, 4),
        .month = parse_digits(text.bytes + 5, 2),
        .day = parse_digits(text.bytes + 8, 2),
    };
    if (date.year < 0 || !calendar_is_date(date))
        return false;
    *ret_day = calendar_day(date);
    return true;
}

bool
calendar_parse_month(view text, int32_t *ret_month)
{
    if (text.size != 7 || text.bytes[4] != '-')
        return false;
    int32_t year = parse_digits(text.bytes, 4);
    int32_t month = parse_digits(text.bytes + 5, 2);
    if (year < 0 || month < 1 || month > 12)
        return false;
    *ret_month = year * 12 + month - 1;
    return true;
}

static void
put_two(char *text, int32_t value)
{
    assert(value >= 0);
    assert(value <= 99);
    text[0] = (char)('0' + value / 10);
    text[1] = (char)('0' + value % 10);
}

/* What can be written: what lies beyond counts as the end it lies behind.  A
 * lot that is good through 9999-12-31 ends when the year 10000 begins. */
#define DAY_MIN (-719528) /* 0000-01-01 */
#define DAY_MAX 2932896   /* 9999-12-31 */
#define MONTH_MAX 119999  /* 9999-12, as calendar_month() counts */

static int64_t
between(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

static void
put_year(char *text, int32_t year)
{
    assert(year >= 0);
    assert(year <= 9999);
    put_two(text, year / 100);
    put_two(text + 2, year % 100);
}

void
calendar_format_date(int32_t day, char text[static 11])
{
    civil date = calendar_civil((int32_t)between(day, DAY_MIN, DAY_MAX));

    put_year(text, date.year);
    text[4] = '-';
    put_two(text + 5, date.month);
    text[7] = '-';
    put_two(text + 8, date.day);
    text[10] = '\0';
}

void
calendar_format_month(int32_t month, char text[static 8])
{
    month = (int32_t)between(month, 0, MONTH_MAX);
    int32_t year = month / 12;

    put_year(text, year);
    text[4] = '-';
    put_two(text + 5, month - year * 12 + 1);
    text[7] = '\0';
}

/* "Z", "+02:00" or "-03:30" and nothing behind it. */
static bool
parse_offset(view text, int32_t *ret_offset_ms)
{
    if (text.size == 1 && (text.bytes[0] == 'Z' || text.bytes[0] == 'z')) {
        *ret_offset_ms = 0;
        return true;
    }
    if (text.size != 6 || text.bytes[3] != ':')
        return false;
    if (text.bytes[0] != '+' && text.bytes[0] != '-')
        return false;
    int32_t hours = parse_digits(text.bytes + 1, 2);
    int32_t minutes = parse_digits(text.bytes + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    int32_t offset_ms = hours * MS_OF_HOUR + minutes * MS_OF_MINUTE;
    *ret_offset_ms = text.bytes[0] == '-' ? -offset_ms : offset_ms;
    return true;
}

/* Takes ".5" to ".123" off the front of the text; no dot: zero. */
static bool
parse_fraction(view *text, int32_t *ret_ms)
{
    uint32_t count = 0;
    int32_t ms = 0;

    *ret_ms = 0;
    if (text->size == 0 || text->bytes[0] != '.')
        return true;
    while (count + 1 < text->size && text->bytes[count + 1] >= '0' &&
           text->bytes[count + 1] <= '9') {
        if (count == 3)
            return false;
        ms = ms * 10 + (text->bytes[count + 1] - '0');
        count++;
    }
    if (count == 0)
        return false;
    *ret_ms = count == 1 ? ms * 100 : count == 2 ? ms * 10 : ms;
    *text = (view) { text->bytes + count + 1, text->size - count - 1 };
    return true;
}

bool
calendar_parse_time(view text, int64_t *ret_at_ms)
{
    int32_t day = 0;
    int32_t ms = 0;
    int32_t offset_ms = 0;

    if (text.size < 20 || !calendar_parse_date((view) { text.bytes, 10 }, &day))
        return false;
    const uint8_t *clock = text.bytes + 11;
    if (clock[-1] != 'T' && clock[-1] != 't')
        return false;
    if (clock[2] != ':' || clock[5] != ':')
        return false;
    int32_t hour = parse_digits(clock, 2);
    int32_t minute = parse_digits(clock + 3, 2);
    int32_t second = parse_digits(clock + 6, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    if (second < 0 || second > 59)
        return false;
    view rest = { text.bytes + 19, text.size - 19 };
    if (!parse_fraction(&rest, &ms) || !parse_offset(rest, &offset_ms))
        return false;
    *ret_at_ms = day * CALENDAR_DAY_MS + hour * MS_OF_HOUR +
                 minute * MS_OF_MINUTE + second * MS_OF_SECOND + ms - offset_ms;
    return true;
}

void
calendar_format_time(int64_t at_ms, char text[static 25])
{
    at_ms = between(at_ms, DAY_MIN * CALENDAR_DAY_MS,
                    (DAY_MAX + 1) * CALENDAR_DAY_MS - 1);
    int64_t day = floor_div(at_ms, CALENDAR_DAY_MS);
    int32_t ms = (int32_t)(at_ms - day * CALENDAR_DAY_MS);

    calendar_format_date((int32_t)day, text);
    text[10] = 'T';
    put_two(text + 11, ms / MS_OF_HOUR);
    text[13] = ':';
    put_two(text + 14, ms / MS_OF_MINUTE % 60);
    text[16] = ':';
    put_two(text + 17, ms / MS_OF_SECOND % 60);
    text[19] = '.';
    text[20] = (char)('0' + ms % 1000 / 100);
    put_two(text + 21, ms % 100);
    text[23] = 'Z';
    text[24] = '\0';
}

static bool
is_zone_name(view name)
{
    if (name.size == 0 || name.size > ZONE_NAME_MAX)
        return false;
    for (uint32_t i = 0; i < name.size; i++) {
        uint8_t c = name.bytes[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        bool slash = c == '/' && i > 0;
        if (!letter && !other && !slash)
            return false; /* a dot, too: no way out of the directory */
    }
    return true;
}

/* The C library takes a zone that it can't find for UTC without a word.
 * ERR_NOT_FOUND; ERR_IO: nobody can tell now. */
static enum err
find_zone(const char *name)
{
    const char *dir = getenv("TZDIR");
    char path[4096];
    char magic[4];

    if (dir == NULL || dir[0] == '\0')
        dir = "/usr/share/zoneinfo";
    int size = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return ERR_NOT_FOUND;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return err_of_errno(errno);
    ssize_t got = read(file, magic, sizeof magic);
    const int code = errno;
    close(file);
    if (got < 0 && code != EISDIR)
        return ERR_IO;
    return got == sizeof magic && memcmp(magic, "TZif", 4) == 0 ? OK
                                                                : ERR_NOT_FOUND;
}

static int32_t
system_offset_s(int64_t at_s)
{
    time_t time = at_s;
    struct tm local;

    /* Fails only where the year does not fit an int. */
    struct tm *result = localtime_r(&time, &local);
    assert(result != NULL);
    return (int32_t)local.tm_gmtoff;
}

/* The second from which on the offset is no more that of `low_s`. */
static int64_t
bisect_change_s(int64_t low_s, int64_t high_s)
{
    int32_t before_s = system_offset_s(low_s);

    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2;
        if (system_offset_s(middle_s) == before_s)
            low_s = middle_s;
        else
            high_s = middle_s;
    }
    return high_s;
}

/* Walks 2000 to 2199 of the zone that TZ names, day by day; 0 if there are
 * more transitions than there is room for. */
static uint32_t
find_transitions(struct zone_transition *transitions)
{
    const int64_t step_s = CALENDAR_DAY_MS / MS_OF_SECOND;
    int64_t at_s = LIMIT_AT_MS_MIN / MS_OF_SECOND;
    int32_t offset_s = system_offset_s(at_s);
    uint32_t count = 1;

    transitions[0] = (struct zone_transition) { INT64_MIN, offset_s };
    while (at_s <= LIMIT_CLOCK_MS_MAX / MS_OF_SECOND) {
        int64_t next_s = at_s + step_s;
        if (system_offset_s(next_s) == offset_s) {
            at_s = next_s;
            continue;
        }
        if (count == ZONE_TRANSITIONS_MAX)
            return 0;
        at_s = bisect_change_s(at_s, next_s);
        offset_s = system_offset_s(at_s);
        transitions[count++] =
            (struct zone_transition) { at_s * MS_OF_SECOND, offset_s };
    }
    return count;
}

enum err
zone_load(view name, struct arena *arena, struct zone *ret_zone)
{
    struct zone_transition found[ZONE_TRANSITIONS_MAX];
    char value[ZONE_NAME_MAX + 2] = ":"; /* a file's name, not a rule */

    if (!is_zone_name(name))
        return ERR_NOT_FOUND;
    memcpy(value + 1, name.bytes, name.size);
    enum err err = find_zone(value + 1);
    if (err != OK)
        return err;

    const char *set = getenv("TZ");
    char *before = set == NULL ? NULL : strdup(set);
    if (set != NULL && before == NULL)
        return ERR_MEMORY;
    if (setenv("TZ", value, 1) != 0) {
        free(before);
        return ERR_MEMORY;
    }
    errno = 0;
    tzset();
    const int code = errno;
    uint32_t count = find_transitions(found);
    int restored = before == NULL ? unsetenv("TZ") : setenv("TZ", before, 1);
    tzset();
    free(before);
    if (restored != 0)
        return ERR_MEMORY;
    if (count == 0)
        return ERR_INPUT;
    /* Nor does it say a word where it has no memory or descriptor to read it.
     */
    if (code != 0 && count == 1 && found[0].offset_s == 0)
        return code == ENOMEM ? ERR_MEMORY : ERR_IO;

    struct zone_transition *kept =
        ARENA_NEW(arena, struct zone_transition, count);
    memcpy(kept, found, sizeof *kept * count);
    *ret_zone = (struct zone) { .name = arena_copy(arena, name),
                                .count = count,
                                .transitions = kept };
    return OK;
}

bool
zone_equal(const struct zone *a, const struct zone *b)
{
    if (a->count != b->count || !view_equal(a->name, b->name))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->transitions[i].at_ms != b->transitions[i].at_ms ||
            a->transitions[i].offset_s != b->transitions[i].offset_s)
            return false;
    }
    return true;
}

/* The place of the last transition at or before the instant, by halving. */
static uint32_t
search_segment(const struct zone *zone, int64_t at_ms)
{
    uint32_t low = 0;
    uint32_t count = zone->count;

    while (count > 1) {
        uint32_t half = count / 2;
        low += zone->transitions[low + half].at_ms <= at_ms ? half : 0;
        count -= half;
    }
    return low;
}

/* The index parts the years of a zone into stretches of some 25 days, which
 * see one transition at most, as a rule, and the end of one month: it says
 * which of them is where each stretch begins.  Months are those of the same
 * years, counted from the first. */
enum {
    STRETCH_SHIFT = 31,
    STRETCHES = 3000,
    MONTHS_FIRST = 2000 * 12,
    MONTHS = 200 * 12,
    NO_MONTH = MONTHS,
};

struct zone_index {
    uint16_t segments[STRETCHES];
    uint16_t months[STRETCHES]; /* NO_MONTH: ask the day */
    int64_t month_starts_ms[MONTHS];
};
static_assert(sizeof(struct zone_index) == ZONE_INDEX_SIZE, "as it says");
static_assert((LIMIT_CLOCK_MS_MAX - LIMIT_AT_MS_MIN) >> STRETCH_SHIFT <
                  STRETCHES,
              "all years that a zone knows");

/* STRETCHES or more: outside of the years. */
static inline uint64_t
stretch_of(int64_t at_ms)
{
    return ((uint64_t)at_ms - (uint64_t)LIMIT_AT_MS_MIN) >> STRETCH_SHIFT;
}

static inline int64_t
stretch_begins_ms(uint32_t stretch)
{
    return LIMIT_AT_MS_MIN + ((int64_t)stretch << STRETCH_SHIFT);
}

/* Where clocks go back over midnight, into the month before, its first instant
 * does not part it from the next; and at both ends are months of other years.
 */
static void
index_months(const struct zone *zone, struct zone_index *index)
{
    uint32_t month = 0;

    for (uint32_t i = 0; i < STRETCHES; i++) {
        int64_t at_ms = stretch_begins_ms(i);
        while (month + 1 < MONTHS && index->month_starts_ms[month + 1] <= at_ms)
            month++;
        bool inside = index->month_starts_ms[0] <= at_ms && month + 2 < MONTHS;
        index->months[i] = inside ? (uint16_t)month : NO_MONTH;
    }
    for (uint32_t i = 1; i < zone->count; i++) {
        int64_t at_ms = zone->transitions[i].at_ms;
        if (calendar_month(zone_day(zone, at_ms)) >=
            calendar_month(zone_day(zone, at_ms - 1)))
            continue;
        for (int days = 0; days <= 2; days++) {
            uint64_t stretch = stretch_of(at_ms + days * CALENDAR_DAY_MS);
            if (stretch < STRETCHES)
                index->months[stretch] = NO_MONTH;
        }
    }
}

void
zone_index(struct zone *zone, struct arena *arena)
{
    struct zone_index *index = ARENA_NEW(arena, struct zone_index, 1);

    assert(zone->count <= UINT16_MAX);
    for (int32_t i = 0; i < MONTHS; i++)
        index->month_starts_ms[i] =
            zone_midnight_ms(zone, calendar_month_first_day(MONTHS_FIRST + i));
    for (uint32_t i = 0; i < STRETCHES; i++)
        index->segments[i] =
            (uint16_t)search_segment(zone, stretch_begins_ms(i));
    index_months(zone, index);
    zone->index = index;
}

/* The same, from the index if there is one. */
static uint32_t
find_segment(const struct zone *zone, int64_t at_ms)
{
    uint64_t stretch = stretch_of(at_ms);

    assert(zone->count > 0);
    if (zone->index == NULL || stretch >= STRETCHES)
        return search_segment(zone, at_ms);
    uint32_t place = zone->index->segments[stretch];
    while (place + 1 < zone->count &&
           zone->transitions[place + 1].at_ms <= at_ms)
        place++;
    return place;
}

moment
zone_moment(const struct zone *zone, int64_t at_ms)
{
    uint32_t segment = find_segment(zone, at_ms);
    int64_t local_ms =
        at_ms + zone->transitions[segment].offset_s * (int64_t)MS_OF_SECOND;
    int64_t day = floor_div(local_ms, CALENDAR_DAY_MS);

    return (moment) {
        .at_ms = at_ms,
        .day = (int32_t)day,
        .ms_of_day = (int32_t)(local_ms - day * CALENDAR_DAY_MS),
    };
}

int32_t
zone_day(const struct zone *zone, int64_t at_ms)
{
    return zone_moment(zone, at_ms).day;
}

int32_t
zone_month(const struct zone *zone, int64_t at_ms)
{
    const struct zone_index *index = zone->index;
    uint64_t stretch = stretch_of(at_ms);

    if (index == NULL || stretch >= STRETCHES ||
        index->months[stretch] == NO_MONTH)
        return calendar_month(zone_day(zone, at_ms));
    uint32_t month = index->months[stretch];
    month += index->month_starts_ms[month + 1] <= at_ms;
    return MONTHS_FIRST + (int32_t)month;
}

int32_t
zone_day_open(const struct zone *zone, int64_t at_ms)
{
    uint32_t next = find_segment(zone, at_ms) + 1;
    int32_t day = zone_day(zone, at_ms);

    if (next == zone->count ||
        zone->transitions[next].at_ms > at_ms + CALENDAR_DAY_MS)
        return day;
    int32_t after = zone_day(zone, zone->transitions[next].at_ms);
    return after < day ? after : day;
}

void
zone_format_minute(const struct zone *zone, int64_t at_ms, char text[static 17])
{
    moment shown = zone_moment(zone, at_ms);

    calendar_format_date(shown.day, text);
    text[10] = ' ';
    put_two(text + 11, shown.ms_of_day / MS_OF_HOUR);
    text[13] = ':';
    put_two(text + 14, shown.ms_of_day / MS_OF_MINUTE % 60);
    text[16] = '\0';
}

/* The first segment, not before that one, whose wall clock gets past
 * `local_ms`. */
static uint32_t
pass_segments(const struct zone *zone, uint32_t segment, int64_t local_ms)
{
    while (segment + 1 < zone->count) {
        int64_t offset_ms =
            zone->transitions[segment].offset_s * (int64_t)MS_OF_SECOND;
        if (zone->transitions[segment + 1].at_ms + offset_ms > local_ms)
            break;
        segment++;
    }
    return segment;
}

/* No clock is more than a day and some hours off UTC, so the search starts two
 * days before. */
static uint32_t
find_local_segment(const struct zone *zone, int64_t local_ms)
{
    return pass_segments(
        zone, find_segment(zone, local_ms - 2 * CALENDAR_DAY_MS), local_ms);
}

static int64_t
midnight_in(const struct zone_transition *clock, int64_t local_ms)
{
    int64_t at_ms = local_ms - clock->offset_s * (int64_t)MS_OF_SECOND;

    /* A skipped midnight: the day starts with the change of the clock. */
    return at_ms < clock->at_ms ? clock->at_ms : at_ms;
}

int64_t
zone_midnight_ms(const struct zone *zone, int32_t day)
{
    int64_t local_ms = day * CALENDAR_DAY_MS;

    return midnight_in(&zone->transitions[find_local_segment(zone, local_ms)],
                       local_ms);
}

void
zone_midnights(const struct zone *zone, int32_t day, uint32_t count,
               int64_t *ret_at_ms)
{
    int64_t local_ms = day * CALENDAR_DAY_MS;
    uint32_t segment = find_local_segment(zone, local_ms);

    for (uint32_t i = 0; i < count; i++, local_ms += CALENDAR_DAY_MS) {
        segment = pass_segments(zone, segment, local_ms);
        ret_at_ms[i] = midnight_in(&zone->transitions[segment], local_ms);
    }
}

int64_t
zone_month_start_ms(const struct zone *zone, int32_t month)
{
    uint32_t place = (uint32_t)(month - MONTHS_FIRST);

    return zone->index != NULL && place < MONTHS
               ? zone->index->month_starts_ms[place]
               : zone_midnight_ms(zone, calendar_month_first_day(month));
}

int64_t
zone_at_ms(const struct zone *zone, int32_t day, int32_t ms_of_day)
{
    assert(ms_of_day >= 0);
    assert(ms_of_day < CALENDAR_DAY_MS);
    int64_t local_ms = day * CALENDAR_DAY_MS + ms_of_day;
    uint32_t segment = find_local_segment(zone, local_ms);
    const struct zone_transition *clock = &zone->transitions[segment];
    int64_t at_ms = local_ms - clock->offset_s * (int64_t)MS_OF_SECOND;

    if (at_ms >= clock->at_ms)
        return at_ms;
    assert(segment > 0); /* the first one has no beginning */
    return local_ms - clock[-1].offset_s * (int64_t)MS_OF_SECOND;
}
