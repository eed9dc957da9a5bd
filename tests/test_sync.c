/*
 * test_sync.c - the replication protocol, as conversations
 *
 * What two sessions say to each other (parley.h) is compared with what
 * REPLICATION.md demands, case by case; then hundreds of random conversations
 * over a bad wire must all end with the hub holding what the node holds, and
 * never with something acknowledged that is not there.
 */
#include "tests/unit.h"

#include <string.h>

#include "tests/parley.h"

/* --- the cases of REPLICATION.md --- */

TEST(a_node_with_news_is_heard)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 3, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 5a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-5\n"
                       "h ACK 3.7.0 5a\n");
    assert_true(session_is_sent(world->node.session));
    assert_int_equal(parley_log(&world->node, TILL)->acked, 5);

    /* Live: what is appended goes at once, by itself. */
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_run(world);
    parley_said(world, "n BATCH 3.7.0 6-6\n"
                       "h ACK 3.7.0 6a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

TEST(case_2_sending_goes_on_from_the_hubs_head)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 8a\n"
                       "h WELCOME 3.7.0 4a\n"
                       "n BATCH 3.7.0 5-8\n"
                       "h ACK 3.7.0 8a\n");
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 8a\n"
                       "h WELCOME 3.7.0 8a\n");
    assert_true(session_is_sent(world->node.session));
    parley_finish(world);
}

TEST(a_first_event_after_the_welcome_is_sent)
{
    struct world *world = parley_begin();

    parley_connect(world);
    parley_run(world);
    parley_append(&world->node, TILL, 1, 'a');
    parley_grow(world, &world->node, TILL);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME\n"
                       "n BATCH 3.7.0 1-1\n"
                       "h ACK 3.7.0 1a\n");
    parley_finish(world);
}

TEST(versions_flow_down)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 1p\n"
                       "n ACK 1.9.1 0\n"
                       "h BATCH 1.9.1 1-1\n"
                       "n ACK 1.9.1 1p\n");
    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_grow(world, &world->hub, PUBLIC);
    parley_run(world);
    parley_said(world, "h BATCH 1.9.1 2-2\n"
                       "n ACK 1.9.1 2p\n");
    parley_check_equal(world, PUBLIC);
    /* A node that holds them already says so. */
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 2p\n"
                       "n ACK 1.9.1 2p\n");
    assert_true(session_is_received(world->node.session));
    parley_finish(world);
}

/* ZeroMQ loses silently: what a node asked for on a connection that lives may
 * never have been heard. */
TEST(a_lost_request_is_said_again)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 1p\n"
                       "n ACK 1.9.1 0\n");
    parley_lose_all(world);
    parley_pass_time(world, 100);
    parley_pass_time(world, SYNC_ASK_MS - 1);
    parley_run(world);
    parley_said(world, "");
    parley_pass_time(world, 1);
    parley_run(world);
    parley_said(world, "n ACK 1.9.1 0\n"
                       "h BATCH 1.9.1 1-1\n"
                       "n ACK 1.9.1 1p\n");
    parley_check_equal(world, PUBLIC);
    parley_finish(world);
}

TEST(news_come_though_the_word_before_was_lost)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_append(&world->node, PUBLIC, 1, 'p');
    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_append(&world->node, PUBLIC, 1, 'p');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_lose_all(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 2p\n"
                       "n ACK 1.9.1 2p\n");
    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_grow(world, &world->hub, PUBLIC);
    parley_pass_time(world, SYNC_ASK_MS);
    parley_run(world);
    parley_said(world, "h BATCH 1.9.1 3-3\n"
                       "n ACK 1.9.1 3p\n");
    parley_check_equal(world, PUBLIC);
    parley_finish(world);
}

/* The answer to a BATCH is lost, with the connection: it is sent again from
 * what the hub has, and stored once. */
TEST(case_1_a_lost_ack_counts_nothing_twice)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 3, 'a');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_deliver(world); /* the hub has stored it; its ACK is on the wire */
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-3\n"
                       "h ACK 3.7.0 3a\n"
                       "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 3a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

