/*
 * test_cell.c - cells of other people's files: numbers, times, names
 */
#include "tests/unit.h"

#include "core/limits.h"
#include "tools/cell.h"

#include <stdlib.h>
#include <time.h>

TEST(integers_may_look_like_decimals)
{
    static const struct {
        const char *text;
        int64_t value;
    } GOOD[] = {
        { "17850.0", 17850 }, { "0042", 42 }, { " 7 ", 7 },      { "-3", -3 },
        { "1.000", 1 },       { "0", 0 },     { "1 234", 1234 }, { "-0.0", 0 },
    };
    static const char *const BAD[] = { "",
                                       "1.5",
                                       "x",
                                       "1e3",
                                       "+1",
                                       "-",
                                       ".",
                                       "1.",
                                       "--1",
                                       "0x10",
                                       "1,0",
                                       "1.0.0",
                                       "1234567890123456789" };
    int64_t value;

    for (uint32_t i = 0; i < COUNT_OF(GOOD); i++) {
        if (!cell_integer(view_of(GOOD[i].text), &value) ||
            value != GOOD[i].value)
            fail_msg("%s", GOOD[i].text);
    }
    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        if (cell_integer(view_of(BAD[i]), &value))
            fail_msg("%s", BAD[i]);
}

static int64_t
cents(const char *a, const char *b, char mark)
{
    decimal first;
    decimal second = { 1, 0 };
    money amount;

    assert_true(cell_decimal(view_of(a), mark, &first));
    if (b != NULL)
        assert_true(cell_decimal(view_of(b), mark, &second));
    assert_true(cell_money_half_away(first, second, false, &amount));
    return amount.minor;
}

TEST(money_is_rounded_once_half_away_from_zero)
{
    assert_int_equal(cents("29.33", NULL, '.'), 2933);
    assert_int_equal(cents("0.005", NULL, '.'), 1);
    assert_int_equal(cents("-0.005", NULL, '.'), -1);
    assert_int_equal(cents("0.0049999", NULL, '.'), 0);
    assert_int_equal(cents("3", "0.335", '.'), 101);
    assert_int_equal(cents("-3", "0.335", '.'), -101);
    assert_int_equal(cents("6", "2,55", ','), 1530);
    assert_int_equal(cents("1 234,5", NULL, ','), 123450);
    assert_int_equal(cents("0.000000001", "999999999", '.'), 100);
}

TEST(money_beyond_the_range_is_refused)
{
    decimal much;
    money amount;

    assert_true(cell_decimal(view_of("1000000000"), '.', &much));
    assert_true(cell_money_half_away(much, (decimal) { 1, 0 }, false, &amount));
    assert_int_equal(amount.minor, LIMIT_MONEY_MINOR);
    assert_false(
        cell_money_half_away(much, (decimal) { 2, 0 }, false, &amount));
    assert_true(cell_money_half_away(much, (decimal) { 2, 0 }, true, &amount));
    much.digits = INT64_C(999999999999999999);
    assert_false(cell_money_half_away(much, much, false, &amount));
}

static const struct zone_transition TWO_HOURS[] = { { INT64_MIN, 7200 } };
static const struct zone ZONE = { .count = 1, .transitions = TWO_HOURS };

static int64_t
at(const char *text, const char *format, int32_t shift_years)
{
    const struct cell_clock clock = { format, &ZONE, shift_years };
    int64_t at_ms;

    return cell_time(view_of(text), &clock, &at_ms) ? at_ms : -1;
}

TEST(times_are_of_the_zone_unless_they_say_one)
{
    const int64_t noon = INT64_C(1735725600000); /* 2025-01-01T10:00:00Z */

    assert_int_equal(at("2025-01-01 12:00:00", "%Y-%m-%d %H:%M:%S", 0), noon);
    assert_int_equal(at("01.01.2025 12:00", "%d.%m.%Y %H:%M", 0), noon);
    assert_int_equal(at("2025-01-01T05:00:00-0500", "%Y-%m-%dT%H:%M:%S%z", 0),
                     noon);
    assert_int_equal(at("2025-01-01T10:00:00Z", NULL, 0), noon);
    assert_int_equal(at("2025-01-01 12:00", NULL, 0), noon);
    assert_int_equal(at("2025-01-01", NULL, 0), noon - 12 * 3600000);
    assert_int_equal(at("20050101", "%Y%m%d", 20), noon - 12 * 3600000);
}

