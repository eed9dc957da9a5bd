/*
 * test_plain.c - the tables of a zone's calendar say what the calendar says,
 * also on the days when the clock changes
 */
#include "tests/unit.h"

#include "replay/plain.h"

TEST(tables_are_the_calendar)
{
    struct arena arena;
    struct zone zone;
    struct plain_days days;

    assert_true(arena_open(&arena, 1 << 26));
    assert_int_equal(zone_load(view_of("Europe/Helsinki"), &arena, &zone), OK);
    plain_days_open(&days, &zone, &arena);
    assert_int_equal(days.first, calendar_day((civil) { 1999, 12, 1 }));
    for (int32_t i = 0; i < PLAIN_DAYS; i++) {
        assert_int_equal(days.month[i] + PLAIN_MONTH_FIRST,
                         calendar_month(days.first + i));
        assert_int_equal(days.midnight_ms[i],
                         zone_midnight_ms(&zone, days.first + i));
    }
    for (int32_t i = 0; i < PLAIN_MONTHS; i++)
        assert_int_equal(days.month_day[i] + days.first,
                         calendar_month_first_day(PLAIN_MONTH_FIRST + i));
    arena_close(&arena);
}

RUN(cmocka_unit_test(tables_are_the_calendar))
