/*
 * test_state_check.c - stored states that differ from a fresh fold are counted
 */
#include "core/state_check.h"

#include <stdio.h>
#include <string.h>

#include "core/runset.h"
#include "core/state.h"
#include "tests/book.h"
#include "tests/unit.h"

/* A checkpoint as it should be, then one with a state that is not so. */
TEST(a_wrong_state_is_found)
{
    static const uint8_t wrong_blob[] = { 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3 };
    runs_key key = runs_key_of((account_id) { .member = 43 });
    struct runset set = state_packed_set();
    struct runs_writer *writer;
    uint8_t tag[RUNSET_TAG_SIZE];
    struct state *state;
    struct book book;
    uint64_t wrong = 9;
    bool changed;

    book_open(&book, LEDGER_OWN);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"join\", \"member\": 42}\n"
                                 "{\"kind\": \"join\", \"member\": 43, "
                                 "\"store\": 31}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(state_open(book.ledger, &state), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_checkpoint(state), OK);
    state_close(state);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);

    assert_int_equal(
        runset_init(&set, book.place.path, ledger_journal(book.ledger)), OK);
    assert_int_equal(runset_load(&set, &changed), OK);
    assert_int_equal(set.position, 2);
    memcpy(tag, set.tag, sizeof tag);
    assert_int_equal(runset_begin(&set, &writer), OK);
    runs_add(writer, runs_key_view(&key),
             (view) { wrong_blob, sizeof wrong_blob });
    assert_int_equal(runset_commit(&set, writer, 2, tag), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 1);
    runset_close(&set);

    /* Somebody admitted since, for another store: it is of no use any more. */
    book_enrol(&book, ledger_who(book.ledger).node, 31, ENROL_STORE);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    book_close(&book);
}

/* What was known then is what counted then, and a checkpoint from before is
 * none the worse for it. */
TEST(a_later_copy_displaces_nothing_in_the_past)
{
    struct state *state;
    struct book book;
    char before[4096];
    uint64_t wrong = 9;

    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 1}\n");
    book_hear_copies(&book, 21, 1000, 1000);
    const uint64_t known = ledger_position(book.ledger);
    assert_int_equal(state_open(book.ledger, &state), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(state_checkpoint(state), OK);
    state_close(state);
    snprintf(before, sizeof before, "%s",
             book_balance(&book, "1000", BOOK_NOW, known));
    book_hear_copies(&book, 22, 1000, 5000);
    assert_string_equal(book_balance(&book, "1000", BOOK_NOW, known), before);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    book_close(&book);
}

RUN(cmocka_unit_test(a_wrong_state_is_found),
    cmocka_unit_test(a_later_copy_displaces_nothing_in_the_past))
