/*
 * test_sync_standby.c - conversations with a standby, a restored hub, a node
 * that has dropped what was safe
 *
 * As test_sync.c; number 3 is a standby where the world says so.
 */
#include "tests/unit.h"

#include "tests/parley.h"

/* A store's stream, the hub's books, and what it published before it was
 * restored. */
#define SHOP ((stream_id) { .incarnation = 5, .node = 4, .channel = 0 })
#define BOOKS ((stream_id) { .incarnation = 9, .node = 1, .channel = 2 })
#define BEFORE ((stream_id) { .incarnation = 8, .node = 1, .channel = 1 })

static struct world *
begin_standby(void)
{
    struct world *world = parley_begin();

    world->standby = true;
    return world;
}

TEST(a_standby_is_given_all_streams)
{
    struct world *world = begin_standby();

    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_append(&world->hub, BOOKS, 2, 'b');
    parley_append(&world->hub, SHOP, 3, 's');
    parley_connect(world);
    for (uint32_t i = 0; i < 3; i++)
        parley_deliver(world);
    assert_false(session_is_briefed(world->node.session));
    parley_run(world);
    assert_true(session_is_briefed(world->node.session));
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 1p offers 1.9.2 2b offers 4.5.0 "
                       "3s\n"
                       "n ACK 1.9.1 0\n"
                       "n ACK 1.9.2 0\n"
                       "n ACK 4.5.0 0\n"
                       "h BATCH 1.9.1 1-1\n"
                       "h BATCH 1.9.2 1-2\n"
                       "h BATCH 4.5.0 1-3\n"
                       "n ACK 1.9.1 1p\n"
                       "n ACK 1.9.2 2b\n"
                       "n ACK 4.5.0 3s\n");
    assert_int_equal(parley_log(&world->hub, SHOP)->acked, 3);

    /* What a store sends goes on at once. */
    parley_append(&world->hub, SHOP, 2, 's');
    parley_grow(world, &world->hub, SHOP);
    parley_run(world);
    parley_said(world, "h BATCH 4.5.0 4-5\n"
                       "n ACK 4.5.0 5s\n");
    parley_check_equal(world, SHOP);
    parley_finish(world);
}

/* Its words were lost: where it stands is assumed, so that it is told what
 * comes next; but what nobody has said is no acknowledgement, and not safe. */
TEST(what_is_assumed_of_a_standby_is_not_safe)
{
    struct world *world = begin_standby();

    parley_append(&world->hub, SHOP, 3, 's');
    parley_connect(world);
    assert_true(parley_deliver(world));
    parley_lose_all(world);
    parley_pass_time(world, SYNC_ASK_MS);
    parley_run(world);
    assert_int_equal(parley_log(&world->hub, SHOP)->acked, 0);
    parley_finish(world);
}

TEST(it_goes_on_where_it_was)
{
    struct world *world = begin_standby();

    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->hub, SHOP, 1, 's');
    parley_append(&world->node, SHOP, 1, 's');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 1s\n"
                       "h WELCOME offers 4.5.0 3s\n"
                       "n ACK 4.5.0 1s\n"
                       "h BATCH 4.5.0 2-3\n"
                       "n ACK 4.5.0 3s\n");
    /* Equal: what it holds is safe, and the hub knows it. */
    parley_log(&world->hub, SHOP)->acked = 0;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 3s\n"
                       "h WELCOME offers 4.5.0 3s\n"
                       "n ACK 4.5.0 3s\n");
    assert_int_equal(parley_log(&world->hub, SHOP)->acked, 3);
    parley_finish(world);
}

