/*
 * test_state_fold.c - an account folded forward event by event has the bytes of
 * one folded from its history
 */
#include "core/state_fold.h"

#include <stdlib.h>
#include <string.h>

#include "tests/book.h"
#include "tests/unit.h"

static const char LINES[] =
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"1\", \"total\": "
    "5000, \"at\": \"2025-01-10T12:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 42, \"card\": \"card\", \"count\": 4, "
    "\"at\": \"2025-02-10T12:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"2\", \"total\": "
    "7000, \"at\": \"2025-05-10T12:00:00Z\"}\n"
    "{\"kind\": \"return\", \"member\": 42, \"receipt\": \"1\", \"at\": "
    "\"2025-05-11T12:00:00Z\"}\n";

TEST(forward_is_the_same_as_afresh)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const account_id member = { .member = 42 };
    const struct timeline *timeline;
    struct history_account history;
    struct state_folded forward, fresh;
    struct state_fold one, other;
    struct book book;
    uint8_t *packed = malloc(65536);

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "points: {expire_months: 1}\n"
               "earn:\n  - {id: base, per: 1.00, points: 1}\n"
               "rewards:\n  - {id: cup, value: 3.00, valid_days: 9}\n"
               "stamps:\n  - {id: card, need: 3, reward: cup}\n");
    assert_int_equal(book_append(&book, LINES, NULL, NULL), OK);
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, NULL), OK);
    assert_int_equal(state_fold_open(&one, book.ledger, timeline), OK);
    assert_int_equal(state_fold_open(&other, NULL, timeline), OK);
    assert_int_equal(ledger_account(book.ledger, member, &question, &book.arena,
                                    &history, NULL),
                     OK);
    assert_int_equal(state_fold_account(&one, member, 1, &fresh), OK);
    assert_true(fresh.packed.size == 0);
    assert_int_equal(state_fold_account(&one, member, 2, &fresh), OK);
    for (uint32_t i = 1; i < 3; i++) {
        memcpy(packed, fresh.packed.bytes, fresh.packed.size);
        assert_int_equal(
            state_fold_forward(&other, (view) { packed, fresh.packed.size },
                               history.events[i], &forward),
            OK);
        assert_int_equal(state_fold_account(&one, member, 2 + i, &fresh), OK);
        assert_true(view_equal(forward.packed, fresh.packed));
    }
    /* A return looks back at what a packed state has left behind. */
    memcpy(packed, fresh.packed.bytes, fresh.packed.size);
    view last = { packed, fresh.packed.size };
    assert_int_equal(
        state_fold_forward(&other, last, history.events[3], &forward),
        ERR_NOT_FOUND);
    assert_int_equal(
        state_fold_forward(&other, last, history.events[0], &forward),
        ERR_NOT_FOUND);
    last.size--;
    assert_int_equal(
        state_fold_forward(&other, last, history.events[2], &forward),
        ERR_CORRUPT);
    state_fold_close(&one);
    state_fold_close(&other);
    book_close(&book);
    free(packed);
}

RUN(cmocka_unit_test(forward_is_the_same_as_afresh))
