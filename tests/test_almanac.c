/*
 * test_almanac.c - the tables of a zone's calendar say what the calendar says,
 * also on the days when the clock changes
 */
#include "tests/unit.h"

#include "replay/almanac.h"

TEST(tables_are_the_calendar)
{
    struct arena arena;
    struct zone zone;
    struct almanac days;

    assert_true(arena_open(&arena, 1 << 26));
    assert_int_equal(zone_load(view_of("Europe/Helsinki"), &arena, &zone), OK);
    almanac_open(&days, &zone, &arena);
    assert_int_equal(days.first, calendar_day((civil) { 1999, 12, 1 }));
    for (int32_t i = 0; i < ALMANAC_DAYS; i++) {
        assert_int_equal(days.months[i] + ALMANAC_MONTH_FIRST,
                         calendar_month(days.first + i));
        assert_int_equal(days.day_begins_ms[i],
                         zone_midnight_ms(&zone, days.first + i));
    }
    for (int32_t i = 0; i <= ALMANAC_MONTHS; i++) {
        int32_t day = calendar_month_first_day(ALMANAC_MONTH_FIRST + i);
        assert_int_equal(days.month_day[i] + days.first, day);
        assert_int_equal(days.month_begins_ms[i], zone_midnight_ms(&zone, day));
    }
    arena_close(&arena);
}

RUN(cmocka_unit_test(tables_are_the_calendar))
