/*
 * test_calendar.c - dates count as the Gregorian calendar does, times are read
 * as RFC 3339 says, and a zone's table shows what the system's clocks show,
 * around both changes of the clock and where midnight is skipped
 */
#include "tests/unit.h"

#include "core/calendar.h"
#include "core/limits.h"
#include "tests/descriptors.h"
#include "tests/unread.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOUR_MS INT64_C(3600000)

static struct arena arena;

/* Nothing can be opened any more once this has closed a file. */
static bool last_file;

int
close(int file)
{
    int code = (int)syscall(SYS_close, file);

    if (last_file)
        descriptors_allow(0);
    return code;
}

static struct zone
load(const char *name)
{
    struct zone zone;
    assert_int_equal(zone_load(view_of(name), &arena, &zone), OK);
    return zone;
}

static int32_t
day_of(const char *date)
{
    int32_t day = 0;
    assert_true(calendar_parse_date(view_of(date), &day));
    return day;
}

static int64_t
ms_of(const char *time)
{
    int64_t at_ms = 0;
    assert_true(calendar_parse_time(view_of(time), &at_ms));
    return at_ms;
}

TEST(days_are_counted_as_the_system_counts_them)
{
    for (int32_t day = -719528; day < 2932896; day += 97) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        civil date = calendar_civil(day);
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(calendar_day(date), day);
        assert_int_equal(calendar_weekday(day), (tm.tm_wday + 6) % 7);
        int32_t month = calendar_month(day);
        assert_int_equal(month, date.year * 12 + date.month - 1);
        assert_int_equal(calendar_month_first_day(month), day - date.day + 1);
    }
}

TEST(dates_and_months_are_read_strictly)
{
    static const char *const BAD[] = {
        "2025-02-29",  "1900-02-29", "2025-13-01", "2025-00-01", "2025-01-00",
        "2025-04-31",  "2025-1-01",  "25-01-01",   "2025-01-1x", "2025/01/01",
        "2025-01-01 ", "",           "2025-01-+1",
    };
    char text[11];
    int32_t month = 0;
    int32_t day = 0;

    assert_int_equal(day_of("1970-01-01"), 0);
    assert_int_equal(day_of("2000-02-29"), 11016);
    assert_int_equal(day_of("2024-02-29") + 1, day_of("2024-03-01"));
    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(calendar_parse_date(view_of(BAD[i]), &day));
    calendar_format_date(day_of("2024-02-29"), text);
    assert_string_equal(text, "2024-02-29");

    assert_true(calendar_parse_month(view_of("2025-12"), &month));
    assert_int_equal(month, 2025 * 12 + 11);
    char shown[8];
    calendar_format_month(month + 1, shown);
    assert_string_equal(shown, "2026-01");
    assert_false(calendar_parse_month(view_of("2025-13"), &month));
    assert_false(calendar_parse_month(view_of("2025-1"), &month));
    assert_false(calendar_parse_month(view_of("2025-00"), &month));
}

TEST(a_minute_is_shown_as_the_wall_clocks_do)
{
    struct zone zone = load("America/New_York");
    char text[17];

    zone_format_minute(&zone, ms_of("2018-01-01T04:59:59.999Z"), text);
    assert_string_equal(text, "2017-12-31 23:59");
    zone_format_minute(&zone, ms_of("2018-07-01T04:00:00Z"), text);
    assert_string_equal(text, "2018-07-01 00:00");
}

