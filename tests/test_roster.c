/*
 * test_roster.c - those that have something to bring take turns, and whoever
 * keeps others from theirs is ended; guests are found by their node, and
 * relays among thousands; one node has few sessions and one place for catching
 * up; and what is brought back to a restored hub has a bound for all together
 */
#include "nodes/roster.h"

#include "tests/unit.h"

static struct guest *
add(struct roster *roster, uint32_t number, bool bulk)
{
    const struct sync_options options = { .role = SYNC_HUB,
                                          .self = 1,
                                          .peer = number,
                                          .epoch = 1,
                                          .window = GRANTS_REST,
                                          .shares = true };
    const struct transport_peer peer = { .route = { (uint8_t)number,
                                                    (uint8_t)(number >> 8) },
                                         .route_size = 2,
                                         .pass.node = number };
    struct session *session = session_open(&options, 0);

    assert_non_null(session);
    struct guest *guest = roster_add(roster, &peer, session, false);
    assert_non_null(guest);
    roster_set_bulk(roster, guest, bulk);
    return guest;
}

/* Says HELLO as a node with so much of its stream; the hub lets it in, and has
 * nothing of it. */
static void
let_in(struct guest *guest, uint64_t seq)
{
    const uint32_t node = guest->peer.pass.node;
    const stream_id stream = { .incarnation = 5, .node = node };
    const struct frame_offer offer = { .stream = stream, .head.seq = seq };
    const struct sync_held held = { .stream = stream };
    struct frame hello = { .kind = FRAME_HELLO };
    struct sync_input input = { .kind = SYNC_FRAME, .frame = &hello };
    static struct sync_outputs outputs;

    hello.hello.version_min = hello.hello.version_max = SYNC_VERSION;
    hello.hello.node = node;
    hello.hello.offers = &offer;
    hello.hello.offer_count = 1;
    session_step(guest->session, &input, 0, &outputs);
    input = (struct sync_input) { .kind = SYNC_ADMIT };
    input.admit.session = node;
    input.admit.held = &held;
    input.admit.held_count = 1;
    session_step(guest->session, &input, 0, &outputs);
    assert_true(session_is_live(guest->session));
}

static void
give_frame(struct guest *guest, const struct frame *frame)
{
    struct sync_input input = { .kind = SYNC_FRAME, .frame = frame };
    static struct sync_outputs outputs;

    session_step(guest->session, &input, 0, &outputs);
}

static void
ask_for(struct guest *guest, uint64_t total)
{
    struct frame ping = { .kind = FRAME_PING,
                          .session = guest->peer.pass.node };

    ping.ping.flags = FRAME_NEEDS_CREDIT;
    ping.ping.pending = total;
    give_frame(guest, &ping);
}

static void
grant(struct guest *guest, uint64_t size)
{
    struct sync_input input = { .kind = SYNC_GRANT, .grant = size };
    static struct sync_outputs outputs;

    session_step(guest->session, &input, 0, &outputs);
}

/* Sends all that it may, of which nothing is taken. */
static void
use_up(struct roster *roster, struct guest *guest)
{
    struct frame batch = { .kind = FRAME_BATCH,
                           .session = guest->peer.pass.node };

    batch.batch.stream =
        (stream_id) { .incarnation = 5, .node = guest->peer.pass.node };
    batch.batch.from = batch.batch.to = 7; /* a gap */
    batch.batch.total = GRANTS_REST;
    give_frame(guest, &batch);
    roster_note(roster, guest);
}

/* Of a thousand who are there a hundred bring something: they take turns, and
 * the others need none. */
TEST(who_has_something_to_bring_gets_a_turn)
{
    struct roster *roster = roster_open();
    struct guest *guest;
    uint64_t size;
    uint32_t count = 0;

    assert_non_null(roster);
    for (uint32_t i = 0; i < 1000; i++) /* from 2 on: 1 is the hub */
        let_in(add(roster, 2 + i, false), i < 100 ? 1000000 : 0);
    for (uint32_t i = 0; i < 1000; i++)
        roster_note(roster, roster_at(roster, i));
    for (; (guest = roster_next_turn(roster, &size)) != NULL; count++) {
        assert_true(guest->peer.pass.node < 2 + 100);
        assert_true(size >= GRANTS_REST);
    }
    assert_int_equal(count, 0); /* all have what they were let in with, ... */
    for (uint32_t i = 0; i < 1000; i++)
        use_up(roster, roster_at(roster, i));
    while (roster_next_turn(roster, &size) != NULL)
        count++;
    assert_in_range(count, GRANTS_FLOW / GRANTS_REST / 2, 99); /* ... not now */
    roster_close(roster);
}