static int32_t
day(const char *text, const char *format)
{
    const struct cell_clock clock = { format, &ZONE, 0 };
    int32_t day = 0;

    assert_true(cell_day(view_of(text), &clock, &day));
    return day;
}

/* strptime(3) makes a local time of them. */
TEST(seconds_are_no_matter_of_this_machine_s_zone)
{
    static const char *const ZONES[] = { "UTC", "America/New_York" };
    const int64_t noon = INT64_C(1735725600000);

    for (uint32_t i = 0; i < COUNT_OF(ZONES); i++) {
        assert_int_equal(setenv("TZ", ZONES[i], 1), 0);
        tzset();
        assert_int_equal(at("1735725600", "%s", 0), noon);
        assert_int_equal(at("s 1735725600", "s %s", 0), noon);
        assert_int_equal(at("%s 2025-01-01 12", "%%s %Y-%m-%d %H", 0), noon);
        assert_int_equal(at("67767976233532799", "%s", 0), -1);
        /* A midnight of the zone, where UTC is still in the day before. */
        assert_int_equal(day("1735682400", "%s"),
                         calendar_day((civil) { 2025, 1, 1 }));
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    assert_int_equal(day("2025-01-01T23:00:00Z", NULL),
                     calendar_day((civil) { 2025, 1, 1 }));
}

TEST(what_is_no_time_is_refused)
{
    assert_int_equal(at("2025-02-30", NULL, 0), -1);
    assert_int_equal(at("20250101x", "%Y%m%d", 0), -1);
    assert_int_equal(at("", NULL, 0), -1);
    assert_int_equal(at("2004-02-29", NULL, 1), -1);
    assert_int_equal(at("2025-01-01 12:00:60", "%Y-%m-%d %H:%M:%S", 0), -1);
}

static void
same(void (*fold)(struct text *out, view text), const char *text,
     const char *expected)
{
    struct text out = { 0 };

    fold(&out, view_of(text));
    if (!view_equal(text_view(&out), view_of(expected)))
        fail_msg("%s: %.*s, expected %s", text, (int)out.size,
                 (const char *)out.bytes, expected);
    text_close(&out);
}

TEST(names_are_folded)
{
    same(cell_fold_name, "Äyriäiset", "ayriaiset");
    same(cell_fold_name, "Coffee & Té", "coffee-te");
    same(cell_fold_name, " a - b ", "a-b");
    same(cell_fold_name, "garden.Furniture_2", "garden.furniture_2");
    same(cell_fold_name, "Straße Œuvre ÞÓR", "strasse-oeuvre-thor");
    same(cell_fold_name, "--x--", "x");
    same(cell_fold_name, "日本 tea", "tea");
    same(cell_fold_name, "\xC3", "");
}

TEST(codes_keep_their_case)
{
    same(cell_fold_code, "BANK CHARGES", "BANK-CHARGES");
    same(cell_fold_code, "gift_0001-30", "gift_0001-30");
    same(cell_fold_code, "Å 1", "a-1");
}

RUN(cmocka_unit_test(integers_may_look_like_decimals),
    cmocka_unit_test(money_is_rounded_once_half_away_from_zero),
    cmocka_unit_test(money_beyond_the_range_is_refused),
    cmocka_unit_test(times_are_of_the_zone_unless_they_say_one),
    cmocka_unit_test(seconds_are_no_matter_of_this_machine_s_zone),
    cmocka_unit_test(what_is_no_time_is_refused),
    cmocka_unit_test(names_are_folded), cmocka_unit_test(codes_keep_their_case))
