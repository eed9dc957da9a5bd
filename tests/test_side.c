/*
 * test_side.c - two halves of the accounts, merged, are the whole
 */
#include "tests/unit.h"

#include "replay/side.h"
#include "tests/stage.h"

TEST(halves_add_up)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };
    struct side sum;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 8, 100, 8);
    stage_run(&shop, &stage);
    const struct side *side = &stage.simulation.sides[1];
    side_open(&sum, side->timeline, &stage.options.span, &shop.arena);
    side_merge(&sum, side);
    side_merge(&sum, side);
    side_sort_months(&sum);
    assert_true(side->outstanding.value > 0);
    assert_int_equal(sum.outstanding.value, 2 * side->outstanding.value);
    assert_int_equal(sum.debt.value, 2 * side->debt.value);
    assert_int_equal((int64_t)sum.voucher_value.value,
                     2 * (int64_t)side->voucher_value.value);
    assert_int_equal(sum.months.count, side->months.count);
    for (uint32_t i = 0; i < sum.months.count; i++) {
        assert_true(i == 0 ||
                    sum.months.items[i - 1].month < sum.months.items[i].month);
        assert_true(sum.months.items[i].accrual.value ==
                    2 * side->months.items[i].accrual.value);
    }
    shop_close(&shop);
}

RUN(cmocka_unit_test(halves_add_up))
