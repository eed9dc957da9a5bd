/*
 * test_base.c - views compare as bytes, arenas hand out zeroed memory and
 * scratch copies give it back
 */
#include "tests/unit.h"

#include "core/base.h"

#include <string.h>

TEST(views_compare_by_bytes_and_a_prefix_comes_first)
{
    assert_true(view_compare(view_of("a"), view_of("b")) < 0);
    assert_true(view_compare(view_of("ab"), view_of("a")) > 0);
    assert_true(view_compare(view_of("\xff"), view_of("a")) > 0);
    assert_int_equal(view_compare(view_of("same"), view_of("same")), 0);
    assert_int_equal(view_compare((view) { 0 }, view_of("")), 0);
    assert_true(view_equal((view) { 0 }, view_of("")));
    assert_false(view_equal(view_of("a"), view_of("b")));
}

TEST(an_arena_hands_out_zeroed_aligned_memory)
{
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    for (int round = 0; round < 3; round++) {
        uint8_t *first = arena_take(&arena, 3);
        uint8_t *second = ARENA_NEW(&arena, uint8_t, 1 << 22);
        assert_int_equal((uintptr_t)second % 16, 0);
        assert_int_equal(first[0] | first[2] | second[1 << 21], 0);
        memset(first, 0xff, 3);
        memset(second, 0xff, 1 << 22);
        arena_reset(&arena);
    }
    arena_close(&arena);
    arena_close(&arena);
}

static void *
take_from_scratch(struct arena scratch)
{
    return arena_take(&scratch, 100);
}

TEST(scratch_passed_by_value_is_free_after_the_call)
{
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 20));
    void *in_call = take_from_scratch(arena);
    assert_ptr_equal(arena_take(&arena, 100), in_call);
    arena_close(&arena);
}

TEST(a_copy_outlives_what_it_was_copied_from)
{
    struct arena arena;
    char word[] = "leima";

    assert_true(arena_open(&arena, 1 << 20));
    view copy = arena_copy(&arena, view_of(word));
    memset(word, 'x', 5);
    assert_true(view_equal(copy, view_of("leima")));
    assert_int_equal(arena_copy(&arena, (view) { 0 }).size, 0);
    arena_close(&arena);
}

RUN(cmocka_unit_test(views_compare_by_bytes_and_a_prefix_comes_first),
    cmocka_unit_test(an_arena_hands_out_zeroed_aligned_memory),
    cmocka_unit_test(scratch_passed_by_value_is_free_after_the_call),
    cmocka_unit_test(a_copy_outlives_what_it_was_copied_from))
