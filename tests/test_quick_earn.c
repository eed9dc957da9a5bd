/*
 * test_quick_earn.c - limits, groups, funders and vouchers of a purchase that
 * is judged by tables are those of the ordinary evaluation, also where a return
 * asks later what the limits had stopped
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static const char LIMITS[] =
    "rewards: [{id: cup, value: 3.50, valid_days: 60}]\n"
    "earn: [{id: base, per: 1.00, points: 1}, {id: some, per: 0.50, points: 1, "
    "limit: {times: 2, per: month}}, {id: cup, reward: cup, points: 1, when: "
    "{min_total: 30.00}, best_of: a}, {id: more, per: 5.00, points: 1, "
    "best_of: a, funder: cafe}, {id: best, when: {categories: [coffee]}, "
    "points: 6, best_of: a, max_points: 4}]\n"
    "stamps: [{id: lunch, when: {categories: [coffee]}, per: item, need: 3, "
    "reward: cup}]\n"
    "tiers: {window: 3 months, valid_for: 2 months, levels: [{id: basic, "
    "multiply: 1.2}, {id: gold, from: 80.00, multiply: 2.25}]}\n";
static const char OTHERS[] =
    "rewards: [{id: cup, value: 9.00}]\n"
    "earn: [{id: base, per: 2.00, points: 1, limit: {times: 3, per: month}}, "
    "{id: day, points: 4, limit: {times: 1, per: day}}, {id: twice, when: "
    "{weekdays: [sat, sun]}, multiply: 2}]\n";

TEST(limits_groups_and_funders)
{
    for (uint64_t seed = 201; seed < 205; seed++) {
        struct stage_same same = { .published = { { "2000-01-01", LIMITS } },
                                   .candidate = OTHERS,
                                   .seed = seed,
                                   .events = 500,
                                   .odd = 5 };
        stage_same(&same);
        assert_true(same.figures.baseline.amounts[MEASURE_REVERSED] > 0);
        assert_true(same.figures.baseline.amounts[MEASURE_VOUCHERS_REDEEMED] >
                    0);
        assert_true(same.figures.rule_count > 5);
    }
}

RUN(cmocka_unit_test(limits_groups_and_funders))