TEST(case_1_a_gap_is_asked_for_once)
{
    struct world *world = parley_begin();

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    for (uint32_t i = 0; i < 4; i++) {
        parley_append(&world->node, TILL, 1, 'a');
        world->lose = i == 1 ? 1000 : 0;
        parley_grow(world, &world->node, TILL);
    }
    parley_run(world);
    parley_said(world, "n BATCH 3.7.0 1-1\n"
                       "n BATCH 3.7.0 2-2\n" /* lost */
                       "n BATCH 3.7.0 3-3\n"
                       "n BATCH 3.7.0 4-4\n"
                       "h ACK 3.7.0 1a\n"
                       "h NACK 3.7.0 1a gap\n"
                       "n BATCH 3.7.0 2-4\n"
                       "h ACK 3.7.0 4a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

TEST(case_1_a_damaged_batch_is_sent_again)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 2, 'a');
    world->hub.damage = 2;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h NACK 3.7.0 0 checksum\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h NACK 3.7.0 0 checksum\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h ACK 3.7.0 2a\n");
    parley_finish(world);
}

TEST(case_1_after_three_damaged_ones_the_stream_is_quarantined)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 2, 'a');
    world->hub.damage = 100;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h NACK 3.7.0 0 checksum\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h NACK 3.7.0 0 checksum\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h alarm checksum\n"
                       "h NACK 3.7.0 0 checksum\n"
                       "n alarm checksum\n");
    parley_finish(world);
}

/* The hub's last record is one that the node never wrote. */
TEST(case_3_a_fork_is_searched_and_left)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 3; i++) {
        parley_append(&world->node, TILL, 2, 'a');
        parley_append(&world->hub, TILL, 2, 'a');
    }
    parley_append(&world->hub, TILL, 1, 'b');
    parley_append(&world->node, TILL, 1, 'a');
    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 8a\n"
                       "h WELCOME 3.7.0 7b\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 7\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 2a 4a 6a\n"
                       "n FORKA 3.7.0 common 6 differs 0\n"
                       "h FORKQ 3.7.0 6a 7b neighbours\n"
                       "n branches at 6a\n");
    /* The node appends what was above under a new incarnation. */
    stream_id next = TILL;
    next.incarnation = 8;
    parley_append(&world->node, next, 2, 'c');
    world->told = 3;
    world->offers_left = 1;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 6a 3.8.0 2c\n"
                       "h WELCOME 3.7.0 7b continued 3.8.0 0\n"
                       "n BATCH 3.8.0 1-2\n"
                       "h ACK 3.8.0 2c\n");
    assert_true(session_is_sent(world->node.session));
    parley_finish(world);
}

/* Whichever frame of the search is lost, it is said again. */
TEST(case_3_a_search_survives_losses)
{
    for (uint32_t lost = 0; lost < 4; lost++) {
        struct world *world = parley_begin();
        parley_append(&world->node, TILL, 2, 'a');
        parley_append(&world->hub, TILL, 2, 'a');
        parley_append(&world->node, TILL, 2, 'b');
        parley_append(&world->hub, TILL, 2, 'c');
        parley_connect(world);
        for (uint32_t i = 0; i < 2 + lost; i++)
            assert_true(parley_deliver(world));
        parley_lose_all(world);
        for (uint32_t i = 0; i < 3; i++) {
            parley_pass_time(world, SYNC_ASK_MS);
            parley_run(world);
        }
        assert_non_null(strstr(world->log, "n branches at 2a"));
        world->log_size = 0;
        parley_finish(world);
    }
}

