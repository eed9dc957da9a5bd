/*
 * test_quick_clock.c - bonuses and absences come to what the ordinary fold
 * says, also where a version takes effect at their midnight
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#include <string.h>

static void
compare(const char *published, const char *candidate)
{
    struct stage_same same = {
        .published = { { "2000-01-01", published } },
        .candidate = candidate,
        .seed = 22,
        .events = 300,
        .tables = 6,
    };

    stage_same(&same);
    assert_true(same.figures.candidate.amounts[MEASURE_ISSUED] > 0);
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

/* Points for May, at the midnight of June, are given by the version before at
 * its price, and cost what the new one says that a point is worth. */
TEST(versions_change_at_the_midnight_of_a_bonus)
{
    static const char FIRST[] =
        "points: {value: 0.01}\n"
        "earn: [{id: w, on: inactive, after_days: 4, points: 7, reward: cup}]\n"
        "rewards: [{id: cup, value: 3.50, valid_days: 9}]\n"
        "monthly_bonus: {steps: [{from: 1.00, percent: 5}]}\n";
    static const char SECOND[] =
        "program: Second\ncurrency: EUR\ntimezone: Europe/Helsinki\n"
        "points: {value: 0.03}\n"
        "partners: [{id: cafe, stores: [10-12, 30], issue_price: 0.5, "
        "redeem_price: 0.2}]\n"
        "earn: [{id: w, on: inactive, after_days: 30, points: 2}]\n"
        "monthly_bonus: {steps: [{from: 1.00, percent: 9}]}\n";
    struct stage_same same = {
        .published = { { "2025-01-20", FIRST },
                       { "2025-06-01", SECOND },
                       { "2025-09-14", FIRST } },
        .candidate = FIRST,
        .events = 500,
        .tables = 6,
    };

    for (same.seed = 41; same.seed < 44; same.seed++)
        stage_same(&same);
}

/* Points end with the months of inactivity, those of earlier versions, too;
 * where these are past when a version takes effect, then. */
TEST(points_of_the_inactive_are_gone)
{
    static const char LONG[] =
        "points: {expire_inactive_months: 6}\n"
        "earn: [{id: base, per: 1.00, points: 1}, {id: w, on: inactive, "
        "after_days: 25, points: 2}]\n"
        "monthly_bonus: {steps: [{from: 1.00, percent: 5}]}\n";
    static const char SHORT[] = "points: {expire_inactive_months: 1, "
                                "pending_days: 40}\n"
                                "earn: [{id: base, per: 0.30, points: 1}]\n";
    static const char DATED[] = "points: {expire_months: 2}\n"
                                "earn: [{id: base, per: 1.00, points: 1}]\n";
    static const struct stage_version ONCE[STAGE_VERSIONS_MAX] = {
        { "2025-01-20", LONG },
        { "2025-08-10", SHORT },
    };
    static const struct stage_version OFTEN[STAGE_VERSIONS_MAX] = {
        { "2025-01-20", LONG },
        { "2025-05-15", SHORT },
        { "2025-07-01", DATED },
        { "2025-09-14", SHORT },
    };
    struct stage_same same = { .candidate = SHORT, .tables = 6 };

    /* Few events, so that accounts have time to be idle. */
    for (same.seed = 51; same.seed < 57; same.seed++) {
        memcpy(same.published, same.seed % 2 == 0 ? ONCE : OFTEN, sizeof ONCE);
        same.events = 40 + 20 * (uint32_t)(same.seed % 3);
        stage_same(&same);
    }
    assert_true(same.figures.candidate.amounts[MEASURE_EXPIRED] > 0);
    assert_true(same.figures.baseline.amounts[MEASURE_EXPIRED] > 0);
}

RUN(cmocka_unit_test(the_clock_gives_and_takes),
    cmocka_unit_test(versions_change_at_the_midnight_of_a_bonus),
    cmocka_unit_test(points_of_the_inactive_are_gone))
