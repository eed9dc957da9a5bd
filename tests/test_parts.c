/*
 * test_parts.c - a record in several frames is the record, or nothing; and a
 * greeting of thousands of streams is one greeting
 */
#include "tests/unit.h"

#include "nodes/parts.h"
#include "nodes/session.h"

#include <stdlib.h>

#define PUBLIC                                                                 \
    ((stream_id) { .incarnation = 5, .node = 1, .channel = CHANNEL_PUBLIC })

static const char RECORD[] = "a record of five parts.";
enum { PART = 5, PARTS = 5 };

/* The part `index` of the record of that seq. */
static struct frame
part(uint32_t index, uint64_t seq)
{
    struct frame frame = { .kind = FRAME_BATCH, .more = index + 1 < PARTS };
    uint32_t offset = index * PART;
    uint32_t left = sizeof RECORD - 1 - offset;

    frame.batch.stream = PUBLIC;
    frame.batch.from = seq;
    frame.batch.to = seq;
    frame.batch.total = 1000 * seq + index;
    frame.batch.offset = offset;
    frame.batch.records =
        (view) { (const uint8_t *)RECORD + offset, left < PART ? left : PART };
    return frame;
}

static enum parts_verdict
take(struct parts *parts, uint32_t index, uint64_t seq, view *ret_whole)
{
    const struct frame frame = part(index, seq);

    return parts_take(parts, &frame, ret_whole);
}

TEST(parts_make_a_whole)
{
    struct parts parts = { 0 };
    view whole[2];

    for (uint64_t seq = 1; seq <= 2; seq++) {
        for (uint32_t i = 0; i + 1 < PARTS; i++)
            assert_int_equal(take(&parts, i, seq, &whole[seq - 1]), PARTS_MORE);
        assert_int_equal(take(&parts, PARTS - 1, seq, &whole[seq - 1]),
                         PARTS_WHOLE);
    }
    /* Both are there until each is done with. */
    parts_done(&parts, 1000 + PARTS - 1);
    assert_true(view_equal(whole[1], view_of(RECORD)));
    parts_done(&parts, 7); /* none of ours */
    parts_close(&parts);
}

TEST(a_part_that_is_missing_is_told_once)
{
    struct parts parts = { 0 };
    view whole;

    assert_int_equal(take(&parts, 0, 1, &whole), PARTS_MORE);
    assert_int_equal(take(&parts, 2, 1, &whole), PARTS_BROKEN);
    assert_int_equal(take(&parts, 3, 1, &whole), PARTS_IGNORE);
    assert_int_equal(take(&parts, 4, 1, &whole), PARTS_IGNORE);
    for (uint32_t i = 0; i + 1 < PARTS; i++)
        assert_int_equal(take(&parts, i, 1, &whole), PARTS_MORE);
    assert_int_equal(take(&parts, PARTS - 1, 1, &whole), PARTS_WHOLE);
    assert_true(view_equal(whole, view_of(RECORD)));
    parts_close(&parts);
}

TEST(parts_of_another_record_do_not_mix)
{
    struct parts parts = { 0 };
    view whole;

    assert_int_equal(take(&parts, 0, 1, &whole), PARTS_MORE);
    assert_int_equal(take(&parts, 1, 2, &whole), PARTS_BROKEN);
    /* Only control items are so large. */
    struct frame events = part(0, 1);
    events.batch.stream.channel = CHANNEL_EVENTS;
    assert_int_equal(parts_take(&parts, &events, &whole), PARTS_BROKEN);
    parts_close(&parts);
}

TEST(nobody_fills_the_memory_with_parts)
{
    struct parts parts = { 0 };
    struct frame frame = part(0, 1);
    uint8_t *bytes = calloc(1, LIMIT_FRAME_SIZE);
    view whole;

    assert_non_null(bytes);
    frame.batch.records = (view) { bytes, LIMIT_FRAME_SIZE };
    for (uint32_t i = 0; i < LIMIT_CONTROL_SIZE / LIMIT_FRAME_SIZE; i++) {
        frame.batch.offset = i * LIMIT_FRAME_SIZE;
        assert_int_equal(parts_take(&parts, &frame, &whole), PARTS_MORE);
    }
    frame.batch.offset += LIMIT_FRAME_SIZE;
    assert_int_equal(parts_take(&parts, &frame, &whole), PARTS_BROKEN);
    assert_int_equal(parts.size, 0);
    parts_close(&parts);
    free(bytes);
}

