/*
 * test_history_take.c - all events of the journal become rows of a tail, from
 * any position on; the end is told
 */
#include "core/history_take.h"

#include <stdio.h>

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

RUN(cmocka_unit_test(all_behind_a_position_is_taken))
