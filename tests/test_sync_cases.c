/*
 * test_sync_cases.c - the cases of REPLICATION.md that take more than two ends
 * or one version, as conversations
 *
 * The others are in test_sync.c (1-5, 8, 9), test_sync_left.c (4) and
 * test_sync_standby.c (5).
 */
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/parley.h"

/* --- case 3: forked ------------------------------------------------------ */

/* Who has nothing else to say would wait for ever for a hub that does not
 * listen (sim seed 20244). */
TEST(case_3_a_search_without_an_answer_begins_anew)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'b');
    parley_append(&world->hub, TILL, 2, 'c');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    for (uint32_t i = 0; i < 6; i++) {
        assert_false(world->node.dropped);
        parley_lose_all(world);
        parley_pass_time(world, SYNC_ASK_MS);
    }
    assert_non_null(strstr(world->log, "n drops: no word about a fork\n"));
    parley_connect(world);
    parley_run(world);
    assert_non_null(strstr(world->log, "n branches at 2a"));
    world->log_size = 0;
    parley_finish(world);
}

/* --- case 4: rewound nodes ------------------------------------------------ */

/* What a till appended between HELLO and WELCOME is told again with the rest:
 * where it branches is the end that it offered. */
TEST(case_4_a_rewound_node_that_goes_on_selling_branches_at_once)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    for (uint32_t i = 0; i < 3; i++) {
        parley_append(&world->node, TILL, 1, 'b');
        parley_grow(world, &world->node, TILL);
    }
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 4a continued\n"
                       "n alarm rewound\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

/* An older hub does not say that it goes on from there: it is asked. */
TEST(case_4_a_rewound_node_asks_an_older_hub)
{
    struct world *world = parley_begin();

    world->older_hub = true;
    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 8a\n"
                       "n alarm rewound\n"
                       "n ACK 3.7.0 2a\n"
                       "h BATCH 3.7.0 3-8\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

/* An image of before its incarnation's first record: it says that it writes
 * that, and branches before it has sold. */
TEST(case_4_a_node_without_its_first_record_branches)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    (void)parley_log(&world->node, TILL);
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 0\n"
                       "h WELCOME 3.7.0 2a continued\n"
                       "n alarm rewound\n"
                       "n branches at 0\n");
    parley_finish(world);
}

/* Nothing has been sold yet anywhere, and what is sold first is sent. */
TEST(case_4_a_node_that_begins_sends_its_first_record)
{
    struct world *world = parley_begin();

    (void)parley_log(&world->node, TILL);
    parley_connect(world);
    parley_run(world);
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 0\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1\n"
                       "h ACK 3.7.0 1a\n");
    parley_finish(world);
}

/* An image of before it began the incarnation: of that it knows nothing, and is
 * sent all of it; what it writes goes on as if nothing had been. */
TEST(case_4_a_whole_incarnation_that_was_lost_comes_back)
{
    struct world *world = parley_begin();
    stream_id lost = TILL;

    lost.incarnation = 8;
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, lost, 3, 'c');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 2a offers 3.8.0 3c\n"
                       "n BATCH 3.7.0 3-3\n"
                       "n ACK 3.8.0 0\n"
                       "h ACK 3.7.0 3a\n"
                       "h BATCH 3.8.0 1-3\n"
                       "n ACK 3.8.0 3c\n");
    parley_check_equal(world, TILL);
    parley_check_equal(world, lost);
    parley_finish(world);
}

/* --- case 6: twins ------------------------------------------------------- */

/* The disk of a till is cloned at 2 and both machines sell on.  The clone finds
 * that its past is another's, opens an incarnation of its own, and from then
 * on both are heard, and each is sent what the other has told. */
TEST(case_6_of_twins_both_are_heard)
{
    struct world *world = parley_begin();
    stream_id second = TILL;
    struct end clone = { 0 };

    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&clone, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-4\n"
                       "h ACK 3.7.0 4a\n");

    parley_swap(world, &clone);
    parley_append(&world->node, TILL, 2, 'b');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4b\n"
                       "h WELCOME 3.7.0 4a\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 4\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 2a\n"
                       "n FORKA 3.7.0 common 2 differs 0\n"
                       "h FORKQ 3.7.0 2a 4a neighbours\n"
                       "n branches at 2a\n");
    world->told = 1;
    second.incarnation = 8;
    parley_append(&world->node, second, 2, 'b');
    world->offers_left = 1;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a 3.8.0 2b\n"
                       "h WELCOME 3.7.0 4a continued 3.8.0 0\n"
                       "n BATCH 3.8.0 1-2\n"
                       "h ACK 3.8.0 2b\n");

    parley_swap(world, &clone); /* the first machine, again */
    world->offers_left = 0;
    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 5a\n"
                       "h WELCOME 3.7.0 4a offers 3.8.0 2b\n"
                       "n BATCH 3.7.0 5-5\n"
                       "n ACK 3.8.0 0\n"
                       "h ACK 3.7.0 5a\n"
                       "h BATCH 3.8.0 1-2\n"
                       "n ACK 3.8.0 2b\n");
    assert_int_equal(parley_log(&world->hub, second)->count, 1);
    parley_check_equal(world, TILL);
    parley_discard(&clone);
    parley_finish(world);
}

