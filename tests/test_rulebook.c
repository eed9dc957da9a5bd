/*
 * test_rulebook.c - division by multiplication is exact; which timelines have
 * a table; what the masks say
 */
#include "tests/unit.h"

#include "replay/rulebook.h"
#include "tests/shop.h"
#include "tests/stage_rules.h"

TEST(division_is_exact)
{
    static const uint64_t DIVISORS[] = { 1,      2,         3,
                                         7,      70,        100,
                                         128,    1000,      99999,
                                         100000, 700000001, UINT64_C(1) << 46 };
    uint64_t seed = 7;

    for (uint32_t i = 0; i < COUNT_OF(DIVISORS); i++) {
        uint64_t divisor = DIVISORS[i];
        uint64_t magic = divisor == 1 ? 0 : UINT64_MAX / divisor + 1;
        for (uint32_t k = 0; k < 20000; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint64_t product = seed >> (11 + k % 50);
            uint64_t near = product / divisor * divisor;
            assert_int_equal(rulebook_divide(product, divisor, magic),
                             product / divisor);
            assert_int_equal(rulebook_divide(near, divisor, magic),
                             near / divisor);
            if (near > 0)
                assert_int_equal(rulebook_divide(near - 1, divisor, magic),
                                 (near - 1) / divisor);
        }
    }
}

static struct rulebook *
table_of(struct shop *shop, const char *rules, struct words *words)
{
    struct plain_days *days = ARENA_NEW(&shop->arena, struct plain_days, 1);
    struct basket *basket = ARENA_NEW(&shop->arena, struct basket, 1);
    const struct timeline *timeline = stage_rules_compile(
        shop->ledger, shop_program(shop, rules), &shop->arena);

    plain_days_open(days, &timeline->zone, &shop->arena);
    return rulebook_make(timeline, days, words, basket, &shop->arena);
}

TEST(masks_say_where_rules_hold)
{
    struct shop shop;
    struct words words = { .seed = 1 };

    shop_open(&shop);
    uint32_t coffee = words_add(&words, view_of("coffee.beans"));
    uint32_t tobacco = words_add(&words, view_of("tobacco"));
    struct rulebook *table = table_of(
        &shop,
        "excluded: {categories: [tobacco]}\n"
        "earn: [{id: base, per: 1.00, points: 1},\n"
        "  {id: week, when: {weekdays: [sun]}, multiply: 2},\n"
        "  {id: cof, when: {categories: [coffee], tiers: [gold]}, points: 3}]\n"
        "tiers: {window: year, valid_for: 1 months, levels: [{id: basic}, "
        "{id: gold, from: 1.00}]}\n",
        &words);
    assert_non_null(table);
    assert_int_equal(table->weekday[6], 7);
    assert_int_equal(table->weekday[5], 5);
    assert_int_equal(table->goods[coffee], 7);
    assert_int_equal(table->goods[WORDS_NONE], 3);
    assert_false(table->eligible[tobacco]);
    assert_true(table->eligible[coffee]);
    assert_int_equal(table->level[0 + 1], 3);
    assert_int_equal(table->level[1 + 1], 7);
    assert_int_equal(table->check_bits, 0);
    rulebook_close(table);
    words_close(&words);
    shop_close(&shop);
}

TEST(idle_expiry_has_no_table)
{
    struct shop shop;
    struct words words = { .seed = 1 };

    shop_open(&shop);
    assert_null(
        table_of(&shop, "points: {expire_inactive_months: 3}\n", &words));
    shop_close(&shop);
}

RUN(cmocka_unit_test(division_is_exact),
    cmocka_unit_test(masks_say_where_rules_hold),
    cmocka_unit_test(idle_expiry_has_no_table))
