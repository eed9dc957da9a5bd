/*
 * test_give_back.c - returns: the purchase evaluated anew, issuer by issuer
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>

static const char until[] = "2026-01-01";

static int64_t
amount(struct story *story, enum measure measure, const char *partner,
       uint32_t store)
{
    return story_figure(story, "42", until, measure, partner, store).amount;
}

/* A rule that its limit stopped stays stopped, one that used its limit keeps
 * it used; conditions hold as they held then. */
TEST(limits_and_conditions_stay_as_they_were)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn:\n"
                "  - {id: base, per: 1.00, points: 1}\n"
                "  - {id: hi, when: {first_purchase: true}, points: 50}\n"
                "  - {id: day, points: 5, limit: {times: 1, per: day}}\n"
                "  - {id: mail, when: {consents: [email]}, points: 7}\n");
    story_event(story, "{\"at\": \"2025-01-09T12:00\", \"kind\": \"consent\", "
                       "\"channel\": \"email\", \"granted\": true}");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-10T13:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"consent\", "
                       "\"channel\": \"email\", \"granted\": false}");
    /* A 10 + 50 + 5 + 7, B 10 + 7. */
    story_has(story_balance(story, "42", "2025-01-12"), "\"available\": 89,");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"B\", \"lines\": [{\"line\": 0, "
                       "\"amount\": 300}]}");
    story_event(story, "{\"at\": \"2025-01-12T13:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\", \"lines\": [{\"line\": 0, "
                       "\"amount\": 400}]}");
    story_has(story_balance(story, "42", "2025-01-13"), "\"available\": 82,");
    story_event(story, "{\"at\": \"2025-01-14T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    /* All of A is gone: 6 + 50 + 5 + 7. */
    story_has(story_balance(story, "42", "2025-01-15"), "\"available\": 14,");
    story_close(story);
}

/* From the purchase's own lot first, then in order; what is missing is debt.
 * The money goes back at the price that the purchase's store paid. */
TEST(points_go_from_the_purchases_own_lot_first)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {expire_months: 1}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-02-10T12:00\", \"kind\": \"purchase\", "
                       "\"store\": 30, \"receipt\": \"B\", \"total\": 2000}");
    story_event(story, "{\"at\": \"2025-02-11T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"B\", \"lines\": [{\"line\": 0, "
                       "\"amount\": 500}]}");
    story_has(story_balance(story, "42", "2025-02-12"),
              "\"lots\": [{\"available_at\": null, \"expires_at\": "
              "\"2025-02-28T22:00:00.000Z\", \"partner\": \"market\", "
              "\"points\": 10}, {\"available_at\": null, \"expires_at\": "
              "\"2025-03-31T21:00:00.000Z\", \"partner\": \"cafe\", "
              "\"points\": 15}]");
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"points\": 22}");
    story_event(story, "{\"at\": \"2025-02-13T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"B\"}");
    /* 15 go: 3 from its lot, 12 become debt. */
    story_has(story_balance(story, "42", "2025-02-14"),
              "\"available\": 0, \"pending\": 0, \"debt\": 12");
    assert_int_equal(amount(story, MEASURE_REVERSED, "cafe", 30), 20);
    assert_int_equal(amount(story, MEASURE_REVERSED, "market", 0), 0);
    assert_int_equal(
        story_figure(story, "42", until, MEASURE_REVERSED, "cafe", 0).micro,
        -20 * 12000);
    assert_int_equal(amount(story, MEASURE_WITHDRAWN, "debt", 0), 12);
    assert_int_equal(amount(story, MEASURE_RETURNS, "market", 10), 2);
    assert_int_equal(amount(story, MEASURE_REFUNDS, "market", 10), 2000);
    story_close(story);
}

/* Vouchers of earning rules stay; the same line twice in one return counts no
 * more than what is left; a line that is not there counts 0. */
TEST(what_counts_and_what_stays)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "excluded: {categories: [tobacco]}\n"
                "earn:\n"
                "  - {id: gift, when: {min_total: 5.00}, reward: bun}\n"
                "  - {id: base, per: 1.00, points: 1}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"lines\": [{\"amount\": 1000}, "
                       "{\"amount\": -50}, {\"amount\": 300, \"category\": "
                       "\"tobacco\"}], \"total\": 1250}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\", \"lines\": [{\"line\": 0, "
                       "\"amount\": 700}, {\"line\": 0, \"amount\": 700}, "
                       "{\"line\": 1, \"amount\": 50}, {\"line\": 7, "
                       "\"amount\": 50}, {\"line\": 2, \"amount\": 100}]}");
    assert_int_equal(amount(story, MEASURE_REFUNDS, "market", 10), 1100);
    const char *balance = story_balance(story, "42", until);
    story_has(balance, "\"available\": 0,");
    story_has(balance, "\"vouchers\": [{\"reward\": \"bun\"");
    story_has(balance, "\"purchases\": 1, \"spend\": 0");
    /* 2.00 of tobacco are left, so the purchase is found once more. */
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    assert_int_equal(amount(story, MEASURE_RETURNS, "market", 10), 2);
    assert_int_equal(amount(story, MEASURE_REFUNDS, "market", 10), 1300);
    story_close(story);
}