/* Nodes that need a whole frame, and never send it. */
TEST(who_holds_most_without_using_it_is_ended)
{
    struct roster *roster = roster_open();
    struct guest *guests[32];
    uint32_t ended = 0;
    uint64_t size;

    assert_non_null(roster);
    for (uint32_t i = 0; i < COUNT_OF(guests); i++) {
        guests[i] = add(roster, 2 + i, false);
        let_in(guests[i], 0);
        ask_for(guests[i], LIMIT_FRAME_SIZE);
        for (uint32_t k = 0; k < 3; k++) {
            roster_note(roster, guests[i]);
            struct guest *next = roster_next_turn(roster, &size);
            if (next)
                grant(next, size);
            roster_tick_turns(roster);
        }
    }
    for (uint32_t i = 0; i < COUNT_OF(guests); i++) {
        ended += guests[i]->ends == FRAME_CODE_SESSION;
        assert_true(guests[i]->ends == 0 || guests[i]->grant.stale);
    }
    assert_in_range(ended, 1, COUNT_OF(guests) - 1);
    roster_close(roster);
}

static uint32_t
count_of(const struct roster *roster, uint32_t node)
{
    struct guest *guest = NULL;
    uint32_t count = 0;

    while ((guest = roster_next_of(roster, node, guest)) != NULL) {
        assert_int_equal(guest->peer.pass.node, node);
        assert_false(guest->gone);
        count++;
    }
    return count;
}

static uint32_t
count_relays(const struct roster *roster)
{
    struct guest *guest = NULL;
    uint32_t count = 0;

    while ((guest = roster_next_relay(roster, guest)) != NULL) {
        assert_true(guest->relay);
        count++;
    }
    return count;
}

/* Numbers 4096 apart share a place; a node may be there more than once. */
TEST(guests_are_found_by_their_node)
{
    enum { APART = 4096, NODES = 3 };
    struct roster *roster = roster_open();
    struct guest *guests[NODES * 4];

    assert_non_null(roster);
    for (uint32_t i = 0; i < COUNT_OF(guests); i++) {
        const uint32_t node = 7 + i % NODES * APART;
        const struct transport_peer peer = { .route = { (uint8_t)i },
                                             .route_size = 1,
                                             .pass.node = node };
        const struct sync_options options = {
            .role = SYNC_HUB, .self = 1, .peer = node, .window = 1
        };
        guests[i] =
            roster_add(roster, &peer, session_open(&options, 0), node == 7);
        assert_non_null(guests[i]);
        roster_set_bulk(roster, guests[i], true);
    }
    assert_int_equal(count_of(roster, 7), 4);
    assert_int_equal(count_of(roster, 7 + APART), 4);
    assert_int_equal(count_of(roster, 8), 0);
    assert_int_equal(count_relays(roster), 4);
    /* Who is gone is not found, before the sweep and after it. */
    guests[0]->gone = guests[3]->gone = guests[7]->gone = true;
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(count_of(roster, 7), 2);
        assert_int_equal(count_of(roster, 7 + APART), 3);
        assert_int_equal(count_relays(roster), 2);
        roster_sweep(roster);
    }
    assert_int_equal(roster_count(roster), COUNT_OF(guests) - 3);
    assert_int_equal(roster_bulk_count(roster), COUNT_OF(guests) - 3);
    roster_close(roster);
}

/* A newer session of a node ends the older one, and nobody else's. */
TEST(a_newer_session_fences_the_older)
{
    struct roster *roster = roster_open();
    struct guest *other = add(roster, 2, false);
    struct guest *older = add(roster, 3, false);
    const struct transport_peer peer = { .route = { 0xff },
                                         .route_size = 1,
                                         .pass.node = 3 };
    const struct sync_options options = {
        .role = SYNC_HUB, .self = 1, .peer = 3, .window = 1
    };
    struct guest *newer =
        roster_add(roster, &peer, session_open(&options, 0), false);

    assert_non_null(newer);
    other->incarnation = older->incarnation = newer->incarnation = 5;
    other->settled_ms = 10;
    older->settled_ms = 20;
    roster_fence(roster, newer);
    assert_int_equal(newer->settled_ms, 20); /* it goes on where that was */
    assert_int_equal(older->ends, FRAME_CODE_FENCED);
    assert_int_equal(newer->ends, 0);
    assert_int_equal(other->ends, 0);
    roster_close(roster);
}

