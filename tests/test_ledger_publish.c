/*
 * test_ledger_publish.c - only a file without mistakes, of the same currency
 * and zone, becomes a version, as long as there is room
 */
#include "core/ledger_publish.h"

#include "core/limits.h"
#include "core/pen.h"
#include "core/reader.h"
#include "core/shelf.h"
#include "tests/book.h"
#include "tests/unit.h"

TEST(versions_keep_currency_and_zone)
{
    const struct ledger_version *versions;
    struct complaint complaint;
    uint32_t count;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: EUR\ntimezone: "
                             "Europe/Helsinki\n"),
                     &complaint),
        OK);
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: SEK\ntimezone: "
                             "Europe/Helsinki\n"),
                     &complaint),
        ERR_INPUT);
    book_has(complaint.text, "currency SEK: expected EUR");
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: EUR\ntimezone: "
                             "Europe/Stockholm\n"),
                     &complaint),
        ERR_INPUT);
    book_has(complaint.text, "timezone");
    assert_int_equal(book_publish(&book, "2025-01-01",
                                  view_of("program: A\ncurrency: EUR\n"),
                                  &complaint),
                     ERR_INPUT);
    book_has(complaint.text, "program.yaml:");
    book_reopen(&book, LEDGER_READ);
    assert_int_equal(
        ledger_versions(book.ledger, LEDGER_KNOWN_ALL, &versions, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(versions[0].number, 1);
    assert_non_null(versions[0].program);
    book_close(&book);
}

/* In one commit, for thousands would take their time. */
static void
publish_again(struct journal *journal, view body, uint32_t count)
{
    struct db_txn txn;
    struct pen pen;
    enum err err;

    do {
        shelf_begin(journal_db(journal), DB_WRITE, &txn);
        pen_open(&pen, &txn);
        for (uint32_t i = 0; i < count; i++)
            pen_write_control(&pen, CHANNEL_PUBLIC, RECORD_VERSION, body,
                              BOOK_NOW);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    assert_int_equal(err, OK);
}

/* One more than it holds, and a ledger could not be opened any more. */
TEST(no_more_versions_are_published_than_a_ledger_holds)
{
    static const char FILE_TEXT[] =
        "program: A\ncurrency: EUR\ntimezone: UTC\n";
    struct complaint complaint;
    struct reader *reader = NULL;
    struct reader_item item;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    struct journal *journal = ledger_journal(book.ledger);
    assert_int_equal(
        book_publish(&book, "2025-01-01", view_of(FILE_TEXT), NULL), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next_control(reader, 1, &item), OK);
    view body = arena_copy(&book.arena, item.record.body);
    reader_close(reader);
    publish_again(journal, body, LIMIT_VERSIONS - 1);
    assert_int_equal(
        book_publish(&book, "2025-01-01", view_of(FILE_TEXT), &complaint),
        ERR_INPUT);
    book_has(complaint.text, "10000 versions");
    book_reopen(&book, LEDGER_READ);
    book_close(&book);
}

RUN(cmocka_unit_test(versions_keep_currency_and_zone),
    cmocka_unit_test(no_more_versions_are_published_than_a_ledger_holds))
