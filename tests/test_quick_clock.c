/*
 * test_quick_clock.c - bonuses, absences and levels that end come to what the
 * ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage.h"

static void
compare(const char *published, const char *candidate)
{
    struct shop shop;
    struct stage quick = { .candidate = candidate };
    struct stage slow = { .candidate = candidate,
                          .options = { .fold_only = true } };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", published);
    stage_fill(&shop, 22, 300, 0);
    stage_merge(&shop);
    stage_run(&shop, &quick);
    stage_run(&shop, &slow);
    assert_true(quick.simulation.table_count > 5);
    assert_true(quick.comparison.candidate.amounts[MEASURE_ISSUED] > 0);
    assert_true(
        view_equal(stage_json(&shop, &quick), stage_json(&shop, &slow)));
    shop_close(&shop);
}

TEST(the_clock_gives_and_takes)
{
    compare("monthly_bonus: {steps: [{from: 1.00, percent: 5}]}\n",
            "ends: 2025-06-15\npoints: {expire_months: 1}\n"
            "earn: [{id: base, per: 1.00, points: 1}]\n"
            "monthly_bonus: {steps: [{from: 1.00, percent: 0.333}, {from: "
            "50.00, percent: 7}]}\n");
    compare("earn: [{id: base, per: 1.00, points: 1}, {id: w, on: inactive, "
            "after_days: 1, points: 7}, {id: x, on: inactive, after_days: 9, "
            "points: 5, funder: cafe, limit: {times: 2, per: year}}]\n",
            "earn: [{id: base, per: 1.00, points: 1}, {id: w, on: inactive, "
            "after_days: 9, when: {tiers: [gold]}, points: 7}]\n"
            "tiers: {window: 1 months, valid_for: 1 months, downgrade: "
            "one_level, levels: [{id: basic}, {id: silver, from: 20.00}, {id: "
            "gold, from: 60.00, multiply: 2}]}\n");
}

RUN(cmocka_unit_test(the_clock_gives_and_takes))
