/*
 * test_plain.c - an account is plain where each event's node may speak for its
 * store, and where no clock goes back over midnight meanwhile
 */
#include "tests/unit.h"

#include "replay/plain.h"
#include "tests/inflow.h"

/* Each node has the one store of its number. */
static bool
admits(void *context, uint32_t node, uint32_t store)
{
    (void)context;
    return node == store;
}

/* A history in a zone. */
struct yard {
    struct arena arena;
    struct zone zone;
    struct almanac days;
    struct plain plain;
    struct inflow inflow;
    struct history *history;
};

static void
yard_open(struct yard *yard, const char *zone)
{
    assert_true(arena_open(&yard->arena, 1 << 28));
    assert_int_equal(zone_load(view_of(zone), &yard->arena, &yard->zone), OK);
    almanac_open(&yard->days, &yard->zone, &yard->arena);
    plain_open(&yard->plain, &yard->days, 1, &yard->arena);
    inflow_open(&yard->inflow, 3);
    assert_int_equal(history_open(yard->inflow.place.path, yard->inflow.journal,
                                  true, &yard->history),
                     OK);
    history_set_admits(yard->history, admits, NULL);
}

static void
yard_close(struct yard *yard)
{
    history_close(yard->history);
    inflow_close(&yard->inflow);
    arena_close(&yard->arena);
}

/* Whether the only account is plain. */
static bool
is_plain(struct yard *yard)
{
    struct history *history = yard->history;
    struct history_scan *scan;
    struct history_raw raw;

    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_scan_all(history, HISTORY_ALL, &scan), OK);
    assert_int_equal(history_scan_raw(scan, &yard->arena, &raw), OK);
    plain_clear(&yard->plain);
    enum plain_fit fit = plain_take(&yard->plain, scan, &raw, INT64_MAX);
    assert_int_equal(history_scan_raw(scan, &yard->arena, &raw), ERR_NOT_FOUND);
    history_scan_close(scan);
    return fit == PLAIN_TAKEN;
}

static void
buy(struct inflow *inflow, uint32_t node, uint32_t store, int64_t at_ms)
{
    struct event event = {
        .kind = EVENT_PURCHASE,
        .store = store,
        .at_ms = at_ms,
        .account = { .member = 42 },
        .sale = { .receipt = view_of("1"), .total = { 100 } },
    };

    inflow_append(inflow, node, &event, 1);
    inflow_send(inflow, node);
}

TEST(nodes_speak_for_their_own_stores)
{
    struct yard yard;

    yard_open(&yard, "Europe/Helsinki");
    for (uint32_t i = 0; i < 30; i++)
        buy(&yard.inflow, 1 + i % 3, 1 + i % 3, INFLOW_NOW - 1000 * (int64_t)i);
    assert_true(is_plain(&yard));
    assert_int_equal(yard.plain.row_count, 30);
    /* Node 2 tells of a sale in store 1, which node 1 has. */
    buy(&yard.inflow, 2, 1, INFLOW_NOW + 1);
    assert_false(is_plain(&yard));
    yard_close(&yard);
}

/* Newfoundland's clocks went back at 00:01: an hour later, the day before. */
TEST(an_hour_that_comes_again_is_not_for_tables)
{
    static const struct {
        const char *at;
        bool plain;
    } CASES[] = {
        { "2009-10-31T23:30:00-02:30", true },
        { "2009-11-01T00:00:59-02:30", true },
        { "2009-10-31T23:01:00-03:30", false },
        { "2009-10-31T23:59:59-03:30", false },
        { "2009-11-01T00:00:00-03:30", true },
        { "2009-11-01T00:01:00-03:30", true },
    };

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct yard yard;
        int64_t at_ms;
        assert_true(calendar_parse_time(view_of(CASES[i].at), &at_ms));
        yard_open(&yard, "America/St_Johns");
        buy(&yard.inflow, 1, 1, at_ms);
        assert_int_equal(is_plain(&yard), CASES[i].plain);
        yard_close(&yard);
    }
}

RUN(cmocka_unit_test(nodes_speak_for_their_own_stores),
    cmocka_unit_test(an_hour_that_comes_again_is_not_for_tables))
