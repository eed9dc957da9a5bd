/*
 * test_effect.c - what effects add up to, and which figure they belong to
 */
#include "core/effect.h"

#include "core/program.h"
#include "tests/unit.h"

TEST(points_are_what_came_in_less_what_went)
{
    struct arena arena;
    struct effect_list effects = { .arena = &arena };

    assert_true(arena_open(&arena, 1 << 20));
    effect_add(&effects, MEASURE_ISSUED)->amount = 100;
    effect_add(&effects, MEASURE_RESTORED)->amount = 40;
    effect_add(&effects, MEASURE_REVERSED)->amount = 7;
    effect_add(&effects, MEASURE_EXPIRED)->amount = 2;
    effect_add(&effects, MEASURE_REDEEMED)->amount = 30;
    effect_add(&effects, MEASURE_OVERDRAWN)->amount = 30;
    struct effect *clearing = effect_add(&effects, MEASURE_CLEARING);
    clearing->amount = 5;
    assert_int_equal(clearing->partner, PROGRAM_NONE);
    effect_add(&effects, MEASURE_ISSUED)->amount = 1;
    assert_int_equal(effect_sum(&effects, MEASURE_ISSUED), 101);
    assert_int_equal(effect_points(&effects).value, 102);
    arena_close(&arena);
}

/* Every measure of a statement has a name; those with money have a figure. */
TEST(measures_have_names_and_figures)
{
    int with_money = 0;

    for (int i = 0; i < MEASURE_COUNT; i++) {
        bool named = effect_measure_name((enum measure)i) != NULL;
        assert_int_equal(named, i < MEASURE_STATEMENT_COUNT);
        with_money += effect_figure((enum measure)i) != FIGURE_NONE;
    }
    assert_int_equal(with_money, 9);
    assert_string_equal(effect_measure_name(MEASURE_PASS_CHARGED),
                        "pass_charged");
    assert_int_equal(effect_figure(MEASURE_RESTORED), FIGURE_REDEEM_CREDIT);
    assert_int_equal(effect_figure(MEASURE_OVERDRAWN), FIGURE_NONE);
}

RUN(cmocka_unit_test(points_are_what_came_in_less_what_went),
    cmocka_unit_test(measures_have_names_and_figures))
