/*
 * test_varint.c - numbers of every size come back, take the bytes that seven
 * bits a byte come to, and are not read where they are cut off or too long
 */
#include "tests/unit.h"

#include "core/varint.h"

#include <string.h>

/* The plain way, a byte at a time. */
static size_t
put_slowly(uint8_t *bytes, uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return size;
}

/* Written and read with `room` bytes behind it. */
static void
check(uint64_t value, size_t room)
{
    uint8_t expected[VARINT_SIZE], bytes[2 * VARINT_SIZE];
    size_t size = put_slowly(expected, value);
    uint64_t found = 0;

    memset(bytes, 0xff, sizeof bytes);
    assert_ptr_equal(varint_put(bytes, value), bytes + size);
    assert_memory_equal(bytes, expected, size);
    const uint8_t *at = bytes;
    assert_true(varint_take(&at, bytes + size + room, &found));
    assert_ptr_equal(at, bytes + size);
    assert_true(found == value);
    for (size_t cut = 0; cut < size; cut++) {
        at = bytes;
        assert_false(varint_take(&at, bytes + cut, &found));
    }
}

TEST(numbers_of_every_size_come_back)
{
    for (int shift = 0; shift < 64; shift++)
        for (int off = -1; off <= 1; off++)
            for (size_t room = 0; room <= VARINT_SIZE; room++) {
                check((UINT64_C(1) << shift) + (uint64_t)off, room);
                check((UINT64_C(0x9e3779b97f4a7c15) >> shift) + (uint64_t)off,
                      room);
            }
}

TEST(small_numbers_of_either_sign_stay_short)
{
    static const int64_t VALUES[] = { 0,  -1,  1,    63,        -64,
                                      64, -65, 8191, INT64_MAX, INT64_MIN };

    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        uint64_t folded = varint_folded(VALUES[i]);
        assert_true(varint_unfolded(folded) == VALUES[i]);
        assert_true((folded < 0x80) == (VALUES[i] >= -64 && VALUES[i] < 64));
    }
}

TEST(more_than_ten_bytes_are_no_number)
{
    uint8_t bytes[2 * VARINT_SIZE];
    const uint8_t *at = bytes;
    uint64_t found = 0;

    memset(bytes, 0x80, sizeof bytes);
    assert_false(varint_take(&at, bytes + sizeof bytes, &found));
}

RUN(cmocka_unit_test(numbers_of_every_size_come_back),
    cmocka_unit_test(small_numbers_of_either_sign_stay_short),
    cmocka_unit_test(more_than_ten_bytes_are_no_number))