/* The one that was active before holds more, and gives it. */
TEST(who_holds_more_of_a_stream_sends_it)
{
    struct world *world = begin_standby();

    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->node, SHOP, 1, 's');
    parley_append(&world->hub, SHOP, 1, 's');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 3s\n"
                       "h WELCOME 4.5.0 1s\n"
                       "n BATCH 4.5.0 2-3\n"
                       "h ACK 4.5.0 3s\n");
    /* Then the store sends more to the hub. */
    parley_append(&world->hub, SHOP, 1, 's');
    parley_grow(world, &world->hub, SHOP);
    parley_run(world);
    parley_said(world, "h BATCH 4.5.0 4-4\n"
                       "n ACK 4.5.0 4s\n");
    parley_check_equal(world, SHOP);
    parley_finish(world);
}

/* It ruled once, and its disk was made anew from a backup of before. */
TEST(a_standby_is_given_back_what_it_wrote)
{
    static const stream_id books = { .incarnation = 6,
                                     .node = 3,
                                     .channel = 2 };
    struct world *world = begin_standby();

    parley_append(&world->hub, books, 2, 'b');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 3.6.2 2b\n"
                       "n ACK 3.6.2 0\n"
                       "h BATCH 3.6.2 1-2\n"
                       "n ACK 3.6.2 2b\n");
    parley_check_equal(world, books);
    parley_finish(world);
}

/* Two hubs were both active and hold different branches: the later one's stays,
 * and the other is told where it has to leave its own. */
TEST(of_two_hubs_branches_the_later_ones_stays)
{
    struct world *world = begin_standby();

    parley_append(&world->node, SHOP, 1, 's');
    parley_append(&world->node, SHOP, 1, 'x');
    parley_append(&world->hub, SHOP, 1, 's');
    parley_append(&world->hub, SHOP, 1, 'y');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 2x\n"
                       "h WELCOME offers 4.5.0 2y\n"
                       "n ACK 4.5.0 2x\n"
                       "h alarm forked\n"
                       "h FORKA 4.5.0 common 0 differs 2\n"
                       "n alarm forked\n"
                       "n FORKQ 4.5.0 1s\n"
                       "h FORKA 4.5.0 common 1 differs 0\n"
                       "n branches at 1s\n");
    assert_int_equal(parley_log(&world->node, SHOP)->count, 2);
    assert_int_equal(parley_log(&world->hub, SHOP)->count, 2);
    parley_finish(world);
}

/* Also where the one that leaves its own holds more. */
TEST(the_longer_branch_of_a_standby_is_left_too)
{
    struct world *world = begin_standby();

    parley_append(&world->node, SHOP, 1, 's');
    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->node, SHOP, 1, 'x');
    parley_append(&world->hub, SHOP, 1, 's');
    parley_append(&world->hub, SHOP, 1, 'y');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 5x\n"
                       "h WELCOME 4.5.0 2y\n"
                       "n alarm forked\n"
                       "n FORKA 4.5.0 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h FORKQ 4.5.0 1s\n"
                       "n FORKA 4.5.0 common 1 differs 0\n"
                       "h FORKQ 4.5.0 1s 2y neighbours\n"
                       "n branches at 1s\n");
    /* It has not got what we held when our branch grows: nothing is safe. */
    parley_append(&world->hub, SHOP, 1, 'y');
    parley_grow(world, &world->hub, SHOP);
    parley_run(world);
    assert_int_equal(parley_log(&world->hub, SHOP)->acked, 0);
    parley_finish(world);
}

/* One search follows the other: the second waits until the first is forgotten
 * by whoever asks, which is when it has nothing more to ask. */
