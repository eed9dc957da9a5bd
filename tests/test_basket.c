/*
 * test_basket.c - which lines of a receipt count, and what they come to
 */
#include "core/basket.h"

#include "tests/till.h"
#include "tests/unit.h"

static const struct program SMOKELESS = {
    PARTNERS,
    ENDLESS,
    .excluded.categories = { LIST(view, NAME("tobacco")) },
};

static struct till *
fill(const struct program *program, const struct event_line *lines,
     uint32_t count)
{
    struct till *till = till_open(program);

    till_set_lines(till, lines, count);
    basket_fill(&till->basket, till->input.version, &till->event, NULL);
    return till;
}

TEST(only_lines_above_zero_that_nobody_excludes_are_eligible)
{
    const struct program only = {
        PARTNERS,
        ENDLESS,
        .excluded = { .categories = { LIST(view, NAME("a.x")) },
                      .skus = { LIST(view, NAME("bad")) } },
        .only = { .categories = { LIST(view, NAME("a")) },
                  .skus = { LIST(view, NAME("good")) } },
    };
    struct till *till = fill(
        &only,
        LIST(
            struct event_line, LINE("a", 1), LINE("a.b", 10), LINE("ab", 100),
            LINE("a.x.y", 1000), LINE("a", -5), LINE("a", 0),
            { .sku = NAME("good"), .amount = { 10000 }, .qty = 2 },
            { .category = NAME("a"), .sku = NAME("bad"), .amount = { 100000 } },
            { .amount = { 1000000 }, .qty = 1 }));

    assert_int_equal(till->basket.eligible.minor, 10011);
    assert_int_equal(till->basket.qty, 4);

    /* Before the first version every line above 0 is. */
    basket_fill(&till->basket, NULL, &till->event, NULL);
    assert_int_equal(till->basket.eligible.minor, 1111111);
}

TEST(off_is_spread_over_the_lines_before_anything_is_evaluated)
{
    /* Example 18: 23.99, 12.00 and 4.00 of tobacco. */
    struct till *till = till_open(&SMOKELESS);

    till_set_lines(till, LIST(struct event_line, LINE("garden", 3000),
                              LINE("food", 1500), LINE("tobacco", 500),
                              LINE("deposit", -40)));
    till->event.sale.off = (money) { 1001 };
    till->event.sale.total = (money) { 3959 };
    basket_fill(&till->basket, till->input.version, &till->event, NULL);
    assert_int_equal(till->basket.lines[0].amount.minor, 2399);
    assert_int_equal(till->basket.lines[1].amount.minor, 1200);
    assert_int_equal(till->basket.lines[2].amount.minor, 400);
    assert_int_equal(till->basket.lines[3].amount.minor, -40);
    assert_int_equal(till->basket.eligible.minor, 3599);
    /* A line that is all paid otherwise has nothing to count, no qty either. */
    till->event.sale.off = (money) { 5000 };
    till->event.sale.total = (money) { -40 };
    basket_fill(&till->basket, till->input.version, &till->event, NULL);
    assert_int_equal(till->basket.eligible.minor, 0);
    assert_int_equal(till->basket.qty, 0);
}

TEST(a_receipt_without_lines_is_one_line_of_no_category)
{
    struct till *till = fill(&SMOKELESS, NULL, 0);

    till->event.kind = EVENT_RETURN; /* a blind one is read the same way */
    till->event.sale.total = (money) { 199 };
    basket_fill(&till->basket, till->input.version, &till->event, NULL);
    assert_int_equal(till->basket.count, 1);
    assert_int_equal(till->basket.eligible.minor, 199);
    assert_int_equal(till->basket.qty, 1);
    assert_int_equal(till->basket.lines[0].category.size, 0);
}

