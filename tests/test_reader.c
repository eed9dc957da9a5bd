/*
 * test_reader.c - every record is found by each of its names, a reader sees one
 * moment, and reading on gives the same as searching
 */
#include "core/reader.h"

#include <stdlib.h>

#include "tests/kit.h"
#include "tests/unit.h"

/* Records of 1 to 5 events. */
static uint64_t
append_some(struct journal *journal, uint32_t records)
{
    struct journal_entry entries[5];
    struct journal_result results[5];
    uint64_t total = 0;

    for (uint32_t i = 0; i < 5; i++)
        entries[i] = kit_entry("e");
    for (uint32_t i = 0; i < records; i++) {
        uint32_t count = 1 + i * 7 % 5;
        assert_int_equal(kit_append(journal, entries, count, results), OK);
        total += count;
    }
    return total;
}

TEST(each_position_is_found)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    uint64_t total = append_some(journal, 40);
    struct reader *reader = NULL;
    struct reader_item item;
    struct reader_item again;
    struct record_event event;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_last(reader), total);
    srand(1);
    for (int i = 0; i < 500; i++) {
        uint64_t position = 1 + (uint64_t)rand() % total;
        assert_int_equal(reader_next(reader, position, &item), OK);
        assert_true(item.position <= position);
        assert_true(position < item.position + item.record.count);
        assert_int_equal(
            reader_find(reader, item.record.stream, position, &again), OK);
        assert_int_equal(again.position, item.position);
        assert_int_equal(reader_event(reader, position, &event), OK);
        assert_int_equal(event.here.seq, position);
        assert_int_equal(reader_next(reader, position, &again), OK);
        assert_int_equal(again.position, item.position);
    }
    assert_int_equal(reader_next(reader, total + 1, &item), ERR_NOT_FOUND);
    assert_int_equal(reader_event(reader, total + 1, &event), ERR_NOT_FOUND);
    stream_id stream = { .incarnation = 100, .node = 7 };
    assert_int_equal(reader_find(reader, stream, total + 1, &item),
                     ERR_NOT_FOUND);
    assert_int_equal(reader_find(reader, stream, 0, &item), ERR_NOT_FOUND);
    stream.node = 6;
    assert_int_equal(reader_find(reader, stream, 1, &item), ERR_NOT_FOUND);
    stream.node = 8;
    assert_int_equal(reader_find(reader, stream, 1, &item), ERR_NOT_FOUND);
    reader_close(reader);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_reader_sees_one_moment)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_last(reader), 0);
    assert_int_equal(reader_next(reader, 1, &item), ERR_NOT_FOUND);
    kit_append_one(journal, "a");
    assert_int_equal(reader_last(reader), 0);
    assert_int_equal(reader_next(reader, 1, &item), ERR_NOT_FOUND);
    assert_int_equal(reader_refresh(reader), OK);
    assert_int_equal(reader_last(reader), 1);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    assert_int_equal(reader_next(reader, 2, &item), ERR_NOT_FOUND);
    reader_close(reader);
    reader_close(NULL);
    journal_close(journal);
    place_remove(&place);
}

TEST(ids_and_identities)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct reader *reader = NULL;
    identity second = { .incarnation = 100, .seq = 2, .node = 7 };
    uint64_t position = 0;

    kit_append_one(journal, "a");
    kit_append_one(journal, "b#id");
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find_id(reader, 7, view_of("id"), &position), OK);
    assert_int_equal(position, 2);
    assert_int_equal(reader_find_id(reader, 8, view_of("id"), &position),
                     ERR_NOT_FOUND);
    assert_int_equal(reader_find_id(reader, 7, view_of("i"), &position),
                     ERR_NOT_FOUND);
    position = 0;
    assert_int_equal(reader_find_event(reader, second, &position), OK);
    assert_int_equal(position, 2);
    second.seq = 3;
    assert_int_equal(reader_find_event(reader, second, &position),
                     ERR_NOT_FOUND);
    reader_close(reader);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(each_position_is_found),
    cmocka_unit_test(a_reader_sees_one_moment),
    cmocka_unit_test(ids_and_identities))
