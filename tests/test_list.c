/*
 * test_list.c - lists grow, open gaps and close them
 */
#include "core/list.h"

#include "tests/unit.h"

struct numbers {
    int *items;
    uint32_t count;
    uint32_t room;
};

TEST(items_keep_their_order_through_growth)
{
    struct arena arena;
    struct numbers list = { 0 };

    assert_true(arena_open(&arena, 1 << 20));
    for (int i = 0; i < 100; i++)
        *LIST_ADD(&arena, &list) = i;
    assert_int_equal(list.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(list.items[i], i);
    *LIST_INSERT(&arena, &list, 0) = -1;
    *LIST_INSERT(&arena, &list, 101) = 100;
    assert_int_equal(*LIST_INSERT(&arena, &list, 51), 0);
    assert_int_equal(list.items[50], 49);
    assert_int_equal(list.items[52], 50);
    LIST_REMOVE(&list, 51);
    LIST_REMOVE(&list, 0);
    LIST_REMOVE(&list, 100);
    assert_int_equal(list.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(list.items[i], i);
    arena_close(&arena);
}

RUN(cmocka_unit_test(items_keep_their_order_through_growth))
