/*
 * test_digest.c - the digest depends on events and rules only: not on merges,
 * nor on what was damaged and built again
 */
#include "core/digest.h"

#include "core/crypto.h"
#include "tests/book.h"
#include "tests/unit.h"

static digest
ask(struct book *book)
{
    digest all;

    assert_int_equal(
        digest_accounts(book->ledger, LEDGER_KNOWN_ALL, BOOK_NOW, &all, NULL),
        OK);
    return all;
}

TEST(the_digest_survives_merges_and_damage)
{
    struct book book;

    book_open(&book, LEDGER_OWN);
    book_load_example(&book, "13-referral");
    digest before = ask(&book);
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    assert_true(digest_equal(ask(&book), before));
    book_change_byte(&book, "history/0000000000000001.run", 60);
    assert_true(digest_equal(ask(&book), before));
    book_reopen(&book, LEDGER_READ);
    assert_true(digest_equal(ask(&book), before));
    book_close(&book);
}

TEST(the_digest_is_that_of_the_lines)
{
    struct crypto_blake blake;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    crypto_blake_start(&blake);
    assert_true(digest_equal(ask(&book), crypto_blake_end(&blake)));
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"join\", \"member\": 7}\n"
                    "{\"kind\": \"stamp\", \"bearer\": \"A\", \"card\": "
                    "\"c\"}",
                    NULL, NULL),
        OK);
    crypto_blake_start(&blake);
    static const char *const accounts[] = { "7", "bearer:A" };
    for (uint32_t i = 0; i < 2; i++) {
        view line = view_of(
            book_balance(&book, accounts[i], BOOK_NOW, LEDGER_KNOWN_ALL));
        crypto_blake_add(&blake, line.bytes, line.size);
        crypto_blake_add(&blake, "\n", 1);
    }
    assert_true(digest_equal(ask(&book), crypto_blake_end(&blake)));
    book_close(&book);
}

RUN(cmocka_unit_test(the_digest_survives_merges_and_damage),
    cmocka_unit_test(the_digest_is_that_of_the_lines))
