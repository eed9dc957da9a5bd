/*
 * test_history_ahead.c - what a thread has taken in ahead of a history reads as
 * if there were none, at each step and at the end; words keep their numbers
 */
#include "core/history.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { MEMBERS = 3, EVENTS = 300, TAIL = 40, STEP = 10 };

static void
add_events(struct book *book)
{
    char line[512];

    for (uint32_t i = 0; i < EVENTS; i++) {
        snprintf(line, sizeof line,
                 "{\"kind\": \"purchase\", \"member\": %u, \"receipt\": "
                 "\"r%u\", \"total\": 100, \"lines\": [{\"amount\": 100, "
                 "\"category\": \"c%u\"}]}\n",
                 1 + i % MEMBERS, i, i / 10);
        assert_int_equal(book_append(book, line, NULL, NULL), OK);
    }
}

/* As far as one of them goes, they say the same of every member. */
static void
expect_alike(const struct history *one, const struct history *other,
             struct arena *arena)
{
    struct history_account a, b;

    for (uint64_t member = 1; member <= MEMBERS; member++) {
        account_id account = { .member = member };
        arena_reset(arena);
        assert_int_equal(history_read(one, account, HISTORY_ALL, arena, &a),
                         OK);
        assert_int_equal(
            history_read(other, account, history_position(one), arena, &b), OK);
        assert_int_equal(a.event_count, b.event_count);
        for (uint32_t i = 0; i < a.event_count; i++) {
            assert_int_equal(a.positions[i], b.positions[i]);
            assert_true(view_equal(a.events[i]->sale.lines->category,
                                   b.events[i]->sale.lines->category));
        }
    }
}

/* A history of all events that takes in ahead. */
static struct history *
begin(struct book *book)
{
    struct history *history;

    book_open(book, LEDGER_WRITE);
    add_events(book);
    assert_int_equal(history_open(book->place.path,
                                  ledger_journal(book->ledger), true, &history),
                     OK);
    history_set_beside(history);
    history_set_tail(history, TAIL);
    history_set_step(history, STEP);
    return history;
}

TEST(what_a_thread_takes_in_ahead_reads_the_same)
{
    struct book book;
    struct history *history = begin(&book);
    uint32_t leaps = 0;

    do {
        uint64_t before = history_position(history);
        assert_int_equal(history_refresh(history), OK);
        leaps += history_position(history) > before + STEP;
        expect_alike(history, ledger_history(book.ledger), &book.arena);
    } while (history_is_behind(history));
    assert_int_equal(history_position(history),
                     history_position(ledger_history(book.ledger)));
    assert_true(leaps > 3);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_held(history), history_position(history));
    expect_alike(history, ledger_history(book.ledger), &book.arena);
    struct history_counts one = history_counts(history);
    struct history_counts other = history_counts(ledger_history(book.ledger));
    assert_memory_equal(&one, &other, sizeof one);
    history_close(history);
    book_close(&book);
}

/* Who gives up the ownership meanwhile, or ends, leaves nothing behind. */
TEST(what_lies_ahead_can_be_forgotten)
{
    struct book book;
    struct history *history = begin(&book);

    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(history_refresh(history), OK);
        assert_true(history_is_behind(history));
        history_set_owner(history, i % 2 != 0);
        expect_alike(history, ledger_history(book.ledger), &book.arena);
    }
    assert_int_equal(history_rebuild(history), OK);
    assert_int_equal(history_position(history),
                     history_position(ledger_history(book.ledger)));
    expect_alike(history, ledger_history(book.ledger), &book.arena);
    history_close(history);
    book_close(&book);
}

RUN(cmocka_unit_test(what_a_thread_takes_in_ahead_reads_the_same),
    cmocka_unit_test(what_lies_ahead_can_be_forgotten))