TEST(two_branches_are_found_in_one_session)
{
    struct world *world = begin_standby();
    stream_id other = SHOP;

    other.node = 5;
    for (uint32_t i = 0; i < 2; i++) {
        stream_id stream = i == 0 ? SHOP : other;
        parley_append(&world->node, stream, 1, 's');
        parley_append(&world->node, stream, 1, 'x');
        parley_append(&world->node, stream, 1, 'x');
        parley_append(&world->hub, stream, 1, 's');
        parley_append(&world->hub, stream, 1, 'y');
    }
    parley_connect(world);
    parley_run(world);
    parley_pass_time(world, 1);
    parley_pass_time(world, SYNC_ASK_MS);
    parley_run(world);
    parley_said(world, "n HELLO 4.5.0 3x 5.5.0 3x\n"
                       "h WELCOME 4.5.0 2y 5.5.0 2y\n"
                       "n alarm forked\n"
                       "n FORKA 4.5.0 common 0 differs 2\n"
                       "n alarm forked\n"
                       "n FORKA 5.5.0 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h FORKQ 4.5.0 1s\n"
                       "h alarm forked\n"
                       "n FORKA 4.5.0 common 1 differs 0\n"
                       "h FORKQ 4.5.0 1s 2y neighbours\n"
                       "n branches at 1s\n"
                       "n FORKA 5.5.0 common 0 differs 2\n"
                       "h FORKQ 5.5.0 1s\n"
                       "n FORKA 5.5.0 common 1 differs 0\n"
                       "h FORKQ 5.5.0 1s 2y neighbours\n"
                       "n branches at 1s\n");
    parley_finish(world);
}

TEST(case_5_a_restored_hub_is_refilled)
{
    struct world *world = parley_begin();

    world->refill = true;
    for (uint32_t i = 0; i < 3; i++) {
        parley_append(&world->node, TILL, 1, 'a');
        parley_append(&world->node, BEFORE, 1, 'p');
    }
    parley_append(&world->hub, TILL, 1, 'a');
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_log(&world->node, TILL)->acked = 3;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME offers 1.8.1 1p 3.7.0 1a\n"
                       "n ACK 1.8.1 3p\n"
                       "n alarm restored\n"
                       "n BATCH 3.7.0 2-3\n"
                       "h alarm rewound\n"
                       "h ACK 1.8.1 1p\n"
                       "h ACK 3.7.0 3a\n"
                       "n BATCH 1.8.1 2-3\n"
                       "h ACK 1.8.1 3p\n");
    parley_check_equal(world, TILL);
    parley_check_equal(world, BEFORE);
    assert_true(session_is_settled(world->hub.session));
    /* What comes to it from elsewhere the node is sent in its turn. */
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_grow(world, &world->hub, BEFORE);
    parley_run(world);
    parley_said(world, "h BATCH 1.8.1 4-4\n"
                       "n ACK 1.8.1 4p\n");
    parley_check_equal(world, BEFORE);
    parley_finish(world);
}

/* It was rolled back, and has published before it found out: it is shown what
 * the node has, which it stores nothing of. */
TEST(case_5_a_restored_hub_that_published_something_else_is_shown_the_other)
{
    struct world *world = parley_begin();

    world->refill = true;
    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_append(&world->hub, BEFORE, 1, 'q');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.8.1 2q\n"
                       "n ACK 1.8.1 3p\n"
                       "h alarm rewound\n"
                       "h ACK 1.8.1 2q\n"
                       "n FORKA 1.8.1 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h ACK 1.8.1 0\n"
                       "n BATCH 1.8.1 1-3\n"
                       "h is shown 1.8.1 up to 3p\n");
    assert_true(session_is_settled(world->hub.session));
    assert_int_equal(parley_log(&world->hub, BEFORE)->count, 2);
    assert_int_equal(parley_log(&world->node, BEFORE)->count, 3);
    parley_finish(world);
}

