/*
 * test_room.c - what is written ahead lies behind what is there, and is not
 * written again as long as it lasts
 */
#include "core/room.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/unit.h"

static int
open_file(const struct place *place)
{
    char path[PLACE_SIZE];

    place_join(place, "file", path);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    return file;
}

static uint64_t
size_of(int file)
{
    struct stat stat;

    assert_int_equal(fstat(file, &stat), 0);
    return (uint64_t)stat.st_size;
}

TEST(room_is_taken_beyond_the_end_and_lasts)
{
    struct place place = place_make();
    int file = open_file(&place);
    uint8_t byte = 0;

    assert_int_equal(pwrite(file, "words", 5, 0), 5);
    assert_true(room_write_ahead(place.path, file, 5));
    const uint64_t size = size_of(file);
    assert_int_equal(size, 5 + ROOM_SIZE);
    assert_int_equal(pread(file, &byte, 1, 4), 1);
    assert_int_equal(byte, 's');
    assert_int_equal(pread(file, &byte, 1, 5), 1);
    assert_int_equal(byte, 0);
    assert_true(room_write_ahead(place.path, file, size - ROOM_LEFT));
    assert_int_equal(size_of(file), size);
    assert_true(room_write_ahead(place.path, file, size - ROOM_LEFT + 1));
    assert_true(size_of(file) > size);
    close(file);
    place_remove(&place);
}

TEST(what_cannot_be_had_is_said)
{
    struct place place = place_make();

    assert_false(room_write_ahead(place.path, -1, 0));
    assert_false(room_is_short("/nowhere"));
    assert_int_equal(room_flush(place.path, ""), OK);
    assert_int_equal(room_flush(place.path, "/absent"), ERR_IO);
    place_remove(&place);
}

/* A name with or without a slash behind it, of this directory or the root. */
TEST(names_are_flushed_where_they_stand)
{
    struct place place = place_make();
    char path[PLACE_SIZE];

    assert_int_equal(room_flush_name(place.path), OK);
    place_join(&place, "below/", path);
    assert_int_equal(room_flush_name(path), OK);
    place_join(&place, "nowhere/below", path);
    assert_int_equal(room_flush_name(path), ERR_IO);
    assert_int_equal(room_flush_name("below"), OK);
    assert_int_equal(room_flush_name("/below//"), OK);
    place_remove(&place);
}

RUN(cmocka_unit_test(room_is_taken_beyond_the_end_and_lasts),
    cmocka_unit_test(what_cannot_be_had_is_said),
    cmocka_unit_test(names_are_flushed_where_they_stand))
