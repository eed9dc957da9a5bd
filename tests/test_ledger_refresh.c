/*
 * test_ledger_refresh.c - a ledger that looks at its journal knows the rules
 * and where the journal ends, and its histories take that in when they are told
 * to
 */
#include "core/ledger_refresh.h"

#include <stdio.h>

#include "core/reader.h"
#include "tests/book.h"
#include "tests/unit.h"

static void
sell(struct book *book, uint32_t number)
{
    char line[128];

    snprintf(line, sizeof line,
             "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": "
             "\"sale-%03u\", \"total\": 500}",
             number);
    assert_int_equal(book_write(book, line, NULL, NULL), OK);
}

static uint32_t
events(struct book *book)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const account_id account = { .member = 42 };
    struct history_account history;

    arena_reset(&book->arena);
    assert_int_equal(ledger_account(book->ledger, account, &question,
                                    &book->arena, &history, NULL),
                     OK);
    return history.event_count;
}

TEST(histories_take_in_what_has_been_seen_when_they_are_told_to)
{
    struct book book;

    book_open(&book, LEDGER_OWN);
    for (uint32_t i = 1; i <= 3; i++)
        sell(&book, i);
    assert_int_equal(ledger_refresh_seen(book.ledger), 0);
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_int_equal(ledger_refresh_seen(book.ledger), 3);
    assert_int_equal(ledger_position(book.ledger), 0);
    assert_true(history_is_behind(ledger_history(book.ledger)));
    assert_int_equal(events(&book), 0);
    /* And not what came after. */
    sell(&book, 4);
    assert_int_equal(ledger_refresh_histories(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), 3);
    assert_int_equal(events(&book), 3);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(ledger_refresh_seen(book.ledger), 4);
    assert_int_equal(events(&book), 4);
    book_close(&book);
}

static void
take_in(struct book *book, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        sell(book, i);
    assert_int_equal(ledger_refresh_rules(book->ledger, NULL), OK);
    assert_int_equal(ledger_refresh_histories(book->ledger, NULL), OK);
}

/* What fills a tail becomes a run; the rest stays in a tail. */
TEST(histories_take_in_much_at_once_whatever_their_step)
{
    enum { TAIL = 10 };
    struct book book;

    book_open(&book, LEDGER_OWN);
    struct history *history = ledger_history(book.ledger);
    history_set_tail(history, TAIL);
    history_set_step(history, 1);
    take_in(&book, 4 * TAIL);
    assert_int_equal(history_held(history), 4 * TAIL);
    take_in(&book, TAIL - 1);
    assert_int_equal(history_held(history), 4 * TAIL);
    assert_int_equal(ledger_position(book.ledger), 5 * TAIL - 1);
    take_in(&book, 2);
    assert_int_equal(history_held(history), 5 * TAIL + 1);
    assert_int_equal(events(&book), 5 * TAIL + 1);
    book_close(&book);
}

/* The look does not read it; whoever does says which record it is. */
TEST(damage_is_met_by_the_histories)
{
    struct complaint complaint = { 0 };
    struct book book;

    book_open(&book, LEDGER_OWN);
    sell(&book, 1);
    sell(&book, 2);
    sell(&book, 3);
    book_rot(&book, "sale-002");
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), OK);
    assert_null(ledger_damage(book.ledger));
    assert_int_equal(ledger_refresh_histories(book.ledger, &complaint),
                     ERR_CORRUPT);
    book_has(complaint.text, "position 2");
    assert_int_equal(ledger_position(book.ledger), 1);
    assert_int_equal(ledger_damage(book.ledger)->position, 2);
    /* It stays known, until somebody reads there again. */
    assert_int_equal(ledger_refresh_rules(book.ledger, NULL), ERR_CORRUPT);
    book_rot(&book, "rale-002");
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(events(&book), 3);
    book_close(&book);
}

RUN(cmocka_unit_test(
        histories_take_in_what_has_been_seen_when_they_are_told_to),
    cmocka_unit_test(histories_take_in_much_at_once_whatever_their_step),
    cmocka_unit_test(damage_is_met_by_the_histories))