TEST(case_3_a_long_fork_takes_few_rounds)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 3000; i++) {
        parley_append(&world->node, TILL, 1, 'a');
        parley_append(&world->hub, TILL, 1, i < 1234 ? 'a' : 'b');
    }
    parley_append(&world->node, TILL, 5, 'a');
    parley_connect(world);
    parley_run(world);
    uint32_t rounds = 0;
    for (const char *at = world->log; (at = strstr(at, "FORKQ")); at++)
        rounds++;
    assert_true(rounds <= 5);
    assert_non_null(strstr(world->log, "n branches at 1234a\n"));
    parley_finish(world);
}

TEST(case_3_nothing_in_common)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 3, 'a');
    parley_append(&world->hub, TILL, 3, 'b');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 3b\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 3\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 3b neighbours\n"
                       "n branches at 0\n");
    parley_finish(world);
}

TEST(case_4_a_rewound_node_goes_on_elsewhere_and_fetches_its_tail)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 8a continued\n"
                       "n alarm rewound\n"
                       "n branches at 2a\n");
    stream_id next = TILL;
    next.incarnation = 8;
    parley_append(&world->node, next, 1, 'c');
    world->offers_left = 1;
    world->fetch = true;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a 3.8.0 1c\n"
                       "h WELCOME 3.7.0 8a continued 3.8.0 0\n"
                       "n ACK 3.7.0 2a\n"
                       "n BATCH 3.8.0 1-1\n"
                       "h BATCH 3.7.0 3-8\n"
                       "h ACK 3.8.0 1c\n"
                       "n ACK 3.7.0 8a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* An old backup was restored and sold on, but not as far as before. */
TEST(case_4_a_rewound_node_that_sold_on_finds_where_it_parts)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 1, 'b');
    parley_append(&world->node, TILL, 1, 'b');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4b\n"
                       "h WELCOME 3.7.0 8a\n"
                       "n alarm rewound\n"
                       "n ACK 3.7.0 4b\n"
                       "h alarm forked\n"
                       "h FORKA 3.7.0 common 0 differs 4\n"
                       "n alarm forked\n"
                       "n FORKQ 3.7.0 2a 3b\n"
                       "h FORKA 3.7.0 common 2 differs 3\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

TEST(case_5_a_hub_of_a_past_epoch_is_not_followed)
{
    struct world *world = parley_begin();
    struct sync_outputs out;
    struct sync_options options = {
        .role = SYNC_NODE, .self = 3, .epoch = 10, .window = 1000
    };
    struct session *session = session_open(&options, 0);
    struct sync_input input = { .kind = SYNC_START };

    session_step(session, &input, 0, &out);
    struct frame welcome = { .kind = FRAME_WELCOME, .session = 1 };
    welcome.welcome.version = SYNC_VERSION;
    welcome.welcome.epoch = 9;
    input = (struct sync_input) { .kind = SYNC_FRAME, .frame = &welcome };
    session_step(session, &input, 0, &out);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.list[0].kind, SYNC_ALARM);
    assert_int_equal(out.list[0].alarm.what, SYNC_ALARM_EPOCH);
    assert_int_equal(out.list[1].frame.err.code, FRAME_CODE_EPOCH);
    assert_int_equal(out.list[2].kind, SYNC_DROP);
    assert_true(out.list[2].drop.retry);
    session_close(session);
    parley_finish(world);
}

TEST(case_8_a_full_hub_is_asked_again_later)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 2, 'a');
    world->hub.full = true;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-2\n"
                       "h NACK 3.7.0 0 full\n");
    world->hub.full = false;
    parley_pass_time(world, SYNC_FULL_MS - 1);
    parley_said(world, "");
    parley_pass_time(world, 1);
    parley_run(world);
    parley_said(world, "n BATCH 3.7.0 1-2\n"
                       "h ACK 3.7.0 2a\n");
    parley_finish(world);
}

TEST(case_9_without_credit_nothing_is_sent)
{
    struct world *world = parley_begin();

    world->window = 1;
    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1\n");
    parley_pass_time(world, 100);
    parley_said(world, ""); /* the rest waits */
    parley_run(world);
    parley_said(world, "h ACK 3.7.0 1a\n"
                       "n BATCH 3.7.0 2-2\n"
                       "h ACK 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-3\n"
                       "h ACK 3.7.0 3a\n");
    parley_finish(world);
}