/* Receipt numbers come again: the latest with that number that has something
 * left, unless the return says more. */
TEST(the_latest_purchase_with_that_receipt)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-10T23:30\", \"kind\": \"purchase\", "
                       "\"receipt\": \"1\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-11T00:30\", \"kind\": \"purchase\", "
                       "\"store\": 30, \"receipt\": \"1\", \"total\": 200}");
    story_event(story, "{\"at\": \"2025-01-11T00:40\", \"kind\": \"purchase\", "
                       "\"receipt\": \"1\", \"total\": 30}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"1\", \"bought_on\": \"2025-01-10\"}");
    story_has(story_balance(story, "42", "2025-01-12T12:00"),
              "\"available\": 2,");
    story_event(story, "{\"at\": \"2025-01-12T13:00\", \"kind\": \"return\", "
                       "\"receipt\": \"1\", \"from_store\": 30}");
    story_has(story_balance(story, "42", "2025-01-12T13:00"), "\"spend\": 30");
    story_event(story, "{\"at\": \"2025-01-12T14:00\", \"kind\": \"return\", "
                       "\"receipt\": \"1\"}");
    story_has(story_balance(story, "42", "2025-01-12T14:00"), "\"spend\": 0");
    story_close(story);
}

/* A hundred purchases of ten receipts, purchases and returns by turns: each
 * return is of the latest with its number of which something is left. */
TEST(each_of_many_purchases_is_found)
{
    enum { NUMBERS = 10, DAYS = 100 };
    struct story *story = story_open();
    int64_t cents[DAYS] = { 0 };
    int64_t left = 0;
    char text[200];

    story_rules(story, "2000-01-01",
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    for (int day = 0; day < DAYS; day++) {
        cents[day] = 100 + day;
        left += cents[day];
        snprintf(text, sizeof text,
                 "{\"at\": \"2025-%02d-%02dT12:00\", \"kind\": \"purchase\", "
                 "\"receipt\": \"%d\", \"total\": %d}",
                 1 + day / 25, 1 + day % 25, day % NUMBERS, 100 + day);
        story_event(story, text);
        if (day % 3 != 0)
            continue;
        int latest = day;
        while (latest >= 0 &&
               (cents[latest] == 0 || latest % NUMBERS != day / 3 % NUMBERS))
            latest--;
        if (latest >= 0) {
            left -= cents[latest];
            cents[latest] = 0;
        }
        snprintf(text, sizeof text,
                 "{\"at\": \"2025-%02d-%02dT13:00\", \"kind\": \"return\", "
                 "\"receipt\": \"%d\"}",
                 1 + day / 25, 1 + day % 25, day / 3 % NUMBERS);
        story_event(story, text);
        snprintf(text, sizeof text, "\"spend\": %d,", (int)left);
        story_has(story_balance(story, "42", "2025-05-01"), text);
    }
    story_close(story);
}

/* What a purchase of those lines would give now, with the level held; limits,
 * cuts, fixed points and vouchers left out; groups among the rest. */
TEST(a_blind_return_takes_what_such_a_purchase_would_give)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "earn:\n"
                "  - {id: base, per: 1.00, points: 1, limit: {times: 1, per: "
                "ever}}\n"
                "  - {id: roast, when: {categories: [beans]}, per: item, "
                "points: 20, funder: roaster, max_points: 5, best_of: g}\n"
                "  - {id: x2, multiply: 2, best_of: g}\n"
                "  - {id: fix, points: 500, best_of: g}\n"
                "  - {id: gift, reward: bun}\n"
                "tiers: {window: year, valid_for: next_year_end, levels: "
                "[{id: a}, {id: b, from: 10.00, multiply: 2}]}\n"
                "stamps: [{id: c, per: receipt, need: 5, reward: bun}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 3000}");
    /* base 30, fix 500. */
    story_has(story_balance(story, "42", "2025-01-10T12:00"),
              "\"available\": 530,");
    story_event(story,
                "{\"at\": \"2025-01-11T12:00\", \"store\": 30, \"kind\": "
                "\"return\", \"total\": 700, \"lines\": [{\"amount\": 700, "
                "\"category\": \"beans\", \"qty\": 2}]}");
    /* base 7, tier 7, and in the group roast 40 beats x2 7. */
    assert_int_equal(amount(story, MEASURE_REVERSED, "cafe", 30), 14);
    assert_int_equal(amount(story, MEASURE_REVERSED, "roaster", 30), 40);
    assert_int_equal(amount(story, MEASURE_WITHDRAWN, "market", 30), 54);
    const char *balance = story_balance(story, "42", "2025-01-12");
    story_has(balance, "\"available\": 476,");
    story_has(balance, "\"tier\": \"b\"");
    story_has(balance, "\"window_spend\": 2300, \"stamps\": {\"c\": 1}");
    story_close(story);
}

RUN(cmocka_unit_test(limits_and_conditions_stay_as_they_were),
    cmocka_unit_test(points_go_from_the_purchases_own_lot_first),
    cmocka_unit_test(what_counts_and_what_stays),
    cmocka_unit_test(the_latest_purchase_with_that_receipt),
    cmocka_unit_test(each_of_many_purchases_is_found),
    cmocka_unit_test(a_blind_return_takes_what_such_a_purchase_would_give))
