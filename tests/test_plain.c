/*
 * test_plain.c - an account is plain where each event's node may speak for its
 * store
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

/* Whether the only account is plain, and has so many events. */
static bool
is_plain(struct history *history, struct plain *plain, struct arena *arena)
{
    struct history_scan *scan;
    struct history_raw raw;

    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_scan_all(history, HISTORY_ALL, &scan), OK);
    assert_int_equal(history_scan_raw(scan, arena, &raw), OK);
    plain_clear(plain);
    enum plain_fit fit = plain_take(plain, scan, &raw, INT64_MAX);
    assert_int_equal(history_scan_raw(scan, arena, &raw), ERR_NOT_FOUND);
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
    struct arena arena;
    struct zone zone;
    struct almanac days;
    struct plain plain;
    struct inflow inflow;
    struct history *history;

    assert_true(arena_open(&arena, 1 << 28));
    assert_int_equal(zone_load(view_of("Europe/Helsinki"), &arena, &zone), OK);
    almanac_open(&days, &zone, &arena);
    plain_open(&plain, &days, 1, &arena);
    inflow_open(&inflow, 3);
    assert_int_equal(
        history_open(inflow.place.path, inflow.journal, true, &history), OK);
    history_set_admits(history, admits, NULL);
    for (uint32_t i = 0; i < 30; i++)
        buy(&inflow, 1 + i % 3, 1 + i % 3, INFLOW_NOW - 1000 * (int64_t)i);
    assert_true(is_plain(history, &plain, &arena));
    assert_int_equal(plain.row_count, 30);
    /* Node 2 tells of a sale in store 1, which node 1 has. */
    buy(&inflow, 2, 1, INFLOW_NOW + 1);
    assert_false(is_plain(history, &plain, &arena));
    history_close(history);
    inflow_close(&inflow);
    arena_close(&arena);
}

RUN(cmocka_unit_test(nodes_speak_for_their_own_stores))
