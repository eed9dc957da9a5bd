/*
 * test_rate.c - rates round down as the rules do, and stop at the limit
 */
#include "core/rate.h"

#include "core/limits.h"
#include "tests/rules.h"
#include "tests/unit.h"

static const struct earn_rule three_per_two = { RULE, .shape = EARN_PER_AMOUNT,
                                                .per = { 200 },
                                                .points = { 3 } };

TEST(a_rule_and_what_its_multiplier_adds)
{
    struct rate whole = rate_of_rule(&three_per_two, 1000);
    struct rate quarter = rate_of_rule(&three_per_two, 250);

    assert_int_equal(rate_points(whole, 0), 0);
    assert_int_equal(rate_points(whole, 66), 0);
    assert_int_equal(rate_points(whole, 67), 1);
    assert_int_equal(rate_points(whole, 399), 5);
    assert_int_equal(rate_points(whole, -1), -1);
    assert_int_equal(rate_points(quarter, 266), 0);
    assert_int_equal(rate_points(quarter, 267), 1);
    assert_int_equal(rate_points(rate_of_rule(&three_per_two, 0), 1000), 0);
}

TEST(no_more_than_an_event_may_give)
{
    const struct earn_rule rich = { RULE, .shape = EARN_PER_AMOUNT,
                                    .per = { 1 }, .points = { LIMIT_POINTS } };

    assert_int_equal(rate_points(rate_of_rule(&rich, 1000), 1), LIMIT_POINTS);
    assert_int_equal(rate_points(rate_of_rule(&rich, 99000), LIMIT_MONEY_MINOR),
                     LIMIT_POINTS);
}

RUN(cmocka_unit_test(a_rule_and_what_its_multiplier_adds),
    cmocka_unit_test(no_more_than_an_event_may_give))
