/*
 * test_gather.c - of all that arrived about an account, what counts, in order
 */
#include "core/gather.h"

#include "core/codec.h"
#include "tests/unit.h"

enum { ARENA_SIZE = 1 << 24 };

static struct arena arena;
static struct gather gather;

static int
set_up(void **state)
{
    (void)state;
    return !arena_open(&arena, ARENA_SIZE);
}

static int
tear_down(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static void
start(const struct gather_rules *rules, uint64_t known)
{
    arena_reset(&arena);
    gather_open(&gather, rules, (account_id) { .member = 42 }, known, &arena);
}

static enum err
gather_bytes(view bytes)
{
    const struct chapter_row row = { .item = true, .codes = bytes };

    return gather_row(&gather, &row);
}

static void
add_item(const struct item *item, const struct event *event)
{
    struct text bytes = { 0 };
    uint8_t head[ITEM_HEAD_MAX];

    item_encode_head(item, head);
    text_bytes(&bytes, head, item_head_size(item));
    codec_encode(event, CODEC_NO_IDENTITY, &bytes);
    assert_int_equal(gather_bytes(text_view(&bytes)), OK);
    text_close(&bytes);
}

static struct event
stamps(int64_t at_ms, uint32_t count)
{
    return (struct event) {
        .kind = EVENT_STAMP,
        .store = 10,
        .at_ms = LIMIT_AT_MS_MIN + at_ms,
        .recorded_ms = LIMIT_AT_MS_MIN,
        .account = { .member = 42 },
        .stamp = { view_of("c"), count },
    };
}

/* A stamp event of the member at that time; of a copy the carrier, else 0. */
static void
add_carried(identity id, int64_t at_ms, uint64_t position, uint32_t carrier)
{
    const struct event event = stamps(at_ms, 1);
    const struct item item = {
        .kind = ITEM_EVENT,
        .copy = carrier != 0,
        .carrier = carrier,
        .position = position,
        .identity = id,
    };

    add_item(&item, &event);
}

static void
add(identity id, int64_t at_ms, uint64_t position, bool copy)
{
    add_carried(id, at_ms, position, copy ? 1 : 0);
}

/* So many stamps of the member at that time, under the caller's id "till-1". */
static void
add_named(identity id, int64_t at_ms, uint32_t count)
{
    struct event event = stamps(at_ms, count);
    const struct item item = { .kind = ITEM_EVENT,
                               .position = (uint64_t)at_ms,
                               .identity = id };

    event.id = view_of("till-1");
    add_item(&item, &event);
}

static struct history_account
end(void)
{
    struct history_account account;

    gather_end(&gather, &account);
    return account;
}

/* A node lost its disk twice.  In between another event took the same id:
 * what the last incarnation tells again is still the first one's event. */
TEST(what_is_told_again_counts_once_whatever_stands_between)
{
    const struct gather_rules rules = { 0 };

    start(&rules, HISTORY_ALL);
    add_named((identity) { .node = 10, .incarnation = 1, .seq = 5 }, 1, 3);
    add_named((identity) { .node = 10, .incarnation = 2, .seq = 5 }, 2, 4);
    add_named((identity) { .node = 10, .incarnation = 3, .seq = 5 }, 3, 3);
    add_named((identity) { .node = 10, .incarnation = 4, .seq = 5 }, 4, 4);
    add_named((identity) { .node = 11, .incarnation = 1, .seq = 5 }, 5,
              3); /* another node's */
    struct history_account account = end();
    assert_int_equal(account.event_count, 3);
    assert_int_equal(account.events[0]->identity.incarnation, 1);
    assert_int_equal(account.events[1]->identity.incarnation, 2);
    assert_int_equal(account.events[2]->identity.node, 11);
}

TEST(events_are_put_into_canonical_order)
{
    const struct gather_rules rules = { 0 };

    start(&rules, HISTORY_ALL);
    add((identity) { 1, 2, 9 }, 5, 1, false);
    add((identity) { 1, 1, 9 }, 5, 2, false);
    add((identity) { 1, 7, 3 }, 5, 3, false);
    add((identity) { 1, 9, 9 }, 1, 4, false);
    struct history_account account = end();
    assert_int_equal(account.event_count, 4);
    assert_int_equal(account.positions[0], 4);
    assert_int_equal(account.positions[1], 3);
    assert_int_equal(account.positions[2], 2);
    assert_int_equal(account.positions[3], 1);
}

TEST(a_copy_and_its_original_are_one)
{
    const struct gather_rules rules = { 0 };

    start(&rules, HISTORY_ALL);
    add((identity) { 1, 1, 9 }, 5, 3, true);
    add((identity) { 1, 1, 9 }, 5, 8, false);
    struct history_account account = end();
    assert_int_equal(account.event_count, 1);
    assert_int_equal(account.positions[0], 3);
}

/* A copy that differs counted until the original came. */
TEST(quarantine_begins_when_the_original_arrives)
{
    const struct gather_quarantine marks[] = { { 3, 8 }, { 5, 0 } };
    const struct gather_rules rules = { .quarantine = marks,
                                        .quarantine_count = 2 };
    const uint64_t known[] = { 2, 7, 8, HISTORY_ALL };
    const uint32_t counts[] = { 0, 1, 1, 1 };
    const uint64_t first[] = { 0, 3, 8, 8 };

    for (uint32_t i = 0; i < COUNT_OF(known); i++) {
        start(&rules, known[i]);
        add((identity) { 1, 1, 9 }, 5, 3, true);
        add((identity) { 1, 1, 9 }, 6, 5, true);
        add((identity) { 1, 1, 9 }, 7, 8, false);
        struct history_account account = end();
        assert_int_equal(account.event_count, counts[i]);
        if (counts[i] > 0)
            assert_int_equal(account.positions[0], first[i]);
    }
}

TEST(an_item_of_another_account_is_damage)
{
    const struct gather_rules rules = { 0 };
    const struct item item = { .kind = ITEM_EVENT, .position = 1 };
    uint8_t head[ITEM_HEAD_SIZE];

    start(&rules, HISTORY_ALL);
    gather.account.member = 43;
    struct text bytes = { 0 };
    const struct event event = {
        .kind = EVENT_STAMP,
        .store = 10,
        .at_ms = LIMIT_AT_MS_MIN,
        .recorded_ms = LIMIT_AT_MS_MIN,
        .account = { .member = 42 },
        .stamp = { view_of("c"), 1 },
    };
    item_encode_head(&item, head);
    text_bytes(&bytes, head, sizeof head);
    codec_encode(&event, CODEC_NO_IDENTITY, &bytes);
    assert_int_equal(gather_bytes(text_view(&bytes)), ERR_CORRUPT);
    assert_int_equal(gather_bytes(view_of("no item")), ERR_CORRUPT);
    text_close(&bytes);
}

/* Node 8 speaks for store 10, node 7 for another, anybody else for all. */
static bool
admits(void *context, uint32_t node, uint32_t store)
{
    (void)context;
    return node == 7 ? store == 11 : true;
}

/* Else any node could say of anything that it had happened in another's
 * store. */
TEST(a_copy_counts_where_its_carrier_may_speak_for_the_store)
{
    const struct gather_rules rules = { .admits = admits };

    start(&rules, HISTORY_ALL);
    add_carried((identity) { 1, 1, 8 }, 1, 1, 1);
    add_carried((identity) { 1, 2, 8 }, 2, 2, 7);
    add_carried((identity) { 1, 3, 7 }, 3, 3, 1);
    add_carried((identity) { 1, 4, 99 }, 4, 4, 7);
    struct history_account account = end();
    assert_int_equal(account.event_count, 1);
    assert_int_equal(account.positions[0], 1);
    assert_int_equal(account.aside_count, 3);
    for (uint32_t i = 0; i < account.aside_count; i++)
        assert_int_equal(account.aside[i].why, HISTORY_STORE);
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

RUN(IN_ARENA(events_are_put_into_canonical_order),
    IN_ARENA(what_is_told_again_counts_once_whatever_stands_between),
    IN_ARENA(a_copy_and_its_original_are_one),
    IN_ARENA(a_copy_counts_where_its_carrier_may_speak_for_the_store),
    IN_ARENA(quarantine_begins_when_the_original_arrives),
    IN_ARENA(an_item_of_another_account_is_damage))