TEST(times_are_read_as_rfc_3339_says)
{
    static const char *const BAD[] = {
        "2025-01-01T00:00:60Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00Z",
        "2025-01-01 00:00:00Z",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00.1234Z",
        "2025-01-01T00:00:00+2:00",
        "2025-01-01T00:00:00+0200",
        "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00+02:60",
        "2025-01-01T00:00:00Z ",
        "2025-02-29T00:00:00Z",
        "2025-01-01T00:00:0aZ",
        "2025-01-01",
        "2025-01-01T00:00:00,5Z",
        "2025-01-01T00:00:00.5",
        "",
    };
    int64_t at_ms = 0;
    char text[25];

    assert_int_equal(ms_of("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(ms_of("1970-01-01T02:00:00.5+02:00"), 500);
    assert_int_equal(ms_of("1970-01-01T00:00:00.05-03:30"),
                     3 * HOUR_MS + HOUR_MS / 2 + 50);
    assert_int_equal(ms_of("1969-12-31t23:59:59.999z"), -1);
    assert_int_equal(ms_of("2000-01-01T00:00:00Z"), LIMIT_AT_MS_MIN);
    assert_int_equal(ms_of("2099-12-31T23:59:59.999Z"), LIMIT_AT_MS_MAX);
    assert_int_equal(ms_of("2199-12-31T23:59:59.999Z"), LIMIT_CLOCK_MS_MAX);
    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(calendar_parse_time(view_of(BAD[i]), &at_ms));
    calendar_format_time(ms_of("2026-10-31T17:00:00.007+02:00"), text);
    assert_string_equal(text, "2026-10-31T15:00:00.007Z");
    calendar_format_time(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

/* Every hour for two years and some years further on. */
/* "9999-12-31" is how many a system writes for ever: west of Greenwich, and
 * there too, such a day ends in the year 10000. */
TEST(what_four_digits_cant_say_is_the_last_they_can)
{
    char text[25];
    const int32_t last = day_of("9999-12-31"), first = day_of("0000-01-01");

    calendar_format_time((last + 1) * CALENDAR_DAY_MS - 1, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    calendar_format_time((last + 1) * CALENDAR_DAY_MS, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    calendar_format_time(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    calendar_format_time(first * CALENDAR_DAY_MS - 1, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    calendar_format_date(last + 1, text);
    assert_string_equal(text, "9999-12-31");
    calendar_format_date(first - 1, text);
    assert_string_equal(text, "0000-01-01");
    calendar_format_month(calendar_month(last + 1), text);
    assert_string_equal(text, "9999-12");
    calendar_format_month(-1, text);
    assert_string_equal(text, "0000-01");
}

TEST(a_zone_shows_what_the_system_shows)
{
    static const char *const NAMES[] = {
        "Europe/Helsinki",     "America/Sao_Paulo",
        "America/St_Johns",    "Pacific/Apia",
        "Africa/Casablanca",   "Asia/Kathmandu",
        "Australia/Lord_Howe", "UTC",
    };

    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct zone zone = load(NAMES[i]);
        assert_int_equal(setenv("TZ", NAMES[i], 1), 0);
        tzset();
        for (int64_t s = 946684800; s < 7258118400; s += 3 * 86400 + 1817) {
            time_t seconds = s;
            struct tm tm;
            localtime_r(&seconds, &tm);
            moment at = zone_moment(&zone, s * 1000 + 7);
            civil date = calendar_civil(at.day);
            assert_int_equal(at.at_ms, s * 1000 + 7);
            assert_int_equal(date.year, tm.tm_year + 1900);
            assert_int_equal(date.month, tm.tm_mon + 1);
            assert_int_equal(date.day, tm.tm_mday);
            assert_int_equal(
                at.ms_of_day,
                ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * 1000 + 7);
            assert_int_equal(zone_day(&zone, s * 1000), at.day);
            assert_int_equal(zone_month(&zone, s * 1000),
                             calendar_month(at.day));
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

TEST(helsinki_changes_its_clocks_to_the_second)
{
    struct zone zone = load("Europe/Helsinki");
    int64_t spring_ms = ms_of("2025-03-30T01:00:00Z");
    int64_t autumn_ms = ms_of("2025-10-26T01:00:00Z");

    assert_int_equal(zone_moment(&zone, spring_ms - 1).ms_of_day,
                     3 * HOUR_MS - 1);
    assert_int_equal(zone_moment(&zone, spring_ms).ms_of_day, 4 * HOUR_MS);
    assert_int_equal(zone_moment(&zone, autumn_ms - 1).ms_of_day,
                     4 * HOUR_MS - 1);
    assert_int_equal(zone_moment(&zone, autumn_ms).ms_of_day, 3 * HOUR_MS);

    int32_t spring = day_of("2025-03-30");
    int32_t autumn = day_of("2025-10-26");
    assert_int_equal(zone_midnight_ms(&zone, spring + 1) -
                         zone_midnight_ms(&zone, spring),
                     23 * HOUR_MS);
    assert_int_equal(zone_midnight_ms(&zone, autumn + 1) -
                         zone_midnight_ms(&zone, autumn),
                     25 * HOUR_MS);
    /* Skipped: as if the clock had not been changed.  Shown twice: first. */
    assert_int_equal(zone_at_ms(&zone, spring, 3 * HOUR_MS + HOUR_MS / 2),
                     ms_of("2025-03-30T03:30:00+02:00"));
    assert_int_equal(zone_at_ms(&zone, spring, 4 * HOUR_MS), spring_ms);
    assert_int_equal(zone_at_ms(&zone, autumn, 3 * HOUR_MS + HOUR_MS / 2),
                     ms_of("2025-10-26T03:30:00+03:00"));
    assert_int_equal(zone_at_ms(&zone, autumn, 4 * HOUR_MS),
                     ms_of("2025-10-26T04:00:00+02:00"));
    assert_int_equal(zone_month_start_ms(&zone, 2025 * 12 + 3),
                     ms_of("2025-04-01T00:00:00+03:00"));
}

/* Brazil used to put its clocks forward at midnight. */
TEST(a_day_without_midnight_starts_with_the_change)
{
    struct zone zone = load("America/Sao_Paulo");
    int32_t day = day_of("2010-10-17");
    int64_t change_ms = ms_of("2010-10-17T03:00:00Z");

    assert_int_equal(zone_midnight_ms(&zone, day), change_ms);
    assert_int_equal(zone_day(&zone, change_ms - 1), day - 1);
    assert_int_equal(zone_moment(&zone, change_ms).ms_of_day, HOUR_MS);
    assert_int_equal(zone_at_ms(&zone, day, 0), change_ms);
    /* And back at midnight: 23:00 to 24:00 comes twice. */
    int32_t back = day_of("2011-02-20");
    assert_int_equal(zone_midnight_ms(&zone, back),
                     ms_of("2011-02-20T00:00:00-03:00"));
    assert_int_equal(zone_midnight_ms(&zone, back) -
                         zone_midnight_ms(&zone, back - 1),
                     25 * HOUR_MS);
}

TEST(a_day_that_never_was_starts_with_the_next)
{
    struct zone zone = load("Pacific/Apia");
    int32_t skipped = day_of("2011-12-30");
    int64_t change_ms = ms_of("2011-12-30T10:00:00Z");

    assert_int_equal(zone_day(&zone, change_ms - 1), skipped - 1);
    assert_int_equal(zone_day(&zone, change_ms), skipped + 1);
    assert_int_equal(zone_midnight_ms(&zone, skipped), change_ms);
    assert_int_equal(zone_midnight_ms(&zone, skipped + 1), change_ms);
}

/* Newfoundland changed at 00:01: one minute of the new day, then the old. */
TEST(a_midnight_shown_twice_counts_the_first_time)
{
    struct zone zone = load("America/St_Johns");
    int32_t day = day_of("2010-11-07");

    assert_int_equal(zone_midnight_ms(&zone, day),
                     ms_of("2010-11-07T00:00:00-02:30"));
    assert_int_equal(zone_day(&zone, ms_of("2010-11-07T00:00:30-02:30")), day);
    assert_int_equal(zone_day(&zone, ms_of("2010-11-07T00:02:00-02:30")),
                     day - 1);
    /* The day before is over when its last hour has come again. */
    assert_int_equal(zone_day_open(&zone, ms_of("2010-11-06T23:59:00-02:30")),
                     day - 1);
    assert_int_equal(zone_day_open(&zone, ms_of("2010-11-07T00:00:30-02:30")),
                     day - 1);
    assert_int_equal(zone_day_open(&zone, ms_of("2010-11-06T23:59:59-03:30")),
                     day - 1);
    assert_int_equal(zone_day_open(&zone, ms_of("2010-11-07T00:00:00-03:30")),
                     day);
}

TEST(every_midnight_begins_its_day)
{
    struct zone zone = load("Africa/Casablanca");

    for (int32_t day = 10958; day < 84000; day++) {
        int64_t at_ms = zone_midnight_ms(&zone, day);
        assert_int_equal(zone_day(&zone, at_ms), day);
        assert_int_equal(zone_day(&zone, at_ms - 1), day - 1);
    }
}

TEST(midnights_in_a_row_are_the_same)
{
    enum { FIRST = 9000, COUNT = 75000 };
    static const char *const NAMES[] = { "Africa/Casablanca", "Pacific/Apia",
                                         "America/St_Johns", "UTC",
                                         "America/Sao_Paulo" };
    int64_t *midnights = ARENA_NEW(&arena, int64_t, COUNT);

    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct zone zone = load(NAMES[i]);
        zone_midnights(&zone, FIRST, COUNT, midnights);
        for (int32_t k = 0; k < COUNT; k++)
            assert_int_equal(midnights[k], zone_midnight_ms(&zone, FIRST + k));
    }
}

/* Around each transition, where stretches of the index begin, and where a zone
 * begins and ends. */
TEST(an_index_changes_no_answer)
{
    static const char *const NAMES[] = { "Europe/Helsinki", "Africa/Casablanca",
                                         "Pacific/Apia", "America/Sao_Paulo",
                                         "Asia/Kolkata" };

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct zone zone = load(NAMES[i]), indexed = zone;
        zone_index(&indexed, &arena);
        for (uint32_t k = 1; k < zone.count; k++)
            for (int64_t off = -2; off <= 2; off++) {
                int64_t at_ms = zone.transitions[k].at_ms + off;
                assert_int_equal(zone_moment(&zone, at_ms).ms_of_day,
                                 zone_moment(&indexed, at_ms).ms_of_day);
            }
        for (int64_t at_ms = -LIMIT_CLOCK_MS_MAX;
             at_ms < 2 * LIMIT_CLOCK_MS_MAX; at_ms += 7 * HOUR_MS * 24 - 1) {
            moment slow = zone_moment(&zone, at_ms);
            moment fast = zone_moment(&indexed, at_ms);
            assert_int_equal(slow.day, fast.day);
            assert_int_equal(slow.ms_of_day, fast.ms_of_day);
            assert_int_equal(zone_month(&indexed, at_ms),
                             calendar_month(slow.day));
            assert_true(zone_midnight_ms(&zone, slow.day) ==
                        zone_midnight_ms(&indexed, slow.day));
        }
        for (int32_t month = 1999 * 12; month < 2202 * 12; month++) {
            int64_t start_ms = zone_month_start_ms(&zone, month);
            assert_true(start_ms == zone_month_start_ms(&indexed, month));
            assert_int_equal(zone_month(&indexed, start_ms), month);
            assert_int_equal(zone_month(&indexed, start_ms - 1), month - 1);
        }
    }
}

/* A clock that goes back at midnight of the first: the last hour of the month
 * before comes twice, and between both lies its end. */
TEST(an_index_knows_clocks_that_go_back_into_a_month)
{
    const int64_t midnight_ms =
        calendar_day((civil) { 2025, 11, 1 }) * CALENDAR_DAY_MS;
    const struct zone_transition transitions[] = { { INT64_MIN, 0 },
                                                   { midnight_ms, -3600 } };
    const struct zone zone = { .name = view_of("Made/Up"),
                               .count = COUNT_OF(transitions),
                               .transitions = transitions };
    struct zone indexed = zone;

    zone_index(&indexed, &arena);
    for (int64_t hours = -100; hours <= 100; hours++)
        for (int64_t off = -1; off <= 1; off++) {
            int64_t at_ms = midnight_ms + hours * HOUR_MS + off;
            assert_int_equal(zone_month(&indexed, at_ms),
                             zone_month(&zone, at_ms));
        }
    assert_int_equal(zone_month(&indexed, midnight_ms), 2025 * 12 + 9);
}

TEST(a_zone_that_is_not_there_is_not_taken_for_utc)
{
    static const char *const NAMES[] = {
        "",          "Europe/Espoo", "/etc/localtime",    "../zoneinfo/UTC",
        "EET-2EEST", "Europe",       "Europe/Helsinki\n", "zone.tab",
    };
    struct zone zone;

    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++)
        assert_int_equal(zone_load(view_of(NAMES[i]), &arena, &zone),
                         ERR_NOT_FOUND);
    assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
    assert_int_equal(zone_load(view_of("UTC"), &arena, &zone), ERR_NOT_FOUND);
    assert_int_equal(unsetenv("TZDIR"), 0);
}

/* A program that is published in such a moment keeps its zone for ever. */
TEST(a_zone_that_cannot_be_read_now_is_neither_unknown_nor_utc)
{
    struct zone zone;

    /* Whether there is one can't be told, as it can't be opened or not be read;
     * or there is one, and the C library can't read it. */
    for (int i = 0; i < 3; i++) {
        const rlim_t before = descriptors_allow(0);
        if (i > 0)
            descriptors_allow(before);
        unread_after = i == 1 ? 0 : -1;
        last_file = i == 2;
        enum err err = zone_load(view_of("America/Lima"), &arena, &zone);
        last_file = false;
        descriptors_allow(before);
        assert_int_equal(err, ERR_IO);
    }
    assert_int_equal(load("America/Lima").transitions[0].offset_s, -5 * 3600);
}

TEST(loading_a_zone_leaves_the_process_in_its_own)
{
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    struct zone zone = load("Europe/Helsinki");
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    time_t seconds = 0;
    struct tm tm;
    localtime_r(&seconds, &tm);
    assert_int_equal(tm.tm_gmtoff, 9 * 3600);
    assert_int_equal(unsetenv("TZ"), 0);

    struct zone again = load("Europe/Helsinki");
    assert_null(getenv("TZ"));
    struct zone other = load("Europe/Stockholm");
    assert_true(zone_equal(&zone, &again));
    assert_false(zone_equal(&zone, &other));
    again.name = view_of("Europe/Mariehamn");
    assert_false(zone_equal(&zone, &again));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_counted_as_the_system_counts_them),
        cmocka_unit_test(dates_and_months_are_read_strictly),
        cmocka_unit_test(a_minute_is_shown_as_the_wall_clocks_do),
        cmocka_unit_test(times_are_read_as_rfc_3339_says),
        cmocka_unit_test(what_four_digits_cant_say_is_the_last_they_can),
        cmocka_unit_test(a_zone_shows_what_the_system_shows),
        cmocka_unit_test(helsinki_changes_its_clocks_to_the_second),
        cmocka_unit_test(a_day_without_midnight_starts_with_the_change),
        cmocka_unit_test(a_day_that_never_was_starts_with_the_next),
        cmocka_unit_test(a_midnight_shown_twice_counts_the_first_time),
        cmocka_unit_test(every_midnight_begins_its_day),
        cmocka_unit_test(midnights_in_a_row_are_the_same),
        cmocka_unit_test(an_index_changes_no_answer),
        cmocka_unit_test(an_index_knows_clocks_that_go_back_into_a_month),
        cmocka_unit_test(a_zone_that_is_not_there_is_not_taken_for_utc),
        cmocka_unit_test(
            a_zone_that_cannot_be_read_now_is_neither_unknown_nor_utc),
        cmocka_unit_test(loading_a_zone_leaves_the_process_in_its_own),
    };

    if (!arena_open(&arena, (size_t)1 << 26))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
