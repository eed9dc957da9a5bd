/*
 * test_sync_false.c - a hub that lies, by a fault or with a stolen key, does a
 * node no harm that lasts
 */
#include "tests/unit.h"

#include <stdlib.h>

#include "nodes/stall.h"
#include "tests/parley.h"

enum { MANY = SYNC_STREAMS_STORE + 100 };

static struct session *
open_node(void)
{
    const struct sync_options options = { .role = SYNC_NODE,
                                          .self = 3,
                                          .window = 1 << 20 };
    struct session *session = session_open(&options, 0);

    assert_non_null(session);
    return session;
}

static void
hear(struct session *session, const struct frame *frame,
     struct sync_outputs *ret_outputs)
{
    const struct sync_input input = { .kind = SYNC_FRAME, .frame = frame };

    session_step(session, &input, 0, ret_outputs);
}

static void
greet(struct session *session, struct sync_outputs *ret_outputs)
{
    struct frame welcome = { .kind = FRAME_WELCOME, .session = 1 };

    welcome.welcome.version = SYNC_VERSION;
    welcome.welcome.hub = 1;
    welcome.welcome.epoch = 9;
    hear(session, &welcome, ret_outputs);
}

/* Streams that are public and those of a node are not counted together. */
TEST(what_is_public_takes_no_room_from_our_own)
{
    struct session *session = open_node();
    struct sync_held *held = calloc(MANY, sizeof held[0]);
    const struct sync_offer offer = { .stream = TILL, .head = { .seq = 5 } };
    struct sync_input start = { .kind = SYNC_START };
    struct sync_outputs out;

    assert_non_null(held);
    for (uint32_t i = 0; i < MANY; i++)
        held[i] = (struct sync_held) {
            .stream = { .node = 1, .incarnation = 1 + i, .channel = 1 },
            .head = { .seq = 1 },
        };
    start.start.held = held;
    start.start.held_count = MANY;
    start.start.offers = &offer;
    start.start.offer_count = 1;
    session_step(session, &start, 0, &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].frame.kind, FRAME_HELLO);
    assert_int_equal(out.list[0].frame.hello.offer_count, 1);
    session_close(session);
    free(held);
}

/* "That is an incarnation of yours that you have lost", again and again: with
 * what it takes it must find room at every hub. */
TEST(a_node_takes_only_so_many_incarnations_of_its_own)
{
    struct session *session = open_node();
    struct frame batch = { .kind = FRAME_BATCH, .session = 1 };
    struct sync_input start = { .kind = SYNC_START };
    struct sync_outputs out;
    uint32_t taken = 0;

    session_step(session, &start, 0, &out);
    greet(session, &out);
    for (uint32_t i = 0; i < MANY; i++) {
        batch.batch.stream =
            (stream_id) { .node = 3, .incarnation = 1 + i, .channel = 0 };
        batch.batch.from = batch.batch.to = batch.batch.head_seq = 1;
        batch.batch.records = view_of("a record");
        hear(session, &batch, &out);
        for (uint32_t j = 0; j < out.count; j++)
            taken += out.list[j].kind == SYNC_PUT_RECORDS;
    }
    assert_true(taken > 0);
    assert_true(taken <= SYNC_STREAMS_STORE / 2);
    session_close(session);
}

/* States of a position that the hub has never had: the next one that is asked
 * for what comes after tells all from the beginning. */
TEST(a_position_that_is_none_is_begun_anew)
{
    struct world *world = parley_begin();
    uint64_t after = 99;
    struct frame state = { .kind = FRAME_STATE };

    world->node.states = UINT64_MAX;
    parley_connect(world);
    parley_run(world);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 0);
    state.state.epoch = 9;
    state.state.position = 20;
    parley_give(world, &world->hub,
                &(struct sync_input) { .kind = SYNC_STATES, .states = &state });
    parley_run(world);
    assert_int_equal(world->node.states, 20);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 20);
    world->log_size = 0;

    /* One that there is goes on. */
    world->node.states = FEED_END;
    parley_connect(world);
    parley_run(world);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, FEED_END);
    world->log_size = 0;
    parley_finish(world);
}

/* A hub that grants nothing, and answers every PING. */
TEST(without_credit_nobody_waits_for_ever)
{
    const struct sync_offer offer = { .stream = TILL, .head = { .seq = 5 } };
    const struct frame ping = { .kind = FRAME_PING, .session = 1 };
    struct session *session = open_node();
    struct sync_input start = { .kind = SYNC_START };
    struct sync_outputs out = { 0 };
    int64_t now_ms = 0;

    start.start.offers = &offer;
    start.start.offer_count = 1;
    session_step(session, &start, 0, &out);
    greet(session, &out);
    out.count = 0;
    while (out.count == 0 && now_ms < 2 * STALL_MS) {
        const struct sync_input heard = { .kind = SYNC_FRAME, .frame = &ping };
        now_ms += 4000;
        session_step(session, &heard, now_ms, &out);
        assert_int_equal(out.count, 0);
        session_step(session, &(struct sync_input) { .kind = SYNC_TICK },
                     now_ms, &out);
        if (out.count > 0 && out.list[0].kind == SYNC_SEND)
            out.count = 0; /* a PING */
    }
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].kind, SYNC_DROP);
    assert_string_equal(out.list[0].drop.why, "nothing moves");
    assert_in_range(now_ms, STALL_MS, STALL_MS + 8000);
    session_close(session);
}

RUN(cmocka_unit_test(without_credit_nobody_waits_for_ever),
    cmocka_unit_test(what_is_public_takes_no_room_from_our_own),
    cmocka_unit_test(a_node_takes_only_so_many_incarnations_of_its_own),
    cmocka_unit_test(a_position_that_is_none_is_begun_anew))
