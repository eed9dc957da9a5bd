/*
 * test_state_afresh.c - marked accounts get the states that their histories
 * give, and so do those whom they name; few and many, and where a run is found
 * damaged on the way
 */
#include "core/state_afresh.h"

#include <stdio.h>

#include "core/ledger_parts.h"
#include "core/state.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { FEW = 20, MANY = 700, ROUNDS = 3, LINE = 112 };

static const char RULES[] =
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
    "referred_points: 50}\n";

static struct book book;
static struct state *state;

/* Purchases of some members, each of another amount; the last member has been
 * recommended by the first. */
static void
fill(uint32_t members)
{
    static char lines[(MANY + 1) * LINE];

    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01", RULES);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        if (round == 0)
            size = (size_t)snprintf(lines, sizeof lines,
                                    "{\"kind\": \"join\", \"member\": %u, "
                                    "\"referrer\": 1}\n",
                                    members);
        for (uint32_t i = 1; i <= members; i++)
            size += (size_t)snprintf(lines + size, sizeof lines - size,
                                     "{\"kind\": \"purchase\", \"member\": %u, "
                                     "\"receipt\": \"%u\", \"total\": %u}\n",
                                     i, round, 1000 + 100 * i);
        assert_int_equal(book_append(&book, lines, NULL, NULL), OK);
        if (round + 1 < ROUNDS)
            assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    }
    assert_int_equal(state_open(book.ledger, &state), OK);
    state_keep(state, 1 << 30);
    assert_int_equal(state_refresh(state, NULL), OK);
}

static void
leave(void)
{
    state_close(state);
    book_close(&book);
}

static account_id
member(uint64_t number)
{
    return (account_id) { .member = number };
}

/* Puts another's state in its place. */
static void
spoil(uint64_t number)
{
    static const char WRONG[] = "not a state";
    runs_key key = runs_key_of(member(number));
    view bytes = runs_key_view(&key);

    assert_int_equal(state_put(&state->parts[state_part_of(bytes)].table,
                               state_hash(state, bytes), bytes,
                               state_position(state),
                               number % 2 == 0 ? (view) { 0 } : view_of(WRONG)),
                     OK);
}

static bool
is_right(uint64_t number)
{
    struct state_fold fold;
    struct state_folded folded;
    struct state_packed packed = { 0 };

    assert_int_equal(state_fold_open(&fold, book.ledger, state_timeline(state)),
                     OK);
    assert_int_equal(state_fold_account(&fold, member(number),
                                        state_position(state), &folded),
                     OK);
    assert_true(folded.packed.size > 0);
    enum err err = state_get(state, member(number), &packed);
    bool right = err == OK && view_equal(packed.bytes, folded.packed);
    state_fold_close(&fold);
    return right;
}

/* Spoils the states of even members, who have none then, and marks them. */
static void
spoil_and_mark(uint32_t members)
{
    for (uint32_t i = 2; i < members; i += 2) {
        spoil(i);
        assert_false(is_right(i));
        assert_int_equal(state_mark(state, member(i), true), OK);
    }
}

static void
expect_right(uint32_t members)
{
    for (uint32_t i = 2; i < members; i += 2)
        assert_true(is_right(i));
}

TEST(marked_accounts_are_folded_from_their_histories)
{
    static const uint32_t numbers[] = { FEW, MANY };

    for (uint32_t i = 0; i < COUNT_OF(numbers); i++) {
        fill(numbers[i]);
        spoil_and_mark(numbers[i]);
        spoil(3); /* and nobody marks it */
        assert_int_equal(state_fold_afresh(state, state_position(state)), OK);
        expect_right(numbers[i]);
        assert_false(is_right(3));
        state_forget_marks(state);
        spoil(2);
        assert_int_equal(state_fold_afresh(state, state_position(state)), OK);
        assert_false(is_right(2));
        leave();
    }
}

TEST(whom_they_name_is_folded_with_them)
{
    fill(FEW);
    spoil(1);
    assert_int_equal(state_mark(state, member(FEW), false), OK);
    assert_int_equal(state_fold_afresh(state, state_position(state)), OK);
    assert_false(is_right(1)); /* no event of its own */
    state_forget_marks(state);
    assert_int_equal(state_mark(state, member(FEW), true), OK);
    /* What is no state there says nothing of whom it named. */
    assert_int_equal(state_fold_afresh(state, state_position(state)),
                     ERR_CORRUPT);
    runs_key key = runs_key_of(member(1));
    view bytes = runs_key_view(&key);
    assert_int_equal(state_put(&state->parts[state_part_of(bytes)].table,
                               state_hash(state, bytes), bytes,
                               state_position(state), (view) { 0 }),
                     OK);
    assert_int_equal(state_fold_afresh(state, state_position(state)), OK);
    assert_true(is_right(1));
    assert_true(is_right(FEW));
    leave();
}

TEST(a_damaged_run_is_made_good_on_the_way)
{
    fill(MANY);
    spoil_and_mark(MANY);
    for (uint32_t i = 1; i < ROUNDS; i++) {
        char name[40];
        snprintf(name, sizeof name, "history/%016u.run", i);
        book_change_byte(&book, name, 3000);
    }
    assert_int_equal(history_verify(ledger_history(book.ledger)), ERR_CORRUPT);
    assert_int_equal(state_fold_afresh(state, state_position(state)), OK);
    expect_right(MANY);
    leave();
}

RUN(cmocka_unit_test(marked_accounts_are_folded_from_their_histories),
    cmocka_unit_test(whom_they_name_is_folded_with_them),
    cmocka_unit_test(a_damaged_run_is_made_good_on_the_way))
