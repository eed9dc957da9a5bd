/*
 * test_spread.c - every account is taken once by some thread, also where a run
 * is found damaged on the way; a fault ends it
 */
#include "core/spread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { ACCOUNTS = 700, ROUNDS = 3, THREADS = 4 };

/* One thread's. */
struct counted {
    uint32_t taken[ACCOUNTS + 1]; /* by member */
};

static atomic_uint calls_left; /* until a take fails; 0: none does */

static enum err
count_account(void *context, const struct history_account *history,
              struct arena *arena)
{
    struct counted *counted = context;

    if (atomic_load(&calls_left) > 0 && atomic_fetch_sub(&calls_left, 1) == 1)
        return ERR_FULL;
    assert_in_range(history->account.member, 1, ACCOUNTS);
    assert_int_equal(history->event_count, ROUNDS);
    assert_non_null(ARENA_NEW(arena, struct event, 1));
    counted->taken[history->account.member]++;
    return OK;
}

static void
fill(struct book *book)
{
    static char lines[ACCOUNTS * 96];

    book_open(book, LEDGER_OWN);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        for (uint32_t i = 1; i <= ACCOUNTS; i++)
            size += (size_t)snprintf(lines + size, sizeof lines - size,
                                     "{\"kind\": \"purchase\", \"member\": %u, "
                                     "\"receipt\": \"%u\", \"total\": 100}\n",
                                     i, round);
        assert_int_equal(book_append(book, lines, NULL, NULL), OK);
        if (round + 1 < ROUNDS) /* the last one is the tail's */
            assert_int_equal(history_merge(ledger_history(book->ledger)), OK);
    }
}

static enum err
run(struct book *book, uint32_t threads, struct counted *counted)
{
    struct spread_contexts contexts = { .count = threads };

    memset(counted, 0, threads * sizeof *counted);
    for (uint32_t i = 0; i < threads; i++)
        contexts.items[i] = &counted[i];
    return spread_run(book->ledger, LEDGER_KNOWN_ALL, count_account, &contexts);
}

static void
expect_each_once(const struct counted *counted, uint32_t threads)
{
    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < threads; k++)
            sum += counted[k].taken[i];
        assert_int_equal(sum, 1);
    }
}

TEST(each_account_is_taken_once)
{
    struct counted counted[THREADS];
    struct book book;

    fill(&book);
    for (uint32_t threads = 1; threads <= THREADS; threads++) {
        assert_int_equal(run(&book, threads, counted), OK);
        expect_each_once(counted, threads);
    }
    book_close(&book);
}

TEST(a_damaged_run_is_made_good_on_the_way)
{
    struct counted counted[THREADS];
    struct book book;

    fill(&book);
    for (uint32_t i = 1; i < ROUNDS; i++) {
        char name[40];
        snprintf(name, sizeof name, "history/%016u.run", i);
        book_change_byte(&book, name, 3000);
    }
    assert_int_equal(history_verify(ledger_history(book.ledger)), ERR_CORRUPT);
    assert_int_equal(run(&book, THREADS, counted), OK);
    expect_each_once(counted, THREADS);
    assert_int_equal(history_verify(ledger_history(book.ledger)), OK);
    book_close(&book);
}

TEST(a_fault_ends_it)
{
    struct counted counted[THREADS];
    struct book book;

    fill(&book);
    atomic_store(&calls_left, 100);
    assert_int_equal(run(&book, THREADS, counted), ERR_FULL);
    assert_int_equal(atomic_load(&calls_left), 0);
    book_close(&book);
}

RUN(cmocka_unit_test(each_account_is_taken_once),
    cmocka_unit_test(a_damaged_run_is_made_good_on_the_way),
    cmocka_unit_test(a_fault_ends_it))
