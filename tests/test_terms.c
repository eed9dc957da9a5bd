/*
 * test_terms.c - the dates that RULES.md sets, each worked by hand
 *
 * Local midnight in Helsinki is 22:00Z in winter and 21:00Z in summer.
 */
#include "core/terms.h"

#include "tests/rules.h"
#include "tests/unit.h"

static void
check_ms(int64_t found, const char *expected)
{
    assert_int_equal(found, rules_ms(expected));
}

TEST(a_week_starts_on_monday_and_a_year_in_january)
{
    int32_t monday = rules_day("2025-02-03");
    int32_t sunday = rules_day("2025-02-09");

    assert_int_equal(terms_period(LIMIT_PER_WEEK, monday),
                     terms_period(LIMIT_PER_WEEK, sunday));
    assert_true(terms_period(LIMIT_PER_WEEK, sunday + 1) >
                terms_period(LIMIT_PER_WEEK, sunday));
    /* A week runs over the end of a year. */
    assert_int_equal(terms_period(LIMIT_PER_WEEK, rules_day("2024-12-30")),
                     terms_period(LIMIT_PER_WEEK, rules_day("2025-01-05")));

    assert_int_equal(terms_period(LIMIT_PER_DAY, monday), monday);
    assert_int_equal(terms_period(LIMIT_PER_MONTH, rules_day("2025-02-28")) + 1,
                     terms_period(LIMIT_PER_MONTH, rules_day("2025-03-01")));
    assert_int_equal(terms_period(LIMIT_PER_YEAR, rules_day("2025-12-31")) + 1,
                     terms_period(LIMIT_PER_YEAR, rules_day("2026-01-01")));
    assert_int_equal(terms_period(LIMIT_PER_YEAR, rules_day("2025-01-01")),
                     terms_period(LIMIT_PER_YEAR, rules_day("2025-12-31")));
    assert_int_equal(terms_period(LIMIT_PER_EVER, monday),
                     terms_period(LIMIT_PER_EVER, monday + 5000));
}

TEST(points_at_once_expire_at_the_end_of_a_month)
{
    struct zone zone = rules_zone();
    struct program_points rules = { .expiry = EXPIRE_MONTHS,
                                    .expire_months = 12 };
    int32_t day = rules_day("2026-01-15");

    assert_int_equal(terms_available_at(&zone, &rules, day), TERMS_AT_ONCE);
    check_ms(terms_expires_at(&zone, &rules, day), "2027-02-01T00:00:00+02:00");
    /* From the last day of a long month into a short one. */
    rules.expire_months = 1;
    check_ms(terms_expires_at(&zone, &rules, rules_day("2026-01-31")),
             "2026-03-01T00:00:00+02:00");
}

TEST(pending_days_count_from_the_local_date)
{
    struct zone zone = rules_zone();
    struct program_points rules = { .pending_days = 3,
                                    .expiry = EXPIRE_MONTHS,
                                    .expire_months = 1 };

    check_ms(terms_available_at(&zone, &rules, rules_day("2025-06-29")),
             "2025-07-02T00:00:00+03:00");
    /* The months count from the month in which they become available. */
    check_ms(terms_expires_at(&zone, &rules, rules_day("2025-06-29")),
             "2025-09-01T00:00:00+03:00");
}

TEST(a_release_is_the_next_such_date_after_the_event)
{
    struct zone zone = rules_zone();
    struct program_points rules = {
        .release = { LIST(struct month_day, { 6, 1 }, { 12, 1 }) },
        .expiry = EXPIRE_DATES,
        .expire_dates = { LIST(struct month_day, { 6, 1 }, { 12, 31 }) },
    };

    check_ms(terms_available_at(&zone, &rules, rules_day("2025-05-31")),
             "2025-06-01T00:00:00+03:00");
    /* On the date itself: the next one. */
    check_ms(terms_available_at(&zone, &rules, rules_day("2025-06-01")),
             "2025-12-01T00:00:00+02:00");
    check_ms(terms_available_at(&zone, &rules, rules_day("2025-12-01")),
             "2026-06-01T00:00:00+03:00");
    /* Expiry is the end of the first date not before they are available. */
    check_ms(terms_expires_at(&zone, &rules, rules_day("2025-05-31")),
             "2025-06-02T00:00:00+03:00");
    check_ms(terms_expires_at(&zone, &rules, rules_day("2025-06-01")),
             "2026-01-01T00:00:00+02:00");
}

