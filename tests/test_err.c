/*
 * test_err.c - every fault has a name, complaints fit their place, the first
 * witness of corruption is the one that is told
 */
#include "tests/unit.h"

#include "core/err.h"

#include <errno.h>
#include <string.h>

TEST(every_fault_has_a_name)
{
    for (int err = OK; err < ERR_COUNT; err++)
        assert_true(strlen(err_name((enum err)err)) > 0);
}

/* Exit status 1, 4 and 4 (CLI.md). */
TEST(a_path_that_is_not_there_is_no_fault_of_the_machine)
{
    assert_int_equal(err_of_errno(ENOENT), ERR_NOT_FOUND);
    assert_int_equal(err_of_errno(ENOTDIR), ERR_NOT_FOUND);
    assert_int_equal(err_of_errno(ENAMETOOLONG), ERR_NOT_FOUND);
    assert_int_equal(err_of_errno(ENOSPC), ERR_FULL);
    assert_int_equal(err_of_errno(EDQUOT), ERR_FULL);
    assert_int_equal(err_of_errno(EACCES), ERR_IO);
    assert_int_equal(err_of_errno(EIO), ERR_IO);
    assert_int_equal(err_of_write(ENOSPC), ERR_FULL);
    assert_int_equal(err_of_write(EDQUOT), ERR_FULL);
    assert_int_equal(err_of_write(ENOENT), ERR_IO);
}

TEST(a_complaint_is_cut_to_its_size_and_is_bad_input)
{
    struct complaint complaint;
    char text[1000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(complain(&complaint, "line %d: %s", 7, text), ERR_INPUT);
    assert_int_equal(strlen(complaint.text), sizeof complaint.text - 1);
    assert_memory_equal(complaint.text, "line 7: xxx", 11);
    assert_int_equal(complain(NULL, "nobody listens"), ERR_INPUT);
}

TEST(the_first_witness_is_kept)
{
    assert_string_equal(err_witness(), "");
    assert_int_equal(err_corrupt_at("core/a.c", 1), ERR_CORRUPT);
    assert_int_equal(err_corrupt_at("core/b.c", 2), ERR_CORRUPT);
    assert_string_equal(err_witness(), "core/a.c:1");
}

RUN(cmocka_unit_test(every_fault_has_a_name),
    cmocka_unit_test(a_path_that_is_not_there_is_no_fault_of_the_machine),
    cmocka_unit_test(a_complaint_is_cut_to_its_size_and_is_bad_input),
    cmocka_unit_test(the_first_witness_is_kept))
