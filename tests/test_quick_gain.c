/*
 * test_quick_gain.c - every condition of a rule, and points of every shape,
 * come to what the ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static void
compare(const char *published, const char *candidate)
{
    struct stage_same same = {
        .published = { { "2000-01-01", published } },
        .candidate = candidate,
        .seed = 81,
        .events = 400,
        .tables = 6,
    };

    stage_same(&same);
    assert_true(same.figures.baseline.amounts[MEASURE_ISSUED] > 0);
    assert_true(same.figures.candidate.amounts[MEASURE_ISSUED] > 0);
}

TEST(conditions_hold_where_they_do)
{
    compare("earn: [{id: a, per: 1.00, points: 1, when: {weekdays: [mon, sat], "
            "min_total: 15.00}}, {id: b, multiply: 1.5, when: {hours: "
            "\"08:00-17:00\"}}, {id: c, multiply: 3, when: {dates: {from: "
            "2025-02-01, to: 2025-08-09}, hours: \"20:00-09:00\"}}]\n",
            "earn: [{id: a, per: 1.00, points: 1, when: {stores: [5, 10-11]}}, "
            "{id: b, points: 11, when: {inactive_days: 10, first_purchase: "
            "false}}, {id: c, points: 5, when: {home_store: false, partners: "
            "[cafe]}}, {id: d, points: 9, when: {consents: [email]}}]\n");
}

TEST(points_of_every_shape)
{
    compare("earn: [{id: a, per: 0.01, points: 7}, {id: b, per: 0.03, points: "
            "1, max_points: 500}, {id: c, per: item, points: 20}, {id: d, "
            "points: 3}, {id: e, per: 77.77, points: 1000000}]\n",
            "earn: [{id: a, per: 3.00, points: 1}, {id: b, of: a, multiply: "
            "1.001}, {id: c, of: a, multiply: 1000}, {id: d, per: 100.00, "
            "points: 1}, {id: e, per: 0.03, points: 1000000}]\n"
            "only: {categories: [garden, coffee]}\n");
}

RUN(cmocka_unit_test(conditions_hold_where_they_do),
    cmocka_unit_test(points_of_every_shape))
