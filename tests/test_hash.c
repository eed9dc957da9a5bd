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
}

TEST(seeds_give_different_tables)
{
    view text = view_of("the same bytes");

    assert_int_not_equal(hash_64(text, 1), hash_64(text, 2));
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

TEST(a_tag_and_a_number_are_nine_bytes)
{
    static const uint64_t NUMBERS[] = {
        0, 1, 255, 987654, UINT64_MAX, UINT64_C(0x0123456789abcdef)
    };

    for (uint32_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        uint8_t bytes[9] = { (uint8_t)(i * 7) };
        for (uint32_t k = 0; k < 8; k++)
            bytes[1 + k] = (uint8_t)(NUMBERS[i] >> (56 - 8 * k));
        assert_int_equal(hash_tagged(bytes[0], NUMBERS[i]),
                         hash_64((view) { bytes, 9 }, 0));
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
    cmocka_unit_test(a_tag_and_a_number_are_nine_bytes),
    cmocka_unit_test(byte_order_is_number_order))
