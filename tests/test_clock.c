/*
 * test_clock.c - what changes by the clock alone: when, and in which order
 */
#include "tests/story.h"
#include "tests/unit.h"

static const char base[] = "earn: [{id: base, per: 1.00, points: 1}]\n";

/* Release and expiry of the same points lie at one midnight: released first,
 * gone next, each with its own row. */
TEST(at_one_instant_release_comes_before_expiry)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {pending_days: 3}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 10, \"reason\": \"r\", \"by\": \"b\", "
                       "\"expires_on\": \"2025-01-12\"}");
    story_same_json(
        story_explain(story, "42", "2025-02-01", false),
        "[{\"event\": \"1.1.1\", \"at\": \"2025-01-10T10:00:00.000Z\", "
        "\"kind\": \"adjust\", \"store\": 10, \"rules\": [], \"points\": 10, "
        "\"vouchers\": [], \"notes\": [], \"available\": 0, \"pending\": 10, "
        "\"debt\": 0, \"tier\": null},"
        "{\"event\": null, \"at\": \"2025-01-12T22:00:00.000Z\", "
        "\"kind\": \"release\", \"store\": null, \"rules\": [], \"points\": 0, "
        "\"vouchers\": [], \"notes\": [], \"available\": 10, \"pending\": 0, "
        "\"debt\": 0, \"tier\": null},"
        "{\"event\": null, \"at\": \"2025-01-12T22:00:00.000Z\", "
        "\"kind\": \"expire\", \"store\": null, \"rules\": [], "
        "\"points\": -10, \"vouchers\": [], \"notes\": [], \"available\": 0, "
        "\"pending\": 0, \"debt\": 0, \"tier\": null}]");
    story_close(story);
}

/* Two months after the month of the last activity, all that never expires goes
 * at once, what is pending too; a redemption counts as activity, a grant does
 * not. */
TEST(idle_months_take_what_never_expires)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {expire_inactive_months: 2, pending_days: 100}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "rewards: [{id: cup, value: 1.00}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 10000}");
    story_event(story, "{\"at\": \"2025-02-20T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"points\": 30}");
    story_event(story, "{\"at\": \"2025-03-20T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"cup\"}");
    /* Midnight of 1 May: 30 April 21:00Z. */
    story_has(story_balance(story, "42", "2025-04-30T23:59"),
              "\"available\": 70");
    story_has(story_balance(story, "42", "2025-05-01"), "\"available\": 0");
    story_has(story_explain(story, "42", "2025-06-01", false),
              "{\"event\": null, \"at\": \"2025-04-30T21:00:00.000Z\", "
              "\"kind\": \"expire\", \"store\": null, \"rules\": [], "
              "\"points\": -70");
    story_close(story);
}

/* A version brings an expiry whose instant is past: a row right after its own,
 * and lots with a date keep it. */
TEST(a_version_brings_an_idle_expiry_at_once)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", base);
    story_rules(story, "2025-06-01",
                "points: {expire_inactive_months: 1}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 5, \"reason\": \"r\", \"by\": \"b\", "
                       "\"expires_on\": \"2026-12-31\"}");
    story_has(story_explain(story, "42", "2025-07-01", false),
              "\"at\": \"2025-05-31T21:00:00.000Z\", \"kind\": \"version\", "
              "\"store\": null, \"rules\": [], \"points\": 0, "
              "\"vouchers\": [], \"notes\": [], \"available\": 15, "
              "\"pending\": 0, \"debt\": 0, \"tier\": null},"
              "{\"event\": null, \"at\": \"2025-05-31T21:00:00.000Z\", "
              "\"kind\": \"expire\", \"store\": null, \"rules\": [], "
              "\"points\": -10, \"vouchers\": [], \"notes\": [], "
              "\"available\": 5,");
    story_close(story);
}

/* Rules for absence by the version in force a millisecond before their
 * midnight: `a` (10 days) is due on 20 January under the first version, `b`
 * (20 days) on 30 January under the second, which came on the 25th.  In the
 * second version `a` has 15 days: midnight of the 25th is its own first
 * instant, so that the first version still holds for it: nothing.  A visit
 * starts a new absence. */