TEST(qty_shrinks_with_what_is_left_of_a_line)
{
    struct till *till = fill(
        &SMOKELESS,
        LIST(struct event_line, { .amount = { 2400 }, .qty = 3 },
             { .amount = { 100 }, .qty = 1 },
             { .amount = { 7 }, .qty = 1000000 }, { .amount = { 5 }, .qty = 2 },
             { .amount = { -40 }, .qty = 4 }));
    const money left[] = { { 1599 }, { 99 }, { 6 }, { 5 }, { -40 } };

    assert_int_equal(till->basket.qty, 1000006);
    basket_fill(&till->basket, till->input.version, &till->event, left);
    assert_int_equal(till->basket.lines[0].qty, 1); /* floor(1.99875) */
    assert_int_equal(till->basket.lines[1].qty, 0);
    assert_int_equal(till->basket.lines[2].qty, 857142);
    assert_int_equal(till->basket.lines[3].qty, 2);
    assert_int_equal(till->basket.eligible.minor, 1709);
    assert_int_equal(till->basket.qty, 857145);
    assert_false(till->basket.lines[4].eligible);
}

/* The same goods by their number, as filters of the version, or by name. */
static void
assert_sums(const struct basket *basket, const struct goods_filter *any,
            const struct goods_filter *coffee, const struct goods_filter *sku,
            const struct goods_filter *both)
{
    assert_int_equal(basket_sum(basket, any, any).amount, 110111);
    assert_int_equal(basket_sum(basket, coffee, coffee).amount, 10011);
    assert_int_equal(basket_sum(basket, coffee, any).qty, 5);
    assert_int_equal(basket_sum(basket, any, sku).amount, 110000);
    assert_int_equal(basket_sum(basket, coffee, sku).amount, 10000);
    assert_int_equal(basket_sum(basket, both, any).amount, 0);
    assert_true(basket_matches(basket, any, true));
    assert_true(basket_matches(basket, coffee, true));
    assert_true(basket_matches(basket, sku, true));
    /* Beans are there, and an x, but no beans that are an x. */
    assert_true(basket_matches(basket, both, false));
    assert_false(basket_matches(basket, both, true));
}

#define COFFEE CATEGORIES(NAME("coffee"))
#define SKU .given = GIVEN(SKUS), .goods.skus = { LIST(view, NAME("x")) }
#define BEANS_X                                                                \
    .given = GIVEN(CATEGORIES) | GIVEN(SKUS),                                  \
    .goods = { .categories = { LIST(view, NAME("coffee.beans")) },             \
               .skus = { LIST(view, NAME("x")) } }

TEST(sums_take_the_lines_that_match_both_conditions)
{
    const struct program program = {
        PARTNERS,
        ENDLESS,
        .excluded.categories = { LIST(view, NAME("tobacco")) },
        .earn_count = 4,
        .earn = (const struct earn_rule[]) { { BASE },
                                             { BASE, .when = { COFFEE } },
                                             { BASE, .when = { SKU } },
                                             { BASE, .when = { BEANS_X } } },
    };
    struct till *till = fill(
        &program,
        LIST(struct event_line, LINE("coffee", 1), LINE("coffee.beans", 10),
             LINE("coffees", 100), LINE("tobacco", 1000),
             { .category = NAME("coffee"),
               .sku = NAME("x"),
               .amount = { 10000 },
               .qty = 3 },
             { .sku = NAME("x"), .amount = { 100000 }, .qty = 1 }));
    const struct goods_filter *filters = till->input.version->goods->earn;
    struct goods_filter named[4];

    assert_sums(&till->basket, &filters[0], &filters[1], &filters[2],
                &filters[3]);
    for (uint32_t i = 0; i < 4; i++)
        named[i] =
            (struct goods_filter) { &program.earn[i].when, GOODS_BY_NAME };
    assert_sums(&till->basket, &named[0], &named[1], &named[2], &named[3]);

    till = fill(&program, LIST(struct event_line, LINE("tobacco", 5)));
    filters = till->input.version->goods->earn;
    assert_false(basket_matches(&till->basket, &filters[0], false));
    assert_int_equal(basket_sum(&till->basket, &filters[0], &filters[0]).qty,
                     0);
}

RUN(cmocka_unit_test(only_lines_above_zero_that_nobody_excludes_are_eligible),
    cmocka_unit_test(off_is_spread_over_the_lines_before_anything_is_evaluated),
    cmocka_unit_test(a_receipt_without_lines_is_one_line_of_no_category),
    cmocka_unit_test(qty_shrinks_with_what_is_left_of_a_line),
    cmocka_unit_test(sums_take_the_lines_that_match_both_conditions))
