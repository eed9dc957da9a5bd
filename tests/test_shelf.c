/*
 * test_shelf.c - keys sort as what they stand for, a record in the wrong place
 * is damage, and journals of earlier and later formats are told apart
 */
#include "core/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "core/reader.h"
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

/* --- formats --- */

enum { SELF_SUM_AT = 200 };

/* What another program does to a journal: says that it is of the format. */
static void
put_format(struct db *db, uint32_t format)
{
    uint8_t bytes[SELF_SUM_AT + 8];
    struct db_txn txn;
    view self;

    db_begin(db, DB_WRITE, &txn);
    assert_true(db_get(&txn, TABLE_META, view_of("self"), &self));
    assert_int_equal(self.size, sizeof bytes);
    memcpy(bytes, self.bytes, sizeof bytes);
    memcpy(bytes, &format, sizeof format);
    uint64_t sum = hash_64((view) { bytes, SELF_SUM_AT }, 0);
    memcpy(bytes + SELF_SUM_AT, &sum, sizeof sum);
    db_put(&txn, TABLE_META, view_of("self"), (view) { bytes, sizeof bytes });
    assert_int_equal(db_commit(&txn), OK);
}

/* One that seals nothing. */
static void
write_unsealed(const struct place *place, uint32_t format)
{
    struct db_options options = shelf_options(false);
    struct db *db = NULL;

    options.sealed = false;
    assert_int_equal(db_open(place->path, &options, &db), OK);
    put_format(db, format);
    db_close(db);
}

static uint32_t
format_of(struct journal *journal)
{
    struct shelf_self self;
    struct db_txn txn;

    db_begin(journal_db(journal), DB_READ, &txn);
    shelf_get_self(&txn, &self);
    assert_int_equal(txn.err, OK);
    db_abort(&txn);
    return self.format;
}

/* Reading leaves it to whoever knows that format only; the first commit makes
 * it ours, whatever it writes. */
TEST(an_earlier_format_is_read_and_raised_by_the_first_commit)
{
    for (uint32_t way = 0; way < 2; way++) {
        struct place place = place_make();
        char text[64];
        struct journal *journal = kit_open_new(&place);
        kit_append_one(journal, "a#1");
        journal_close(journal);
        write_unsealed(&place, 1);

        assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
        kit_read_all(journal, text, sizeof text);
        assert_string_equal(text, "a#1 ");
        assert_int_equal(format_of(journal), 1);
        if (way == 0)
            kit_append_one(journal, "b#2");
        else
            assert_int_equal(
                journal_put_note(journal, view_of("ours"), view_of("x")), OK);
        assert_int_equal(format_of(journal), SHELF_FORMAT);
        assert_int_equal(kit_findings(journal), 0);
        journal = kit_open_again(&place, journal);
        assert_int_equal(format_of(journal), SHELF_FORMAT);
        journal_close(journal);
        place_remove(&place);
    }
}

/* From format 2 on nobody may write without a seal. */
TEST(a_commit_without_a_seal_is_damage)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);

    journal_close(journal);
    write_unsealed(&place, SHELF_FORMAT_SEALED);
    assert_int_equal(journal_open(place.path, kit_describe, &journal),
                     ERR_CORRUPT);
    place_remove(&place);
}

/* Neither opened nor, by who has it open already, written. */
TEST(a_later_format_is_left_alone)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("b#2");
    struct journal_result result;

    put_format(journal_db(journal), SHELF_FORMAT + 1);
    assert_int_equal(kit_append(journal, &entry, 1, &result), ERR_UNKNOWN);
    assert_int_equal(journal_put_note(journal, view_of("ours"), view_of("x")),
                     ERR_UNKNOWN);
    journal_close(journal);
    assert_int_equal(journal_open(place.path, kit_describe, &journal),
                     ERR_UNKNOWN);
    place_remove(&place);
}

static void
append_control(struct journal *journal, enum record_channel channel,
               enum record_kind kind)
{
    struct journal_result result;
    const struct journal_control control = { .channel = channel,
                                             .kind = kind,
                                             .body = view_of("\x80"),
                                             .now_ms = KIT_NOW };

    assert_int_equal(journal_append_control(journal, &control, &result), OK);
}

static uint64_t
count_controls(struct journal *journal)
{
    struct db_txn txn;

    db_begin(journal_db(journal), DB_READ, &txn);
    uint64_t count = db_count(&txn, TABLE_CONTROLS);
    db_abort(&txn);
    return count;
}

/* Stores write millions of them: whoever asks for what a hub has written must
 * not meet them, and those of an earlier program do no harm. */
TEST(marks_are_no_burden_to_who_asks_for_control_items)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct reader *reader = NULL;
    struct reader_item item;
    struct shelf_key key;
    struct db_txn txn;
    const uint8_t kind = RECORD_MARK;

    for (int i = 0; i < 3; i++)
        append_control(journal, CHANNEL_EVENTS, RECORD_MARK);
    append_control(journal, CHANNEL_BOOKS, RECORD_BACKUP);
    append_control(journal, CHANNEL_EVENTS, RECORD_MARK);
    assert_int_equal(count_controls(journal), 1);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next_control(reader, 1, &item), OK);
    assert_int_equal(item.position, 4);
    assert_int_equal(reader_next_control(reader, 5, &item), ERR_NOT_FOUND);
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);

    db_begin(journal_db(journal), DB_WRITE, &txn);
    db_put(&txn, TABLE_CONTROLS, shelf_position_key(&key, 1),
           (view) { &kind, 1 });
    assert_int_equal(db_commit(&txn), OK);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(keys_sort_as_numbers),
    cmocka_unit_test(stream_keys_sort_as_streams),
    cmocka_unit_test(a_record_in_the_wrong_place_is_damage),
    cmocka_unit_test(an_earlier_format_is_read_and_raised_by_the_first_commit),
    cmocka_unit_test(marks_are_no_burden_to_who_asks_for_control_items),
    cmocka_unit_test(a_commit_without_a_seal_is_damage),
    cmocka_unit_test(a_later_format_is_left_alone))