TEST(absences_are_judged_by_the_version_before_midnight)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: a, on: inactive, after_days: 10, points: 5}]\n");
    story_rules(story, "2025-01-25",
                "earn:\n"
                "  - {id: a, on: inactive, after_days: 15, points: 50}\n"
                "  - {id: b, on: inactive, after_days: 20, points: 7}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-03-01T00:00\", \"kind\": \"stamp\", "
                       "\"card\": \"x\"}");
    story_has(story_balance(story, "42", "2025-01-20"), "\"available\": 5,");
    story_has(story_balance(story, "42", "2025-01-29T23:59"),
              "\"available\": 5,");
    story_has(story_balance(story, "42", "2025-01-30"), "\"available\": 12,");
    story_has(story_balance(story, "42", "2025-03-15T23:59"),
              "\"available\": 12,");
    story_has(story_balance(story, "42", "2025-03-16"), "\"available\": 62,");
    story_has(story_balance(story, "42", "2025-12-01"), "\"available\": 69,");
    story_close(story);
}

/* An event at the very midnight does not prevent the reward of that midnight,
 * and nothing is given after `ends`. */
TEST(absence_at_midnight_and_after_the_end)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-01-31\n"
                "earn: [{id: a, on: inactive, after_days: 10, points: 5}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-20T00:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-22T00:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"C\", \"total\": 1000}");
    story_has(story_balance(story, "42", "2025-06-01"), "\"available\": 5,");
    story_close(story);
}

/* The bonus of a month, an absence, a release, points and vouchers that
 * expire, and a version, all at midnight of 1 March. */
TEST(all_kinds_at_one_instant_in_their_order)
{
    struct story *story = story_open();
    static const char rules[] =
        "points: {pending_days: 1, expire_months: 1}\n"
        "earn:\n"
        "  - {id: base, per: 1.00, points: 1}\n"
        "  - {id: wake, on: inactive, after_days: 1, points: 3}\n"
        "rewards: [{id: bun, value: 1.00, valid_days: 0}]\n"
        "monthly_bonus: {steps: [{from: 1.00, percent: 10}]}\n"
        "tiers: {window: 1 months, valid_for: 1 months, "
        "levels: [{id: b}, {id: s, from: 50.00}]}\n";

    story_rules(story, "2000-01-01", rules);
    story_rules(story, "2025-03-01", rules);
    story_event(story, "{\"at\": \"2025-01-20T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 9000}");
    story_event(story, "{\"at\": \"2025-02-28T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-02-28T12:01\", \"kind\": \"grant\", "
                       "\"reward\": \"bun\"}");
    struct walk *walk = story_walk(story, "42", "2025-03-01", false);
    enum change seen[16];
    uint32_t count = 0;
    while (story_next(story))
        if (walk->step.kind == STEP_CHANGE &&
            walk->step.at_ms == INT64_C(1740780000000))
            seen[count++] = walk->step.change;
    const enum change expected[] = {
        CHANGE_MONTHLY_BONUS,  CHANGE_INACTIVE, CHANGE_RELEASE, CHANGE_EXPIRE,
        CHANGE_VOUCHER_EXPIRE, CHANGE_TIER,     CHANGE_VERSION,
    };
    assert_int_equal(count, COUNT_OF(expected));
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(seen[i], expected[i]);
    story_close(story);
}

/* 2011 had no 30 December in Apia: the midnights of the 30th and the 31st are
 * one, and what is due at either is due then, in one row. */
TEST(absences_meet_where_a_zone_left_out_a_day)
{
    struct story *story = story_open();

    story_version(story, "2011-01-01",
                  "program: Test\n"
                  "currency: EUR\n"
                  "timezone: Pacific/Apia\n"
                  "earn:\n"
                  "  - {id: one, on: inactive, after_days: 1, points: 5}\n"
                  "  - {id: two, on: inactive, after_days: 2, points: 7}\n");
    story_event(story, "{\"at\": \"2011-12-29T12:00\", \"kind\": "
                       "\"purchase\", \"receipt\": \"A\", \"total\": 100}");
    story_has(story_explain(story, "42", "2012-01-31", false),
              "\"kind\": \"inactive\", \"store\": null, \"rules\": "
              "[{\"rule\": \"one\", \"points\": 5}, "
              "{\"rule\": \"two\", \"points\": 7}]");
    story_has(story_balance(story, "42", "2012-01-31"), "\"available\": 12");
    story_close(story);
}

RUN(cmocka_unit_test(absences_meet_where_a_zone_left_out_a_day),
    cmocka_unit_test(at_one_instant_release_comes_before_expiry),
    cmocka_unit_test(idle_months_take_what_never_expires),
    cmocka_unit_test(a_version_brings_an_idle_expiry_at_once),
    cmocka_unit_test(absences_are_judged_by_the_version_before_midnight),
    cmocka_unit_test(absence_at_midnight_and_after_the_end),
    cmocka_unit_test(all_kinds_at_one_instant_in_their_order))
