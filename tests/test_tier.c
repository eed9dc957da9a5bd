/*
 * test_tier.c - levels: reached by spend, kept as long as valid, lost
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

static void
bring_back(struct story *story, const char *at, const char *receipt)
{
    char line[256];

    snprintf(line, sizeof line,
             "{\"at\": \"%s\", \"kind\": \"return\", \"receipt\": \"%s\"}", at,
             receipt);
    story_event(story, line);
}

/* Jumping over a level issues its own reward only; a version without rewards
 * of levels passed over.  After `ends` tiers go on without rewards. */
TEST(a_rise_issues_the_reward_of_the_level_reached)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-06-30\n"
                "rewards: [{id: one, value: 1.00}, {id: two, value: 2.00}]\n"
                "tiers: {window: 3 months, valid_for: 1 months, levels: "
                "[{id: a}, {id: b, from: 10.00, reward: one}, "
                "{id: c, from: 20.00, reward: two}]}\n");
    buy(story, "2025-01-10T12:00", "A", 2500);
    buy(story, "2025-07-10T12:00", "B", 2500);
    const char *balance = story_balance(story, "42", "2025-01-11");
    story_has(balance, "\"tier\": \"c\", \"tier_since\": "
                       "\"2025-01-10T10:00:00.000Z\", \"tier_until\": "
                       "\"2025-02-28T22:00:00.000Z\", \"window_spend\": 2500");
    story_has(balance, "\"vouchers\": [{\"reward\": \"two\", \"expires_at\": "
                       "null, \"count\": 1}]");
    /* 1 March: the window December to February holds 25.00: kept, no row, no
     * new instant; 1 April: January to March; 1 May: nothing in February to
     * April. */
    balance = story_balance(story, "42", "2025-04-30");
    story_has(balance, "\"tier\": \"c\", \"tier_since\": "
                       "\"2025-01-10T10:00:00.000Z\", \"tier_until\": "
                       "\"2025-04-30T21:00:00.000Z\"");
    balance = story_balance(story, "42", "2025-05-01");
    story_has(balance, "\"tier\": \"a\", \"tier_since\": "
                       "\"2025-04-30T21:00:00.000Z\", \"tier_until\": null");
    balance = story_balance(story, "42", "2025-07-11");
    story_has(balance, "\"tier\": \"c\"");
    story_has(balance, "\"vouchers\": [{\"reward\": \"two\", \"expires_at\": "
                       "null, \"count\": 1}]");
    story_close(story);
}

/* A version that knows the level keeps it; one that does not sends the account
 * to what its spend supports; one without tiers drops it; back with tiers it
 * is as if none had been held. */
TEST(versions_keep_move_drop_and_set_levels)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "tiers: {window: year, valid_for: next_year_end, levels: "
                "[{id: a}, {id: b, from: 10.00}]}\n");
    story_rules(story, "2025-02-01",
                "tiers: {window: year, valid_for: 1 months, levels: "
                "[{id: b}, {id: c, from: 100.00}]}\n");
    story_rules(story, "2025-03-01",
                "tiers: {window: year, valid_for: 1 months, levels: "
                "[{id: a}, {id: d, from: 1.00}, {id: b, from: 10.00}]}\n");
    story_rules(story, "2025-04-01",
                "tiers: {window: year, valid_for: 12 months, levels: "
                "[{id: x}, {id: y, from: 5.00}]}\n");
    story_rules(story, "2025-05-01", "rewards: []\n");
    story_rules(story, "2025-06-01",
                "tiers: {window: year, valid_for: 12 months, levels: "
                "[{id: x}, {id: y, from: 500.00}]}\n");
    buy(story, "2025-01-10T12:00", "A", 2000);
    story_has(story_balance(story, "42", "2025-01-31"),
              "\"tier\": \"b\", \"tier_since\": \"2025-01-10T10:00:00.000Z\", "
              "\"tier_until\": \"2026-12-31T22:00:00.000Z\"");
    /* b is the lowest now: without end. */
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"tier\": \"b\", \"tier_since\": \"2025-01-10T10:00:00.000Z\", "
              "\"tier_until\": null");
    /* Not the lowest any more: valid from that instant. */
    story_has(story_balance(story, "42", "2025-03-01"),
              "\"tier\": \"b\", \"tier_since\": \"2025-01-10T10:00:00.000Z\", "
              "\"tier_until\": \"2025-04-30T21:00:00.000Z\"");
    story_has(story_balance(story, "42", "2025-04-01"),
              "\"tier\": \"y\", \"tier_since\": \"2025-03-31T21:00:00.000Z\", "
              "\"tier_until\": \"2026-04-30T21:00:00.000Z\"");
    story_has(story_balance(story, "42", "2025-05-01"),
              "\"tier\": null, \"tier_since\": null, \"tier_until\": null, "
              "\"window_spend\": 0");
    story_has(story_balance(story, "42", "2025-06-01"),
              "\"tier\": \"x\", \"tier_since\": null, \"tier_until\": null, "
              "\"window_spend\": 2000");
    story_close(story);
}

