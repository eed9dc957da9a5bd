/*
 * test_quick_book.c - lots of several issuers, waiting and expiring, debt and
 * what it costs come to what the ordinary fold says
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
    stage_fill(&shop, 21, 300, 0);
    stage_merge(&shop);
    stage_run(&shop, &quick);
    stage_run(&shop, &slow);
    assert_true(quick.simulation.table_count > 5);
    assert_true(quick.comparison.candidate.amounts[MEASURE_OVERDRAWN] > 0);
    assert_true(
        view_equal(stage_json(&shop, &quick), stage_json(&shop, &slow)));
    shop_close(&shop);
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

RUN(cmocka_unit_test(lots_are_used_in_their_order))
