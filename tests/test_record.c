/*
 * test_record.c - records are read back as they were written, whatever was
 * changed in them is noticed, and no hostile bytes lead astray
 */
#include "core/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit.h"

enum { ROOM = 4096 };

static const identity FOREIGN = { .incarnation = 9, .seq = 4, .node = 77 };

static struct record
some_record(uint64_t seq, uint32_t count)
{
    struct record record = {
        .stream = { .incarnation = 5, .node = 3, .channel = CHANNEL_EVENTS },
        .seq = seq,
        .count = count,
        .kind = RECORD_EVENTS,
        .recorded_ms = INT64_C(1700000000000),
    };

    if (seq == 1)
        record.flags = RECORD_FIRST;
    else
        record.prev = crypto_digest(view_of("before"));
    return record;
}

/* Three events: plain, with an annex, and a copy with an annex. */
static const struct record_entry ENTRIES[] = {
    { .core = { (const uint8_t *)"first", 5 } },
    { .core = { (const uint8_t *)"second", 6 },
      .annex = { (const uint8_t *)"till 4", 6 } },
    { .core = { (const uint8_t *)"third", 5 },
      .annex = { (const uint8_t *)"till 5", 6 },
      .copy_of = { .incarnation = 9, .seq = 4, .node = 77 },
      .print = { { { 1, 2, 3 } }, 12345 } },
};

static uint32_t
write_events(struct record *record, uint8_t bytes[static ROOM])
{
    struct record_writer writer;
    uint32_t body = 0;

    for (uint32_t i = 0; i < record->count; i++)
        body += record_entry_size(&ENTRIES[i]);
    uint32_t size = record_size(body, record->seq == 1);
    assert_true(size <= ROOM);
    record_write(&writer, record, bytes, size);
    for (uint32_t i = 0; i < record->count; i++)
        record_write_event(&writer, &ENTRIES[i]);
    record_write_end(&writer);
    return size;
}

static void
sum_again(uint8_t *bytes, uint32_t size)
{
    uint64_t sum = hash_64((view) { bytes + 8, size - 8 }, 0);

    memcpy(bytes, &sum, sizeof sum);
}

TEST(events_come_back)
{
    struct record written = some_record(41, 3);
    struct record_event event;
    struct record read;
    uint8_t bytes[ROOM] = { 0 };

    uint32_t size = write_events(&written, bytes);
    assert_int_equal(record_parse((view) { bytes, ROOM }, &read), OK);
    assert_int_equal(read.bytes.size, size);
    assert_true(stream_equal(read.stream, written.stream));
    assert_int_equal(read.seq, 41);
    assert_int_equal(record_last(&read), 43);
    assert_int_equal(read.recorded_ms, written.recorded_ms);
    assert_true(digest_equal(read.prev, written.prev));
    assert_true(digest_equal(read.chain, written.chain));
    assert_int_equal(record_check_chain(&read), OK);

    struct record_cursor cursor = record_events(&read);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(record_next(&cursor, &event));
        assert_true(view_equal(event.core, ENTRIES[i].core));
        assert_true(view_equal(event.annex, ENTRIES[i].annex));
        assert_false(event.annex_erased);
        assert_int_equal(event.here.seq, 41 + i);
        assert_int_equal(event.copy, i == 2);
        identity origin = i == 2 ? FOREIGN : event.here;
        assert_true(identity_equal(event.origin, origin));
    }
    assert_true(fingerprint_equal(event.print, ENTRIES[2].print));
    assert_false(record_next(&cursor, &event));
}

TEST(the_last_of_several_is_found)
{
    uint8_t bytes[2 * ROOM];
    struct record first = some_record(10, 3), second = some_record(13, 1);
    struct record last;
    uint32_t size = write_events(&first, bytes);
    size += write_events(&second, bytes + size);

    assert_true(record_find_last((view) { bytes, size }, &last));
    assert_int_equal(record_last(&last), 13);
    assert_false(record_find_last((view) { bytes, size - 1 }, &last));
    assert_false(record_find_last((view) { bytes, 0 }, &last));
}

TEST(first_record_names_its_parent)
{
    struct record written = some_record(1, 2);
    struct record read;
    uint8_t bytes[ROOM];

    written.parent = (struct record_parent) { 4, 99, { { 8 } }, REASON_FORK };
    uint32_t size = write_events(&written, bytes);
    assert_int_equal(record_parse((view) { bytes, size }, &read), OK);
    assert_int_equal(read.flags, RECORD_FIRST);
    assert_int_equal(read.parent.incarnation, 4);
    assert_int_equal(read.parent.seq, 99);
    assert_int_equal(read.parent.reason, REASON_FORK);
    assert_true(digest_equal(read.parent.chain, written.parent.chain));
    assert_int_equal(record_check_chain(&read), OK);
}

TEST(control_items_come_back)
{
    struct record written = some_record(7, 1);
    struct record_writer writer;
    struct record_event event;
    struct record read;
    uint8_t bytes[ROOM];
    view body = view_of("complete up to noon");

    written.kind = RECORD_MARK;
    uint32_t size = record_size(body.size, false);
    record_write(&writer, &written, bytes, size);
    record_write_control(&writer, body);
    record_write_end(&writer);
    assert_int_equal(record_parse((view) { bytes, size }, &read), OK);
    assert_int_equal(read.kind, RECORD_MARK);
    assert_true(view_equal(read.body, body));
    assert_int_equal(record_check_chain(&read), OK);
    struct record_cursor cursor = record_events(&read);
    assert_false(record_next(&cursor, &event));
}