/* Gold was reached at the end of a validity, judged by the window up to the
 * month before: a return of a purchase within that window reduces the
 * qualifying spend, one of a purchase before it does not. */
TEST(a_return_counts_where_the_purchase_was_judged)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "tiers: {window: 2 months, valid_for: 1 months, levels: "
                "[{id: a}, {id: b, from: 10.00}, {id: c, from: 50.00}]}\n");
    buy(story, "2025-01-10T12:00", "A", 6000); /* c through February */
    buy(story, "2025-02-10T12:00", "B", 2000); /* 80.00: c through March */
    /* 1 April: the window February and March is 20.00: b since then. */
    buy(story, "2025-04-02T12:00", "C", 900);
    bring_back(story, "2025-04-03T12:00", "A");
    bring_back(story, "2025-04-04T12:00", "C");
    bring_back(story, "2025-04-05T12:00", "B");
    story_has(story_balance(story, "42", "2025-04-01"),
              "\"tier\": \"b\", \"tier_since\": \"2025-03-31T21:00:00.000Z\"");
    /* A lies in January, outside of what b was judged by; C came after it: the
     * qualifying spend is 20.00 still. */
    story_has(story_balance(story, "42", "2025-04-04T13:00"),
              "\"tier\": \"b\"");
    /* B takes it to 0, and the window (March, April) is empty. */
    story_has(story_balance(story, "42", "2025-04-05T13:00"),
              "\"tier\": \"a\", \"tier_since\": \"2025-04-05T09:00:00.000Z\", "
              "\"tier_until\": null");
    story_has(story_explain(story, "42", "2025-04-06", false),
              "\"kind\": \"return\", \"store\": 10, \"rules\": [], "
              "\"points\": 0, \"vouchers\": [], \"notes\": [], "
              "\"available\": 0, \"pending\": 0, \"debt\": 0, \"tier\": "
              "\"a\"}]");
    story_close(story);
}

/* The multiplier of the level held before the purchase, on what `per` gives. */
TEST(a_purchase_is_rated_by_the_level_before_it)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "tiers: {window: year, valid_for: next_year_end, levels: "
                "[{id: a}, {id: b, from: 10.00, multiply: 2.5}]}\n");
    buy(story, "2025-01-10T12:00", "A", 2000);
    buy(story, "2025-01-11T12:00", "B", 300);
    /* 20, then 3 + floor(3.00 x 1.5) = 4. */
    story_has(story_explain(story, "42", "2025-02-01", false),
              "\"rules\": [{\"rule\": \"base\", \"points\": 3}, {\"rule\": "
              "\"tier.b\", \"points\": 4}], \"points\": 7");
    story_close(story);
}

RUN(cmocka_unit_test(a_rise_issues_the_reward_of_the_level_reached),
    cmocka_unit_test(versions_keep_move_drop_and_set_levels),
    cmocka_unit_test(a_return_counts_where_the_purchase_was_judged),
    cmocka_unit_test(a_purchase_is_rated_by_the_level_before_it))