/* So it is where the node has no more than the hub, or less. */
TEST(case_5_a_restored_hub_is_shown_a_shorter_branch)
{
    struct world *world = parley_begin();

    world->refill = true;
    parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->hub, BEFORE, 1, 'p');
    for (uint32_t i = 0; i < 3; i++)
        parley_append(&world->hub, BEFORE, 1, 'q');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.8.1 4q\n"
                       "n ACK 1.8.1 2p\n"
                       "h alarm forked\n"
                       "h FORKA 1.8.1 common 0 differs 2\n"
                       "h ACK 1.8.1 0\n"
                       "n BATCH 1.8.1 1-2\n"
                       "h is shown 1.8.1 up to 2p\n");
    assert_true(session_is_settled(world->hub.session));
    assert_int_equal(session_lag(world->hub.session), 0);
    assert_true(session_is_sent(world->node.session));
    assert_true(session_is_received(world->node.session));
    /* More of its own does not go down there, and not round and round. */
    parley_append(&world->hub, BEFORE, 1, 'q');
    parley_grow(world, &world->hub, BEFORE);
    parley_run(world);
    parley_said(world, "");
    assert_int_equal(parley_log(&world->node, BEFORE)->count, 2);
    /* The node is not acknowledged anything, and waits for nothing. */
    for (uint32_t i = 0; i < 4; i++)
        parley_pass_time(world, SYNC_ACK_MS / 3);
    assert_false(world->node.dropped);
    parley_finish(world);
}

/* It has been refilled, and has published all of both again: that the two
 * remain is no alarm any more. */
TEST(branches_of_an_epoch_that_is_over_are_no_alarm)
{
    struct world *world = parley_begin();

    parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->hub, BEFORE, 1, 'q');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.8.1 1q\n"
                       "n ACK 1.8.1 1p\n"
                       "h FORKA 1.8.1 common 0 differs 1\n");
    assert_true(session_is_received(world->node.session));
    parley_finish(world);
}

/* An older node shows nothing: it is not waited for.  But it may be that each
 * time the question was lost. */
TEST(case_5_a_restored_hub_asks_in_vain_three_times)
{
    struct world *world = parley_begin();

    world->refill = true;
    parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->hub, BEFORE, 1, 'q');
    parley_connect(world);
    parley_deliver(world); /* HELLO */
    parley_deliver(world); /* WELCOME */
    parley_deliver(world); /* ACK */
    parley_lose_all(world);
    for (uint32_t i = 0; i < 4; i++) {
        assert_false(session_is_settled(world->hub.session));
        parley_pass_time(world, SYNC_ASK_MS);
        parley_lose_all(world);
    }
    assert_true(session_is_settled(world->hub.session));
    assert_null(strstr(world->log, "is shown"));
    for (uint32_t i = 0; i < 12; i++) {
        parley_pass_time(world, SYNC_ASK_MS);
        parley_run(world);
    }
    assert_non_null(strstr(world->log, "h is shown 1.8.1 up to 1p\n"));
    assert_true(session_is_settled(world->hub.session));
    parley_finish(world);
}

/* The backup was made before the first version was published. */
TEST(case_5_a_restored_hub_that_forgot_a_stream_is_told_of_it)
{
    struct world *world = parley_begin();

    world->refill = true;
    parley_append(&world->node, BEFORE, 2, 'p');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME\n"
                       "n BATCH 1.8.1 1-2\n"
                       "h ACK 1.8.1 2p\n");
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_grow(world, &world->hub, BEFORE);
    parley_run(world);
    parley_said(world, "h BATCH 1.8.1 3-3\n"
                       "n ACK 1.8.1 3p\n");
    parley_check_equal(world, BEFORE);
    parley_finish(world);
}

/* What a node has above our end, of an epoch that is over, may be ours of old
 * also long after a restore; whether it is signed the shell sees. */
TEST(a_hub_takes_what_was_public_in_an_epoch_that_is_over)
{
    struct world *world = parley_begin();

    parley_append(&world->node, BEFORE, 1, 'p');
    parley_append(&world->node, BEFORE, 1, 'q');
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.8.1 1p\n"
                       "n ACK 1.8.1 2q\n"
                       "h alarm rewound\n"
                       "h ACK 1.8.1 1p\n"
                       "n BATCH 1.8.1 2-2\n"
                       "h ACK 1.8.1 2q\n");
    parley_check_equal(world, BEFORE);
    parley_finish(world);
}

