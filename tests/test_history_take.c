/*
 * test_history_take.c - all events of the journal become rows of a tail, from
 * any position on, each once, whatever fails on the way; the end is told, and
 * what a later program has written counted
 */
#include "core/history_take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/shelf.h"
#include "core/words.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { EVENTS = 20 };

/* Whatever else the journal holds: so many rows lie behind the position. */
static uint32_t
take_from(struct reader *reader, struct arena scratch, uint64_t position)
{
    struct tail tail = { .seed = 3 };
    struct words words = { .seed = 5 };
    struct history_counts counts = { 0 };
    struct reader_damage damage = { 0 };
    struct ordinary ordinary;
    const struct history_taker taker = {
        &tail, &position, &counts, &words, &damage, &scratch, &ordinary,
    };
    enum err err;

    while ((err = history_take_next(&taker, reader)) == OK)
        assert_true(position <= reader_last(reader));
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_int_equal(position, reader_last(reader));
    assert_int_equal(damage.position, 0);
    assert_int_equal(counts.events, tail.item_count);
    uint32_t count = tail.item_count;
    tail_close(&tail);
    words_close(&words);
    return count;
}

TEST(all_behind_a_position_is_taken)
{
    struct book book;
    struct reader *reader = NULL;
    char lines[EVENTS * 128];
    size_t size = 0;

    book_open(&book, LEDGER_WRITE);
    for (uint32_t i = 0; i < EVENTS; i++)
        size += (size_t)snprintf(
            lines + size, sizeof lines - size,
            "{\"kind\": \"purchase\", \"member\": %u, \"receipt\": \"r\", "
            "\"total\": 100}\n",
            1 + i % 3);
    assert_int_equal(book_append(&book, lines, NULL, NULL), OK);
    assert_int_equal(reader_open(ledger_journal(book.ledger), &reader), OK);
    uint64_t last = reader_last(reader);
    assert_int_equal(take_from(reader, book.arena, 0), EVENTS);
    for (uint32_t i = 0; i <= EVENTS; i++) /* in the midst of a record, too */
        assert_int_equal(take_from(reader, book.arena, last - i), i);
    reader_close(reader);
    book_close(&book);
}

static uint32_t lacks_in; /* so many calls the machine has no memory; 0: none */

#ifdef __SANITIZE_ADDRESS__ /* it has a realloc() of its own */
enum { LACKS = false };
#else
enum { LACKS = true };

void *__libc_realloc(void *old, size_t size);

void *
realloc(void *old, size_t size)
{
    return lacks_in > 0 && --lacks_in == 0 ? NULL : __libc_realloc(old, size);
}
#endif

/* What has come of half a record would come again. */
TEST(no_event_is_taken_twice_where_memory_was_short)
{
    struct book book;
    struct reader *reader = NULL;
    char lines[EVENTS * 128];
    size_t size = 0;
    uint32_t failed = 0;

    book_open(&book, LEDGER_WRITE);
    for (uint32_t i = 0; i < EVENTS; i++)
        size += (size_t)snprintf(lines + size, sizeof lines - size,
                                 "{\"kind\": \"join\", \"member\": %u, "
                                 "\"referrer\": %u}\n",
                                 100 + i, 1 + i % 3);
    assert_int_equal(book_append(&book, lines, NULL, NULL), OK);
    assert_int_equal(reader_open(ledger_journal(book.ledger), &reader), OK);
    for (uint32_t n = 1; n <= EVENTS; n++) {
        struct tail tail = { .seed = 3 };
        struct words words = { .seed = 5 };
        struct history_counts counts = { 0 };
        struct reader_damage damage = { 0 };
        struct ordinary ordinary;
        uint64_t position = 0;
        const struct history_taker taker = {
            &tail, &position, &counts, &words, &damage, &book.arena, &ordinary,
        };
        enum err err;
        lacks_in = n;
        while ((err = history_take_next(&taker, reader)) != ERR_NOT_FOUND) {
            assert_true(err == OK || err == ERR_MEMORY);
            failed += err == ERR_MEMORY;
        }
        lacks_in = 0;
        assert_int_equal(counts.events, EVENTS);
        assert_int_equal(tail.item_count, 2 * EVENTS);
        tail_close(&tail);
        words_close(&words);
    }
    assert_int_equal(failed, LACKS ? EVENTS : 0);
    reader_close(reader);
    book_close(&book);
}

/* The record that begins at the position, as a later program might write it:
 * the format in the record's head, both sums made again. */
static void
make_later(struct journal *journal, uint64_t position)
{
    static uint8_t bytes[4096];
    struct shelf_key key;
    struct db_txn txn;
    view value;

    db_begin(journal_db(journal), DB_WRITE, &txn);
    assert_true(db_get(&txn, TABLE_RECORDS, shelf_position_key(&key, position),
                       &value));
    assert_true(value.size <= sizeof bytes);
    memcpy(bytes, value.bytes, value.size);
    uint8_t *record = bytes + SHELF_PREFIX_SIZE;
    record[12] = RECORD_FORMAT + 1;
    uint64_t sum =
        hash_64((view) { record + 8, value.size - SHELF_PREFIX_SIZE - 8 }, 0);
    memcpy(record, &sum, 8);
    uint8_t place_and_sum[24];
    memcpy(place_and_sum, &position, 8);
    memcpy(place_and_sum + 8, bytes, 8); /* the arrival */
    memcpy(place_and_sum + 16, record, 8);
    sum = hash_64((view) { place_and_sum, sizeof place_and_sum }, 0);
    memcpy(bytes + 8, &sum, 8);
    db_put(&txn, TABLE_RECORDS, shelf_position_key(&key, position),
           (view) { bytes, value.size });
    assert_int_equal(db_commit(&txn), OK);
}

/* Who asks where events stand must know that there are some of which nothing
 * is known. */
TEST(a_record_of_a_later_format_is_counted)
{
    struct book book;
    struct history *history;

    book_open(&book, LEDGER_WRITE);
    history = ledger_history(book.ledger);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(book_append(&book,
                                     "{\"kind\": \"join\", \"member\": 1}\n",
                                     NULL, NULL),
                         OK);
    uint64_t last = ledger_position(book.ledger);
    make_later(ledger_journal(book.ledger), last);
    assert_int_equal(history_rebuild(history), OK);
    assert_int_equal(history_position(history), last);
    assert_int_equal(history_counts(history).events, 1);
    assert_int_equal(history_counts(history).odd, 1);
    book_close(&book);
}

RUN(cmocka_unit_test(all_behind_a_position_is_taken),
    cmocka_unit_test(no_event_is_taken_twice_where_memory_was_short),
    cmocka_unit_test(a_record_of_a_later_format_is_counted))
