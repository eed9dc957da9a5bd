/*
 * test_marks.c - each marked account comes once, in the order of marking, also
 * those that are marked meanwhile
 */
#include "core/marks.h"

#include "tests/unit.h"

static account_id
member(uint64_t number)
{
    return (account_id) { .member = number };
}

TEST(marks_are_worked_off_in_order)
{
    struct marks marks = { .table.seed = 9 };
    struct mark mark;
    account_id account;
    uint64_t expected[] = { 5, 3, 8, 40 };

    assert_false(marks_has_own(&marks, member(5)));
    assert_int_equal(marks_add(&marks, member(5), false), OK);
    assert_int_equal(marks_add(&marks, member(3), true), OK);
    assert_int_equal(marks_add(&marks, member(8), true), OK);
    assert_int_equal(marks_add_member(&marks, 3), OK);
    assert_int_equal(marks_add_member(&marks, 0), OK);
    assert_false(marks_has_own(&marks, member(5)));
    assert_true(marks_has_own(&marks, member(3)));
    for (uint32_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(marks_next(&marks, &mark));
        assert_true(runs_key_account(runs_key_view(&mark.key), &account));
        assert_int_equal(account.member, expected[i]);
        assert_int_equal(mark.own, i == 1 || i == 2);
        if (i == 0)
            assert_int_equal(marks_add_member(&marks, 40), OK);
    }
    assert_false(marks_next(&marks, &mark));
    marks_close(&marks);
    assert_false(marks_has_own(&marks, member(3)));
    assert_false(marks_next(&marks, &mark));
}

RUN(cmocka_unit_test(marks_are_worked_off_in_order))