/* --- greetings --- */

enum { STREAMS = 20000 };

/* Over the wire and back, as the peer sees it. */
static void
hand_on(struct session *to, const struct frame *frame, struct sync_outputs *out)
{
    uint8_t header[FRAME_HEADER_SIZE];
    size_t size = frame_payload_size(frame);
    uint8_t *payload = malloc(size);
    struct arena arena;
    struct frame came;

    assert_true(size <= LIMIT_FRAME_SIZE);
    assert_non_null(payload);
    assert_true(arena_open(&arena, 16u << 20));
    frame_encode(frame, header, payload);
    assert_int_equal(frame_parse((view) { header, sizeof header },
                                 (view) { payload, (uint32_t)size }, &arena,
                                 &came),
                     OK);
    const struct sync_input input = { .kind = SYNC_FRAME, .frame = &came };
    session_step(to, &input, 1000, out);
    arena_close(&arena);
    free(payload);
}

/* A standby of 2000 stores, each with ten incarnations. */
TEST(a_standby_of_thousands_of_streams_is_welcome)
{
    static struct sync_outputs said, heard;
    struct sync_offer *offers = calloc(STREAMS, sizeof *offers);
    struct sync_held *held = calloc(STREAMS, sizeof *held);
    struct sync_options node = { .role = SYNC_NODE,
                                 .self = 2,
                                 .relay = true,
                                 .books = true,
                                 .window = 1 << 20 };
    struct sync_options hub = node;
    hub.role = SYNC_HUB;
    hub.self = 1;
    hub.peer = 2;
    hub.epoch = 9;
    struct session *ours = session_open(&node, 0);
    struct session *theirs = session_open(&hub, 0);
    struct sync_input start = { .kind = SYNC_START };

    assert_non_null(offers);
    assert_non_null(held);
    for (uint32_t i = 0; i < STREAMS; i++)
        offers[i] = (struct sync_offer) {
            .stream = { .node = 10 + i / 10, .incarnation = 1 + i % 10 },
            .head = { .seq = 1 + i },
        };
    start.start.offers = offers;
    start.start.offer_count = STREAMS;
    session_step(ours, &start, 0, &said);
    assert_true(said.count > 1); /* more than a frame holds */
    for (uint32_t i = 0; i < said.count; i++)
        hand_on(theirs, &said.list[i].frame, &heard);
    assert_int_equal(heard.list[0].kind, SYNC_ADMISSION);
    assert_int_equal(heard.list[0].admission.stream_count, STREAMS);

    /* The hub holds all of the same: nothing is left to send. */
    struct sync_input admit = { .kind = SYNC_ADMIT };
    for (uint32_t i = 0; i < STREAMS; i++)
        held[i] = (struct sync_held) { .stream = offers[i].stream,
                                       .head = offers[i].head };
    admit.admit.session = 7;
    admit.admit.held = held;
    admit.admit.held_count = STREAMS;
    session_step(theirs, &admit, 0, &heard);
    assert_true(heard.count > 1);
    for (uint32_t i = 0; i < heard.count; i++)
        if (heard.list[i].kind == SYNC_SEND)
            hand_on(ours, &heard.list[i].frame, &said);
    assert_true(session_is_live(ours));
    while (said.again)
        session_step(ours, &(struct sync_input) { .kind = SYNC_TICK }, 0,
                     &said);
    assert_true(session_is_sent(ours));
    session_close(ours);
    session_close(theirs);
    free(offers);
    free(held);
}

RUN(cmocka_unit_test(parts_make_a_whole),
    cmocka_unit_test(a_part_that_is_missing_is_told_once),
    cmocka_unit_test(parts_of_another_record_do_not_mix),
    cmocka_unit_test(nobody_fills_the_memory_with_parts),
    cmocka_unit_test(a_standby_of_thousands_of_streams_is_welcome))
