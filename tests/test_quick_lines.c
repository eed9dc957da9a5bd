/*
 * test_quick_lines.c - what rules that ask for goods or items make of receipts
 * of several lines is what the ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static const char GOODS[] =
    "excluded: {categories: [tobacco]}\n"
    "earn: [{id: base, per: 1.00, points: 1}, {id: coffee, when: {categories: "
    "[coffee]}, multiply: 3}, {id: beans, when: {categories: [coffee.beans, "
    "garden.tools]}, points: 11}, {id: item, when: {categories: [garden]}, "
    "per: item, points: 4, max_points: 9}, {id: any, per: item, points: 1}, "
    "{id: big, when: {min_total: 20.00, categories: [garden]}, per: 0.50, "
    "points: 3}]\n";
/* The rule that tiers multiply asks for goods, and so do limits, groups and
 * cards. */
static const char SPECIAL[] =
    "only: {categories: [coffee, garden]}\n"
    "rewards: [{id: cup, value: 3.50, valid_days: 60}]\n"
    "earn: [{id: base, per: 1.00, points: 1, when: {categories: [coffee]}, "
    "limit: {times: 3, per: month}}, {id: more, when: {categories: [garden, "
    "coffee.beans]}, multiply: 2.5}, {id: a, per: item, points: 2, best_of: "
    "x}, {id: b, when: {categories: [garden.tools]}, per: 0.30, points: 1, "
    "best_of: x}, {id: c, when: {categories: [garden]}, reward: cup, limit: "
    "{times: 2, per: month}}, {id: fund, when: {categories: [garden]}, per: "
    "2.00, points: 1, funder: cafe}]\n"
    "stamps: [{id: each, when: {categories: [coffee]}, per: item, need: 5, "
    "points: 8}, {id: one, when: {categories: [garden]}, per: receipt, need: "
    "3, reward: cup}]\n"
    "monthly_bonus: {steps: [{from: 50.00, percent: 1}]}\n"
    "tiers: {window: 3 months, valid_for: 2 months, levels: [{id: basic, "
    "multiply: 1.2}, {id: gold, from: 80.00, multiply: 2.25}]}\n";
static const char SKUS[] =
    "excluded: {skus: [\"4006381333931\"]}\n"
    "earn: [{id: base, per: 1.00, points: 1}, {id: dig, when: {skus: "
    "[spade]}, multiply: 2}]\n";
static const char OTHER_SKUS[] =
    "excluded: {skus: [\"7\"]}\n"
    "earn: [{id: base, per: 1.00, points: 1}, {id: dig, when: {skus: "
    "[shovel]}, multiply: 2}]\n"
    "stamps: [{id: s, when: {skus: [shovel]}, per: item, need: 2, points: 1}]"
    "\n";

static void
compare(const char *published, const char *later, const char *candidate,
        uint32_t tables)
{
    for (uint64_t seed = 101; seed < 104; seed++) {
        struct stage_same same = {
            .published = { { "2000-01-01", published },
                           { "2025-07-10", later } },
            .candidate = candidate,
            .seed = seed,
            .events = 400,
            .tables = tables,
        };
        stage_same(&same);
        assert_true(same.figures.baseline.amounts[MEASURE_ISSUED] > 0);
        assert_true(same.figures.candidate.amounts[MEASURE_ISSUED] > 0);
    }
}

TEST(points_of_lines)
{
    compare(GOODS, GOODS, SPECIAL, 6);
    compare(SPECIAL, GOODS, GOODS, 6);
}

/* Accounts that have such a sku are left to the ordinary fold. */
TEST(skus_that_rules_name)
{
    compare(SKUS, GOODS, GOODS, 0);
    compare(OTHER_SKUS, SPECIAL, OTHER_SKUS, 6);
}

RUN(cmocka_unit_test(points_of_lines), cmocka_unit_test(skus_that_rules_name))
