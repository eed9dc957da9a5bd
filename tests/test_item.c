/*
 * test_item.c - an item's bytes are those of the format, and nothing else is an
 * item
 */
#include "core/item.h"

#include <string.h>

#include "tests/unit.h"

/* Frozen: they stand in run files. */
TEST(the_bytes_are_those_of_the_format)
{
    static const uint8_t expected[ITEM_HEAD_MAX] = {
        1, 1, 0, 0, 7, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 9, 0,
        0, 0, 0, 0, 0, 0, 5, 0, 0,    0,    0, 0, 0, 0, 6, 0, 0, 0,
    };
    const struct item item = {
        .kind = ITEM_EVENT,
        .copy = true,
        .carrier = 6,
        .position = 0x1234,
        .identity = { .node = 7, .incarnation = 9, .seq = 5 },
    };
    uint8_t bytes[ITEM_HEAD_MAX + 3];
    struct item back;

    assert_int_equal(item_head_size(&item), ITEM_HEAD_MAX);
    item_encode_head(&item, bytes);
    assert_memory_equal(bytes, expected, sizeof expected);
    memcpy(bytes + ITEM_HEAD_MAX, "abc", 3);
    assert_int_equal(item_decode((view) { bytes, sizeof bytes }, &back), OK);
    assert_true(back.copy);
    assert_int_equal(back.carrier, 6);
    assert_int_equal(back.position, 0x1234);
    assert_true(identity_equal(back.identity, item.identity));
    assert_true(view_equal(back.core, view_of("abc")));
    /* A copy says whose stream it stands in. */
    assert_int_equal(item_decode((view) { bytes, ITEM_HEAD_MAX - 1 }, &back),
                     ERR_CORRUPT);
}

TEST(a_pointer_names_the_referred_member)
{
    const struct item item = { .kind = ITEM_POINTER,
                               .position = 3,
                               .referred = 43 };
    uint8_t bytes[ITEM_HEAD_SIZE + 1] = { 0 };
    struct item back;

    item_encode_head(&item, bytes);
    assert_int_equal(item_decode((view) { bytes, ITEM_HEAD_SIZE }, &back), OK);
    assert_int_equal(back.kind, ITEM_POINTER);
    assert_int_equal(back.referred, 43);
    /* A pointer has no core. */
    assert_int_equal(item_decode((view) { bytes, sizeof bytes }, &back),
                     ERR_CORRUPT);
}

TEST(anything_else_is_refused)
{
    const struct item item = { .kind = ITEM_POINTER, .position = 3 };
    uint8_t bytes[ITEM_HEAD_SIZE];
    struct item back;

    for (uint32_t at = 0; at < 4; at++) {
        item_encode_head(&item, bytes);
        bytes[at] = 9;
        assert_int_equal(item_decode((view) { bytes, sizeof bytes }, &back),
                         ERR_CORRUPT);
    }
    item_encode_head(&item, bytes);
    bytes[8] = 0; /* position 0 */
    assert_int_equal(item_decode((view) { bytes, sizeof bytes }, &back),
                     ERR_CORRUPT);
    assert_int_equal(item_decode((view) { bytes, 31 }, &back), ERR_CORRUPT);
}

RUN(cmocka_unit_test(the_bytes_are_those_of_the_format),
    cmocka_unit_test(a_pointer_names_the_referred_member),
    cmocka_unit_test(anything_else_is_refused))
