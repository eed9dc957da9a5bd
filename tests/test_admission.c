/*
 * test_admission.c - an enrolled node speaks for the stores of its enrolments;
 * one that nobody enrolled speaks for all
 */
#include "core/admission.h"

#include <string.h>

#include "core/state.h"
#include "tests/book.h"
#include "tests/unit.h"

TEST(stores_add_up_over_enrolments)
{
    struct admission *admission;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(admission_open(ledger_journal(book.ledger), &admission),
                     OK);
    assert_true(admission_admits(admission, 421, 1));
    book_enrol(&book, 421, 30, ENROL_STORE);
    book_enrol(&book, 422, 31, ENROL_STORE);
    book_enrol(&book, 421, 32, ENROL_STORE);
    book_enrol(&book, 500, 0, ENROL_STANDBY);
    assert_int_equal(admission_refresh(admission), OK);
    assert_true(admission_admits(admission, 421, 30));
    assert_true(admission_admits(admission, 421, 32));
    assert_false(admission_admits(admission, 421, 31));
    assert_true(admission_admits(admission, 422, 31));
    assert_false(admission_admits(admission, 422, 30));
    assert_true(admission_admits(admission, 500, 30));
    assert_true(admission_admits(admission, 1, 30));
    assert_int_equal(admission_changed(admission), 0);
    admission_close(admission);
    book_close(&book);
}

static const char COPY[] =
    "{\"event\": \"421.5.1\", \"recorded\": \"2025-01-01T00:00:00Z\", "
    "\"at\": \"2025-01-01T00:00:00Z\", \"kind\": \"purchase\", \"store\": 33, "
    "\"member\": 42, \"receipt\": \"1\", \"total\": 100}";

/* It is told of the account all the same. */
static void
expect_aside(struct book *book, uint32_t count)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct history_account account;

    arena_reset(&book->arena);
    assert_int_equal(ledger_account(book->ledger, (account_id) { .member = 42 },
                                    &question, &book->arena, &account, NULL),
                     OK);
    assert_int_equal(account.aside_count, count);
    assert_int_equal(account.event_count, 1 - count);
    if (count > 0)
        assert_int_equal(account.aside[0].why, HISTORY_STORE);
}

TEST(an_event_for_another_store_has_no_effect)
{
    struct ledger_import import = { 0 };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_enrol(&book, 421, 30, ENROL_STORE);
    assert_int_equal(book_import(&book, COPY, &import, NULL), OK);
    assert_non_null(
        strstr(book_balance(&book, "42", BOOK_NOW, LEDGER_KNOWN_ALL),
               "\"purchases\": 0,"));
    expect_aside(&book, 1);
    book_enrol(&book, 421, 33, ENROL_STORE);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_non_null(
        strstr(book_balance(&book, "42", BOOK_NOW, LEDGER_KNOWN_ALL),
               "\"purchases\": 1,"));
    expect_aside(&book, 0);
    book_close(&book);
}

RUN(cmocka_unit_test(stores_add_up_over_enrolments),
    cmocka_unit_test(an_event_for_another_store_has_no_effect))
