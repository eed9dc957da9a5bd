/*
 * test_redeem.c - redemptions and reversals: whose points, at which price, who
 * bears what was not covered
 */
#include "tests/story.h"
#include "tests/unit.h"

static const char until[] = "2026-01-01";

static struct story_figure
figure(struct story *story, enum measure measure, const char *partner)
{
    return story_figure(story, "42", until, measure, partner, 0);
}

/* 40 there, 60 asked at the cafe, which bears the 20 overdrawn: credit for 40,
 * and a reversal debits only what was credited. */
TEST(a_liable_partner_is_credited_what_was_covered)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "overdraft: {liable: partner}\n"
                "rewards: [{id: cup, value: 8.00}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 40, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"redeem\", "
                       "\"store\": 30, \"id\": \"x\", \"points\": 60}");
    story_event(story, "{\"at\": \"2025-01-11T13:00\", \"kind\": \"redeem\", "
                       "\"store\": 30, \"id\": \"y\", \"reward\": \"cup\", "
                       "\"value\": 500}");
    assert_int_equal(figure(story, MEASURE_REDEEMED, "cafe").amount, 60);
    assert_int_equal(figure(story, MEASURE_REDEEMED, "cafe").micro, 40 * 9000);
    assert_int_equal(figure(story, MEASURE_OVERDRAWN, "cafe").amount, 20);
    assert_int_equal(figure(story, MEASURE_UNCOVERED_VALUE, "cafe").amount,
                     500);
    assert_int_equal(figure(story, MEASURE_UNCOVERED_VALUE, "cafe").micro, 0);
    /* 30 of 60: the 20 overdrawn first, then 10 of the lot. */
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"reverse\", "
                       "\"store\": 10, \"redemption\": \"x\", \"points\": 30}");
    story_event(story, "{\"at\": \"2025-01-12T13:00\", \"kind\": \"reverse\", "
                       "\"store\": 10, \"redemption\": \"y\"}");
    assert_int_equal(figure(story, MEASURE_RESTORED, "cafe").amount, 30);
    assert_int_equal(figure(story, MEASURE_RESTORED, "cafe").micro, -10 * 9000);
    assert_int_equal(figure(story, MEASURE_UNCOVERED, "cafe").amount, 0);
    assert_int_equal(figure(story, MEASURE_UNCOVERED_VALUE, "cafe").amount, 0);
    story_has(story_balance(story, "42", until),
              "\"available\": 10, \"pending\": 0, \"debt\": 0");
    story_close(story);
}

/* A reward with a price and no voucher is points; with one, the voucher that
 * expires first, then the one issued first; unknown to all, uncovered. */
TEST(a_reward_is_a_voucher_or_points_or_uncovered)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {pending_days: 400}\n"
                "rewards: [{id: cup, value: 8.00, points: 50, valid_days: 9},"
                " {id: bun, value: 2.00}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 70, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"cup\"}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"a\", \"reward\": \"cup\"}");
    story_event(story, "{\"at\": \"2025-01-12T13:00\", \"kind\": \"redeem\", "
                       "\"id\": \"b\", \"reward\": \"cup\"}");
    story_event(story, "{\"at\": \"2025-01-12T14:00\", \"kind\": \"redeem\", "
                       "\"id\": \"c\", \"reward\": \"bun\"}");
    story_event(story, "{\"at\": \"2025-01-12T15:00\", \"kind\": \"redeem\", "
                       "\"id\": \"d\", \"reward\": \"zzz\"}");
    story_event(story, "{\"at\": \"2025-01-12T16:00\", \"kind\": \"redeem\", "
                       "\"id\": \"e\", \"points\": 30}");
    const char *rows = story_explain(story, "42", "2025-01-13", false);
    story_has(rows, "\"points\": 0, \"vouchers\": [{\"reward\": \"cup\", "
                    "\"count\": -1}], \"notes\": []");
    story_has(rows, "\"points\": -50, \"vouchers\": [], \"notes\": [\"early "
                    "50\"]");
    story_has(rows, "\"notes\": [\"uncovered\"]");
    story_has(rows, "\"notes\": [\"unknown\", \"uncovered\"]");
    story_has(rows, "\"points\": -30, \"vouchers\": [], \"notes\": [\"early "
                    "20\", \"overdrawn 10\"], \"available\": 0, \"pending\": "
                    "0, \"debt\": 10");
    assert_int_equal(figure(story, MEASURE_UNCOVERED, "").amount, 2);
    assert_int_equal(figure(story, MEASURE_UNCOVERED_VALUE, "").amount, 200);
    /* The voucher comes back over: its row follows. */
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"a\"}");
    rows = story_explain(story, "42", "2025-02-13", false);
    story_has(rows, "\"kind\": \"reverse\", \"store\": 10, \"rules\": [], "
                    "\"points\": 0, \"vouchers\": [{\"reward\": \"cup\", "
                    "\"count\": 1}], \"notes\": [], \"available\": 0, "
                    "\"pending\": 0, \"debt\": 10, \"tier\": null},"
                    "{\"event\": null, \"at\": \"2025-02-12T10:00:00.000Z\", "
                    "\"kind\": \"voucher_expire\", \"store\": null, "
                    "\"rules\": [], \"points\": 0, \"vouchers\": "
                    "[{\"reward\": \"cup\", \"count\": -1}]");
    story_close(story);
}

