/*
 * test_history_scan.c - a scan meets every account once, in account order, from
 * runs and tail together, and notices when the history moves under it
 */
#include "core/history_scan.h"

#include <stdio.h>

#include "core/runs.h"
#include "core/text.h"
#include "tests/book.h"
#include "tests/medley.h"
#include "tests/unit.h"

enum { MEMBERS = 400, ARENA_SIZE = 1 << 26 };

static void
fill(struct book *book, uint32_t first, uint32_t step)
{
    struct text lines = { 0 };

    for (uint32_t i = first; i <= MEMBERS; i += step)
        text_format(&lines,
                    "{\"kind\": \"stamp\", \"%s\": %s%u%s, \"card\": "
                    "\"c\"}\n",
                    i % 9 == 0 ? "bearer" : "member", i % 9 == 0 ? "\"b" : "",
                    i, i % 9 == 0 ? "\"" : "");
    text_char(&lines, '\0');
    assert_int_equal(book_append(book, (const char *)lines.bytes, NULL, NULL),
                     OK);
    text_close(&lines);
}

static uint32_t
count(struct history_scan *scan, struct arena *arena, int32_t partition)
{
    struct history_account account;
    account_id last = { 0 };
    uint32_t accounts = 0;
    enum err err;

    while ((err = history_scan_next(scan, arena, &account)) == OK) {
        assert_true(accounts == 0 ||
                    account_compare(last, account.account) < 0);
        if (partition >= 0)
            assert_int_equal(runs_partition(account.account), partition);
        last = account.account;
        accounts++;
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    history_scan_close(scan);
    return accounts;
}

TEST(every_account_is_met_once)
{
    struct history_account account;
    struct history_scan *scan;
    struct history *history;
    struct arena arena;
    struct book book;
    uint32_t sum = 0;

    assert_true(arena_open(&arena, ARENA_SIZE));
    book_open(&book, LEDGER_OWN);
    history = ledger_history(book.ledger);
    fill(&book, 1, 2);
    assert_int_equal(history_merge(history), OK);
    fill(&book, 1, 3);
    assert_int_equal(history_merge(history), OK);
    fill(&book, 1, 1);
    assert_int_equal(history_scan_all(history, HISTORY_ALL, &scan), OK);
    assert_int_equal(count(scan, &arena, -1), MEMBERS);
    assert_int_equal(history_scan_all(history, MEMBERS / 2, &scan), OK);
    assert_int_equal(count(scan, &arena, -1), MEMBERS / 2);
    for (uint32_t p = 0; p < LIMIT_PARTITIONS; p++) {
        assert_int_equal(history_scan_partition(history, p, HISTORY_ALL, &scan),
                         OK);
        sum += count(scan, &arena, (int32_t)p);
    }
    assert_int_equal(sum, MEMBERS);

    assert_int_equal(history_scan_all(history, HISTORY_ALL, &scan), OK);
    assert_int_equal(history_scan_next(scan, &arena, &account), OK);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_scan_next(scan, &arena, &account), ERR_BUSY);
    history_scan_close(scan);
    book_close(&book);
    arena_close(&arena);
}

/* Whether a copy that does not count is among what is put aside. */
static bool
has_quarantined(const struct history_account *account)
{
    for (uint32_t i = 0; i < account->aside_count; i++)
        if (account->aside[i].why == HISTORY_COPY)
            return true;
    return false;
}

TEST(whose_events_are_quarantined_is_known)
{
    struct history_account account;
    struct marks marks = { 0 };
    struct history_scan *scan;
    struct history *history;
    struct arena arena;
    uint32_t marked = 0;
    enum err err;

    static struct medley medley;
    assert_true(arena_open(&arena, ARENA_SIZE));
    medley_open(&medley, 7);
    for (uint32_t i = 0; i < 40; i++)
        medley_add(&medley);
    for (uint32_t i = 1; i <= MEDLEY_NODES; i++)
        inflow_send(&medley.inflow, i);
    assert_int_equal(history_open(medley.inflow.place.path,
                                  medley.inflow.journal, true, &history),
                     OK);
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_mark_quarantined(history, &marks), OK);
    assert_int_equal(history_scan_all(history, HISTORY_ALL, &scan), OK);
    while ((err = history_scan_next(scan, &arena, &account)) == OK) {
        assert_int_equal(marks_has_own(&marks, account.account),
                         has_quarantined(&account));
        marked += has_quarantined(&account);
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_in_range(marked, 1, MEDLEY_ACCOUNTS - 1);
    assert_int_equal(marked, marks.table.count);
    history_scan_close(scan);
    history_close(history);
    marks_close(&marks);
    medley_close(&medley);
    arena_close(&arena);
}

RUN(cmocka_unit_test(whose_events_are_quarantined_is_known),
    cmocka_unit_test(every_account_is_met_once))
