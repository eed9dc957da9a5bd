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

static int
compare(const void *item, const void *key)
{
    const int *a = item, *b = key;

    return (*a > *b) - (*a < *b);
}

/* Of each number: where it first is, or would have to stand. */
TEST(the_place_of_a_key_is_before_all_that_are_not_less)
{
    static const int ITEMS[] = { 2, 4, 4, 4, 9 };
    static const uint32_t PLACES[] = { 0, 0, 0, 1, 1, 4, 4, 4, 4, 4, 5 };

    for (int key = 0; key <= 10; key++)
        assert_int_equal(LIST_PLACE(ITEMS, COUNT_OF(ITEMS), &key, compare),
                         PLACES[key]);
    int key = 7;
    assert_int_equal(LIST_PLACE(ITEMS, 0, &key, compare), 0);
}

RUN(cmocka_unit_test(items_keep_their_order_through_growth),
    cmocka_unit_test(the_place_of_a_key_is_before_all_that_are_not_less))
