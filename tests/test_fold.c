/*
 * test_fold.c - events one by one: facts, adjustments, grants, what may be
 * folded forward
 */
#include "tests/story.h"
#include "tests/unit.h"

/* Only the first join earns; a later one may name a home store; activities
 * have their names and limits. */
TEST(joins_and_activities)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "earn:\n"
                "  - {id: hi, on: join, points: 100, when: {home_store: "
                "true}}\n"
                "  - {id: any, on: activity, points: 1}\n"
                "  - {id: quiz, on: activity, name: quiz, points: 5, reward: "
                "bun, limit: {times: 1, per: day}}\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": \"join\", "
                       "\"home_store\": 10}");
    story_event(story, "{\"at\": \"2025-01-02T12:00\", \"kind\": \"join\", "
                       "\"home_store\": 11, \"store\": 11}");
    story_event(story, "{\"at\": \"2025-01-03T12:00\", \"kind\": \"activity\","
                       " \"name\": \"quiz\"}");
    story_event(story, "{\"at\": \"2025-01-03T23:59\", \"kind\": \"activity\","
                       " \"name\": \"quiz\"}");
    story_event(story, "{\"at\": \"2025-01-04T00:00\", \"kind\": \"activity\","
                       " \"name\": \"other\"}");
    const char *balance = story_balance(story, "42", "2025-02-01");
    story_has(balance, "\"joined\": \"2025-01-01T10:00:00.000Z\", "
                       "\"home_store\": 11, \"available\": 108,");
    story_has(balance, "\"count\": 1}]");
    story_has(balance, "\"last_visit\": null");
    story_close(story);
}

/* Withdrawn from all lots in order, pending ones too, the rest is debt; what
 * comes in pays it first, without a wait. */
TEST(adjustments_and_debt)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "points: {pending_days: 5}\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 10, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-02T12:00\", \"kind\": \"adjust\", "
                       "\"points\": -25, \"reason\": \"r\", \"by\": \"b\"}");
    story_has(story_balance(story, "42", "2025-01-03"),
              "\"available\": 0, \"pending\": 0, \"debt\": 15, \"balance\": "
              "-15, \"lots\": []");
    story_event(story, "{\"at\": \"2025-01-04T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 20, \"reason\": \"r\", \"by\": \"b\", "
                       "\"expires_on\": \"2030-05-05\"}");
    story_has(story_balance(story, "42", "2025-01-05"),
              "\"available\": 0, \"pending\": 5, \"debt\": 0, \"balance\": 0, "
              "\"lots\": [{\"available_at\": \"2025-01-08T22:00:00.000Z\", "
              "\"expires_at\": \"2030-05-05T21:00:00.000Z\", \"partner\": "
              "\"market\", \"points\": 5}]");
    story_close(story);
}

/* Unknown ids are noted; a store that nobody names belongs to "none", whose
 * points cost nobody anything. */
TEST(facts_cannot_be_refused)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": \"grant\", "
                       "\"reward\": \"zzz\"}");
    story_event(story, "{\"at\": \"2025-01-02T12:00\", \"store\": 777, "
                       "\"kind\": \"purchase\", \"receipt\": \"A\", "
                       "\"total\": 1000}");
    story_has(story_explain(story, "42", "2025-02-01", false),
              "\"kind\": \"grant\", \"store\": 10, \"rules\": [], "
              "\"points\": 0, \"vouchers\": [], \"notes\": [\"unknown\"]");
    struct story_figure issued =
        story_figure(story, "42", "2025-02-01", MEASURE_ISSUED, "none", 777);
    assert_int_equal(issued.amount, 10);
    assert_int_equal(issued.micro, 0);
    story_close(story);
}

/* Later in canonical order than all before, at the same instant by identity;
 * never what looks back, once the account is not whole. */
TEST(what_may_be_folded_forward)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: base, per: 1.00, points: 1}]\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": \"join\"}");
    struct walk *walk = story_walk(story, "42", "2025-01-01T12:00", false);
    story_finish(story);
    uint8_t bytes[1024];
    struct account packed;
    struct arena scratch = story_scratch(story);
    const struct timeline *timeline = story_timeline(story);
    size_t size = account_pack(&walk->account, timeline, bytes, sizeof bytes);
    assert_int_equal(account_unpack((view) { bytes, (uint32_t)size },
                                    walk->account.id, timeline, &scratch,
                                    &packed),
                     OK);

    struct event next = { .kind = EVENT_PURCHASE,
                          .identity = { 1, 2, 1 },
                          .at_ms = packed.last_ms };
    assert_true(fold_can_forward(&packed, &next));
    next.identity.seq = 1;
    assert_false(fold_can_forward(&packed, &next));
    next.at_ms++;
    assert_true(fold_can_forward(&packed, &next));
    next.at_ms -= 2;
    assert_false(fold_can_forward(&packed, &next));
    next.at_ms += 2;
    next.kind = EVENT_RETURN;
    assert_true(fold_can_forward(&packed, &next));
    next.sale.receipt = view_of("A");
    assert_false(fold_can_forward(&packed, &next));
    assert_true(fold_can_forward(&walk->account, &next));
    next.kind = EVENT_REVERSE;
    assert_false(fold_can_forward(&packed, &next));
    story_close(story);
}

TEST(changes_have_the_names_of_the_rows)
{
    assert_string_equal(fold_change_name(CHANGE_MONTHLY_BONUS),
                        "monthly_bonus");
    assert_string_equal(fold_change_name(CHANGE_VERSION), "version");
}

RUN(cmocka_unit_test(joins_and_activities),
    cmocka_unit_test(adjustments_and_debt),
    cmocka_unit_test(facts_cannot_be_refused),
    cmocka_unit_test(what_may_be_folded_forward),
    cmocka_unit_test(changes_have_the_names_of_the_rows))
