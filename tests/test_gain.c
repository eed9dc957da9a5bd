/*
 * test_gain.c - what rules gave is booked: one lot for each issuer, limits
 * used, vouchers by their funders
 */
#include "tests/story.h"
#include "tests/unit.h"

TEST(one_lot_for_each_issuer)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "earn:\n"
                "  - {id: r1, points: 5, funder: roaster}\n"
                "  - {id: base, per: 1.00, points: 1}\n"
                "  - {id: r2, points: 7, funder: roaster, reward: bun}\n"
                "  - {id: c, points: 2, funder: cafe}\n");
    story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": "
                       "\"purchase\", \"receipt\": \"A\", \"total\": 100}");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"lots\": [{\"available_at\": null, \"expires_at\": null, "
              "\"partner\": \"cafe\", \"points\": 2}, {\"available_at\": null,"
              " \"expires_at\": null, \"partner\": \"market\", \"points\": 1},"
              " {\"available_at\": null, \"expires_at\": null, \"partner\": "
              "\"roaster\", \"points\": 12}]");
    assert_int_equal(story_figure(story, "42", "2025-02-01",
                                  MEASURE_VOUCHERS_ISSUED, "roaster", 10)
                         .amount,
                     1);
    /* The roaster's 12 stand under it with the store where they were
     * earned. */
    assert_int_equal(
        story_figure(story, "42", "2025-02-01", MEASURE_ISSUED, "roaster", 10)
            .amount,
        12);
    story_close(story);
}

/* A limit is used by what counted, also by a rule that gave a voucher only. */
TEST(limits_are_used_by_what_counted)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: bun, value: 1.00}]\n"
                "earn:\n"
                "  - {id: v, reward: bun, limit: {times: 2, per: ever}}\n"
                "  - {id: lo, points: 1, best_of: g, limit: {times: 1, per: "
                "ever}}\n"
                "  - {id: hi, points: 3, best_of: g, limit: {times: 1, per: "
                "ever}}\n");
    for (int i = 0; i < 3; i++)
        story_event(story, "{\"at\": \"2025-01-01T12:00\", \"kind\": "
                           "\"purchase\", \"receipt\": \"A\", \"total\": 100}");
    /* hi, then lo (its limit was not used before), then nothing. */
    const char *balance = story_balance(story, "42", "2025-02-01");
    story_has(balance, "\"available\": 4,");
    story_has(balance, "\"count\": 2}]");
    story_close(story);
}

RUN(cmocka_unit_test(one_lot_for_each_issuer),
    cmocka_unit_test(limits_are_used_by_what_counted))