/* What is safe of the other's branch is not safe of ours: else this machine
 * might drop what nobody else has. */
TEST(case_6_what_is_safe_of_one_twin_is_not_of_the_other)
{
    struct world *world = parley_begin();
    struct sync_input input = { .kind = SYNC_SAFE };

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'b');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    input.safe.stream = TILL;
    input.safe.seq = 4;
    parley_give(world, &world->hub, &input);
    parley_run(world);
    assert_int_equal(parley_log(&world->node, TILL)->safe, 0);
    assert_int_equal(parley_log(&world->node, TILL)->acked, 0);
    parley_finish(world);
}

/* While this machine's records are on their way the hub gets the other's, and
 * speaks of an end between two that this one knows: nothing of it is on the
 * hub's disk, and the fork is found (sim seed 740069). */
TEST(case_6_an_end_of_the_other_twin_acknowledges_nothing)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'b');
    parley_append(&world->node, TILL, 2, 'b');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_append(&world->hub, TILL, 2, 'x');
    const struct log *theirs = parley_log(&world->hub, TILL);
    struct frame ack = { .kind = FRAME_ACK, .session = world->sessions };
    ack.ack.stream = TILL;
    ack.ack.head = parley_head(theirs, theirs->count);
    ack.ack.safe = 4;
    parley_post(world, false, &ack);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 6b\n"
                       "h WELCOME 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-6\n"
                       "h ACK 3.7.0 4x\n"
                       "h alarm forked\n"
                       "h NACK 3.7.0 4x fork\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 4\n"
                       "h FORKQ 3.7.0 2a\n"
                       "n FORKA 3.7.0 common 2 differs 0\n"
                       "h FORKQ 3.7.0 2a 4x neighbours\n"
                       "n branches at 2a\n");
    assert_int_equal(parley_log(&world->node, TILL)->acked, 2);
    assert_int_equal(parley_log(&world->node, TILL)->safe, 2);
    parley_finish(world);
}

/* Two of one incarnation would else push each other out before either has
 * learned that the past is another's. */
TEST(case_6_a_twin_that_is_fenced_lets_the_other_finish)
{
    struct world *world = parley_begin();
    struct sync_input input = { .kind = SYNC_REFUSE };

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    input.refuse.code = FRAME_CODE_FENCED;
    input.refuse.retry = true;
    input.refuse.words = "a newer session began";
    parley_give(world, &world->hub, &input);
    parley_run(world);
    parley_said(world, "h ERR a newer session began\n"
                       "h drops: a newer session began\n"
                       "n drops: the peer refuses\n");
    assert_int_equal(world->node.drop_after_ms, SYNC_FENCED_MS);
    parley_finish(world);
}

/* --- case 7: an event that breaks a rule --------------------------------- */

/* To the protocol it is a record like others: stored, acknowledged, and what
 * follows on it comes too.  (That the fold leaves it out is test_ingest.c's.)
 */
TEST(case_7_a_poison_event_stops_no_stream)
{
    struct world *world = parley_begin();

    parley_connect(world);
    parley_run(world);
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_append(&world->node, TILL, 1, 'x'); /* names another's store */
    parley_grow(world, &world->node, TILL);
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME\n"
                       "n BATCH 3.7.0 1-1\n"
                       "n BATCH 3.7.0 2-2\n"
                       "n BATCH 3.7.0 3-3\n"
                       "h ACK 3.7.0 1a\n"
                       "h ACK 3.7.0 2x\n"
                       "h ACK 3.7.0 3a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* --- case 8: a commit that failed ---------------------------------------- */

/* The hub's process has ended over it.  Nobody has acknowledged anything, so
 * all of it is said again. */
TEST(case_8_after_a_failed_commit_all_is_said_again)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 3, 'a');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_said(world, "n HELLO 3.7.0 5a\n"
                       "h WELCOME 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-5\n"); /* its commit fails */
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 5a\n"
                       "h WELCOME 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-5\n"
                       "h ACK 3.7.0 5a\n");
    assert_int_equal(parley_log(&world->node, TILL)->acked, 5);
    parley_finish(world);
}

