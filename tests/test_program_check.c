/*
 * test_program_check.c - mistakes that only keys beside one another show
 *
 * Each such mistake of RULES.md once, at its exact place and in its words; and
 * what looks alike but is allowed.
 */
#include "tests/unit.h"

#include "tests/program_file.h"

static const struct told SHAPES_OF_RULES_ARE_NOT_MIXED[] = {
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, points: "
      "1, multiply: 2}\n",
      6, 24,
      "\"multiply\" can't stand beside \"points\": a rule has either "
      "\"per\" and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 2, points: 1}\n",
      6, 26,
      "\"points\" can't stand beside \"multiply\": a rule has either "
      "\"per\" and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, per: 1, "
      "points: 1, multiply: 2}\n",
      6, 32,
      "\"multiply\" can't stand beside \"points\": a rule has either "
      "\"per\" and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "rewards: [{id: cup, value: 8.00}]\nearn:\n  - {id: base, per: "
      "1.00, points: 1}\n  - {id: a, multiply: 2, reward: cup}\n",
      7, 26,
      "\"reward\" can't stand beside \"multiply\": a rule has either "
      "\"per\" and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "rewards: [{id: cup, value: 8.00}]\nearn:\n  - {id: base, per: "
      "1.00, points: 1}\n  - {id: a, per: 1.00, points: 1, reward: cup}\n",
      7, 35,
      "\"reward\" can't stand beside \"per\": a rule has either \"per\" "
      "and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "rewards: [{id: cup, value: 8.00}]\nearn:\n  - {id: base, per: "
      "1.00, points: 1}\n  - {id: a, per: item, points: 1, reward: cup}\n",
      7, 35,
      "\"reward\" can't stand beside \"per\": a rule has either \"per\" "
      "and \"points\", or \"multiply\", or fixed \"points\" and "
      "\"reward\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, points: "
      "1, of: base}\n",
      6, 24, "\"of\" belongs beside \"multiply\" only" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, per: "
      "1.00}\n",
      6, 5, "missing key \"points\" in a rule with \"per\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, per: "
      "item}\n",
      6, 5, "missing key \"points\" in a rule with \"per\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a}\n", 6, 5,
      "missing key \"points\", \"multiply\" or \"reward\" in an earn "
      "rule" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, name: x, "
      "points: 1}\n",
      6, 13, "\"name\" belongs to a rule with on: activity only" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, on: "
      "join, name: x, points: 1}\n",
      6, 23, "\"name\" belongs to a rule with on: activity only" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "after_days: 5, points: 1}\n",
      6, 13, "\"after_days\" belongs to a rule with on: inactive only" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, on: "
      "inactive, points: 1}\n",
      6, 5, "missing key \"after_days\" in a rule with on: inactive" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, on: "
      "join, per: 1, points: 1}\n",
      6, 23,
      "\"per\" can't stand beside \"on\": such a rule gives fixed points "
      "or a reward" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, on: "
      "activity, multiply: 2}\n",
      6, 27,
      "\"multiply\" can't stand beside \"on\": such a rule gives fixed "
      "points or a reward" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, points: "
      "1, limit: {times: 1}}\n",
      6, 31, "missing key \"per\" in limit" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, points: "
      "1, limit: {per: day}}\n",
      6, 31, "missing key \"times\" in limit" },
};

TEST(shapes_of_rules_are_not_mixed)
{
    program_file_assert_told(SHAPES_OF_RULES_ARE_NOT_MIXED,
                             COUNT_OF(SHAPES_OF_RULES_ARE_NOT_MIXED));
}

static const struct told WHAT_IS_MULTIPLIED_IS_A_RULE_PER_AMOUNT[] = {
    { "earn: [{id: a, multiply: 2}]\n", 4, 16,
      "\"multiply\" needs a rule with \"per\" and an amount, and there "
      "is none in earn" },
    { "earn: [{id: a, multiply: 2}, {id: i, per: item, points: 1}]\n", 4, 16,
      "\"multiply\" needs a rule with \"per\" and an amount, and there "
      "is none in earn" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 2, of: i}\n  - {id: i, per: item, points: 1}\n",
      6, 30, "of: expected a rule with \"per\" and an amount" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 2, of: bass}\n",
      6, 30,
      "of: expected an id of earn, found \"bass\"; did you mean "
      "\"base\"?" },
    { "tiers:\n  window: year\n  valid_for: next_year_end\n  levels:\n   "
      " - {id: basic}\n    - {id: gold, from: 10, multiply: 2}\n",
      9, 28,
      "\"multiply\" needs a rule with \"per\" and an amount, and there "
      "is none in earn" },
};