TEST(points_without_expiry_never_end_but_idle_accounts_do)
{
    struct zone zone = rules_zone();
    struct program_points rules = { .expiry = EXPIRE_NEVER };
    int32_t day = rules_day("2025-01-31");

    assert_int_equal(terms_expires_at(&zone, &rules, day), TERMS_NEVER);
    assert_int_equal(terms_inactive_at(&zone, &rules, day), TERMS_NEVER);
    rules = (struct program_points) { .expiry = EXPIRE_INACTIVE,
                                      .expire_months = 18 };
    assert_int_equal(terms_expires_at(&zone, &rules, day), TERMS_NEVER);
    check_ms(terms_inactive_at(&zone, &rules, day),
             "2026-08-01T00:00:00+03:00");
}

TEST(vouchers_and_passes_are_good_through_their_last_day)
{
    struct zone zone = rules_zone();
    struct program_reward reward = { .valid_days = 60 };
    struct program_pass pass = { .valid_months = 12 };
    int32_t day = rules_day("2025-02-04");

    check_ms(terms_voucher_expires_at(&zone, &reward, day),
             "2025-04-06T00:00:00+03:00");
    reward.valid_days = 0; /* the day of issue only */
    check_ms(terms_voucher_expires_at(&zone, &reward, day),
             "2025-02-05T00:00:00+02:00");
    reward.valid_days = PROGRAM_NONE;
    assert_int_equal(terms_voucher_expires_at(&zone, &reward, day),
                     TERMS_NEVER);
    check_ms(terms_pass_expires_at(&zone, &pass, day),
             "2026-03-01T00:00:00+02:00");
    pass.valid_months = PROGRAM_NONE;
    assert_int_equal(terms_pass_expires_at(&zone, &pass, day), TERMS_NEVER);
}

TEST(levels_are_judged_by_a_window_and_hold_for_a_while)
{
    struct zone zone = rules_zone();
    struct program_tiers tiers = { .window_months = 12, .valid_months = 12 };
    int32_t may = calendar_month(rules_day("2026-05-01"));

    check_ms(terms_tier_until(&zone, &tiers, rules_day("2026-05-01")),
             "2027-06-01T00:00:00+03:00");
    assert_int_equal(terms_window_first(&tiers, may), may - 11);
    tiers = (struct program_tiers) { .window_months = 0, .valid_months = 0 };
    check_ms(terms_tier_until(&zone, &tiers, rules_day("2026-01-01")),
             "2028-01-01T00:00:00+02:00");
    check_ms(terms_tier_until(&zone, &tiers, rules_day("2026-12-31")),
             "2028-01-01T00:00:00+02:00");
    assert_int_equal(terms_window_first(&tiers, may),
                     calendar_month(rules_day("2026-01-01")));
}

TEST(an_absence_is_long_at_a_midnight)
{
    struct zone zone = rules_zone();

    check_ms(terms_absence_at(&zone, rules_day("2025-01-15"), 30),
             "2025-02-14T00:00:00+02:00");
    check_ms(terms_absence_at(&zone, rules_day("2025-03-25"), 30),
             "2025-04-24T00:00:00+03:00");
}

RUN(cmocka_unit_test(a_week_starts_on_monday_and_a_year_in_january),
    cmocka_unit_test(points_at_once_expire_at_the_end_of_a_month),
    cmocka_unit_test(pending_days_count_from_the_local_date),
    cmocka_unit_test(a_release_is_the_next_such_date_after_the_event),
    cmocka_unit_test(points_without_expiry_never_end_but_idle_accounts_do),
    cmocka_unit_test(vouchers_and_passes_are_good_through_their_last_day),
    cmocka_unit_test(levels_are_judged_by_a_window_and_hold_for_a_while),
    cmocka_unit_test(an_absence_is_long_at_a_midnight))