/* --- case 9: credit ------------------------------------------------------ */

/* No word for 30 seconds: a new connection, and again from the last ACK. */
TEST(case_9_what_was_not_acknowledged_is_sent_again)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_said(world, "n HELLO 3.7.0 1a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1\n"
                       "h ACK 3.7.0 1a\n"
                       "n BATCH 3.7.0 2-2\n");
    parley_lose_all(world);
    for (uint32_t i = 0; i < SYNC_ACK_MS / 1000 - 1; i++) {
        parley_pass_time(world, 1000);
        parley_run(world);
    }
    assert_null(strstr(world->log, "drops"));
    world->log_size = 0;
    parley_pass_time(world, 1000);
    parley_said(world, "n drops: no ACK\n");
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 1a\n"
                       "n BATCH 3.7.0 2-2\n"
                       "h ACK 3.7.0 2a\n");
    parley_finish(world);
}

/* A queue that is full loses an ACK as a bad wire does: nobody knows, while the
 * connection lives on.  The node tells the hub where it stands after a while,
 * and hears that all is there: nothing is sent twice, nothing waits for ever.
 */
TEST(case_9_the_last_acknowledgement_is_lost)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 3, 'a');
    parley_connect(world);
    for (uint32_t i = 0; i < 3; i++)
        parley_deliver(world);
    parley_lose_all(world); /* the ACK */
    for (uint32_t i = 0; i < 5; i++) {
        parley_pass_time(world, SYNC_ACK_MS / 6);
        parley_run(world);
    }
    assert_int_equal(parley_log(&world->node, TILL)->acked, 0);
    assert_false(world->node.dropped);
    parley_pass_time(world, SYNC_ACK_MS / 6 + 1);
    assert_true(world->node.dropped);
    assert_non_null(strstr(world->log, "h PING\n"));
    assert_non_null(strstr(world->log, "n drops: no ACK\n"));
    world->log_size = 0;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 3a\n");
    assert_int_equal(parley_log(&world->node, TILL)->acked, 3);
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* With it the credit for what comes next: the hub knows that there is more, and
 * tells again where it stands. */
TEST(case_9_an_acknowledgement_that_gives_credit_is_lost)
{
    struct world *world = parley_begin();

    world->window = 1;
    for (uint32_t i = 0; i < 2; i++)
        parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    for (uint32_t i = 0; i < 3; i++)
        parley_deliver(world);
    parley_lose_all(world);
    world->log_size = 0;
    parley_pass_time(world, 100);
    parley_pass_time(world, SYNC_ASK_MS);
    parley_run(world);
    parley_said(world, "h ACK 3.7.0 1a\n"
                       "n BATCH 3.7.0 2-2\n"
                       "h ACK 3.7.0 2a\n");
    assert_int_equal(parley_log(&world->node, TILL)->acked, 2);
    parley_finish(world);
}

/* A second HELLO on a connection begins from nothing: what is stored of the
 * session before gives no credit in the new one. */
TEST(case_9_a_second_hello_earns_no_credit)
{
    const struct sync_options options = {
        .role = SYNC_HUB, .self = 1, .peer = 3, .epoch = 9, .window = 1000
    };
    struct session *session = session_open(&options, 0);
    struct sync_held held = { .stream = TILL };
    struct sync_input admit = { .kind = SYNC_ADMIT };
    struct sync_input stored = { .kind = SYNC_STORED };
    struct frame hello = { .kind = FRAME_HELLO };
    struct frame batch = { .kind = FRAME_BATCH, .session = 1 };
    struct frame_offer offer = { .stream = TILL, .head = { .seq = 1 } };
    struct sync_outputs out;

    hello.hello.version_min = hello.hello.version_max = SYNC_VERSION;
    hello.hello.node = 3;
    hello.hello.offers = &offer;
    hello.hello.offer_count = 1;
    admit.admit.held = &held;
    admit.admit.held_count = 1;
    batch.batch.stream = TILL;
    batch.batch.from = batch.batch.to = batch.batch.head_seq = 1;
    batch.batch.total = 900;
    for (uint64_t i = 1; i <= 2; i++) {
        session_step(session,
                     &(struct sync_input) { SYNC_FRAME, { .frame = &hello } },
                     0, &out);
        admit.admit.session = i;
        session_step(session, &admit, 0, &out);
        if (i == 1)
            session_step(
                session,
                &(struct sync_input) { SYNC_FRAME, { .frame = &batch } }, 0,
                &out);
    }
    stored.stored.stream = TILL;
    stored.stored.head.seq = 1;
    stored.stored.total = 900;
    session_step(session, &stored, 0, &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].frame.kind, FRAME_ACK);
    assert_int_equal(out.list[0].frame.ack.credit, 1000);
    session_close(session);
}