TEST(what_is_multiplied_is_a_rule_per_amount)
{
    program_file_assert_told(WHAT_IS_MULTIPLIED_IS_A_RULE_PER_AMOUNT,
                             COUNT_OF(WHAT_IS_MULTIPLIED_IS_A_RULE_PER_AMOUNT));
}

static const struct told CONDITIONS_STAND_WHERE_THEY_CAN_HOLD[] = {
    { "earn: [{id: a, on: join, points: 1, when: {categories: [x]}}]\n", 4, 44,
      "the condition \"categories\" can't stand on a rule with on: join" },
    { "earn: [{id: a, on: activity, points: 1, when: {skus: [x]}}]\n", 4, 48,
      "the condition \"skus\" can't stand on a rule with on: activity" },
    { "earn: [{id: a, on: activity, points: 1, when: {min_total: 1}}]\n", 4, 48,
      "the condition \"min_total\" can't stand on a rule with on: "
      "activity" },
    { "earn: [{id: a, on: inactive, after_days: 9, points: 1, when: "
      "{weekdays: [mon]}}]\n",
      4, 63,
      "the condition \"weekdays\" can't stand on a rule with on: "
      "inactive" },
    { "earn: [{id: a, on: inactive, after_days: 9, points: 1, when: "
      "{hours: \"09:00-10:00\"}}]\n",
      4, 63,
      "the condition \"hours\" can't stand on a rule with on: inactive" },
    { "earn: [{id: a, on: inactive, after_days: 9, points: 1, when: "
      "{first_purchase: true}}]\n",
      4, 63,
      "the condition \"first_purchase\" can't stand on a rule with on: "
      "inactive" },
    { "earn: [{id: a, points: 1, when: {dates: {from: 2026-02-01, to: "
      "2026-01-31}}}]\n",
      4, 48,
      "from: expected a day not after \"to\", 2026-01-31, found "
      "\"2026-02-01\"" },
    { "stamps: [{id: a, per: item, need: 1, points: 1, when: {dates: "
      "{from: 2026-02-01, to: 2026-01-31}}}]\n",
      4, 70,
      "from: expected a day not after \"to\", 2026-01-31, found "
      "\"2026-02-01\"" },
    { "earn: [{id: a, points: 1, when: {dates: {from: 2026-02-01}}}]\n", 4, 41,
      "missing key \"to\" in dates" },
};

TEST(conditions_stand_where_they_can_hold)
{
    program_file_assert_told(CONDITIONS_STAND_WHERE_THEY_CAN_HOLD,
                             COUNT_OF(CONDITIONS_STAND_WHERE_THEY_CAN_HOLD));
}

static const struct told POINTS_EXPIRE_AND_ARE_RELEASED_IN_ONE_WAY[] = {
    { "points: {expire_months: 12, expire_dates: [12-31]}\n", 4, 29,
      "\"expire_dates\" can't stand beside \"expire_months\": points "
      "expire in one way" },
    { "points: {expire_inactive_months: 12, expire_months: 12}\n", 4, 38,
      "\"expire_months\" can't stand beside \"expire_inactive_months\": "
      "points expire in one way" },
    { "points: {expire_dates: [12-31], expire_inactive_months: 12}\n", 4, 33,
      "\"expire_inactive_months\" can't stand beside \"expire_dates\": "
      "points expire in one way" },
    { "points: {pending_days: 1, release: [12-01]}\n", 4, 27,
      "\"release\" can't stand beside \"pending_days\": points become "
      "available in one way" },
    { "points: {release: [02-29]}\n", 4, 20,
      "release: expected a day of the year as MM-DD, not 02-29, found "
      "\"02-29\"" },
    { "points: {release: [2-28]}\n", 4, 20,
      "release: expected a day of the year as MM-DD, not 02-29, found "
      "\"2-28\"" },
    { "points: {release: []}\n", 4, 19,
      "release: expected at least one entry, found none" },
};

