/*
 * test_simulate.c - a replay of what is published shows no difference; any
 * number of threads tells the same bytes; it can be stopped
 */
#include "tests/unit.h"

#include "tests/stage.h"

#include <string.h>

TEST(what_is_published_makes_no_difference)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 3, 300, 10);
    stage_merge(&shop);
    stage_run(&shop, &stage);
    const struct comparison *comparison = &stage.comparison;
    assert_true(comparison->baseline.amounts[MEASURE_ISSUED] > 0);
    assert_memory_equal(comparison->baseline.amounts,
                        comparison->candidate.amounts,
                        sizeof comparison->baseline.amounts);
    assert_int_equal(comparison->outcome->same, stage.simulation.account_count);
    assert_int_equal(comparison->outcome->tier_up, 0);
    for (uint32_t i = 0; i < comparison->partner_count; i++)
        assert_int_equal(comparison->partners[i].baseline,
                         comparison->partners[i].candidate);
    shop_close(&shop);
}

TEST(threads_tell_the_same_bytes)
{
    static const uint32_t THREADS[] = { 2, 3, 7 };
    struct shop shop;
    struct stage one = { .candidate = stage_other_rules };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 4, 300, 20);
    stage_merge(&shop);
    stage_run(&shop, &one);
    view expected = stage_json(&shop, &one);
    for (uint32_t i = 0; i < COUNT_OF(THREADS); i++) {
        struct stage many = { .candidate = stage_other_rules,
                              .options = { .thread_count = THREADS[i] } };
        stage_run(&shop, &many);
        assert_true(view_equal(stage_json(&shop, &many), expected));
    }
    shop_close(&shop);
}

static bool
stop(void *context, const struct simulate_progress *progress)
{
    (void)progress;
    ++*(uint32_t *)context;
    return false;
}

TEST(it_can_be_stopped)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };
    struct complaint complaint = { "" };
    uint32_t asked = 0;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 5, 20, 0);
    stage_run(&shop, &stage);
    stage.options.progress = stop;
    stage.options.context = &asked;
    assert_int_equal(simulate(shop.ledger, &stage.options, &shop.arena,
                              &stage.simulation, &complaint),
                     ERR_BUSY);
    assert_int_equal(asked, 1);
    assert_string_equal(complaint.text,
                        "interrupted; nothing is changed or written");
    shop_close(&shop);
}

RUN(cmocka_unit_test(what_is_published_makes_no_difference),
    cmocka_unit_test(threads_tell_the_same_bytes),
    cmocka_unit_test(it_can_be_stopped))