/* Frames of another session do not say that the peer is alive. */
TEST(another_sessions_frames_are_no_sign_of_life)
{
    struct world *world = parley_begin();
    const struct frame ping = { .kind = FRAME_PING, .session = 77 };

    world->sessions = 100;
    parley_connect(world);
    parley_run(world);
    for (uint32_t i = 0; i < SYNC_SILENCE_MS / 5000; i++) {
        parley_lose_all(world);
        parley_post(world, false, &ping);
        parley_post(world, true, &ping);
        parley_run(world);
        world->log_size = 0;
        parley_pass_time(world, 5000);
    }
    parley_said(world, "n drops: silence\n"
                       "h drops: silence\n");
    parley_finish(world);
}

/* The hub has heard our HELLO twice, and its second WELCOME was lost: it takes
 * nothing of what we say (sim seed 20244). */
TEST(a_frame_of_a_later_session_ends_ours)
{
    struct world *world = parley_begin();
    struct frame ping = { .kind = FRAME_PING };

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    ping.session = session_number(world->node.session) + 1;
    parley_post(world, true, &ping);
    parley_run(world);
    parley_said(world, "n PING\n");
    parley_post(world, false, &ping);
    parley_run(world);
    parley_said(world, "h PING\n"
                       "n drops: a later session\n");
    parley_finish(world);
}

/* --- case 10: all come at once ------------------------------------------- */

TEST(case_10_who_has_much_to_tell_waits_for_a_place)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->node, TILL, 1000, 'a');
    world->busy_ms = 700;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3000a\n"
                       "h WAIT 700\n"
                       "n drops: asked to wait\n");
    assert_int_equal(world->node.drop_after_ms, 700);
    /* Not for weeks, whoever says so. */
    world->busy_ms = UINT32_MAX;
    parley_connect(world);
    parley_run(world);
    assert_int_equal(world->node.drop_after_ms, SYNC_WAIT_MS);
    parley_said(world, "n HELLO 3.7.0 3000a\n"
                       "h WAIT 4294967295\n"
                       "n drops: asked to wait\n");
    parley_pass_time(world, 700);
    world->busy_ms = 0;
    world->window = sizeof(struct fake); /* and is given little at a time */
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3000a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1000\n"
                       "h ACK 3.7.0 1000a\n"
                       "n BATCH 3.7.0 1001-2000\n"
                       "h ACK 3.7.0 2000a\n"
                       "n BATCH 3.7.0 2001-3000\n"
                       "h ACK 3.7.0 3000a\n");
    parley_finish(world);
}

/* A store has an incarnation for each time that it was copied or restored; one
 * that offers thousands would keep the hub busy with them alone. */
TEST(case_10_too_many_streams_of_one_store_are_refused)
{
    struct world *world = parley_begin();
    static struct frame_offer offers[SYNC_STREAMS_STORE + 1];
    struct frame hello = { .kind = FRAME_HELLO };

    for (uint32_t i = 0; i < COUNT_OF(offers); i++)
        offers[i].stream = (stream_id) { .incarnation = 1 + i, .node = 3 };
    parley_connect(world);
    parley_lose_all(world);
    hello.hello.version_min = hello.hello.version_max = SYNC_VERSION;
    hello.hello.node = 3;
    hello.hello.offers = offers;
    hello.hello.offer_count = COUNT_OF(offers);
    parley_post(world, true, &hello);
    world->log_size = 0;
    parley_run(world);
    parley_said(world, "h ERR too many streams\n"
                       "h drops: too many streams\n"
                       "n drops: the peer refuses\n");
    parley_finish(world);
}

/* --- case 11: versions --------------------------------------------------- */

/* What a node of that range of versions says in place of our own HELLO. */
static void
hello_of(struct world *world, uint32_t least, uint32_t most)
{
    struct log *log = parley_log(&world->node, TILL);
    struct frame_offer offer = { .stream = TILL,
                                 .head = parley_head(log, log->count) };
    struct frame hello = { .kind = FRAME_HELLO };

    parley_connect(world);
    parley_lose_all(world);
    world->log_size = 0;
    hello.hello.version_min = least;
    hello.hello.version_max = most;
    hello.hello.node = 3;
    hello.hello.offers = &offer;
    hello.hello.offer_count = 1;
    parley_post(world, true, &hello);
    parley_run(world);
}