TEST(case_9_a_peer_that_ignores_credit_is_refused)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 1, 'a');
    world->window = 100;
    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    struct fake record = { .sound = 1 };
    struct frame batch = { .kind = FRAME_BATCH, .session = 1 };
    batch.batch.stream = TILL;
    batch.batch.from = 2;
    batch.batch.to = 2;
    batch.batch.head_seq = 2;
    batch.batch.total = 3u << 20;
    batch.batch.records = (view) { (const uint8_t *)&record, sizeof record };
    parley_post(world, true, &batch);
    parley_run(world);
    parley_said(world, "n BATCH 3.7.0 2-2\n"
                       "h ERR more than the credit\n"
                       "h drops: more than the credit\n"
                       "n drops: the peer refuses\n");
    parley_finish(world);
}

TEST(case_9_silence_ends_a_session)
{
    struct world *world = parley_begin();

    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_deliver(world);
    parley_deliver(world);
    world->log_size = 0;
    parley_lose_all(world); /* the BATCH */
    parley_pass_time(world, SYNC_ACK_MS);
    assert_non_null(strstr(world->log, "n drops: no ACK\n"));
    assert_true(world->node.dropped);

    parley_connect(world);
    parley_lose_all(world);
    world->log_size = 0;
    parley_pass_time(world, SYNC_HELLO_MS);
    parley_said(world, "n drops: no WELCOME\n");
    parley_finish(world);
}

TEST(pings_keep_an_idle_session_alive)
{
    struct world *world = parley_begin();

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    for (uint32_t i = 0; i < 20; i++) {
        parley_pass_time(world, 5000);
        parley_run(world);
    }
    assert_false(world->node.dropped);
    assert_false(world->hub.dropped);
    assert_null(strstr(world->log, "drops"));
    assert_non_null(strstr(world->log, "n PING\nh PING\n"));
    parley_finish(world);
}

/* A store at night, while its customers buy elsewhere: it hears of them and
 * says nothing, and the hub is not to take it for gone. */
TEST(who_only_hears_says_that_it_is_there)
{
    struct world *world = parley_begin();
    struct frame news = { .kind = FRAME_PING }; /* asks for no answer */

    parley_connect(world);
    parley_run(world);
    news.session = session_number(world->node.session);
    for (uint32_t i = 0; i < 2 * SYNC_SILENCE_MS / 4000; i++) {
        parley_pass_time(world, 4000);
        parley_post(world, false, &news);
        parley_run(world);
    }
    assert_null(strstr(world->log, "drops"));
    assert_non_null(strstr(world->log, "n PING\n"));
    parley_finish(world);
}

TEST(a_stream_of_somebody_else_is_refused)
{
    struct world *world = parley_begin();
    stream_id theirs = { .incarnation = 7, .node = 4, .channel = 0 };

    parley_append(&world->node, theirs, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.7.0 1a\n"
                       "h alarm right\n"
                       "h ERR not a stream of yours\n"
                       "h drops: not a stream of yours\n"
                       "n drops: the peer refuses\n");

    /* Nor in the middle of a session. */
    world->node.log_count = 0;
    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    stream_id books = { .incarnation = 7, .node = 3, .channel = 2 };
    struct fake record = { .sound = 1 };
    struct frame batch = { .kind = FRAME_BATCH };
    batch.session = session_number(world->node.session);
    batch.batch.stream = books;
    batch.batch.from = 1;
    batch.batch.to = 1;
    batch.batch.head_seq = 1;
    batch.batch.total = 100;
    batch.batch.records = (view) { (const uint8_t *)&record, sizeof record };
    parley_post(world, true, &batch);
    parley_run(world);
    parley_said(world, "n BATCH 3.7.2 1-1\n"
                       "h alarm right\n"
                       "h NACK 3.7.2 0 right\n");
    parley_finish(world);
}

