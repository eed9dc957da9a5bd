/*
 * test_mark.c - what is noted beside a database is what was noted last, or
 * nothing is known
 */
#include "core/mark.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/unit.h"

TEST(the_last_number_is_known)
{
    struct place place = place_make();
    char path[PLACE_SIZE];
    struct stat about;

    int mark = mark_open(place.path);
    assert_true(mark >= 0);
    assert_int_equal(mark_read(mark), 0);
    mark_write(mark, 7);
    mark_write(mark, UINT64_C(1) << 40);
    mark_close(mark);
    mark = mark_open(place.path);
    assert_true(mark_read(mark) == UINT64_C(1) << 40);
    mark_write(mark, 3); /* a database may begin anew */
    assert_int_equal(mark_read(mark), 3);
    mark_close(mark);
    place_join(&place, "mark", path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_size, 16);
    place_remove(&place);
}

TEST(a_bent_or_cut_mark_says_nothing)
{
    struct place place = place_make();
    uint8_t bytes[16];

    int mark = mark_open(place.path);
    mark_write(mark, 7);
    assert_int_equal(pread(mark, bytes, sizeof bytes, 0), sizeof bytes);
    for (int bit = 0; bit < 128; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(pwrite(mark, bytes, sizeof bytes, 0), sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(mark_read(mark), 0);
    }
    mark_write(mark, 7);
    assert_int_equal(ftruncate(mark, 15), 0);
    assert_int_equal(mark_read(mark), 0);
    mark_close(mark);
    place_remove(&place);
}

TEST(where_none_can_be_nothing_is_known)
{
    int mark = mark_open("/nowhere/at/all");

    assert_int_equal(mark, -1);
    mark_write(mark, 7);
    assert_int_equal(mark_read(mark), 0);
    mark_close(mark);
}

RUN(cmocka_unit_test(the_last_number_is_known),
    cmocka_unit_test(a_bent_or_cut_mark_says_nothing),
    cmocka_unit_test(where_none_can_be_nothing_is_known))