/* But not another branch: that one stands there is said. */
TEST(a_longer_branch_of_an_epoch_that_is_over_is_an_alarm)
{
    struct world *world = parley_begin();

    parley_append(&world->node, BEFORE, 2, 'q');
    parley_append(&world->hub, BEFORE, 1, 'p');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.8.1 1p\n"
                       "n ACK 1.8.1 2q\n"
                       "h alarm rewound\n"
                       "h ACK 1.8.1 1p\n"
                       "n FORKA 1.8.1 common 0 differs 1\n"
                       "h alarm forked\n");
    assert_int_equal(parley_log(&world->hub, BEFORE)->count, 1);
    parley_finish(world);
}

/* Of what it publishes now a node's word is not enough, either; but the hub has
 * it shown, for its shell to see whether it is signed. */
TEST(a_hub_is_shown_what_it_has_published_and_forgotten)
{
    struct world *world = parley_begin();

    parley_append(&world->node, PUBLIC, 1, 'p');
    parley_append(&world->node, PUBLIC, 1, 'p');
    parley_append(&world->hub, PUBLIC, 1, 'p');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO\n"
                       "h WELCOME offers 1.9.1 1p\n"
                       "n ACK 1.9.1 2p\n"
                       "h alarm right\n"
                       "h ACK 1.9.1 0\n"
                       "n BATCH 1.9.1 1-2\n"
                       "h is shown 1.9.1 up to 2p\n");
    assert_int_equal(parley_log(&world->hub, PUBLIC)->count, 1);
    parley_finish(world);
}

/* It has published meanwhile: no node holds more than it does, or on top of
 * what it does, but something else. */
TEST(a_hub_is_shown_another_branch_of_what_it_publishes)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 2; i++)
        parley_append(&world->node, PUBLIC, 1, 'p');
    parley_append(&world->hub, PUBLIC, 1, 'p');
    for (uint32_t i = 0; i < 2; i++) {
        parley_append(&world->hub, PUBLIC, 1, 'q');
        parley_connect(world);
        parley_deliver(world);
        parley_said(world, i == 0 ? "n HELLO\n"
                                    "h WELCOME offers 1.9.1 2q\n"
                                  : "n HELLO\n"
                                    "h WELCOME offers 1.9.1 3q\n");
        parley_run(world);
        parley_said(world, "n ACK 1.9.1 2p\n"
                           "h alarm forked\n"
                           "h FORKA 1.9.1 common 0 differs 2\n"
                           "h ACK 1.9.1 0\n"
                           "n alarm forked\n"
                           "n BATCH 1.9.1 1-2\n"
                           "h is shown 1.9.1 up to 2p\n");
    }
    parley_finish(world);
}

/* A hub's disk is an older one, and nothing on it says so: nothing is taken
 * over what it writes now, and people are told. */
TEST(a_hub_hears_from_its_standby_that_it_was_rewound)
{
    struct world *world = begin_standby();

    parley_append(&world->node, BOOKS, 1, 'b');
    parley_append(&world->node, BOOKS, 1, 'b');
    parley_append(&world->hub, BOOKS, 1, 'b');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 1.9.2 2b\n"
                       "h WELCOME offers 1.9.2 1b\n"
                       "n ACK 1.9.2 2b\n"
                       "h alarm rewound\n");
    assert_int_equal(parley_log(&world->hub, BOOKS)->count, 1);
    assert_int_equal(parley_log(&world->node, BOOKS)->count, 2);
    parley_finish(world);
}

/* Dropped here, and lacking there: said at both ends; nothing after it is
 * taken, and nothing is invented. */
