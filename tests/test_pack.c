/*
 * test_pack.c - what msgpack-c writes is read back; malformed bytes are told
 * and never believed: no length leads past the end, no nesting too deep
 */
#include "tests/unit.h"

#include "core/pack.h"

#include <stdlib.h>
#include <string.h>

static struct unpacker
reader_of(const char *bytes, uint32_t size)
{
    return unpack_begin((view) { (const uint8_t *)bytes, size });
}
#define READER(literal) reader_of(literal, sizeof(literal) - 1)

TEST(integers_of_every_width_come_back)
{
    struct text text = { 0 };
    int64_t values[260];
    uint32_t count = 0;

    for (int bit = 0; bit < 63; bit++) {
        values[count++] = (int64_t)1 << bit;
        values[count++] = ((int64_t)1 << bit) - 1;
        values[count++] = -((int64_t)1 << bit);
        values[count++] = -((int64_t)1 << bit) - 1;
    }
    values[count++] = INT64_MAX;
    values[count++] = INT64_MIN;
    for (uint32_t i = 0; i < count; i++)
        pack_integer(&text, values[i]);
    struct unpacker in = unpack_begin(text_view(&text));
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(unpack_integer(&in, INT64_MIN, INT64_MAX), values[i]);
    assert_int_equal(unpack_end(&in), OK);

    text_clear(&text);
    pack_unsigned(&text, UINT64_MAX);
    pack_unsigned(&text, 127);
    pack_unsigned(&text, 65536);
    in = unpack_begin(text_view(&text));
    assert_int_equal(unpack_unsigned(&in, 0, UINT64_MAX), UINT64_MAX);
    assert_int_equal(unpack_unsigned(&in, 127, 127), 127);
    assert_int_equal(unpack_unsigned(&in, 0, 65536), 65536);
    assert_int_equal(unpack_end(&in), OK);
    text_close(&text);
}

TEST(wider_forms_than_needed_are_read)
{
    struct unpacker in = READER("\xcf\0\0\0\0\0\0\0\x05"
                                "\xd3\xff\xff\xff\xff\xff\xff\xff\xfe"
                                "\xd0\x07\xcd\0\x08\xd9\x01"
                                "a"
                                "\xda\0\x01"
                                "b\xdb\0\0\0\x01"
                                "c"
                                "\xdc\0\x01\xc0\xde\0\x01\x01\xc2"
                                "\xdd\0\0\0\0\xdf\0\0\0\0\xc5\0\x01z");

    assert_int_equal(unpack_integer(&in, 0, 9), 5);
    assert_int_equal(unpack_integer(&in, -9, 9), -2);
    assert_int_equal(unpack_unsigned(&in, 0, 9), 7);
    assert_int_equal(unpack_unsigned(&in, 0, 9), 8);
    assert_true(view_equal(unpack_string(&in, 1), view_of("a")));
    assert_true(view_equal(unpack_string(&in, 1), view_of("b")));
    assert_true(view_equal(unpack_string(&in, 1), view_of("c")));
    assert_int_equal(unpack_array(&in, 1), 1);
    unpack_nil(&in);
    assert_int_equal(unpack_map(&in, 1), 1);
    assert_int_equal(unpack_integer(&in, 0, 1), 1);
    assert_false(unpack_bool(&in));
    assert_int_equal(unpack_array(&in, 0), 0);
    assert_int_equal(unpack_map(&in, 0), 0);
    assert_true(view_equal(unpack_bin(&in, 1), view_of("z")));
    assert_int_equal(unpack_end(&in), OK);
}

TEST(every_type_is_written_and_skipped)
{
    static const uint32_t SIZES[] = {
        1, 1, 2, 9, 2 + 40, 5 + 70000, 3 + 300, 1 + 1 + 3, 3 + 40, 1,
    };
    uint8_t long_bytes[70000];
    struct text text = { 0 };

    memset(long_bytes, 'x', sizeof long_bytes);
    pack_nil(&text);
    pack_bool(&text, true);
    pack_integer(&text, -77);
    pack_unsigned(&text, UINT64_MAX);
    pack_string(&text, (view) { long_bytes, 40 });
    pack_string(&text, (view) { long_bytes, sizeof long_bytes });
    pack_bin(&text, (view) { long_bytes, 300 });
    pack_array(&text, 2);
    pack_array(&text, 0);
    pack_map(&text, 1);
    pack_integer(&text, 1);
    pack_nil(&text);
    pack_map(&text, 20);
    for (uint32_t i = 0; i < 40; i++)
        pack_unsigned(&text, i);
    pack_integer(&text, 7);

    struct unpacker in = unpack_begin(text_view(&text));
    for (uint32_t i = 0; i < COUNT_OF(SIZES); i++)
        assert_int_equal(unpack_skip(&in).size, SIZES[i]);
    assert_int_equal(unpack_end(&in), OK);
    text_close(&text);
}

