/*
 * test_rulebook.c - which versions have a table; what the masks say
 */
#include "tests/unit.h"

#include "replay/rulebook.h"
#include "tests/shop.h"
#include "tests/stage_rules.h"

#include <stdio.h>

static struct rulebook *
table_of(struct shop *shop, const char *rules, struct words *words)
{
    struct almanac *days = ARENA_NEW(&shop->arena, struct almanac, 1);
    struct basket *basket = ARENA_NEW(&shop->arena, struct basket, 1);
    const struct timeline *timeline = stage_rules_compile(
        shop->ledger, shop_program(shop, rules), &shop->arena);

    almanac_open(days, &timeline->zone, &shop->arena);
    return rulebook_make(timeline, &timeline->versions[0], days, words, basket,
                         &shop->arena);
}

static uint64_t
mask_of(struct rulebook *table, int32_t year, int32_t month, int32_t day)
{
    return rulebook_day(table, calendar_day((civil) { year, month, day }) -
                                   table->days->first)
        ->mask;
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
        "  {id: week, when: {weekdays: [sun], dates: {from: "
        "2025-06-01, to: 2025-06-14}}, multiply: 2},\n"
        "  {id: cof, when: {categories: [coffee], tiers: [gold]}, points: 3}]\n"
        "tiers: {window: year, valid_for: 1 months, levels: [{id: basic}, "
        "{id: gold, from: 1.00}]}\n",
        &words);
    assert_non_null(table);
    assert_int_equal(mask_of(table, 2025, 6, 1), 7); /* a Sunday */
    assert_int_equal(mask_of(table, 2025, 6, 7), 5);
    assert_int_equal(mask_of(table, 2025, 6, 8), 7);
    assert_int_equal(mask_of(table, 2025, 6, 15), 5);
    assert_int_equal(table->goods[coffee], 7);
    assert_int_equal(table->goods[WORDS_NONE], 3);
    assert_int_equal(table->goods[tobacco], 0);
    assert_int_equal(table->eligible[tobacco], 0);
    assert_int_equal(table->eligible[coffee], UINT32_MAX);
    assert_int_equal(table->level[0 + 1], 3);
    assert_int_equal(table->level[1 + 1], 7);
    assert_int_equal(table->check_count, 0);
    assert_true(table->asks_level && !table->asks_past && !table->asks_gap);
    rulebook_close(table);
    words_close(&words);
    shop_close(&shop);
}

TEST(points_of_the_inactive_end_by_month)
{
    struct shop shop;
    struct words words = { .seed = 1 };
    enum { JUNE = 2025 * 12 + 5 - ALMANAC_MONTH_FIRST };

    shop_open(&shop);
    struct rulebook *table =
        table_of(&shop, "points: {expire_inactive_months: 3}\n", &words);
    assert_non_null(table);
    assert_false(table->simple);
    for (int again = 0; again < 2; again++)
        assert_int_equal(rulebook_idle_at(table, JUNE),
                         table->days->month_begins_ms[JUNE + 4]);
    rulebook_close(table);
    table = table_of(&shop, "points: {expire_months: 3}\n", &words);
    assert_non_null(table);
    assert_int_equal(rulebook_idle_at(table, JUNE), TERMS_NEVER);
    rulebook_close(table);
    shop_close(&shop);
}

TEST(more_rules_than_bits_have_no_table)
{
    char rules[8192];
    struct shop shop;
    struct words words = { .seed = 1 };
    int at = snprintf(rules, sizeof rules, "earn:\n");

    for (int i = 0; i <= RULEBOOK_BITS; i++)
        at += snprintf(rules + at, sizeof rules - (size_t)at,
                       "  - {id: r%d, per: 1.00, points: 1}\n", i);
    shop_open(&shop);
    assert_null(table_of(&shop, rules, &words));
    shop_close(&shop);
}

RUN(cmocka_unit_test(masks_say_where_rules_hold),
    cmocka_unit_test(points_of_the_inactive_end_by_month),
    cmocka_unit_test(more_rules_than_bits_have_no_table))