TEST(points_expire_and_are_released_in_one_way)
{
    program_file_assert_told(
        POINTS_EXPIRE_AND_ARE_RELEASED_IN_ONE_WAY,
        COUNT_OF(POINTS_EXPIRE_AND_ARE_RELEASED_IN_ONE_WAY));
}

static const struct told CARDS_REWARDS_AND_PASSES_GIVE_SOMETHING[] = {
    { "stamps: [{id: a, points: 1}]\n", 4, 10,
      "missing key \"need\" in a stamp card" },
    { "stamps: [{id: a, need: 1}]\n", 4, 10,
      "missing key \"reward\" or \"points\" in a stamp card" },
    { "rewards: [{id: cup, value: 8.00}]\nstamps: [{id: a, need: 1, "
      "points: 1, reward: cup}]\n",
      5, 38, "\"reward\" can't stand beside \"points\": it gives either" },
    { "stamps: [{id: a, need: 1, points: 1, when: {weekdays: [mon]}}]\n", 4, 10,
      "missing key \"per\" in a stamp card with \"when\"" },
    { "spend_rewards: [{id: a, points: 1}]\n", 4, 17,
      "missing key \"spend\" in a spend reward" },
    { "spend_rewards: [{id: a, spend: 1}]\n", 4, 17,
      "missing key \"reward\" or \"points\" in a spend reward" },
    { "rewards: [{id: cup, value: 8.00}]\nspend_rewards: [{id: a, spend: "
      "1, reward: cup, points: 1}]\n",
      5, 48, "\"points\" can't stand beside \"reward\": it gives either" },
    { "passes: [{id: a}]\n", 4, 10, "missing key \"uses\" in a pass" },
    { "passes: [{id: a, uses: 1, rebates: [{within_days: 3}]}]\n", 4, 37,
      "missing key \"points\" or \"reward\" in a rebate" },
    { "passes: [{id: a, uses: 1, rebates: [{points: 3}]}]\n", 4, 37,
      "missing key \"within_days\" in a rebate" },
    { "rewards: [{id: a}]\n", 4, 11, "missing key \"value\" in a reward" },
    { "rewards: [{id: a, value: 1, points: 0}]\n", 4, 37,
      "points: expected a whole number from 1 to 1000000, found \"0\"" },
};

TEST(cards_rewards_and_passes_give_something)
{
    program_file_assert_told(CARDS_REWARDS_AND_PASSES_GIVE_SOMETHING,
                             COUNT_OF(CARDS_REWARDS_AND_PASSES_GIVE_SOMETHING));
}

static const struct told STEPS_AND_LEVELS_ASCEND[] = {
    { "monthly_bonus: {}\n", 4, 16, "missing key \"steps\" in monthly_bonus" },
    { "monthly_bonus: {steps: []}\n", 4, 24,
      "steps: expected at least one entry, found none" },
    { "monthly_bonus: {steps: [{from: 50, percent: 1}, {from: 50, "
      "percent: 2}]}\n",
      4, 56, "from: expected more than 50.00, the one before, found \"50\"" },
    { "monthly_bonus: {steps: [{from: 50, percent: 2}, {from: 60, "
      "percent: 1.999}]}\n",
      4, 69, "percent: expected at least 2, the one before, found \"1.999\"" },
    { "monthly_bonus: {steps: [{from: 50}]}\n", 4, 25,
      "missing key \"percent\" in a step" },
    { "tiers: {valid_for: 1 month, levels: [{id: a}]}\n", 4, 8,
      "missing key \"window\" in tiers" },
    { "tiers: {window: year, levels: [{id: a}]}\n", 4, 8,
      "missing key \"valid_for\" in tiers" },
    { "tiers: {window: year, valid_for: 1 month}\n", 4, 8,
      "missing key \"levels\" in tiers" },
    { "tiers: {window: year, valid_for: 1 month, levels: []}\n", 4, 51,
      "levels: expected at least one entry, found none" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a, from: "
      "0}]}\n",
      4, 60, "the first level has no \"from\": it is where everybody starts" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a}, {id: "
      "b}]}\n",
      4, 61, "missing key \"from\" in a level that is not the first" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a}, {id: "
      "b, from: 0}]}\n",
      4, 75, "from: expected more than 0.00, the one before, found \"0\"" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a}, {id: "
      "b, from: 2}, {id: c, from: 1.99}]}\n",
      4, 93, "from: expected more than 2.00, the one before, found \"1.99\"" },
    { "tiers: {window: 13, valid_for: 1 month, levels: [{id: a}]}\n", 4, 17,
      "window: expected 1 to 1200 months (\"12 months\"), or year, found "
      "\"13\"" },
    { "tiers: {window: 1201 months, valid_for: 1 month, levels: [{id: "
      "a}]}\n",
      4, 17,
      "window: expected 1 to 1200 months (\"12 months\"), or year, found "
      "\"1201 months\"" },
    { "tiers: {window: year, valid_for: 0 months, levels: [{id: a}]}\n", 4, 34,
      "valid_for: expected 1 to 1200 months (\"12 months\"), or "
      "next_year_end, found \"0 months\"" },
};