TEST(values_out_of_range_are_malformed)
{
    struct unpacker in = READER("\x05");
    assert_int_equal(unpack_integer(&in, 6, 9), 6);
    assert_false(unpack_ok(&in));
    in = READER("\x05");
    assert_int_equal(unpack_unsigned(&in, 0, 4), 0);
    assert_int_equal(unpack_end(&in), ERR_CORRUPT);
    in = READER("\xff");
    assert_int_equal(unpack_unsigned(&in, 0, UINT64_MAX), 0);
    assert_false(unpack_ok(&in));
    in = READER("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    (void)unpack_integer(&in, INT64_MIN, INT64_MAX);
    assert_false(unpack_ok(&in));
    in = READER("\xa3"
                "abc");
    assert_int_equal(unpack_string(&in, 2).size, 0);
    assert_false(unpack_ok(&in));
    in = READER("\x93\1\2\3");
    assert_int_equal(unpack_array(&in, 2), 0);
    assert_false(unpack_ok(&in));
    in = READER("\x01\x02");
    assert_int_equal(unpack_integer(&in, 0, 9), 1);
    assert_int_equal(unpack_end(&in), ERR_CORRUPT); /* one is left over */
}

/* A few bytes that claim a lot. */
TEST(no_claim_is_believed)
{
    struct unpacker in = READER("\xdd\xff\xff\xff\xff");
    assert_int_equal(unpack_array(&in, UINT32_MAX), 0);
    assert_false(unpack_ok(&in));
    in = READER("\xdf\x00\x00\x00\x02\1\1\1");
    assert_int_equal(unpack_map(&in, UINT32_MAX), 0);
    assert_false(unpack_ok(&in));
    in = READER("\xdb\xff\xff\xff\xff"
                "a");
    assert_null(unpack_string(&in, UINT32_MAX).bytes);
    assert_false(unpack_ok(&in));
    in = READER("\xc6\xff\xff\xff\xff"
                "a");
    assert_null(unpack_bin(&in, UINT32_MAX).bytes);
    assert_false(unpack_ok(&in));
    in = READER("\xcb\0\0\0\0\0\0\0\0"); /* a double */
    assert_int_equal(unpack_skip(&in).size, 0);
    assert_false(unpack_ok(&in));
    in = unpack_begin((view) { 0 });
    assert_int_equal(unpack_end(&in), OK);
    assert_int_equal(unpack_skip(&in).size, 0);
    assert_int_equal(unpack_end(&in), ERR_CORRUPT);
}

TEST(nesting_has_an_end)
{
    uint8_t bytes[64];

    memset(bytes, 0x91, sizeof bytes);
    bytes[PACK_DEPTH_MAX] = 0xc0;
    struct unpacker in = unpack_begin((view) { bytes, PACK_DEPTH_MAX + 1 });
    assert_int_equal(unpack_skip(&in).size, PACK_DEPTH_MAX + 1);
    assert_int_equal(unpack_end(&in), OK);
    bytes[PACK_DEPTH_MAX] = 0x91;
    bytes[PACK_DEPTH_MAX + 1] = 0xc0;
    in = unpack_begin((view) { bytes, PACK_DEPTH_MAX + 2 });
    assert_int_equal(unpack_skip(&in).size, 0);
    assert_false(unpack_ok(&in));
}

TEST(a_failure_sticks)
{
    struct unpacker in = READER("\xc1\x01\x02");

    (void)unpack_integer(&in, 0, 9);
    assert_false(unpack_ok(&in));
    assert_int_equal(unpack_integer(&in, 0, 9), 0);
    assert_int_equal(unpack_unsigned(&in, 3, 9), 3);
    assert_int_equal(unpack_map(&in, 9), 0);
    assert_int_equal(unpack_array(&in, 9), 0);
    assert_int_equal(unpack_string(&in, 9).size, 0);
    assert_int_equal(unpack_bin(&in, 9).size, 0);
    assert_false(unpack_bool(&in));
    unpack_nil(&in);
    assert_int_equal(unpack_skip(&in).size, 0);
    assert_int_equal(unpack_end(&in), ERR_CORRUPT);
}

/* Under the sanitizers no read may leave the bytes, whatever they are. */
TEST(noise_is_read_without_harm)
{
    uint64_t seed = 7;
    uint32_t whole = 0;

    for (int round = 0; round < 50000; round++) {
        uint32_t size = (uint32_t)round % 24;
        uint8_t *bytes = malloc(size + 1);
        for (uint32_t i = 0; i < size; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(seed >> 56);
        }
        struct unpacker in = unpack_begin((view) { bytes, size });
        while (unpack_ok(&in) && in.next < in.end)
            (void)unpack_skip(&in);
        whole += unpack_ok(&in);
        assert_true(unpack_ok(&in) == (unpack_end(&in) == OK));
        free(bytes);
    }
    assert_true(whole > 0);
}

RUN(cmocka_unit_test(integers_of_every_width_come_back),
    cmocka_unit_test(wider_forms_than_needed_are_read),
    cmocka_unit_test(every_type_is_written_and_skipped),
    cmocka_unit_test(values_out_of_range_are_malformed),
    cmocka_unit_test(no_claim_is_believed),
    cmocka_unit_test(nesting_has_an_end), cmocka_unit_test(a_failure_sticks),
    cmocka_unit_test(noise_is_read_without_harm))
