/*
 * test_bonus.c - the monthly bonus: steps, shares, differences
 */
#include "core/bonus.h"
#include "tests/story.h"
#include "tests/unit.h"

static const char rules[] =
    "points: {value: 0.01, expire_months: 12}\n"
    "monthly_bonus: {steps: [{from: 10.00, percent: 1}, {from: 100.00, "
    "percent: 2.5}]}\n";

/* 99.99 and a late 0.01 make 100.00: 2.5 % is 250 points, of which the store
 * of the cent gets floor(0.025) = 0 and the largest remainder .975 goes to the
 * other: all 250. */
TEST(steps_count_the_whole_month)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", rules);
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 9999}");
    story_has(story_balance(story, "42", "2025-02-01"), "\"available\": 99,");
    story_event(story, "{\"at\": \"2025-01-31T23:59\", \"kind\": \"purchase\", "
                       "\"store\": 30, \"receipt\": \"B\", \"total\": 1}");
    story_has(story_balance(story, "42", "2025-01-31T23:59"),
              "\"available\": 0,");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"lots\": [{\"available_at\": null, \"expires_at\": "
              "\"2026-02-28T22:00:00.000Z\", \"partner\": \"market\", "
              "\"points\": 250}]");
    story_close(story);
}

/* A store whose month is negative has no part in it, but takes off the sum:
 * 200.00 at 10 and 50.00 at 30, less a blind 60.00 at 30: 190.00: 475, all of
 * store 10.  Later A is returned: -10.00 in all: no bonus: 475 back. */
TEST(a_negative_store_has_no_share)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", rules);
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 20000}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"purchase\", "
                       "\"store\": 30, \"receipt\": \"B\", \"total\": 5000}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"store\": 30, \"total\": 6000}");
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"return\", "
                       "\"store\": 31, \"receipt\": \"A\"}");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"partner\": \"market\", \"points\": 475}]");
    story_has(story_balance(story, "42", "2025-02-13"),
              "\"available\": 0, \"pending\": 0, \"debt\": 0");
    struct story_figure figure =
        story_figure(story, "42", "2026-01-01", MEASURE_REVERSED, "market", 10);
    assert_int_equal(figure.amount, 475);
    assert_int_equal(figure.micro, -475 * 10000);
    story_close(story);
}

/* The version of the month's last millisecond: its steps, its partners.  The
 * month of `ends` counts as a whole, the next gives nothing. */
TEST(the_version_at_the_months_end_holds)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "points: {value: 0.01}\n");
    story_rules(story, "2025-01-31",
                "ends: 2025-02-10\n"
                "points: {value: 0.02}\n"
                "monthly_bonus: {steps: [{from: 10.00, percent: 3}]}\n");
    story_rules(story, "2025-02-01",
                "ends: 2025-02-10\n"
                "monthly_bonus: {steps: [{from: 10.00, percent: 1}]}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1099}");
    story_event(story, "{\"at\": \"2025-02-20T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 2000}");
    story_event(story, "{\"at\": \"2025-03-20T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"C\", \"total\": 9000}");
    /* floor(10.99 x 3 % / 0.02) = floor(16.485), then 20. */
    story_has(story_balance(story, "42", "2025-02-01"), "\"available\": 16,");
    story_has(story_balance(story, "42", "2025-06-01"), "\"available\": 36,");
    story_close(story);
}

/* Whatever was bought in a month, and however little a point is worth: ten
 * thousand of the greatest purchases, all of it given back in points of a
 * millionth, are more than 64 bits hold. */
TEST(no_bonus_is_more_than_points_can_be)
{
    const struct bonus_step steps[] = { { { 0 }, 100000 } };
    const struct program program = { .bonus_steps = steps,
                                     .bonus_step_count = 1,
                                     .points.value = { 1 } };

    assert_int_equal(
        bonus_reckon(&program, (money) { 10000 * LIMIT_MONEY_MINOR }).value,
        LIMIT_POINTS);
    assert_int_equal(bonus_reckon(&program, (money) { 7 }).value, 70000);
}

RUN(cmocka_unit_test(steps_count_the_whole_month),
    cmocka_unit_test(a_negative_store_has_no_share),
    cmocka_unit_test(the_version_at_the_months_end_holds),
    cmocka_unit_test(no_bonus_is_more_than_points_can_be))
