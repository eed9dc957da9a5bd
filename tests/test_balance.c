/*
 * test_balance.c - every key of a balance, in its order
 */
#include "core/balance.h"

#include "tests/story.h"
#include "tests/unit.h"

TEST(all_keys_with_something_in_them)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {expire_months: 12}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "rewards: [{id: b, value: 1.00}, {id: a, value: 1.00}]\n"
                "stamps: [{id: z, need: 9, reward: a}, {id: y, need: 9, "
                "reward: a}, {id: x, need: 1, reward: a}]\n"
                "spend_rewards: [{id: s, spend: 500.00, window: ever, reward: "
                "a}]\n"
                "passes: [{id: gym, uses: 3, valid_months: 1}]\n"
                "tiers: {window: year, valid_for: next_year_end, levels: "
                "[{id: basic}, {id: gold, from: 10.00}]}\n");
    static const char *const lines[] = {
        "{\"at\": \"2025-01-02T12:00\", \"kind\": \"join\", \"home_store\": 9}",
        "{\"at\": \"2025-01-03T12:00\", \"kind\": \"purchase\", "
        "\"receipt\": \"A\", \"total\": 1200}",
        "{\"at\": \"2025-01-04T12:00\", \"kind\": \"stamp\", \"card\": \"z\"}",
        "{\"at\": \"2025-01-04T12:00\", \"kind\": \"stamp\", \"card\": \"y\"}",
        "{\"at\": \"2025-01-04T12:00\", \"kind\": \"stamp\", \"card\": \"x\"}",
        "{\"at\": \"2025-01-05T12:00\", \"kind\": \"grant\", \"reward\": "
        "\"b\"}",
        "{\"at\": \"2025-01-05T13:00\", \"kind\": \"grant\", \"reward\": "
        "\"a\", \"count\": 2}",
        "{\"at\": \"2025-01-06T12:00\", \"kind\": \"pass_sale\", \"pass\": "
        "\"gym\", \"price\": 5}",
        "{\"at\": \"2025-01-07T12:00\", \"kind\": \"consent\", \"channel\": "
        "\"sms\", \"granted\": true}",
        "{\"at\": \"2025-01-07T12:00\", \"kind\": \"consent\", \"channel\": "
        "\"email\", \"granted\": false}",
    };
    for (uint32_t i = 0; i < COUNT_OF(lines); i++)
        story_event(story, lines[i]);
    story_same_json(
        story_balance(story, "42", "2025-01-08T00:00:00Z"),
        "{\"account\": \"42\", \"at\": \"2025-01-08T00:00:00.000Z\", "
        "\"joined\": \"2025-01-02T10:00:00.000Z\", \"home_store\": 9, "
        "\"available\": 12, \"pending\": 0, \"debt\": 0, \"balance\": 12, "
        "\"lots\": [{\"available_at\": null, \"expires_at\": "
        "\"2026-01-31T22:00:00.000Z\", \"partner\": \"market\", \"points\": "
        "12}], \"tier\": \"gold\", \"tier_since\": "
        "\"2025-01-03T10:00:00.000Z\", \"tier_until\": "
        "\"2026-12-31T22:00:00.000Z\", \"window_spend\": 1200, \"stamps\": "
        "{\"y\": 1, \"z\": 1}, \"spend_progress\": {\"s\": 1200}, "
        "\"vouchers\": [{\"reward\": \"a\", \"expires_at\": null, \"count\": "
        "3}, {\"reward\": \"b\", \"expires_at\": null, \"count\": 1}], "
        "\"passes\": [{\"pass\": \"gym\", \"uses\": 3, \"expires_at\": "
        "\"2025-02-28T22:00:00.000Z\"}], \"consents\": {\"email\": false, "
        "\"sms\": true}, \"purchases\": 1, \"spend\": 1200, "
        "\"first_purchase\": \"2025-01-03T10:00:00.000Z\", "
        "\"last_purchase\": \"2025-01-03T10:00:00.000Z\", \"last_visit\": "
        "\"2025-01-04T10:00:00.000Z\"}");
    story_close(story);
}

RUN(cmocka_unit_test(all_keys_with_something_in_them))
