/*
 * test_hash.c - the checksums are XXH3's, on every machine the same
 */
#include "core/hash.h"

#include "tests/unit.h"

/* From xxHash's own sanity checks: stored files hang on these numbers. */
TEST(known_values)
{
    assert_int_equal(hash_64((view) { 0 }, 0), 0x2d06800538d394c2);
    assert_int_equal(hash_64(view_of("a"), 0), 0xe6c632b61e964e1f);
    hash128 empty = hash_128((view) { 0 }, 0);
    static const uint8_t expected[16] = { 0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47,
                                          0x98, 0xd8, 0x60, 0x01, 0xc3, 0x24,
                                          0x46, 0x8d, 0x49, 0x7f };
    assert_memory_equal(empty.bytes, expected, sizeof expected);
}

TEST(seeds_give_different_tables)
{
    view text = view_of("the same bytes");

    assert_int_not_equal(hash_64(text, 1), hash_64(text, 2));
    assert_false(hash128_equal(hash_128(text, 1), hash_128(text, 2)));
    assert_int_not_equal(hash_number(7, 1), hash_number(7, 2));
    assert_int_not_equal(hash_number(7, 1), hash_number(8, 1));
}

TEST(every_byte_counts)
{
    uint8_t bytes[300] = { 0 };

    for (uint32_t size = 1; size <= sizeof bytes; size++) {
        uint64_t before = hash_64((view) { bytes, size }, 0);
        bytes[size - 1] ^= 1;
        assert_int_not_equal(hash_64((view) { bytes, size }, 0), before);
        bytes[size - 1] ^= 1;
        assert_int_equal(hash_64((view) { bytes, size }, 0), before);
    }
}

TEST(byte_order_is_number_order)
{
    hash128 low = { { 0, 1 } };
    hash128 high = { { 1, 0 } };

    assert_true(hash128_compare(low, high) < 0);
    assert_true(hash128_compare(high, low) > 0);
    assert_int_equal(hash128_compare(low, low), 0);
    assert_true(hash128_equal(low, low));
}

RUN(cmocka_unit_test(known_values),
    cmocka_unit_test(seeds_give_different_tables),
    cmocka_unit_test(every_byte_counts),
    cmocka_unit_test(byte_order_is_number_order))