/* Frames of a session that was are void, whatever they say. */
TEST(another_sessions_frames_are_void)
{
    struct world *world = parley_begin();

    world->sessions = 100;
    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    struct frame ack = { .kind = FRAME_ACK, .session = 77 };
    ack.ack.stream = TILL;
    ack.ack.head.seq = 999;
    parley_post(world, false, &ack);
    parley_run(world);
    assert_int_equal(parley_log(&world->node, TILL)->acked, 1);
    assert_false(world->node.dropped);
    parley_finish(world);
}

TEST(states_follow_one_another)
{
    struct world *world = parley_begin();
    uint64_t after = 99;
    struct frame state = { .kind = FRAME_STATE };

    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 0);
    state.state.epoch = 9;
    state.state.position = 20;
    struct sync_input input = { .kind = SYNC_STATES, .states = &state };
    parley_give(world, &world->hub, &input);
    assert_false(session_wants_states(world->hub.session, &after));
    parley_run(world);
    assert_int_equal(world->node.states, 20);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 20);

    /* One that does not follow is not kept; the node says where it stands. */
    state.state.after = 30;
    state.state.position = 40;
    parley_give(world, &world->hub, &input);
    parley_run(world);
    assert_int_equal(world->node.states, 20);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 20);

    parley_connect(world);
    parley_run(world);
    assert_true(session_wants_states(world->hub.session, &after));
    assert_int_equal(after, 20);
    parley_finish(world);
}

TEST(a_hub_can_make_one_wait)
{
    struct world *world = parley_begin();
    struct sync_options options = {
        .role = SYNC_HUB, .self = 1, .peer = 3, .epoch = 9, .window = 1000
    };
    struct session *session = session_open(&options, 0);
    struct sync_outputs out;
    struct frame hello = { .kind = FRAME_HELLO };

    hello.hello.version_min = 1;
    hello.hello.version_max = 3; /* a later one that can speak ours */
    hello.hello.node = 3;
    hello.hello.pending = 1u << 30;
    struct sync_input input = { .kind = SYNC_FRAME, .frame = &hello };
    session_step(session, &input, 0, &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].kind, SYNC_ADMISSION);
    assert_int_equal(out.list[0].admission.pending, 1u << 30);
    input = (struct sync_input) { .kind = SYNC_DEFER, .defer_ms = 700 };
    session_step(session, &input, 0, &out);
    assert_int_equal(out.list[0].frame.kind, FRAME_WAIT);
    assert_int_equal(out.list[0].frame.wait.ms, 700);

    hello.hello.version_min = 2; /* and one that can't */
    input = (struct sync_input) { .kind = SYNC_FRAME, .frame = &hello };
    session_step(session, &input, 0, &out);
    assert_int_equal(out.list[0].frame.err.code, FRAME_CODE_VERSION);
    assert_false(out.list[1].drop.retry);
    session_close(session);
    parley_finish(world);
}

/* --- at random --- */

/* Appends, losses, cuts and time in any order: what was acknowledged is there
 * at every moment, and when the wire is whole again all of it is. */
