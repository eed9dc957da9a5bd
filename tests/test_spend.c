/*
 * test_spend.c - spend rewards: windows, repeats, and what returns take back
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>

static void
buy(struct story *story, const char *at, const char *receipt, int total)
{
    char line[256];

    snprintf(line, sizeof line,
             "{\"at\": \"%s\", \"kind\": \"purchase\", \"receipt\": \"%s\", "
             "\"total\": %d}",
             at, receipt, total);
    story_event(story, line);
}

/* Points in place of a reward, as a rule named spend.ID; a return withdraws
 * them, but no more than was given. */
TEST(points_for_spend_and_back)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "spend_rewards: [{id: k, spend: 10.00, window: ever, points: "
                "7, repeat: true}]\n");
    buy(story, "2025-01-10T12:00", "A", 2500);
    buy(story, "2025-01-11T12:00", "B", 600);
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    const char *rows = story_explain(story, "42", "2025-02-01", false);
    story_has(rows, "\"rules\": [{\"rule\": \"spend.k\", \"points\": 14}], "
                    "\"points\": 14");
    /* 31.00: three times, 1.00 left; -25.00 = -24.00: all three back, 6.00. */
    story_has(rows, "\"points\": -21");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"spend_progress\": {\"k\": 600}");
    struct story_figure figure =
        story_figure(story, "42", "2025-02-01", MEASURE_REVERSED, "market", 10);
    assert_int_equal(figure.amount, 21);
    assert_int_equal(figure.micro, -21 * 10000);
    story_close(story);
}

/* A version that gives it another window starts it from 0, and vouchers of
 * the window before are no longer withdrawn. */
TEST(another_window_starts_from_0)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "spend_rewards: [{id: k, spend: 10.00, window: ever, reward: "
                "bun}]\n");
    story_rules(story, "2025-02-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "spend_rewards: [{id: k, spend: 10.00, window: year, reward: "
                "bun}]\n");
    buy(story, "2025-01-10T12:00", "A", 1500);
    story_has(story_balance(story, "42", "2025-01-31"),
              "\"spend_progress\": {\"k\": 500}");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"spend_progress\": {}");
    buy(story, "2025-02-02T12:00", "B", 100);
    story_event(story, "{\"at\": \"2025-02-03T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    story_event(story, "{\"at\": \"2025-02-03T13:00\", \"kind\": \"return\", "
                       "\"total\": 400}");
    /* A was of another window; the blind 4.00 take 1.00 to -3.00, and the
     * voucher was issued in the window before. */
    const char *balance = story_balance(story, "42", "2025-02-04");
    story_has(balance, "\"spend_progress\": {\"k\": -300}");
    story_has(balance, "\"count\": 1}]");
    /* One a year: 13.00 more is 10.00, the voucher of this year; 30.00 more in
     * the same year gives none, in the next year one. */
    buy(story, "2025-02-05T12:00", "C", 1300);
    buy(story, "2025-02-06T12:00", "D", 3000);
    balance = story_balance(story, "42", "2025-12-31");
    story_has(balance, "\"spend_progress\": {\"k\": 3000}");
    story_has(balance, "\"count\": 2}]");
    story_has(story_balance(story, "42", "2026-01-01"),
              "\"spend_progress\": {}");
    buy(story, "2026-01-06T12:00", "E", 1000);
    story_has(story_balance(story, "42", "2026-02-01"), "\"count\": 3}]");
    story_close(story);
}

/* After `ends` a purchase adds nothing, and its return takes nothing. */
TEST(after_the_end_spend_does_not_count)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-01-31\n"
                "spend_rewards: [{id: k, spend: 10.00, window: ever, points: "
                "7}]\n");
    buy(story, "2025-01-10T12:00", "A", 500);
    buy(story, "2025-02-10T12:00", "B", 800);
    story_has(story_balance(story, "42", "2025-02-11"),
              "\"spend_progress\": {\"k\": 500}");
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"B\"}");
    story_event(story, "{\"at\": \"2025-02-13T12:00\", \"kind\": \"return\", "
                       "\"total\": 100}");
    story_has(story_balance(story, "42", "2025-02-14"),
              "\"spend_progress\": {\"k\": 500}");
    story_event(story, "{\"at\": \"2025-02-14T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    const char *balance = story_balance(story, "42", "2025-02-15");
    story_has(balance, "\"spend_progress\": {}");
    story_has(balance, "\"spend\": -100");
    story_close(story);
}

RUN(cmocka_unit_test(points_for_spend_and_back),
    cmocka_unit_test(another_window_starts_from_0),
    cmocka_unit_test(after_the_end_spend_does_not_count))
