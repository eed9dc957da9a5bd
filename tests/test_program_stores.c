/*
 * test_program_stores.c - lists of stores become sets
 */
#include "tests/unit.h"

#include "tests/program_file.h"

TEST(a_store_has_one_partner)
{
    static const struct told CASES[] = {
        { "partners:\n  - {id: a, issue_price: 0, redeem_price: 0, stores: "
          "[1, 10-19]}\n  - {id: b, issue_price: 0, redeem_price: 0, stores: "
          "[2, 19]}\n",
          6, 58, "stores: 19 belongs to partner \"a\" already" },
        { "store_groups: [{id: g, stores: [15-25]}]\npartners:\n  - {id: a, "
          "issue_price: 0, redeem_price: 0, stores: [1, 10-19]}\n  - {id: b, "
          "issue_price: 0, redeem_price: 0, stores: [2, g]}\n",
          7, 58, "stores: 15-19 belong to partner \"a\" already" },
        { "partners:\n  - {id: a, issue_price: 0, redeem_price: 0, stores: "
          "[19-10]}\n",
          5, 55, "stores: the range \"19-10\" begins after its end" },
        { "partners:\n  - {id: a, issue_price: 0, redeem_price: 0, stores: "
          "[0]}\n",
          5, 55,
          "stores: expected a store from 1 to 2147483647, a range such as "
          "10-19, or a store group, found \"0\"" },
        { "partners:\n  - {id: a, issue_price: 0, redeem_price: 0, stores: "
          "[2147483648]}\n",
          5, 55,
          "stores: expected a store from 1 to 2147483647, a range such as "
          "10-19, or a store group, found \"2147483648\"" },
        { "partners:\n  - {id: a, issue_price: 0, redeem_price: 0, stores: "
          "[tuku]}\nstore_groups: [{id: turku, stores: [1]}]\n",
          5, 55,
          "stores: expected an id of store_groups, found \"tuku\"; did you "
          "mean \"turku\"?" },
        { "store_groups: [{id: a, stores: [b]}, {id: b, stores: [a, 1]}]\n", 4,
          55, "stores: the store group \"a\" contains itself" },
        { "store_groups: [{id: a}]\n", 4, 16,
          "missing key \"stores\" in a store group" },
        { "partners:\n  - {id: a, redeem_price: 0}\n", 5, 5,
          "missing key \"issue_price\" in a partner" },
    };

    program_file_assert_told(CASES, COUNT_OF(CASES));
}

static struct store_set
set_of(struct program_file *file)
{
    assert_int_equal(file->err, OK);
    return file->program->earn[0].when.stores;
}

TEST(numbers_ranges_and_groups_are_joined)
{
    struct program_file *file = program_file_of(
        "earn: [{id: a, points: 1, when: {stores: [7, 1-3, outer, 4, 20-20,"
        " 2, 2147483647]}}]\n"
        "store_groups:\n"
        "  - {id: outer, stores: [inner, 9]}\n"
        "  - {id: inner, stores: [30, 21-22, 31]}\n");
    static const struct store_range RANGES[] = {
        { 1, 4 },   { 7, 7 },   { 9, 9 },
        { 20, 22 }, { 30, 31 }, { 2147483647, 2147483647 },
    };
    struct store_set set = set_of(file);

    assert_int_equal(set.count, COUNT_OF(RANGES));
    assert_memory_equal(set.ranges, RANGES, sizeof RANGES);
    program_file_close(file);
}

TEST(a_group_by_itself_shares_its_set)
{
    struct program_file *file =
        program_file_of("store_groups: [{id: g, stores: [5, 3, 4]}]\n"
                        "earn: [{id: a, points: 1, when: {stores: [g]}}]\n");

    assert_int_equal(set_of(file).count, 1);
    assert_ptr_equal(set_of(file).ranges,
                     file->program->store_groups[0].stores.ranges);
    program_file_close(file);
}

TEST(a_mistake_of_a_group_is_told_once)
{
    static const struct told CASES[] = {
        { "store_groups: [{id: g, stores: [5, x]}]\n"
          "partners: [{id: p, issue_price: 0, redeem_price: 0,\n"
          "  stores: [g]}]\n",
          4, 36, "stores: expected an id of store_groups, found \"x\"" },
        { "partners: [{id: p, issue_price: 0, redeem_price: 0,\n"
          "  stores: [h, g]}]\n"
          "store_groups: [{id: g}, {id: h, stores: 5}]\n",
          6, 16, "missing key \"stores\" in a store group" },
    };

    program_file_assert_told(CASES, 1);
    struct program_file *file = program_file_of(CASES[1].rest);
    assert_int_equal(file->mistakes.total, 2);
    assert_string_equal(file->mistakes.list[0].text, CASES[1].text);
    program_file_close(file);
}

TEST(what_groups_come_to_is_bounded)
{
    enum { STORES = 5000, PARTNERS = 200 };
    struct text text = { 0 };

    text_string(&text, "store_groups:\n  - {id: a, stores: [1]}\n"
                       "  - id: g\n    stores: [1");
    for (uint32_t i = 1; i < STORES; i++)
        text_format(&text, ",%u", 1 + 2 * i);
    text_string(&text, "]\nearn:\n");
    for (uint32_t i = 0; i < PARTNERS; i++)
        text_format(&text, "  - {id: r%u, points: 1, when: {stores: [g, a]}}\n",
                    i);
    text_char(&text, '\0');
    struct program_file *file = program_file_of((const char *)text.bytes);
    assert_int_equal(file->err, ERR_INPUT);
    assert_string_equal(
        file->mistakes.list[0].text,
        "stores: store groups come to more than 524288 ranges in all");
    assert_true(file->mistakes.total < PARTNERS);
    program_file_close(file);
    text_close(&text);
}

RUN(cmocka_unit_test(a_store_has_one_partner),
    cmocka_unit_test(numbers_ranges_and_groups_are_joined),
    cmocka_unit_test(a_group_by_itself_shares_its_set),
    cmocka_unit_test(a_mistake_of_a_group_is_told_once),
    cmocka_unit_test(what_groups_come_to_is_bounded))
