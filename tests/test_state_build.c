/*
 * test_state_build.c - states that are built anew are those of a fresh fold,
 * and the run is the same, byte for byte, however many threads build it, also
 * while somebody appends; a damaged history is made good by who builds again
 */
#include "core/state_build.h"

#include <stdio.h>

#include "core/chore.h"
#include "core/journal.h"
#include "core/ledger_parts.h"
#include "core/state.h"
#include "core/state_check.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { MEMBERS = 700, ROUNDS = 4, LINE = 140, THREADS = 8 };

static const char RULES[] =
    "points: {expire_months: 2}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "tiers:\n"
    "  window: 3 months\n"
    "  valid_for: 2 months\n"
    "  levels: [{id: low}, {id: high, from: 80.00, multiply: 1.5}]\n"
    "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
    "referred_points: 50}\n";

static struct book book;
static struct state *state;

/* One event of the member; each was recommended by the one before, and every
 * eleventh event is void. */
static int
put_line(char *line, uint32_t round, uint32_t member)
{
    uint32_t seq = round * MEMBERS + member;

    if (round == 0)
        return snprintf(line, LINE,
                        "{\"kind\": \"join\", \"member\": %u, \"referrer\": "
                        "%u}\n",
                        member, member == 1 ? MEMBERS + 1 : member - 1);
    if (round > 1 && seq % 11 == 0)
        return snprintf(line, LINE,
                        "{\"kind\": \"void\", \"member\": %u, \"voids\": "
                        "\"1.1.%u\"}\n",
                        member, seq - MEMBERS);
    char who[32];
    if (member % 7 == 0)
        snprintf(who, sizeof who, "\"bearer\": \"card-%u\"", member);
    else
        snprintf(who, sizeof who, "\"member\": %u", member);
    return snprintf(line, LINE,
                    "{\"kind\": \"purchase\", %s, \"receipt\": \"%u\", "
                    "\"total\": %u, \"at\": \"2025-%02u-03T10:00:00Z\"}\n",
                    who, round, 700 + 13 * member,
                    1 + (member + round * 5) % 12);
}

static void
fill(void)
{
    static char lines[MEMBERS * LINE];

    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01", RULES);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        for (uint32_t i = 1; i <= MEMBERS; i++)
            size += (size_t)put_line(lines + size, round, i);
        assert_int_equal(book_append(&book, lines, NULL, NULL), OK);
        if (round + 1 < ROUNDS)
            assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    }
    assert_int_equal(state_open(book.ledger, &state), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
}

static void
leave(void)
{
    state_close(state);
    book_close(&book);
}

/* The check of the run, which covers all of it; it lies in the book's place,
 * under the same number each time. */
static enum err
build(uint32_t threads, uint32_t idle, uint64_t *ret_check)
{
    struct runs_writer *writer;

    state_set_threads(state, threads, idle);
    assert_int_equal(runs_create(book.place.path, RUNS_STATE, 1, &writer), OK);
    enum err err = state_build(state, writer);
    if (err == OK)
        return runs_publish(writer, ret_check);
    runs_abandon(writer);
    return err;
}

static void
expect_fresh(void)
{
    uint64_t wrong = 1;

    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
}

TEST(threads_change_no_byte)
{
    uint64_t first, check;

    fill();
    expect_fresh();
    assert_int_equal(build(1, 1, &first), OK);
    for (uint32_t threads = 1; threads <= THREADS; threads++) {
        assert_int_equal(build(threads, threads, &check), OK);
        assert_int_equal(check, first);
    }
    leave();
}

TEST(a_new_version_is_folded_by_any_number_of_threads)
{
    fill();
    for (uint32_t threads = 1; threads <= THREADS; threads++) {
        char rules[80];
        snprintf(rules, sizeof rules,
                 "earn:\n  - {id: base, per: 1.00, points: %u}\n", threads + 1);
        book_rules(&book, "2025-01-01", rules);
        state_keep(state, threads % 2 == 0 ? 0 : 1 << 30);
        state_set_threads(state, threads, threads);
        assert_int_equal(state_refresh(state, NULL), OK);
        expect_fresh();
    }
    leave();
}

/* Somebody who has something to note all the time. */
static atomic_bool over;

static enum err
append(void *context)
{
    const uint64_t *journal_note = context;
    enum err err = OK;

    while (err == OK && !atomic_load(&over))
        err = journal_put_note(
            ledger_journal(book.ledger), view_of("test"),
            (view) { (const uint8_t *)journal_note, sizeof *journal_note });
    return err;
}

TEST(it_is_the_same_while_somebody_appends)
{
    struct chore appending = { 0 };
    uint64_t first, check, note = 7;

    fill();
    assert_int_equal(build(1, 1, &first), OK);
    atomic_store(&over, false);
    chore_begin(&appending, append, &note, true);
    for (uint32_t threads = 1; threads <= 2; threads++) {
        assert_int_equal(build(threads, THREADS, &check), OK);
        assert_int_equal(check, first);
    }
    atomic_store(&over, true);
    assert_int_equal(chore_end(&appending), OK);
    leave();
}

TEST(a_damaged_history_is_made_good_and_all_built_again)
{
    uint64_t check;

    fill();
    for (uint32_t i = 1; i < ROUNDS; i++) {
        char name[40];
        snprintf(name, sizeof name, "history/%016u.run", i);
        book_change_byte(&book, name, 3000);
    }
    assert_int_equal(build(THREADS, THREADS, &check), ERR_CORRUPT);
    book_rules(&book, "2025-01-01", RULES);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(history_verify(ledger_history(book.ledger)), OK);
    expect_fresh();
    leave();
}

RUN(cmocka_unit_test(threads_change_no_byte),
    cmocka_unit_test(a_new_version_is_folded_by_any_number_of_threads),
    cmocka_unit_test(it_is_the_same_while_somebody_appends),
    cmocka_unit_test(a_damaged_history_is_made_good_and_all_built_again))