TEST(steps_and_levels_ascend)
{
    program_file_assert_told(STEPS_AND_LEVELS_ASCEND,
                             COUNT_OF(STEPS_AND_LEVELS_ASCEND));
}

TEST(what_looks_alike_is_allowed)
{
    static const char *const GOOD[] = {
        "earn: [{id: a, multiply: 2}, {id: b, per: 1, points: 1}]\n",
        "rewards: [{id: cup, value: 1}]\n"
        "earn: [{id: a, points: 5, reward: cup}, {id: b, reward: cup}]\n",
        "earn: [{id: a, on: activity, points: 1, when: {first_purchase: true,"
        " inactive_days: 3, weekdays: [mon], stores: [1]}}]\n",
        "partners: [{id: p, issue_price: 0, redeem_price: 0}]\n"
        "earn: [{id: a, on: inactive, after_days: 3, points: 1, best_of: g,"
        " when: {stores: [1], partners: [p], tiers: [t], consents: [sms],"
        " home_store: true}, limit: {times: 1, per: ever}}]\n"
        "tiers: {window: year, valid_for: 1 month, levels: [{id: t}]}\n",
        "earn: [{id: tiers.x, points: 1}, {id: referrals, points: 1}]\n",
        "points: {pending_days: 0, release: [12-01], expire_months: 1}\n",
        "monthly_bonus: {steps: [{from: 0, percent: 0}, {from: 1,"
        " percent: 0}]}\n",
        "stamps: [{id: a, need: 1, points: 0}, {id: b, per: receipt, need: 1,"
        " points: 1}]\n",
        "rewards: [{id: cup, value: 1}]\n"
        "passes: [{id: p, uses: 1, rebates: [{within_days: 0, points: 1,"
        " reward: cup}]}]\n",
        "earn: [{id: a, points: 1, when: {dates: {from: 2026-01-01,"
        " to: 2026-01-01}}}]\n",
    };

    for (uint32_t i = 0; i < COUNT_OF(GOOD); i++)
        program_file_assert_good(GOOD[i]);
}

TEST(all_mistakes_are_told_in_one_run_and_in_order)
{
    struct program_file *file =
        program_file_of("earn:\n"
                        "  - {id: a, per: x, points: 1}\n"
                        "  - {id: a, multiply: 2, reward: cup}\n"
                        "extra: 1\n"
                        "tiers: {window: year, levels: [{id: t, from: 1}]}\n");
    static const struct mistake_place PLACES[] = {
        { 5, 18 }, { 6, 10 }, { 6, 26 }, { 6, 34 },
        { 7, 1 },  { 8, 8 },  { 8, 40 },
    };

    assert_int_equal(file->mistakes.total, COUNT_OF(PLACES));
    for (uint32_t i = 0; i < COUNT_OF(PLACES); i++) {
        assert_int_equal(file->mistakes.list[i].place.line, PLACES[i].line);
        assert_int_equal(file->mistakes.list[i].place.column, PLACES[i].column);
    }
    program_file_close(file);
}

RUN(cmocka_unit_test(shapes_of_rules_are_not_mixed),
    cmocka_unit_test(what_is_multiplied_is_a_rule_per_amount),
    cmocka_unit_test(conditions_stand_where_they_can_hold),
    cmocka_unit_test(points_expire_and_are_released_in_one_way),
    cmocka_unit_test(cards_rewards_and_passes_give_something),
    cmocka_unit_test(steps_and_levels_ascend),
    cmocka_unit_test(what_looks_alike_is_allowed),
    cmocka_unit_test(all_mistakes_are_told_in_one_run_and_in_order))