/* A version that no longer knows the reward: the voucher is worth what it was
 * at its issue, and its issuer pays as it did then. */
TEST(a_voucher_outlives_its_reward)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: cup, value: 8.00, paid_by: issuer}]\n");
    story_rules(story, "2025-02-01", "rewards: [{id: bun, value: 1.00}]\n");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"cup\"}");
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"redeem\", "
                       "\"store\": 31, \"id\": \"a\", \"reward\": \"cup\"}");
    assert_int_equal(figure(story, MEASURE_VOUCHERS_VALUE, "cafe").micro,
                     8000000);
    assert_int_equal(figure(story, MEASURE_VOUCHERS_CHARGED, "market").amount,
                     800);
    assert_int_equal(figure(story, MEASURE_VOUCHERS_CHARGED, "market").micro,
                     -8000000);
    story_has(story_explain(story, "42", until, false), "\"notes\": [], ");
    story_close(story);
}

/* Points that never expire went back after the months of inactivity had ended:
 * gone at once, also where nothing was left to expire at the time. */
TEST(what_never_expires_is_over_after_idle_months)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "points: {expire_inactive_months: 1}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 50, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"a\", \"points\": 50}");
    story_event(story, "{\"at\": \"2025-02-28T23:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"a\", \"points\": 20}");
    story_event(story, "{\"at\": \"2025-03-01T01:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"a\"}");
    const char *rows = story_explain(story, "42", "2025-03-02", false);
    story_has(rows, "\"at\": \"2025-02-28T22:00:00.000Z\", \"kind\": "
                    "\"expire\", \"store\": null, \"rules\": [], \"points\": "
                    "-20");
    story_has(rows, "\"at\": \"2025-02-28T23:00:00.000Z\", \"kind\": "
                    "\"expire\", \"store\": null, \"rules\": [], \"points\": "
                    "-30");
    assert_int_equal(figure(story, MEASURE_EXPIRED, "market").amount, 50);
    story_close(story);
}

/* The latest redemption with that id that is not wholly reversed. */
TEST(a_reversal_finds_the_latest_that_is_left)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "points: {value: 0.01}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 50, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"a\", \"points\": 5}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"a\", \"points\": 7}");
    for (int i = 0; i < 3; i++)
        story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": "
                           "\"reverse\", \"redemption\": \"a\"}");
    const char *rows = story_explain(story, "42", until, false);
    story_has(rows, "\"points\": 7,");
    story_has(rows, "\"points\": 5,");
    story_has(rows, "\"points\": 0, \"vouchers\": [], \"notes\": "
                    "[\"unmatched\"]");
    story_has(story_balance(story, "42", until), "\"available\": 50,");
    story_close(story);
}

RUN(cmocka_unit_test(a_liable_partner_is_credited_what_was_covered),
    cmocka_unit_test(a_reward_is_a_voucher_or_points_or_uncovered),
    cmocka_unit_test(a_voucher_outlives_its_reward),
    cmocka_unit_test(what_never_expires_is_over_after_idle_months),
    cmocka_unit_test(a_reversal_finds_the_latest_that_is_left))
