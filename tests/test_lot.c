/*
 * test_lot.c - lots stand in the order in which they are consumed, and equal
 * keys are one lot
 */
#include "core/lot.h"

#include "tests/unit.h"

static struct arena arena;

static struct lot_list
lots_of(const struct lot *lots, uint32_t count)
{
    struct lot_list list = { 0 };

    for (uint32_t i = 0; i < count; i++)
        lot_add(&list, lots[i].key, lots[i].left, &arena);
    return list;
}

TEST(order_is_expiry_then_availability_then_partner)
{
    assert_true(arena_open(&arena, 1 << 20));
    const struct lot lots[] = {
        { { 0, TERMS_NEVER, 1 }, { 1 } },   { { 50, 200, 1 }, { 2 } },
        { { 0, 200, 2 }, { 3 } },           { { 0, 200, 1 }, { 4 } },
        { { 900, TERMS_NEVER, 0 }, { 5 } }, { { 0, 100, 7 }, { 6 } },
    };
    struct lot_list list = lots_of(lots, COUNT_OF(lots));
    const int64_t expected[] = { 6, 4, 3, 2, 1, 5 };

    assert_int_equal(list.count, COUNT_OF(expected));
    for (uint32_t i = 0; i < list.count; i++)
        assert_int_equal(list.items[i].left.value, expected[i]);
    arena_close(&arena);
}

TEST(equal_keys_are_one_lot_and_an_empty_one_goes)
{
    assert_true(arena_open(&arena, 1 << 20));
    const struct lot lots[] = {
        { { 0, 100, 1 }, { 5 } },
        { { 0, 100, 1 }, { 7 } },
        { { 0, 100, 2 }, { 1 } },
        { { 0, 100, 3 }, { 0 } },
    };
    struct lot_list list = lots_of(lots, COUNT_OF(lots));

    assert_int_equal(list.count, 2);
    assert_int_equal(lot_find(&list, &lots[0].key), 0);
    assert_int_equal(lot_find(&list, &lots[3].key), list.count);
    assert_int_equal(lot_take(&list, 0, (points) { 10 }).value, 10);
    assert_int_equal(list.count, 2);
    assert_int_equal(lot_take(&list, 0, (points) { 10 }).value, 2);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].key.partner, 2);
    arena_close(&arena);
}

TEST(available_and_pending_split_at_the_instant)
{
    assert_true(arena_open(&arena, 1 << 20));
    const struct lot lots[] = {
        { { 0, TERMS_NEVER, 1 }, { 1 } },
        { { 100, TERMS_NEVER, 1 }, { 10 } },
        { { 101, TERMS_NEVER, 1 }, { 100 } },
    };
    struct lot_list list = lots_of(lots, COUNT_OF(lots));

    assert_int_equal(lot_available(&list, 99).value, 1);
    assert_int_equal(lot_available(&list, 100).value, 11);
    assert_int_equal(lot_pending(&list, 100).value, 100);
    assert_int_equal(lot_pending(&list, 101).value, 0);
    arena_close(&arena);
}

/* Against a list that is searched from one end to the other. */
TEST(many_lots_keep_their_order_and_their_sum)
{
    enum { COUNT = 500 };
    struct lot_list list = { 0 };
    uint64_t random = 42;
    int64_t sum = 0;

    assert_true(arena_open(&arena, 1 << 24));
    for (int i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const struct lot_key key = {
            .available_at = (int64_t)(random >> 33 & 7),
            .expires_at = (int64_t)(random >> 40 & 15),
            .partner = (int32_t)(random >> 50 & 3),
        };
        lot_add(&list, key, (points) { i }, &arena);
        sum += i;
        if (random >> 60 == 0 && list.count > 0)
            sum -= lot_take(&list, 0, (points) { 100 }).value;
    }
    for (uint32_t i = 1; i < list.count; i++)
        assert_true(lot_compare(&list.items[i - 1].key, &list.items[i].key) <
                    0);
    assert_int_equal(lot_available(&list, 7).value, sum);
    arena_close(&arena);
}

RUN(cmocka_unit_test(order_is_expiry_then_availability_then_partner),
    cmocka_unit_test(equal_keys_are_one_lot_and_an_empty_one_goes),
    cmocka_unit_test(available_and_pending_split_at_the_instant),
    cmocka_unit_test(many_lots_keep_their_order_and_their_sum))
