/*
 * test_tally.c - figures under keys: sums are the same in any order, rows come
 * out in the order of their keys
 */
#include "core/tally.h"
#include "tests/unit.h"

TEST(numbers_as_keys_are_in_the_order_of_numbers)
{
    static const uint32_t NUMBERS[] = { 0, 1, 255, 256, 65536, INT32_MAX };
    uint8_t one[TALLY_NUMBER_SIZE], two[TALLY_NUMBER_SIZE];

    for (uint32_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        view key = tally_key_number(NUMBERS[i], one);
        assert_int_equal(tally_key_parse(key), NUMBERS[i]);
        if (i > 0)
            assert_true(
                view_compare(tally_key_number(NUMBERS[i - 1], two), key) < 0);
    }
}

TEST(rows_are_sorted_and_start_at_zero)
{
    struct arena arena;
    struct tally tally;

    assert_true(arena_open(&arena, 1 << 24));
    tally_open(&tally, 5, &arena);
    tally_row(&tally, view_of("b"))->figures[TALLY_SALES] += 5;
    tally_row(&tally, (view) { 0 })->figures[TALLY_SALES] += 1;
    tally_row(&tally, view_of("a"))->figures[TALLY_SALES] -= 3;
    tally_row(&tally, view_of("b"))->figures[TALLY_SALES] += 2;
    const struct tally_row *rows = tally_sorted(&tally, &arena);
    assert_int_equal(tally.rows.count, 3);
    assert_int_equal(rows[0].key.size, 0);
    assert_int_equal(rows[0].figures[TALLY_SALES], 1);
    assert_true(view_equal(rows[1].key, view_of("a")));
    assert_int_equal(rows[1].figures[TALLY_SALES], -3);
    assert_int_equal(rows[2].figures[TALLY_SALES], 7);
    assert_int_equal(rows[2].figures[TALLY_ISSUED], 0);
    arena_close(&arena);
}

TEST(merging_adds_every_figure)
{
    struct arena arena;
    struct tally one, two;

    assert_true(arena_open(&arena, 1 << 24));
    tally_open(&one, 1, &arena);
    tally_open(&two, 2, &arena);
    for (int k = 0; k < TALLY_FIGURES; k++) {
        tally_row(&one, view_of("x"))->figures[k] = k;
        tally_row(&two, view_of("x"))->figures[k] = 100 * k;
        tally_row(&two, view_of("y"))->figures[k] = -k;
    }
    tally_merge(&one, &two);
    assert_int_equal(one.rows.count, 2);
    for (int k = 0; k < TALLY_FIGURES; k++) {
        assert_int_equal(tally_row(&one, view_of("x"))->figures[k], 101 * k);
        assert_int_equal(tally_row(&one, view_of("y"))->figures[k], -k);
    }
    arena_close(&arena);
}

TEST(every_figure_has_a_name_of_its_own)
{
    for (int k = 0; k < TALLY_FIGURES; k++)
        for (int i = 0; i < k; i++)
            assert_string_not_equal(tally_figure_name((enum tally_figure)k),
                                    tally_figure_name((enum tally_figure)i));
    assert_true(tally_figure_is_money(TALLY_REFUNDS));
    assert_false(tally_figure_is_money(TALLY_RETURNS));
}

RUN(cmocka_unit_test(numbers_as_keys_are_in_the_order_of_numbers),
    cmocka_unit_test(rows_are_sorted_and_start_at_zero),
    cmocka_unit_test(merging_adds_every_figure),
    cmocka_unit_test(every_figure_has_a_name_of_its_own))
