/*
 * test_stamp.c - stamp cards: full ones, and those that returns empty again
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>

static void
buy(struct story *story, const char *rest)
{
    char line[512];

    snprintf(line, sizeof line, "{%s, \"kind\": \"purchase\"%s", rest,
             ", \"lines\": [{\"amount\": 1000, \"category\": \"a\", \"qty\": "
             "1000000}], \"total\": 1000}");
    story_event(story, line);
}

/* A million stamps fill half a million cards of 2: points are cut at 10^9 on
 * one event; the return takes no more than was given and leaves the card as
 * it was. */
TEST(full_cards_are_counted_not_walked)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "stamps:\n"
                "  - {id: p, per: item, need: 2, points: 1000000}\n"
                "  - {id: v, per: item, need: 3, reward: bun}\n");
    buy(story, "\"at\": \"2025-01-10T12:00\", \"receipt\": \"A\"");
    const char *rows = story_explain(story, "42", "2025-01-11", false);
    story_has(rows, "\"rules\": [{\"rule\": \"stamp.p\", \"points\": "
                    "1000000000}], \"points\": 1000000000, \"vouchers\": "
                    "[{\"reward\": \"bun\", \"count\": 333333}]");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    const char *balance = story_balance(story, "42", "2025-01-12");
    story_has(balance, "\"available\": 0, \"pending\": 0, \"debt\": 0");
    story_has(balance, "\"stamps\": {}");
    story_has(balance, "\"vouchers\": []");
    story_close(story);
}

/* What was given by stamp events is taken back like what a purchase gave, and
 * at the purchase's `need`; a voucher of another source is not touched. */
TEST(a_return_takes_the_card_as_the_purchase_knew_it)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "stamps: [{id: c, per: receipt, need: 3, reward: bun}]\n");
    story_rules(story, "2025-02-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "stamps: [{id: c, per: receipt, need: 5, reward: bun}]\n");
    story_event(story, "{\"at\": \"2025-01-09T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"bun\"}");
    buy(story, "\"at\": \"2025-01-10T12:00\", \"receipt\": \"A\"");
    story_event(story, "{\"at\": \"2025-02-01T12:00\", \"kind\": \"stamp\", "
                       "\"card\": \"c\", \"count\": 4}");
    story_has(story_balance(story, "42", "2025-02-02"),
              "\"stamps\": {}, \"spend_progress\": {}, \"vouchers\": "
              "[{\"reward\": \"bun\", \"expires_at\": null, \"count\": 2}]");
    /* -1 is below 0: the voucher goes, and 3 stamps come, not 5. */
    story_event(story, "{\"at\": \"2025-02-02T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    story_has(story_balance(story, "42", "2025-02-03"),
              "\"stamps\": {\"c\": 2}, \"spend_progress\": {}, \"vouchers\": "
              "[{\"reward\": \"bun\", \"expires_at\": null, \"count\": 1}]");
    story_close(story);
}

/* After `ends` no stamps; an unknown card is still noted, a visit still one. */
TEST(after_the_end_there_are_no_stamps)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-01-31\n"
                "stamps: [{id: c, need: 3, points: 5}]\n");
    story_event(story, "{\"at\": \"2025-01-31T23:59\", \"kind\": \"stamp\", "
                       "\"card\": \"c\"}");
    story_event(story, "{\"at\": \"2025-02-01T00:00\", \"kind\": \"stamp\", "
                       "\"card\": \"c\", \"count\": 9}");
    story_event(story, "{\"at\": \"2025-02-02T00:00\", \"kind\": \"stamp\", "
                       "\"card\": \"zzz\"}");
    const char *balance = story_balance(story, "42", "2025-02-03");
    story_has(balance, "\"stamps\": {\"c\": 1}");
    story_has(balance, "\"last_visit\": \"2025-02-01T22:00:00.000Z\"");
    story_has(story_explain(story, "42", "2025-02-03", false),
              "\"notes\": [\"unknown\"]");
    story_close(story);
}

RUN(cmocka_unit_test(full_cards_are_counted_not_walked),
    cmocka_unit_test(a_return_takes_the_card_as_the_purchase_knew_it),
    cmocka_unit_test(after_the_end_there_are_no_stamps))
