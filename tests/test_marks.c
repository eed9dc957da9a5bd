/*
 * test_marks.c - each marked account comes once, in the order of keys, and
 * those that are marked meanwhile when all others have come
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
    runs_key before = runs_key_floor(0);

    assert_false(marks_has_own(&marks, member(5)));
    assert_int_equal(marks_add(&marks, member(5), false), OK);
    assert_int_equal(marks_add(&marks, member(3), true), OK);
    assert_int_equal(marks_add(&marks, member(8), true), OK);
    assert_int_equal(marks_add_member(&marks, 3), OK);
    assert_int_equal(marks_add_member(&marks, 0), OK);
    assert_false(marks_has_own(&marks, member(5)));
    assert_true(marks_has_own(&marks, member(3)));
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(marks_next(&marks, &mark), OK);
        assert_true(
            view_compare(runs_key_view(&before), runs_key_view(&mark.key)) < 0);
        assert_true(runs_key_account(runs_key_view(&mark.key), &account));
        assert_int_equal(mark.own, account.member != 5);
        before = mark.key;
        if (i == 0)
            for (uint64_t number = 40; number < 60; number++)
                assert_int_equal(marks_add_member(&marks, number), OK);
    }
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(marks_next(&marks, &mark), OK);
        assert_true(i == 0 || view_compare(runs_key_view(&before),
                                           runs_key_view(&mark.key)) < 0);
        assert_true(runs_key_account(runs_key_view(&mark.key), &account));
        assert_true(account.member >= 40);
        before = mark.key;
    }
    assert_int_equal(marks_count(&marks), 0);
    marks_untake(&marks);
    assert_int_equal(marks_count(&marks), 1);
    assert_int_equal(marks_next(&marks, &mark), OK);
    assert_true(view_equal(runs_key_view(&before), runs_key_view(&mark.key)));
    assert_int_equal(marks_next(&marks, &mark), ERR_NOT_FOUND);
    marks_close(&marks);
    assert_int_equal(marks_count(&marks), 0);
    assert_false(marks_has_own(&marks, member(3)));
    assert_int_equal(marks_next(&marks, &mark), ERR_NOT_FOUND);
}

RUN(cmocka_unit_test(marks_are_worked_off_in_order))
