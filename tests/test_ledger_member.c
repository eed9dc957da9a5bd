/*
 * test_ledger_member.c - each number of a member is given once
 */
#include "core/ledger_member.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

TEST(member_numbers_are_never_given_twice)
{
    uint64_t first = 0, second = 0, third = 0;
    char line[128];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(ledger_member_new(book.ledger, &first, NULL), OK);
    assert_int_equal(first >> 22, 1);
    assert_int_equal(ledger_member_new(book.ledger, &second, NULL), OK);
    assert_int_equal(second, first + 1);
    snprintf(line, sizeof line, "{\"kind\": \"join\", \"member\": %llu}",
             (unsigned long long)second + 1);
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    book_reopen(&book, LEDGER_WRITE);
    assert_int_equal(ledger_member_new(book.ledger, &third, NULL), OK);
    assert_int_equal(third, second + 2);
    assert_int_equal(
        journal_renew(ledger_journal(book.ledger), 2, REASON_RESTORE, NULL),
        OK);
    assert_int_equal(ledger_member_new(book.ledger, &second, NULL), OK);
    assert_int_equal(second, third + 4097);
    book_close(&book);
}

RUN(cmocka_unit_test(member_numbers_are_never_given_twice))
