/*
 * test_scalar.c - numbers and times from their text, exactly or not at all
 */
#include "tests/unit.h"

#include "core/scalar.h"

TEST(numbers_are_read_to_the_last_digit)
{
    static const struct {
        const char *word;
        uint32_t decimals;
        int64_t value;
    } GOOD[] = {
        { "0", 0, 0 },
        { "0", 6, 0 },
        { "12", 0, 12 },
        { "12", 2, 1200 },
        { "12.3", 2, 1230 },
        { "12.34", 2, 1234 },
        { "0.1", 3, 100 },
        { "0.010", 6, 10000 },
        { "-0.01", 2, -1 },
        { "-7", 0, -7 },
        { "9223372036854775807", 0, INT64_MAX },
        { "9223372036854775808", 0, INT64_MAX },
        { "92233720368547758.08", 2, INT64_MAX },
        { "99999999999999999999999999999999", 6, INT64_MAX },
        { "-99999999999999999999999999999999", 6, -INT64_MAX },
        { "0.29", 2, 29 },
        { "1.005", 3, 1005 },
    };

    for (uint32_t i = 0; i < COUNT_OF(GOOD); i++) {
        int64_t value = 0;
        assert_true(
            scalar_number(view_of(GOOD[i].word), GOOD[i].decimals, &value));
        assert_int_equal(value, GOOD[i].value);
    }
}

TEST(what_only_looks_like_a_number_is_none)
{
    static const char *const BAD[] = { "",    "-",   "+1",   ".5",    "5.",
                                       "1e3", "1_0", "0x10", "007",   "1 ",
                                       " 1",  "1,5", "--1",  "1.2.3", "1.234",
                                       "NaN", "inf", "00",   "-01",   "1.-2" };
    int64_t value = 42;

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(scalar_number(view_of(BAD[i]), 2, &value));
    assert_false(scalar_number(view_of("1.0"), 0, &value));
    assert_false(
        scalar_number((view) { (const uint8_t *)"1\0", 2 }, 0, &value));
    assert_int_equal(value, 42);
}

TEST(numbers_are_written_as_people_write_them)
{
    static const struct {
        int64_t value;
        uint32_t decimals;
        const char *text;
    } CASES[] = {
        { 0, 0, "0" },        { -12, 0, "-12" },
        { 1250, 3, "1.25" },  { 1000, 3, "1" },
        { 100, 2, "1.00" },   { 5, 2, "0.05" },
        { -5, 2, "-0.05" },   { 10000, 6, "0.01" },
        { 1, 6, "0.000001" }, { 100000, 6, "0.1" },
        { 1000000, 6, "1" },  { INT64_MIN, 0, "-9223372036854775808" },
    };

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct text text = { 0 };
        scalar_number_write(CASES[i].value, CASES[i].decimals, &text);
        assert_true(view_equal(text_view(&text), view_of(CASES[i].text)));
        int64_t again;
        if (CASES[i].value != INT64_MIN) {
            assert_true(
                scalar_number(text_view(&text), CASES[i].decimals, &again));
            assert_int_equal(again, CASES[i].value);
        }
        text_close(&text);
    }
}

TEST(ranges_of_stores)
{
    static const char *const BAD[] = { "",      "-",     "1-", "-1", "1--2",
                                       "1-2-3", "1 - 2", "a",  "01", "1-02" };
    uint32_t first = 7, last = 7;

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(scalar_range(view_of(BAD[i]), &first, &last));
    assert_int_equal(first, 7);
    assert_true(scalar_range(view_of("12"), &first, &last));
    assert_int_equal(first, 12);
    assert_int_equal(last, 12);
    assert_true(scalar_range(view_of("10-19"), &first, &last));
    assert_int_equal(first, 10);
    assert_int_equal(last, 19);
    assert_true(scalar_range(view_of("5-99999999999999999999"), &first, &last));
    assert_int_equal(last, UINT32_MAX);
}

TEST(days_of_the_year_and_hours_of_the_day)
{
    static const char *const BAD_DAYS[] = { "02-29", "00-10", "13-01", "04-31",
                                            "1-01",  "01-1",  "01/01", "" };
    static const char *const BAD_HOURS[] = {
        "",
        "09:00",
        "9:00-10:00",
        "09:00-24:01",
        "24:00-09:00",
        "09:60-10:00",
        "09:00-09:00",
        "09.00-10.00",
        "09:00 10:00",
        "09:00-10:0a",
    };
    uint8_t month, day;
    int32_t from_ms, to_ms;

    for (uint32_t i = 0; i < COUNT_OF(BAD_DAYS); i++)
        assert_false(scalar_month_day(view_of(BAD_DAYS[i]), &month, &day));
    assert_true(scalar_month_day(view_of("12-31"), &month, &day));
    assert_int_equal(month, 12);
    assert_int_equal(day, 31);
    for (uint32_t i = 0; i < COUNT_OF(BAD_HOURS); i++)
        assert_false(scalar_hours(view_of(BAD_HOURS[i]), &from_ms, &to_ms));
    assert_true(scalar_hours(view_of("00:00-24:00"), &from_ms, &to_ms));
    assert_int_equal(from_ms, 0);
    assert_int_equal(to_ms, 86400000);
    assert_true(scalar_hours(view_of("22:30-06:05"), &from_ms, &to_ms));
    assert_int_equal(from_ms, 81000000);
    assert_int_equal(to_ms, 21900000);
    struct text text = { 0 };
    scalar_hours_write(from_ms, to_ms, &text);
    assert_true(view_equal(text_view(&text), view_of("22:30-06:05")));
    text_close(&text);
}

TEST(numbers_of_months)
{
    static const char *const BAD[] = { "12",         "months",    "12months",
                                       "12  months", "12 Months", "1.5 months",
                                       "-1 months",  "year" };
    int64_t months;

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(scalar_months(view_of(BAD[i]), &months));
    assert_true(scalar_months(view_of("12 months"), &months));
    assert_int_equal(months, 12);
    assert_true(scalar_months(view_of("1 month"), &months));
    assert_int_equal(months, 1);
}

RUN(cmocka_unit_test(numbers_are_read_to_the_last_digit),
    cmocka_unit_test(what_only_looks_like_a_number_is_none),
    cmocka_unit_test(numbers_are_written_as_people_write_them),
    cmocka_unit_test(ranges_of_stores),
    cmocka_unit_test(days_of_the_year_and_hours_of_the_day),
    cmocka_unit_test(numbers_of_months))