/* Nodes first: one that has learned the next version still speaks ours. */
TEST(case_11_a_node_of_the_next_version_is_spoken_to_in_ours)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 2, 'a');
    hello_of(world, SYNC_VERSION, SYNC_VERSION + 1);
    parley_said(world, "n HELLO versions 1-2 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h ACK 3.7.0 2a\n");
    parley_finish(world);
}

/* More than one version apart nothing is guessed: a person must act. */
TEST(case_11_without_a_common_version_nothing_is_sent)
{
    static const struct {
        uint32_t least, most;
        const char *said;
    } cases[] = {
        { SYNC_VERSION + 1, SYNC_VERSION + 2, "n HELLO versions 2-3" },
        { 0, SYNC_VERSION - 1, "n HELLO versions 0-0" },
    };

    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = parley_begin();
        char expected[256];
        parley_append(&world->node, TILL, 2, 'a');
        hello_of(world, cases[i].least, cases[i].most);
        snprintf(expected, sizeof expected,
                 "%s 3.7.0 2a\n"
                 "h ERR no common version\n"
                 "h drops: no common version\n"
                 "n drops: the peer refuses\n",
                 cases[i].said);
        parley_said(world, expected);
        assert_int_equal(parley_log(&world->hub, TILL)->count, 0);
        parley_finish(world);
    }
}

/* A hub that answers in another version than was asked for is not believed. */
TEST(case_11_a_welcome_in_another_version_is_refused)
{
    struct world *world = parley_begin();
    struct frame welcome = { .kind = FRAME_WELCOME, .session = 1 };

    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    parley_lose_all(world);
    world->log_size = 0;
    welcome.welcome.version = SYNC_VERSION + 1;
    welcome.welcome.epoch = 9;
    welcome.welcome.credit = 1000;
    parley_post(world, false, &welcome);
    parley_run(world);
    parley_said(world, "h WELCOME\n"
                       "n ERR no common version\n"
                       "n drops: no common version\n"
                       "h drops: the peer refuses\n");
    parley_finish(world);
}

/* Who sells all day has no need of it, but to be told what time it is. */
TEST(who_says_much_says_ping_once_a_minute)
{
    struct world *world = parley_begin();

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    for (uint32_t i = 0; i < 60000 / 4000; i++) {
        assert_null(strstr(world->log, "PING"));
        parley_append(&world->node, TILL, 1, 'a');
        parley_grow(world, &world->node, TILL);
        parley_pass_time(world, 4000);
        parley_run(world);
    }
    assert_non_null(strstr(world->log, "h PING\n"));
    parley_finish(world);
}

RUN(cmocka_unit_test(who_says_much_says_ping_once_a_minute),
    cmocka_unit_test(case_3_a_search_without_an_answer_begins_anew),
    cmocka_unit_test(
        case_4_a_rewound_node_that_goes_on_selling_branches_at_once),
    cmocka_unit_test(case_4_a_rewound_node_asks_an_older_hub),
    cmocka_unit_test(case_4_a_whole_incarnation_that_was_lost_comes_back),
    cmocka_unit_test(case_4_a_node_without_its_first_record_branches),
    cmocka_unit_test(case_4_a_node_that_begins_sends_its_first_record),
    cmocka_unit_test(case_6_of_twins_both_are_heard),
    cmocka_unit_test(case_6_what_is_safe_of_one_twin_is_not_of_the_other),
    cmocka_unit_test(case_6_an_end_of_the_other_twin_acknowledges_nothing),
    cmocka_unit_test(case_6_a_twin_that_is_fenced_lets_the_other_finish),
    cmocka_unit_test(case_7_a_poison_event_stops_no_stream),
    cmocka_unit_test(case_8_after_a_failed_commit_all_is_said_again),
    cmocka_unit_test(case_9_what_was_not_acknowledged_is_sent_again),
    cmocka_unit_test(case_9_the_last_acknowledgement_is_lost),
    cmocka_unit_test(case_9_an_acknowledgement_that_gives_credit_is_lost),
    cmocka_unit_test(case_9_a_second_hello_earns_no_credit),
    cmocka_unit_test(another_sessions_frames_are_no_sign_of_life),
    cmocka_unit_test(a_frame_of_a_later_session_ends_ours),
    cmocka_unit_test(case_10_who_has_much_to_tell_waits_for_a_place),
    cmocka_unit_test(case_10_too_many_streams_of_one_store_are_refused),
    cmocka_unit_test(case_11_a_node_of_the_next_version_is_spoken_to_in_ours),
    cmocka_unit_test(case_11_without_a_common_version_nothing_is_sent),
    cmocka_unit_test(case_11_a_welcome_in_another_version_is_refused))
