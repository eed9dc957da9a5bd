/*
 * test_history_tend.c - what is written into runs, and joined when these are
 * merged, reads the same as before, account by account or from one to the next;
 * a busy time has more runs than a quiet one
 */
#include "core/history.h"
#include "core/history_parts.h"
#include "core/marks.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { ROUNDS = 24, MEMBERS = 3, MANY = 200 };

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

/* Some members buy, others than in the round before. */
static void
add_round(struct book *book, uint32_t round)
{
    char line[256];

    for (uint32_t member = 1 + round % 3; member <= MANY; member += 3) {
        snprintf(line, sizeof line,
                 "{\"kind\": \"purchase\", \"member\": %u, "
                 "\"receipt\": \"r\", \"total\": 100}\n",
                 member);
        assert_int_equal(book_append(book, line, NULL, NULL), OK);
    }
    assert_int_equal(history_merge(ledger_history(book->ledger)), OK);
}

static void
expect_same(struct book *book, struct history_trail *trail, account_id account)
{
    const struct history *history = ledger_history(book->ledger);
    struct history_account one, other;

    arena_reset(&book->arena);
    assert_int_equal(
        history_read(history, account, HISTORY_ALL, &book->arena, &one), OK);
    assert_int_equal(
        history_read_on(trail, account, HISTORY_ALL, &book->arena, &other), OK);
    assert_int_equal(one.event_count, other.event_count);
    for (uint32_t i = 0; i < one.event_count; i++)
        assert_int_equal(one.positions[i], other.positions[i]);
}

/* In the order of keys and in another one, while runs come and are merged. */
TEST(a_trail_finds_what_is_found_without)
{
    struct book book;

    book_open(&book, LEDGER_OWN);
    struct history_trail trail = { .history = ledger_history(book.ledger) };
    for (uint32_t round = 0; round < RUNSET_RUNS_KEEP + 4; round++) {
        struct marks marks = { .table.seed = 7 };
        struct mark mark;
        account_id account;
        add_round(&book, round);
        for (uint64_t i = 1; i <= MANY + 5; i += 1 + round % 4) {
            expect_same(&book, &trail, (account_id) { .member = i });
            assert_int_equal(marks_add_member(&marks, i), OK);
        }
        while (marks_next(&marks, &mark) == OK) {
            assert_true(runs_key_account(runs_key_view(&mark.key), &account));
            expect_same(&book, &trail, account);
        }
        marks_close(&marks);
    }
    book_close(&book);
}

TEST(merges_wait_while_there_is_more_to_take_in)
{
    const char *line = "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": "
                       "\"r\", \"total\": 100}\n";
    struct book book;
    struct history *history;
    uint32_t most = 0;

    book_open(&book, LEDGER_WRITE);
    for (uint32_t i = 0; i < 2 * RUNSET_RUNS_MAX; i++)
        assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    assert_int_equal(history_open(book.place.path, ledger_journal(book.ledger),
                                  true, &history),
                     OK);
    history_set_tail(history, 1);
    history_set_step(history, 1);
    do {
        assert_int_equal(history_refresh(history), OK);
        uint32_t count = history->set.run_count;
        most = count > most ? count : most;
    } while (history_is_behind(history));
    assert_int_equal(most, RUNSET_RUNS_BUSY);
    assert_true(history->set.run_count <= RUNSET_RUNS_KEEP);
    assert_int_equal(history_held(history), history_position(history));
    history_close(history);
    book_close(&book);
}

RUN(cmocka_unit_test(what_is_built_anew_is_built_in_one_go),
    cmocka_unit_test(a_trail_finds_what_is_found_without),
    cmocka_unit_test(merges_wait_while_there_is_more_to_take_in),
    cmocka_unit_test(merged_tails_read_the_same),
    cmocka_unit_test(an_owner_can_leave_a_longer_or_shorter_tail))
