/*
 * test_quick_book.c - lots of several issuers, waiting and expiring, debt and
 * what it costs come to what the ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static void
compare(const char *published, const char *candidate)
{
    struct stage_same same = {
        .published = { { "2000-01-01", published } },
        .candidate = candidate,
        .seed = 21,
        .events = 300,
        .tables = 6,
    };

    stage_same(&same);
    assert_true(same.figures.candidate.amounts[MEASURE_OVERDRAWN] > 0);
}

TEST(lots_are_used_in_their_order)
{
    compare("earn: [{id: base, per: 1.00, points: 1}]\n",
            "overdraft: {liable: partner}\n"
            "points: {pending_days: 40, expire_months: 1}\n"
            "earn: [{id: a, per: 2.00, points: 1}, {id: b, per: 1.00, "
            "points: 1, funder: cafe, limit: {times: 1, per: week}}]\n");
    compare("points: {expire_months: 1}\n"
            "earn: [{id: base, per: 5.00, points: 1}]\n",
            "points: {release: [03-01, 06-01], expire_dates: [04-30, 07-31]}\n"
            "earn: [{id: a, per: 9.00, points: 1}, {id: b, per: 7.00, "
            "points: 1, funder: market}]\n");
}

/* Lots of a later version end before those that are there. */
TEST(versions_mix_their_lots)
{
    struct stage_same same = {
        .published = { { "2000-01-01", "points: {expire_months: 9}\n"
                                       "earn: [{id: base, per: 2.00, points: "
                                       "1}]\n" },
                       { "2025-04-10", "points: {expire_months: 1, value: "
                                       "0.007}\n"
                                       "earn: [{id: base, per: 2.00, points: "
                                       "3}]\n" },
                       { "2025-07-01", "points: {pending_days: 10}\n"
                                       "earn: [{id: base, per: 2.00, points: "
                                       "1}]\n" } },
        .candidate = "earn: [{id: base, per: 0.01, points: 2}]\n",
        .seed = 23,
        .events = 400,
        .tables = 6,
    };

    stage_same(&same);
    assert_true(same.figures.baseline.amounts[MEASURE_EXPIRED] > 0);
    assert_true(same.figures.baseline.amounts[MEASURE_OVERDRAWN] > 0);
}

RUN(cmocka_unit_test(lots_are_used_in_their_order),
    cmocka_unit_test(versions_mix_their_lots))
