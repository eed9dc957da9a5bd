/*
 * test_intern.c - a number for each string, the same one each time, whatever
 * the seed and however often the table grows
 */
#include "core/intern.h"
#include "tests/unit.h"

#include <stdio.h>

enum { MANY = 5000 };

static view
string(uint32_t number, char text[static 16])
{
    snprintf(text, 16, "%u", number * 7);
    return view_of(text);
}

TEST(numbers_go_up_and_stay)
{
    struct arena arena;
    struct intern intern;
    char text[16];

    assert_true(arena_open(&arena, 1 << 24));
    for (uint64_t seed = 0; seed < 3; seed++) {
        intern_open(&intern, seed, &arena);
        for (uint32_t i = 0; i < MANY; i++)
            assert_int_equal(intern_number(&intern, string(i, text)), i);
        for (uint32_t i = MANY; i-- > 0;)
            assert_int_equal(intern_number(&intern, string(i, text)), i);
        assert_int_equal(intern_count(&intern), MANY);
        for (uint32_t i = 0; i < MANY; i++)
            assert_true(view_equal(intern_string(&intern, i), string(i, text)));
    }
    arena_close(&arena);
}

TEST(the_empty_string_is_one_too)
{
    struct arena arena;
    struct intern intern;

    assert_true(arena_open(&arena, 1 << 20));
    intern_open(&intern, 1, &arena);
    assert_int_equal(intern_number(&intern, view_of("a")), 0);
    assert_int_equal(intern_number(&intern, (view) { 0 }), 1);
    assert_int_equal(intern_number(&intern, view_of("")), 1);
    assert_int_equal(intern_string(&intern, 1).size, 0);
    arena_close(&arena);
}

RUN(cmocka_unit_test(numbers_go_up_and_stay),
    cmocka_unit_test(the_empty_string_is_one_too))