TEST(case_5_a_dropped_range_is_missed)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->node, TILL, 1, 'a');
    parley_append(&world->hub, TILL, 1, 'a');
    world->boundary = 2;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4a\n"
                       "h WELCOME 3.7.0 1a\n"
                       "n alarm lost\n"
                       "n NACK 3.7.0 2a lost\n"
                       "h alarm lost\n");
    /* It has come from another copy. */
    parley_append(&world->hub, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4a\n"
                       "h WELCOME 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-4\n"
                       "h ACK 3.7.0 4a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

TEST(a_fork_below_the_boundary_is_taken_as_at_it)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 4; i++) {
        parley_append(&world->node, TILL, 1, 'a');
        parley_append(&world->hub, TILL, 1, 'b');
    }
    world->boundary = 2;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4a\n"
                       "h WELCOME 3.7.0 4b\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 4\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 1b 2b 3b\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

/* What a second disk holds is told when it is known, once; and so is what that
 * disk has lost: else the node would drop what the hub alone holds. */
TEST(what_is_safe_is_told)
{
    struct world *world = parley_begin();
    struct sync_input input = { .kind = SYNC_SAFE };

    parley_append(&world->node, TILL, 3, 'a');
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 3a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-3\n"
                       "h ACK 3.7.0 3a\n");
    assert_int_equal(parley_log(&world->node, TILL)->safe, 0);
    input.safe.stream = TILL;
    input.safe.seq = 3;
    parley_give(world, &world->hub, &input);
    parley_give(world, &world->hub, &input);
    parley_run(world);
    parley_said(world, "h ACK 3.7.0 3a\n");
    assert_int_equal(parley_log(&world->node, TILL)->safe, 3);
    static const uint64_t LEFT[] = { 1, 0 };
    for (uint32_t i = 0; i < COUNT_OF(LEFT); i++) {
        input.safe.seq = LEFT[i];
        parley_give(world, &world->hub, &input);
        parley_give(world, &world->hub, &input);
        parley_run(world);
        parley_said(world, "h ACK 3.7.0 3a\n");
        assert_int_equal(parley_log(&world->node, TILL)->safe, LEFT[i]);
    }
    parley_finish(world);
}

RUN(cmocka_unit_test(a_standby_is_given_all_streams),
    cmocka_unit_test(what_is_assumed_of_a_standby_is_not_safe),
    cmocka_unit_test(it_goes_on_where_it_was),
    cmocka_unit_test(who_holds_more_of_a_stream_sends_it),
    cmocka_unit_test(a_standby_is_given_back_what_it_wrote),
    cmocka_unit_test(of_two_hubs_branches_the_later_ones_stays),
    cmocka_unit_test(the_longer_branch_of_a_standby_is_left_too),
    cmocka_unit_test(two_branches_are_found_in_one_session),
    cmocka_unit_test(case_5_a_restored_hub_is_refilled),
    cmocka_unit_test(
        case_5_a_restored_hub_that_published_something_else_is_shown_the_other),
    cmocka_unit_test(case_5_a_restored_hub_is_shown_a_shorter_branch),
    cmocka_unit_test(branches_of_an_epoch_that_is_over_are_no_alarm),
    cmocka_unit_test(case_5_a_restored_hub_asks_in_vain_three_times),
    cmocka_unit_test(case_5_a_restored_hub_that_forgot_a_stream_is_told_of_it),
    cmocka_unit_test(a_hub_takes_what_was_public_in_an_epoch_that_is_over),
    cmocka_unit_test(a_longer_branch_of_an_epoch_that_is_over_is_an_alarm),
    cmocka_unit_test(a_hub_is_shown_what_it_has_published_and_forgotten),
    cmocka_unit_test(a_hub_is_shown_another_branch_of_what_it_publishes),
    cmocka_unit_test(a_hub_hears_from_its_standby_that_it_was_rewound),
    cmocka_unit_test(case_5_a_dropped_range_is_missed),
    cmocka_unit_test(a_fork_below_the_boundary_is_taken_as_at_it),
    cmocka_unit_test(what_is_safe_is_told))
