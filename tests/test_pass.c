/*
 * test_pass.c - prepaid passes: which one is used, what a use is worth, who
 * pays, rebates
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>

static void
use(struct story *story, const char *at)
{
    char line[128];

    snprintf(line, sizeof line,
             "{\"at\": \"%s\", \"store\": 30, \"kind\": \"pass_use\", "
             "\"pass\": \"gym\"}",
             at);
    story_event(story, line);
}

/* Two passes at 10.00 and 10.01 of three uses: the first sold is used up
 * first: 3.33, 3.33, 3.34, then floor(10.01 / 3) = 3.33, 3.34, 3.34; the
 * seventh is uncovered. */
TEST(the_pass_sold_first_is_used_first)
{
    struct story *story = story_open();
    const int64_t worth[] = { 333, 333, 334, 333, 334, 334 };
    int64_t sum = 0;

    story_rules(story, "2000-01-01", "passes: [{id: gym, uses: 3}]\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": "
                       "\"pass_sale\", \"pass\": \"gym\", \"price\": 1000}");
    story_event(story, "{\"at\": \"2025-01-02T12:00\", \"kind\": "
                       "\"pass_sale\", \"pass\": \"gym\", \"price\": 1001}");
    for (int i = 0; i < 6; i++) {
        char at[32];
        snprintf(at, sizeof at, "2025-01-1%dT12:00", i);
        use(story, at);
        sum += worth[i];
        struct story_figure figure = story_figure(
            story, "42", "2026-01-01", MEASURE_PASS_VALUE, "cafe", 30);
        assert_int_equal(figure.amount, sum);
        assert_int_equal(figure.micro, sum * 10000);
    }
    story_has(story_balance(story, "42", "2025-01-13T13:00"),
              "\"passes\": [{\"pass\": \"gym\", \"uses\": 2, \"expires_at\": "
              "null}]");
    use(story, "2025-01-17T12:00");
    story_has(story_explain(story, "42", "2026-01-01", false),
              "\"notes\": [\"uncovered\"]");
    struct story_figure charged = story_figure(
        story, "42", "2026-01-01", MEASURE_PASS_CHARGED, "market", 10);
    assert_int_equal(charged.amount, 2001);
    assert_int_equal(charged.micro, -20010000);
    story_close(story);
}

/* A version that no longer knows the pass: it is used up, without a rebate. */
TEST(a_pass_outlives_its_kind)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "passes: [{id: gym, uses: 2, rebates: [{within_days: 90, "
                "points: 5}]}]\n");
    story_rules(story, "2025-02-01", "points: {value: 0.01}\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": "
                       "\"pass_sale\", \"pass\": \"gym\", \"price\": 1000}");
    use(story, "2025-01-10T12:00");
    use(story, "2025-02-10T12:00");
    story_event(story, "{\"at\": \"2025-02-11T12:00\", \"kind\": "
                       "\"pass_sale\", \"pass\": \"gym\", \"price\": 1000}");
    use(story, "2025-02-12T12:00");
    const char *rows = story_explain(story, "42", "2026-01-01", false);
    story_has(rows, "\"kind\": \"pass_sale\", \"store\": 10, \"rules\": [], "
                    "\"points\": 0, \"vouchers\": [], \"notes\": "
                    "[\"unknown\"]");
    story_has(rows, "\"notes\": [\"uncovered\"]");
    story_has(story_balance(story, "42", "2026-01-01"), "\"available\": 0,");
    story_close(story);
}

/* Used up on the day of the first use: 0 days; a rebate of a reward only has 0
 * points in its row. */
TEST(rebates_count_local_days)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "passes: [{id: gym, uses: 2, rebates: [{within_days: 0, "
                "reward: bun}, {within_days: 1, points: 5}]}]\n");
    for (int i = 0; i < 3; i++)
        story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": "
                           "\"pass_sale\", \"pass\": \"gym\", \"price\": 0}");
    use(story, "2025-01-10T00:00");
    use(story, "2025-01-10T23:59");
    use(story, "2025-01-11T23:59");
    use(story, "2025-01-12T00:00");
    use(story, "2025-01-13T00:00");
    use(story, "2025-01-15T00:00");
    const char *rows = story_explain(story, "42", "2026-01-01", false);
    story_has(rows, "\"rules\": [{\"rule\": \"pass.gym\", \"points\": 0}], "
                    "\"points\": 0, \"vouchers\": [{\"reward\": \"bun\", "
                    "\"count\": 1}]");
    story_has(rows, "\"rules\": [{\"rule\": \"pass.gym\", \"points\": 5}], "
                    "\"points\": 5, \"vouchers\": []");
    story_has(story_balance(story, "42", "2026-01-01"), "\"available\": 5,");
    story_close(story);
}

RUN(cmocka_unit_test(the_pass_sold_first_is_used_first),
    cmocka_unit_test(a_pass_outlives_its_kind),
    cmocka_unit_test(rebates_count_local_days))
