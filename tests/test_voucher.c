/*
 * test_voucher.c - which voucher is used, where one that comes back stands, and
 * when they expire
 */
#include "core/voucher.h"

#include "tests/story.h"
#include "tests/unit.h"

static const char rules[] =
    "rewards: [{id: cup, value: 8.00, valid_days: 9}, {id: bun, value: 2.00}]\n"
    "stamps: [{id: c, need: 1, reward: cup}, {id: d, need: 1, reward: bun}]\n";

/* A grant of the 10th expires before the card's of the 12th.  The grant is
 * used first; reversed, it stands first again; the return of stamps by nobody
 * touches it. */
TEST(the_first_to_expire_is_used_first)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", rules);
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"stamp\", "
                       "\"card\": \"c\", \"count\": 2}");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"cup\"}");
    story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"reward\": \"cup\"}");
    story_has(story_balance(story, "42", "2025-01-14"),
              "\"vouchers\": [{\"reward\": \"cup\", \"expires_at\": "
              "\"2025-01-21T22:00:00.000Z\", \"count\": 2}]");
    story_event(story, "{\"at\": \"2025-01-15T12:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"x\"}");
    story_has(story_balance(story, "42", "2025-01-16"),
              "\"vouchers\": [{\"reward\": \"cup\", \"expires_at\": "
              "\"2025-01-19T22:00:00.000Z\", \"count\": 1}, {\"reward\": "
              "\"cup\", \"expires_at\": \"2025-01-21T22:00:00.000Z\", "
              "\"count\": 2}]");
    story_has(story_balance(story, "42", "2025-01-21T23:59:59.999"),
              "\"count\": 2}]");
    story_has(story_balance(story, "42", "2025-01-22"), "\"vouchers\": []");
    story_close(story);
}

/* Of equal expiry the one issued first: its issuer is charged. */
TEST(of_equal_expiry_the_first_issued)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 2.00, paid_by: issuer}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"grant\", "
                       "\"store\": 30, \"reward\": \"bun\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"bun\", \"count\": 3}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"reward\": \"bun\"}");
    assert_int_equal(story_figure(story, "42", "2026-01-01",
                                  MEASURE_VOUCHERS_CHARGED, "cafe", 30)
                         .amount,
                     200);
    assert_int_equal(story_figure(story, "42", "2026-01-01",
                                  MEASURE_VOUCHERS_ISSUED, "market", 10)
                         .amount,
                     3);
    story_close(story);
}

static uint32_t
count_expiries(struct story *story)
{
    const char *rows = story_explain(story, "42", "2025-03-01", false);
    uint32_t count = 0;

    while ((rows = strstr(rows, "\"kind\": \"voucher_expire\"")) != NULL) {
        rows++;
        count++;
    }
    return count;
}

/* Two cups of the 10th and one of the 12th, with buns before them that never
 * expire.  While both of the 10th are used nothing is over at their midnight;
 * one that comes back is, and it alone. */
TEST(what_expires_next_goes_and_comes_with_the_vouchers)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", rules);
    for (int i = 0; i < 2; i++) {
        story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": "
                           "\"grant\", \"reward\": \"bun\"}");
        story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": "
                           "\"grant\", \"reward\": \"cup\"}");
    }
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": "
                       "\"grant\", \"reward\": \"cup\"}");
    assert_int_equal(count_expiries(story), 2);
    story_has(story_balance(story, "42", "2025-01-20"),
              "\"expires_at\": \"2025-01-21T22:00:00.000Z\", \"count\": 1}, "
              "{\"reward\": \"bun\", \"expires_at\": null, \"count\": 2}]");
    story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"reward\": \"cup\"}");
    assert_int_equal(count_expiries(story), 2);
    story_event(story, "{\"at\": \"2025-01-14T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"y\", \"reward\": \"cup\"}");
    assert_int_equal(count_expiries(story), 1);
    story_event(story, "{\"at\": \"2025-01-15T12:00\", \"kind\": "
                       "\"reverse\", \"redemption\": \"x\"}");
    assert_int_equal(count_expiries(story), 2);
    story_has(story_balance(story, "42", "2025-01-22"),
              "\"vouchers\": [{\"reward\": \"bun\", \"expires_at\": null, "
              "\"count\": 2}]");
    story_close(story);
}

RUN(cmocka_unit_test(the_first_to_expire_is_used_first),
    cmocka_unit_test(what_expires_next_goes_and_comes_with_the_vouchers),
    cmocka_unit_test(of_equal_expiry_the_first_issued))