static void
converse(uint64_t seed)
{
    struct world *world = parley_begin();

    world->random = seed;
    world->window = 100 + parley_draw(world) % 3000;
    parley_connect(world);
    for (uint32_t turn = 0; turn < 300; turn++) {
        world->log_size = 0;
        world->lose = turn % 3 == 0 ? 200 : 20;
        switch (parley_draw(world) % 8) {
        case 0:
        case 1:
            parley_append(&world->node, TILL,
                          1 + (uint32_t)parley_draw(world) % 5, 'a');
            parley_grow(world, &world->node, TILL);
            break;
        case 2:
            parley_append(&world->hub, PUBLIC, 1, 'p');
            parley_grow(world, &world->hub, PUBLIC);
            break;
        case 3:
            if (parley_draw(world) % 4 == 0)
                parley_connect(world);
            break;
        case 4:
            parley_pass_time(world, (int64_t)(parley_draw(world) % 4000));
            break;
        case 5:
            world->hub.damage = parley_draw(world) % 5 == 0;
            break;
        default:
            for (uint64_t i = parley_draw(world) % 6; i > 0; i--)
                parley_deliver(world);
        }
        struct log *ours = parley_log(&world->node, TILL);
        struct log *theirs = parley_log(&world->hub, TILL);
        assert_true(theirs->count <= ours->count);
        assert_memory_equal(ours->records, theirs->records,
                            theirs->count * sizeof(struct fake));
        assert_true(ours->acked <= parley_head(theirs, theirs->count).seq);
    }
    world->lose = 0;
    world->hub.damage = 0;
    for (uint32_t i = 0; i < 3; i++) {
        world->log_size = 0;
        parley_connect(world);
        parley_run(world);
    }
    parley_check_equal(world, TILL);
    parley_check_equal(world, PUBLIC);
    assert_true(session_is_sent(world->node.session));
    assert_true(session_is_received(world->node.session));
    parley_finish(world);
}

TEST(random_conversations_end_well)
{
    for (uint64_t seed = 1; seed <= 200; seed++)
        converse(seed);
}

TEST(backoff_is_full_jitter_and_bounded)
{
    for (uint32_t attempt = 0; attempt < 100; attempt++) {
        uint32_t least = UINT32_MAX, most = 0;
        for (uint64_t random = 0; random < 60000; random += 7) {
            uint32_t ms = session_backoff_ms(attempt, random);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        assert_int_equal(least, 1);
        assert_true(most <= 30000);
        assert_true(attempt > 6 || most <= 200u << attempt);
    }
}

RUN(cmocka_unit_test(a_node_with_news_is_heard),
    cmocka_unit_test(case_2_sending_goes_on_from_the_hubs_head),
    cmocka_unit_test(a_first_event_after_the_welcome_is_sent),
    cmocka_unit_test(versions_flow_down),
    cmocka_unit_test(a_lost_request_is_said_again),
    cmocka_unit_test(news_come_though_the_word_before_was_lost),
    cmocka_unit_test(case_1_a_lost_ack_counts_nothing_twice),
    cmocka_unit_test(case_1_a_gap_is_asked_for_once),
    cmocka_unit_test(case_1_a_damaged_batch_is_sent_again),
    cmocka_unit_test(case_1_after_three_damaged_ones_the_stream_is_quarantined),
    cmocka_unit_test(case_3_a_fork_is_searched_and_left),
    cmocka_unit_test(case_3_a_search_survives_losses),
    cmocka_unit_test(case_3_a_long_fork_takes_few_rounds),
    cmocka_unit_test(case_3_nothing_in_common),
    cmocka_unit_test(
        case_4_a_rewound_node_goes_on_elsewhere_and_fetches_its_tail),
    cmocka_unit_test(case_4_a_rewound_node_that_sold_on_finds_where_it_parts),
    cmocka_unit_test(case_5_a_hub_of_a_past_epoch_is_not_followed),
    cmocka_unit_test(case_8_a_full_hub_is_asked_again_later),
    cmocka_unit_test(case_9_without_credit_nothing_is_sent),
    cmocka_unit_test(case_9_a_peer_that_ignores_credit_is_refused),
    cmocka_unit_test(case_9_silence_ends_a_session),
    cmocka_unit_test(pings_keep_an_idle_session_alive),
    cmocka_unit_test(who_only_hears_says_that_it_is_there),
    cmocka_unit_test(a_stream_of_somebody_else_is_refused),
    cmocka_unit_test(another_sessions_frames_are_void),
    cmocka_unit_test(states_follow_one_another),
    cmocka_unit_test(a_hub_can_make_one_wait),
    cmocka_unit_test(random_conversations_end_well),
    cmocka_unit_test(backoff_is_full_jitter_and_bounded))
