/*
 * test_state_scan.c - a scan tells each account that changed after a position
 * once, as it is, in order, from runs and memory
 */
#include "core/state.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { MEMBERS = 30 };

static const char RULES[] = "earn:\n  - {id: base, per: 1.00, points: 1}\n";

struct seen {
    struct state *state;
    uint64_t after;
    uint32_t count;
    uint32_t most;
    runs_key last;
};

static bool
see(void *context, const struct state_packed *packed)
{
    struct seen *seen = context;
    runs_key key = runs_key_of(packed->account);
    struct state_packed single;

    assert_true(packed->position > seen->after);
    if (seen->count > 0)
        assert_true(
            view_compare(runs_key_view(&seen->last), runs_key_view(&key)) < 0);
    seen->last = key;
    assert_int_equal(state_get(seen->state, packed->account, &single), OK);
    assert_true(view_equal(single.bytes, packed->bytes));
    return ++seen->count < seen->most;
}

static uint32_t
scan(struct state *state, uint64_t after, uint32_t most)
{
    struct seen seen = { .state = state, .after = after, .most = most };

    assert_int_equal(state_scan(state, after, see, &seen), OK);
    return seen.count;
}

static void
buy(struct book *book, struct state *state, int member)
{
    char line[128];

    snprintf(line, sizeof line,
             "{\"kind\": \"purchase\", \"member\": %d, \"receipt\": \"r\", "
             "\"total\": 500}\n",
             member);
    assert_int_equal(book_append(book, line, NULL, NULL), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
}

static void
scan_all_ways(uint64_t kept)
{
    struct book book;
    struct state *state;

    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01", RULES);
    assert_int_equal(state_open(book.ledger, &state), OK);
    state_keep(state, kept);
    for (int member = 1; member <= MEMBERS; member++)
        buy(&book, state, member);
    assert_int_equal(scan(state, 0, UINT32_MAX), MEMBERS);
    assert_int_equal(scan(state, 0, 2), 2);
    uint64_t after = state_position(state);
    assert_int_equal(scan(state, after, UINT32_MAX), 0);
    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(scan(state, 0, UINT32_MAX), MEMBERS);
    buy(&book, state, 7);
    buy(&book, state, MEMBERS + 1);
    assert_int_equal(scan(state, after, UINT32_MAX), 2);
    assert_int_equal(scan(state, after - 3, UINT32_MAX), 5);
    assert_int_equal(scan(state, 0, UINT32_MAX), MEMBERS + 1);
    state_close(state);
    book_close(&book);
}

TEST(what_changed_after_a_position_is_told)
{
    scan_all_ways(0);
}

TEST(also_where_all_is_in_memory)
{
    scan_all_ways(1 << 30);
}

RUN(cmocka_unit_test(what_changed_after_a_position_is_told),
    cmocka_unit_test(also_where_all_is_in_memory))