TEST(any_changed_byte_is_noticed)
{
    struct record written = some_record(41, 3);
    struct record read;
    uint8_t bytes[ROOM];
    uint32_t size = write_events(&written, bytes);

    for (uint32_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        assert_int_equal(record_parse((view) { bytes, size }, &read),
                         ERR_CORRUPT);
        bytes[i] ^= 0x10;
    }
    for (uint32_t cut = 0; cut < size; cut++)
        assert_int_equal(record_parse((view) { bytes, cut }, &read),
                         ERR_CORRUPT);
    assert_int_equal(record_parse((view) { bytes, size }, &read), OK);
}

/* An enemy can make checksums: then the chain tells. */
TEST(a_forged_checksum_breaks_the_chain)
{
    struct record written = some_record(41, 3);
    struct record read;
    uint8_t bytes[ROOM];
    uint32_t size = write_events(&written, bytes);
    uint32_t parsed = 0;

    for (uint32_t i = 12; i < size; i++) {
        bytes[i] ^= 1;
        sum_again(bytes, size);
        if (record_parse((view) { bytes, size }, &read) == OK) {
            parsed++;
            assert_int_equal(record_check_chain(&read), ERR_CORRUPT);
        }
        bytes[i] ^= 1;
    }
    assert_true(parsed > 60); /* most changes keep the form */
}

/* Bit 2 (annex) becomes bit 4 (erased) with the hash in its place. */
TEST(an_erased_annex_keeps_the_chain)
{
    struct record written = some_record(41, 2);
    struct record_event event;
    struct record read;
    uint8_t bytes[ROOM];
    uint32_t size = write_events(&written, bytes);
    uint32_t entry = size - record_entry_size(&ENTRIES[1]);
    digest hash = crypto_digest(ENTRIES[1].annex);
    uint16_t hash_size = sizeof hash;

    bytes[entry + 3] = 4;
    memcpy(bytes + entry + 4, &hash_size, 2);
    memcpy(bytes + entry + 6 + ENTRIES[1].core.size, hash.bytes, sizeof hash);
    size = size - ENTRIES[1].annex.size + hash_size;
    memcpy(bytes + 8, &size, 4);
    sum_again(bytes, size);
    assert_int_equal(record_parse((view) { bytes, size }, &read), OK);
    assert_int_equal(record_check_chain(&read), OK);
    struct record_cursor cursor = record_events(&read);
    assert_true(record_next(&cursor, &event));
    assert_true(record_next(&cursor, &event));
    assert_true(event.annex_erased);
    assert_int_equal(event.annex.size, 0);
    assert_true(view_equal(event.core, ENTRIES[1].core));
}

TEST(a_later_format_is_not_damage)
{
    struct record written = some_record(41, 1);
    struct record read;
    uint8_t bytes[ROOM];
    uint32_t size = write_events(&written, bytes);

    bytes[12] = RECORD_FORMAT + 1;
    sum_again(bytes, size);
    assert_int_equal(record_parse((view) { bytes, size }, &read), ERR_UNKNOWN);
    assert_int_equal(read.bytes.size, size);
}

/* Whatever stands there under a right checksum: the walk stays inside. */
TEST(hostile_bytes_stay_inside)
{
    srand(20261121);
    for (int run = 0; run < 60000; run++) {
        struct record written = some_record(run % 2 ? 1 : 41, 3);
        uint8_t bytes[ROOM];
        uint32_t size = write_events(&written, bytes);
        uint8_t *exact = malloc(size);
        struct record_event event;
        struct record read;

        assert_non_null(exact);
        memcpy(exact, bytes, size);
        for (int changes = rand() % 4 + 1; changes > 0; changes--) {
            uint32_t at = 8 + (uint32_t)rand() % (size - 8);
            exact[at] =
                rand() % 3 ? (uint8_t)rand() : (uint8_t)(rand() % 2 ? 0xff : 0);
        }
        if (run % 8)
            memcpy(exact + 8, &size, 4);
        sum_again(exact, size);
        if (record_parse((view) { exact, size }, &read) == OK) {
            struct record_cursor cursor = record_events(&read);
            uint32_t met = 0;
            while (record_next(&cursor, &event)) {
                assert_true(event.core.bytes >= exact);
                assert_true(event.core.bytes + event.core.size +
                                event.annex.size <=
                            exact + size);
                met++;
            }
            assert_true(read.kind != RECORD_EVENTS || met == read.count);
            /* The chain agrees only where the changes changed nothing. */
            if (record_check_chain(&read) == OK)
                assert_memory_equal(exact, bytes, size);
        }
        free(exact);
    }
}

RUN(cmocka_unit_test(events_come_back),
    cmocka_unit_test(the_last_of_several_is_found),
    cmocka_unit_test(first_record_names_its_parent),
    cmocka_unit_test(control_items_come_back),
    cmocka_unit_test(any_changed_byte_is_noticed),
    cmocka_unit_test(a_forged_checksum_breaks_the_chain),
    cmocka_unit_test(an_erased_annex_keeps_the_chain),
    cmocka_unit_test(a_later_format_is_not_damage),
    cmocka_unit_test(hostile_bytes_stay_inside))
