/*
 * test_ledger_publish.c - only a file without mistakes, of the same currency
 * and zone, becomes a version
 */
#include "core/ledger_publish.h"

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

RUN(cmocka_unit_test(versions_keep_currency_and_zone))
