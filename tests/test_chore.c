/*
 * test_chore.c - work is done once, beside or at once, and its end tells what
 * came of it
 */
#include "core/chore.h"

#include "tests/unit.h"

static atomic_bool may_end;
static pthread_t worker;

static enum err
work(void *context)
{
    worker = pthread_self();
    while (!atomic_load(&may_end))
        ;
    ++*(int *)context;
    return ERR_FULL;
}

TEST(work_is_done_once)
{
    struct chore chore = { 0 };
    int count = 0;

    assert_true(chore_is_done(&chore));
    assert_int_equal(chore_end(&chore), OK);
    atomic_store(&may_end, false);
    chore_begin(&chore, work, &count, true);
    assert_false(chore_is_done(&chore));
    atomic_store(&may_end, true);
    assert_int_equal(chore_end(&chore), ERR_FULL);
    assert_false(pthread_equal(worker, pthread_self()));
    assert_int_equal(count, 1);
    assert_int_equal(chore_end(&chore), OK);

    chore_begin(&chore, work, &count, false);
    assert_true(chore_is_done(&chore));
    assert_true(pthread_equal(worker, pthread_self()));
    assert_int_equal(chore_end(&chore), ERR_FULL);
    assert_int_equal(count, 2);
}

RUN(cmocka_unit_test(work_is_done_once))
