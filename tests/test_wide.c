/*
 * test_wide.c - an array keeps what is in it, however it is held as it grows
 */
#include "tests/unit.h"

#include "core/wide.h"

static uint8_t
byte_at(size_t index)
{
    return (uint8_t)(index * 7 + index / 4096);
}

TEST(what_is_in_it_stays_as_it_grows)
{
    uint8_t *array = NULL;
    size_t size = 0;

    for (size_t larger = 1000; larger < 40000000; larger = larger * 3 + 1) {
        array = wide_grow(array, size, larger);
        assert_non_null(array);
        for (size_t i = size; i < larger; i++)
            array[i] = byte_at(i);
        size = larger;
        for (size_t i = 0; i < size; i += 511)
            assert_int_equal(array[i], byte_at(i));
    }
    wide_free(array, size);
    wide_free(NULL, 0);
}

RUN(cmocka_unit_test(what_is_in_it_stays_as_it_grows))
