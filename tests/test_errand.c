/*
 * test_errand.c - a question waits for what came before it, and not for long
 */
#include "tests/unit.h"

#include "nodes/errand.h"

static const struct ask ASK = { .kind = ASK_STATES, .account_count = 1 };

TEST(it_is_put_when_all_before_it_is_acknowledged)
{
    struct errands errands = { 0 };
    struct errand errand;

    assert_true(errand_take(&errands, 7, &ASK, 10, 0));
    assert_true(errand_take(&errands, 8, &ASK, 0, 0));
    const struct ask *ask = errand_next(&errands, 9);
    assert_int_equal(ask->number, 2);
    assert_null(errand_next(&errands, 9));
    assert_false(errand_done(&errands, 1, ASK.kind, &errand)); /* never put */
    ask = errand_next(&errands, 10);
    assert_int_equal(ask->number, 1);
    assert_null(errand_next(&errands, 10));
    assert_true(errand_done(&errands, 1, ASK.kind, &errand));
    assert_int_equal(errand.client, 7);
    assert_false(errand_done(&errands, 1, ASK.kind, &errand));
    assert_true(errand_done(&errands, 2, ASK_NONE, &errand));
    assert_int_equal(errand.client, 8);
    assert_int_equal(errands.answered, 1); /* but for that without */
}

TEST(it_is_given_up_in_time)
{
    struct errands errands = { 0 };
    struct errand errand;

    assert_true(errand_take(&errands, 7, &ASK, 0, 100));
    assert_true(errand_take(&errands, 8, &ASK, 0, 120));
    assert_non_null(errand_next(&errands, 0));
    assert_false(errand_late(&errands, 99 + ERRAND_MS, false, &errand));
    assert_true(errand_late(&errands, 100 + ERRAND_MS, false, &errand));
    assert_int_equal(errand.client, 7);
    assert_false(errand_late(&errands, 100 + ERRAND_MS, false, &errand));
    assert_false(errand_done(&errands, 1, ASK.kind, &errand));
    assert_true(errand_late(&errands, 0, true, &errand));
    assert_int_equal(errand.client, 8);
    assert_int_equal(errands.late, 2);
    assert_int_equal(errands.count, 0);
}

TEST(so_many_are_under_way)
{
    struct errands errands = { 0 };

    for (int i = 0; i < ERRAND_MAX; i++)
        assert_true(errand_take(&errands, 1, &ASK, 0, 0));
    assert_false(errand_take(&errands, 1, &ASK, 0, 0));
    assert_int_equal(errands.asked, ERRAND_MAX + 1);
}

RUN(cmocka_unit_test(it_is_put_when_all_before_it_is_acknowledged),
    cmocka_unit_test(it_is_given_up_in_time),
    cmocka_unit_test(so_many_are_under_way))
