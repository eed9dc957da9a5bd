/*
 * test_shelf.c - keys sort as what they stand for, and a record in the wrong
 * place is damage
 */
#include "core/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "tests/kit.h"
#include "tests/unit.h"

static uint64_t
some_number(void)
{
    /* Of every length, small and large. */
    return ((uint64_t)rand() << 31 | (uint64_t)rand()) >> rand() % 62;
}

TEST(keys_sort_as_numbers)
{
    struct shelf_key key_a;
    struct shelf_key key_b;

    srand(5);
    for (int i = 0; i < 20000; i++) {
        uint64_t x = some_number();
        uint64_t y = rand() % 8 ? some_number() : x;
        view a = shelf_position_key(&key_a, x);
        view b = shelf_position_key(&key_b, y);
        int order = view_compare(a, b);
        assert_int_equal(order < 0, x < y);
        assert_int_equal(order > 0, x > y);
        assert_int_equal(shelf_key_position(a), x);
    }
}

TEST(stream_keys_sort_as_streams)
{
    struct shelf_key key_a;
    struct shelf_key key_b;

    srand(6);
    for (int i = 0; i < 20000; i++) {
        stream_id s = { some_number() % 3, (uint32_t)rand() % 3,
                        (uint8_t)(rand() % 3) };
        stream_id t = { some_number() % 3, (uint32_t)rand() % 3,
                        (uint8_t)(rand() % 3) };
        uint64_t x = some_number() % 3;
        uint64_t y = some_number() % 3;
        view a = shelf_seq_key(&key_a, s, x);
        view b = shelf_seq_key(&key_b, t, y);
        int wanted = stream_compare(s, t);
        if (wanted == 0)
            wanted = x < y ? -1 : x > y;
        int order = view_compare(a, b);
        assert_int_equal(order < 0, wanted < 0);
        assert_int_equal(order > 0, wanted > 0);
        assert_true(stream_equal(shelf_key_stream(a), s));
        assert_int_equal(shelf_key_seq(a), x);
        identity id = { s.incarnation, x, s.node };
        assert_true(identity_equal(
            shelf_key_identity(shelf_identity_key(&key_a, id)), id));
    }
}

/* The same bytes under another number, or with another arrival. */
TEST(a_record_in_the_wrong_place_is_damage)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct shelf_item item;
    struct shelf_key key;
    struct db_txn txn;
    uint8_t bytes[1024];
    view value = { 0 };

    kit_append_one(journal, "a");
    db_begin(journal_db(journal), DB_READ, &txn);
    view at = shelf_position_key(&key, 1);
    assert_true(db_get(&txn, TABLE_RECORDS, at, &value));
    assert_true(value.size <= sizeof bytes);
    memcpy(bytes, value.bytes, value.size);
    db_abort(&txn);
    value.bytes = bytes;
    assert_int_equal(shelf_parse(at, value, &item), OK);
    assert_int_equal(item.position, 1);
    assert_int_equal(item.arrival_ms, KIT_NOW);
    assert_int_equal(shelf_parse(shelf_position_key(&key, 2), value, &item),
                     ERR_CORRUPT);
    at = shelf_position_key(&key, 1);
    for (uint32_t i = 0; i < value.size; i++) {
        bytes[i] ^= 4;
        assert_int_equal(shelf_parse(at, value, &item), ERR_CORRUPT);
        bytes[i] ^= 4;
    }
    for (uint32_t size = 0; size < value.size; size++)
        assert_int_equal(shelf_parse(at, (view) { bytes, size }, &item),
                         ERR_CORRUPT);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(keys_sort_as_numbers),
    cmocka_unit_test(stream_keys_sort_as_streams),
    cmocka_unit_test(a_record_in_the_wrong_place_is_damage))
