/*
 * test_history_places.c - where the events of an account stand, in the runs and
 * in the tail, is told in order of arrival
 *
 * test_history.c compares it with its model after each of its random rounds,
 * copies and repetitions among them.
 */
#include "core/history_places.h"

#include "tests/book.h"
#include "tests/unit.h"

static void
expect(struct book *book, uint64_t member, uint32_t count,
       const uint64_t *positions)
{
    const account_id account = { .member = member };
    struct arena scratch = book->arena;
    struct history_places places;

    assert_int_equal(history_places(ledger_history(book->ledger), account,
                                    &scratch, &places),
                     OK);
    assert_int_equal(places.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(places.items[i], positions[i]);
}

/* `at` decides the order of a history, arrival that of its places. */
TEST(places_ascend_and_a_referrers_are_told_with_its_own)
{
    static const char *const LINES[] = {
        "{\"kind\": \"join\", \"member\": 1}\n",
        "{\"kind\": \"join\", \"member\": 2, \"referrer\": 1}\n",
        "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": \"r\", "
        "\"total\": 100, \"at\": \"2025-01-02T00:00:00Z\"}\n",
        "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": \"s\", "
        "\"total\": 100, \"at\": \"2025-01-01T00:00:00Z\"}\n",
    };
    struct book book;
    uint64_t at[COUNT_OF(LINES)];

    book_open(&book, LEDGER_OWN);
    for (uint32_t i = 0; i < COUNT_OF(LINES); i++) {
        assert_int_equal(book_append(&book, LINES[i], NULL, NULL), OK);
        at[i] = ledger_position(book.ledger);
        if (i == 2)
            assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    }
    expect(&book, 1, 4, at);
    expect(&book, 2, 1, &at[1]);
    expect(&book, 3, 0, NULL);
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    expect(&book, 1, 4, at);
    book_close(&book);
}

RUN(cmocka_unit_test(places_ascend_and_a_referrers_are_told_with_its_own))
