/*
 * test_history_tend.c - what is written into runs, and joined when these are
 * merged, reads the same as before
 */
#include "core/history.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { ROUNDS = 24, MEMBERS = 3 };

/* Each member's purchases are 100 + the round. */
static void
expect_rounds(struct book *book, uint32_t rounds)
{
    struct history_account account;

    for (uint64_t member = 1; member <= MEMBERS; member++) {
        arena_reset(&book->arena);
        assert_int_equal(history_read(ledger_history(book->ledger),
                                      (account_id) { .member = member },
                                      HISTORY_ALL, &book->arena, &account),
                         OK);
        assert_int_equal(account.event_count, rounds);
        for (uint32_t i = 0; i < rounds; i++)
            assert_int_equal(account.events[i]->sale.total.minor, 100 + i);
    }
}

TEST(merged_tails_read_the_same)
{
    struct book book;
    struct history *history;
    char line[256];

    book_open(&book, LEDGER_OWN);
    history = ledger_history(book.ledger);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (int member = 1; member <= MEMBERS; member++) {
            snprintf(line, sizeof line,
                     "{\"kind\": \"purchase\", \"member\": %d, \"receipt\": "
                     "\"r\", \"total\": %u, "
                     "\"at\": \"2025-06-01T%02u:00:00Z\"}\n",
                     member, 100 + round, round);
            assert_int_equal(book_append(&book, line, NULL, NULL), OK);
        }
        expect_rounds(&book, round + 1); /* from the tail, too */
        /* Few items are worth no run until they are asked for. */
        assert_int_equal(history_tend(history), OK);
        assert_true(history_held(history) < history_position(history));
        assert_int_equal(history_merge(history), OK);
        assert_int_equal(history_held(history), history_position(history));
        expect_rounds(&book, round + 1);
    }
    book_close(&book);
}

TEST(an_owner_can_leave_a_longer_or_shorter_tail)
{
    struct book book;
    struct history *history;
    const char *line = "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": "
                       "\"r\", \"total\": 100}\n";

    book_open(&book, LEDGER_OWN);
    history = ledger_history(book.ledger);
    history_set_tail(history, 2);
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    assert_true(history_held(history) < history_position(history));
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    assert_int_equal(history_held(history), history_position(history));
    book_close(&book);
}

TEST(what_is_built_anew_is_built_in_one_go)
{
    struct book book;
    struct history *history;
    struct history_account account;
    const char *line =
        "{\"kind\": \"purchase\", \"receipt\": \"r\", \"member\": 1, "
        "\"total\": 100}\n";

    book_open(&book, LEDGER_OWN);
    history = ledger_history(book.ledger);
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    uint64_t all = history_position(history);
    history_set_step(history, 1);
    assert_int_equal(history_rebuild(history), OK);
    assert_int_equal(history_position(history), all);
    assert_int_equal(history_read(history, (account_id) { .member = 1 },
                                  HISTORY_ALL, &book.arena, &account),
                     OK);
    assert_int_equal(account.event_count, 2);
    assert_int_equal(history_refresh(history), OK);
    assert_false(history_is_behind(history));
    book_close(&book);
}

RUN(cmocka_unit_test(what_is_built_anew_is_built_in_one_go),
    cmocka_unit_test(merged_tails_read_the_same),
    cmocka_unit_test(an_owner_can_leave_a_longer_or_shorter_tail))
