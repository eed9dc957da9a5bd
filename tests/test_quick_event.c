/*
 * test_quick_event.c - limits, groups, funders, rewards, stamp cards and spend
 * rewards, and what of them lasts from version to version, are what the
 * ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#define REWARDS "rewards: [{id: cup, value: 3.50, valid_days: 60}]\n"

static const char LIMITS[] =
    REWARDS "earn: [{id: base, per: 1.00, points: 1, limit: {times: 2, per: "
            "month}}, {id: cup, reward: cup, points: 1, when: {min_total: "
            "50.00}, best_of: a}, {id: more, per: 10.00, points: 1, best_of: "
            "a, funder: cafe}, {id: hello, on: join, points: 9, reward: cup, "
            "when: {partners: [market]}}]\n"
            "stamps: [{id: card, per: receipt, need: 4, reward: cup}, {id: "
            "two, when: {categories: [coffee]}, per: item, need: 3, points: "
            "8}]\n"
            "spend_rewards: [{id: s, spend: 70.00, window: year, reward: cup, "
            "repeat: true}, {id: t, spend: 30.00, points: 5}]\n";
static const char OTHERS[] =
    "rewards: [{id: cup, value: 9.00}]\n"
    "earn: [{id: base, per: 2.00, points: 1, limit: {times: 3, per: month}}, "
    "{id: day, points: 4, limit: {times: 1, per: day}}]\n"
    "stamps: [{id: card, per: receipt, need: 2, reward: cup}]\n"
    "spend_rewards: [{id: s, spend: 20.00, window: ever, points: 6, repeat: "
    "true}, {id: t, spend: 25.00, window: year, points: 3}]\n";
/* A voucher that the last version does not know keeps its value. */
static const char LAST[] =
    "earn: [{id: base, per: 1.00, points: 1}]\n"
    "stamps: [{id: card, per: receipt, need: 3, points: 1}]\n";

static struct comparison
compare(struct stage_same same)
{
    same.events = 500;
    same.tables = 6;
    stage_same(&same);
    return same.figures;
}

TEST(limits_groups_cards_and_spend)
{
    struct comparison figures =
        compare((struct stage_same) { .published = { { "2000-01-01", LIMITS } },
                                      .candidate = OTHERS,
                                      .seed = 91 });

    assert_true(figures.baseline.amounts[MEASURE_VOUCHERS_ISSUED] > 0);
    assert_true(figures.baseline.vouchers_outstanding > 0);
    assert_true(figures.rule_count > 6);
}

TEST(versions_go_on_counting)
{
    struct comparison figures =
        compare((struct stage_same) { .published = { { "2025-02-10", LIMITS },
                                                     { "2025-06-18", OTHERS },
                                                     { "2025-12-01", LAST } },
                                      .candidate = LIMITS,
                                      .seed = 92 });

    assert_true(figures.baseline.vouchers_outstanding > 0);
}

RUN(cmocka_unit_test(limits_groups_cards_and_spend),
    cmocka_unit_test(versions_go_on_counting))