/* A key in the wrong hands may come again and again, each time with another
 * incarnation: the others have room all the same. */
TEST(one_node_does_not_fill_the_house)
{
    struct roster *roster = roster_open();
    struct guest *other = add(roster, 3, true);
    struct guest *guests[ROSTER_NODE_MAX + 2];

    assert_non_null(roster);
    for (uint32_t i = 0; i < COUNT_OF(guests); i++) {
        const struct transport_peer peer = { .route = { 0xff, (uint8_t)i },
                                             .route_size = 2,
                                             .pass.node = 4 };
        const struct sync_options options = {
            .role = SYNC_HUB, .self = 1, .peer = 4, .window = 1
        };
        guests[i] = roster_add(roster, &peer, session_open(&options, 0), false);
        assert_non_null(guests[i]);
        guests[i]->incarnation = 100 + i;
        guests[i]->heard_ms = i == 0 ? 1000 : 10 + i; /* and talks on */
        roster_set_bulk(roster, guests[i], true);
        roster_fence(roster, guests[i]);
        assert_int_equal(roster_bulk_count(roster), 2);
    }
    for (uint32_t i = 0; i < COUNT_OF(guests); i++)
        assert_int_equal(guests[i]->ends,
                         i == 1 || i == 2 ? FRAME_CODE_FENCED : 0);
    assert_int_equal(other->ends, 0);
    assert_true(other->bulk);
    roster_close(roster);
}

/* Brings a record of so many bytes that nobody has signed. */
static void
bring(struct guest *guest, uint64_t from, uint32_t size)
{
    static const struct trust none;
    static uint8_t bytes[LIMIT_CONTROL_SIZE];
    struct sync_output wish = { .kind = SYNC_PUT_RECORDS };
    struct refill_result result;

    wish.put_records.stream =
        (stream_id) { .node = 1, .incarnation = 5, .channel = CHANNEL_PUBLIC };
    wish.put_records.from = wish.put_records.to = from;
    wish.put_records.bytes = (view) { bytes, size };
    assert_int_equal(refill_take(&guest->refill, &none, &wish, &result), OK);
    assert_false(result.refused);
    assert_int_equal(result.size, 0);
}

/* Each within its own bound; of more than all may hold, the greatest goes. */
TEST(what_is_held_back_has_a_bound_for_all)
{
    struct roster *roster = roster_open();
    struct guest *guests[5];

    assert_non_null(roster);
    for (uint8_t i = 0; i < COUNT_OF(guests); i++) {
        guests[i] = add(roster, (uint8_t)(i + 2), false);
        bring(guests[i], 1, LIMIT_CONTROL_SIZE / 2);
        if (i < 3)
            bring(guests[i], 2, LIMIT_CONTROL_SIZE - i);
        roster_bound_refills(roster);
    }
    /* Three times 1.5 is more than 4: the first is out.  Two halves and three
     * bytes more are 4, and one byte more is too much. */
    assert_int_equal(guests[0]->ends, FRAME_CODE_SESSION);
    assert_int_equal(guests[0]->refill.size, 0);
    for (uint8_t i = 1; i < COUNT_OF(guests); i++)
        assert_int_equal(guests[i]->ends, 0);
    bring(guests[4], 2, 3);
    roster_bound_refills(roster);
    assert_int_equal(guests[1]->ends, 0);
    guests[0]->ends = 0;
    bring(guests[0], 1, 1);
    roster_bound_refills(roster);
    assert_int_equal(guests[1]->ends, FRAME_CODE_SESSION);
    assert_int_equal(guests[0]->ends, 0);
    roster_close(roster);
}

RUN(cmocka_unit_test(who_has_something_to_bring_gets_a_turn),
    cmocka_unit_test(who_holds_most_without_using_it_is_ended),
    cmocka_unit_test(guests_are_found_by_their_node),
    cmocka_unit_test(a_newer_session_fences_the_older),
    cmocka_unit_test(one_node_does_not_fill_the_house),
    cmocka_unit_test(what_is_held_back_has_a_bound_for_all))
