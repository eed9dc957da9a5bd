/*
 * test_reopen.c - when a process whose disk fails gives up
 *
 * After some faults in a row, however long they took together; never for
 * faults between which all went well.
 */
#include "nodes/reopen.h"

#include "tests/unit.h"

TEST(faults_in_a_row_end_it)
{
    uint32_t faults = 0;

    for (uint32_t i = 1; i < REOPEN_FAULTS_MAX; i++)
        assert_int_equal(reopen_after(&faults, REOPEN_SOUND_MS - 1), OK);
    assert_int_equal(reopen_after(&faults, 0), ERR_IO);
}

TEST(faults_far_apart_do_not)
{
    uint32_t faults = 0;

    for (uint32_t i = 0; i < 3 * REOPEN_FAULTS_MAX; i++)
        assert_int_equal(reopen_after(&faults, REOPEN_SOUND_MS), OK);
    /* The one after which it went well no longer was the first of a row. */
    for (uint32_t i = 2; i < REOPEN_FAULTS_MAX; i++)
        assert_int_equal(reopen_after(&faults, 0), OK);
    assert_int_equal(reopen_after(&faults, 0), ERR_IO);
}

RUN(cmocka_unit_test(faults_in_a_row_end_it),
    cmocka_unit_test(faults_far_apart_do_not))
