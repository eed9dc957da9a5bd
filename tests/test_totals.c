/*
 * test_totals.c - totals are sums: the order of booking and the parts in which
 * it was done leave no trace
 */
#include "tests/unit.h"

#include "core/totals.h"

static struct arena arena;

static void
book(struct totals *totals, int32_t month, enum measure measure,
     struct effect effect)
{
    struct effect_list list = { .arena = &arena };
    struct effect *added = effect_add(&list, measure);

    effect.measure = measure;
    *added = effect;
    totals_add(totals, month, &list);
}

static struct effect
at(int32_t partner, uint32_t store, int64_t amount, int64_t cost)
{
    return (struct effect) {
        .partner = partner, .store = store, .amount = amount, .money = { cost }
    };
}

TEST(amounts_and_money_are_summed_by_month_partner_and_store)
{
    struct totals *totals = totals_open(&arena);
    uint32_t count;

    book(totals, 7, MEASURE_ISSUED, at(2, 10, 5, 50));
    book(totals, 7, MEASURE_REVERSED, at(2, 10, 2, -20));
    book(totals, 7, MEASURE_REDEEMED, at(1, 10, 3, 27));
    book(totals, 6, MEASURE_ISSUED, at(2, 10, 1, 10));
    const struct totals_row *rows = totals_rows(totals, &count);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].month, 6);
    assert_int_equal(rows[1].partner, 1);
    assert_int_equal(rows[1].figures[FIGURE_REDEEM_CREDIT - 1].value, 27);
    assert_int_equal(rows[2].amounts[MEASURE_ISSUED], 5);
    assert_int_equal(rows[2].amounts[MEASURE_REVERSED], 2);
    assert_int_equal(rows[2].figures[FIGURE_ISSUE_COST - 1].value, 30);
}

TEST(the_clearing_matrix_is_net_and_keeps_what_cancels_out)
{
    struct totals *totals = totals_open(&arena);
    struct effect effect = { .partner = 3, .other = 1, .amount = 40 };
    uint32_t count;

    book(totals, 7, MEASURE_CLEARING, effect);
    effect.amount = -40;
    book(totals, 7, MEASURE_CLEARING, effect);
    const struct totals_pair *pairs = totals_pairs(totals, &count);
    assert_int_equal(count, 1);
    assert_int_equal(pairs[0].issuer, 3);
    assert_int_equal(pairs[0].acceptor, 1);
    assert_int_equal(pairs[0].points, 0);
    totals_rows(totals, &count);
    assert_int_equal(count, 0);
}

/* More rows than the first index has places, in two halves and backwards. */
TEST(parts_merged_in_any_order_are_the_whole)
{
    struct totals *whole = totals_open(&arena);
    struct totals *odd = totals_open(&arena);
    struct totals *even = totals_open(&arena);
    uint32_t count, merged_count;

    for (int32_t i = 0; i < 3000; i++)
        book(whole, i % 13, MEASURE_SALES, at(i % 7, (uint32_t)i % 101, i, 0));
    for (int32_t i = 2999; i >= 0; i--)
        book(i % 2 ? odd : even, i % 13, MEASURE_SALES,
             at(i % 7, (uint32_t)i % 101, i, 0));
    totals_merge(odd, even);
    const struct totals_row *a = totals_rows(whole, &count);
    const struct totals_row *b = totals_rows(odd, &merged_count);
    assert_int_equal(count, merged_count);
    assert_true(count > 2000);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(a[i].month, b[i].month);
        assert_int_equal(a[i].partner, b[i].partner);
        assert_int_equal(a[i].store, b[i].store);
        assert_int_equal(a[i].amounts[MEASURE_SALES],
                         b[i].amounts[MEASURE_SALES]);
    }
    assert_true(totals_equal(whole, odd));
    assert_false(totals_equal(whole, even));
}

/* What is taken back leaves no row; an effect and its opposite leave one. */
TEST(taking_back_is_as_if_it_had_never_been)
{
    struct totals *totals = totals_open(&arena);
    struct effect_list list = { .arena = &arena };
    struct effect *effect = effect_add(&list, MEASURE_ISSUED);
    uint32_t count;

    effect->partner = 2;
    effect->store = 10;
    effect->amount = 5;
    effect->money = (micro) { 50 };
    totals_take(totals, 7, &list);
    const struct totals_row *rows = totals_rows(totals, &count);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].figures[FIGURE_ISSUE_COST - 1].value, -50);
    totals_add(totals, 7, &list);
    totals_rows(totals, &count);
    assert_int_equal(count, 0);
    totals_add(totals, 7, &list);
    effect->amount = -5;
    effect->money = (micro) { -50 };
    totals_add(totals, 7, &list);
    rows = totals_rows(totals, &count);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].effects, 2);
    assert_int_equal(rows[0].amounts[MEASURE_ISSUED], 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            amounts_and_money_are_summed_by_month_partner_and_store),
        cmocka_unit_test(the_clearing_matrix_is_net_and_keeps_what_cancels_out),
        cmocka_unit_test(taking_back_is_as_if_it_had_never_been),
        cmocka_unit_test(parts_merged_in_any_order_are_the_whole),
    };

    if (!arena_open(&arena, (size_t)1 << 30))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
