/*
 * test_sale.c - a purchase: what comes before what
 */
#include "tests/story.h"
#include "tests/unit.h"

/* Earn rules, tier, stamps, spend reward and referral, in this order; the
 * visit before counts for `inactive_days`, not this one. */
TEST(contributions_in_the_order_of_the_rules)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn:\n"
                "  - {id: base, per: 1.00, points: 1}\n"
                "  - {id: back, when: {inactive_days: 5}, points: 9}\n"
                "  - {id: home, when: {home_store: true}, points: 2}\n"
                "tiers: {window: year, valid_for: next_year_end, levels: "
                "[{id: a}, {id: b, from: 10.00, multiply: 2}]}\n"
                "stamps: [{id: c, per: receipt, need: 2, points: 5}]\n"
                "spend_rewards: [{id: s, spend: 20.00, window: ever, points: "
                "3}]\n"
                "referral: {on: purchase, min_total: 11.00, referred_points: "
                "4, referrer_points: 1}\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": \"join\", "
                       "\"referrer\": 7}");
    story_event(story, "{\"at\": \"2025-01-02T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-03T12:00\", \"kind\": \"join\", "
                       "\"home_store\": 10}");
    story_event(story, "{\"at\": \"2025-01-07T01:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 1150}");
    const char *rows = story_explain(story, "42", "2025-02-01", false);
    story_has(rows, "\"rules\": [{\"rule\": \"base\", \"points\": 10}], "
                    "\"points\": 10");
    story_has(rows, "\"rules\": [{\"rule\": \"base\", \"points\": 11}, "
                    "{\"rule\": \"back\", \"points\": 9}, {\"rule\": "
                    "\"home\", \"points\": 2}, {\"rule\": \"tier.b\", "
                    "\"points\": 11}, {\"rule\": \"stamp.c\", \"points\": 5}, "
                    "{\"rule\": \"spend.s\", \"points\": 3}, {\"rule\": "
                    "\"referral\", \"points\": 4}], \"points\": 45");
    story_has(story_balance(story, "7", "2025-02-01"), "\"available\": 1,");
    story_close(story);
}

/* After the end a purchase is a fact, a visit and a receipt of the
 * settlement; it earns nothing. */
TEST(after_the_end_a_purchase_is_a_fact)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-01-31\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-31T23:59:59.999\", \"kind\": "
                       "\"purchase\", \"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-02-01T00:00\", \"kind\": "
                       "\"purchase\", \"receipt\": \"B\", \"total\": 500}");
    story_event(story, "{\"at\": \"2025-02-02T00:00\", \"kind\": \"adjust\", "
                       "\"points\": 1, \"reason\": \"r\", \"by\": \"b\"}");
    const char *balance = story_balance(story, "42", "2025-03-01");
    story_has(balance, "\"available\": 11,");
    story_has(balance, "\"purchases\": 2, \"spend\": 1500");
    assert_int_equal(
        story_figure(story, "42", "2025-03-01", MEASURE_SALES, "market", 10)
            .amount,
        1500);
    story_close(story);
}

RUN(cmocka_unit_test(contributions_in_the_order_of_the_rules),
    cmocka_unit_test(after_the_end_a_purchase_is_a_fact))
