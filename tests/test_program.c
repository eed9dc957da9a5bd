/*
 * test_program.c - finding things in a program: stores in ranges, categories
 * below a dot, entries by id
 */
#include "tests/unit.h"

#include "core/program.h"

static const struct store_range RANGES[] = { { 1, 2 }, { 10, 19 }, { 30, 30 } };

TEST(a_store_is_in_its_ranges_only)
{
    const struct store_set set = { RANGES, COUNT_OF(RANGES) };
    const struct store_set none = { 0 };
    const uint32_t in[] = { 1, 2, 10, 15, 19, 30 };
    const uint32_t out[] = { 3, 9, 20, 29, 31, INT32_MAX };

    for (uint32_t i = 0; i < COUNT_OF(in); i++)
        assert_true(store_set_has(&set, in[i]));
    for (uint32_t i = 0; i < COUNT_OF(out); i++)
        assert_false(store_set_has(&set, out[i]));
    assert_false(store_set_has(&none, 1));
}

TEST(a_category_covers_what_stands_below_it_at_a_dot)
{
    const view names[] = { view_of("garden"), view_of("coffee.beans") };
    const struct name_list list = { names, COUNT_OF(names) };

    assert_true(name_list_covers(&list, view_of("garden")));
    assert_true(name_list_covers(&list, view_of("garden.furniture")));
    assert_true(name_list_covers(&list, view_of("coffee.beans.dark")));
    assert_false(name_list_covers(&list, view_of("gardening")));
    assert_false(name_list_covers(&list, view_of("coffee")));
    assert_false(name_list_covers(&list, view_of("")));
    assert_true(name_list_has(&list, view_of("garden")));
    assert_false(name_list_has(&list, view_of("garden.furniture")));
}

TEST(entries_are_found_by_id)
{
    const struct program_reward rewards[] = { { .id = view_of("cup") },
                                              { .id = view_of("bun") } };
    const struct stamp_card stamps[] = { { .id = view_of("lunch") } };
    const struct program program = { .rewards = rewards,
                                     .reward_count = 2,
                                     .stamps = stamps,
                                     .stamp_count = 1 };

    assert_int_equal(program_find_reward(&program, view_of("bun")), 1);
    assert_int_equal(program_find_reward(&program, view_of("b")), PROGRAM_NONE);
    assert_int_equal(program_find_stamp(&program, view_of("lunch")), 0);
    assert_int_equal(program_find_stamp(&program, view_of("bun")),
                     PROGRAM_NONE);
}

TEST(every_condition_has_a_name)
{
    assert_string_equal(condition_name(CONDITION_WEEKDAYS), "weekdays");
    assert_string_equal(condition_name(CONDITION_CONSENTS), "consents");
}

RUN(cmocka_unit_test(a_store_is_in_its_ranges_only),
    cmocka_unit_test(a_category_covers_what_stands_below_it_at_a_dot),
    cmocka_unit_test(entries_are_found_by_id),
    cmocka_unit_test(every_condition_has_a_name))
