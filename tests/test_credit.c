/*
 * test_credit.c - a hub that shares out what its nodes may send: nothing goes
 * beyond that, who needs more asks for it, and nobody waits for ever
 */
#include "nodes/session.h"

#include "tests/parley.h"
#include "tests/unit.h"

enum { BATCH_SIZE = FRAME_BATCH_FIXED + sizeof(struct fake) };

static struct world *
begin(uint64_t window)
{
    struct world *world = parley_begin();

    world->window = window;
    world->shares = true;
    parley_append(&world->node, TILL, 1, 'a');
    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    return world;
}

static void
grant(struct world *world, uint64_t size)
{
    parley_give(world, &world->hub,
                &(struct sync_input) { .kind = SYNC_GRANT, .grant = size });
}

TEST(nothing_goes_beyond_the_credit)
{
    struct world *world = begin(BATCH_SIZE + sizeof(struct fake) - 1);

    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1\n"
                       "h ACK 3.7.0 1a\n"
                       "n PING\n");
    assert_int_equal(session_granted(world->hub.session),
                     sizeof(struct fake) - 1);
    assert_int_equal(session_needed(world->hub.session), BATCH_SIZE);
    assert_int_equal(session_backlog(world->hub.session), 1);
    grant(world, session_needed(world->hub.session));
    assert_int_equal(session_needed(world->hub.session), 0);
    parley_run(world);
    parley_said(world, "h ACK 0.0.0 0\n"
                       "n BATCH 3.7.0 2-2\n"
                       "h ACK 3.7.0 2a\n");
    assert_int_equal(session_granted(world->hub.session), 0);
    parley_finish(world);
}

/* An acknowledgement brings no credit of its own, and a grant is a bound from
 * what was taken on, not more on top of more. */
TEST(only_a_grant_gives_credit)
{
    struct world *world = begin(BATCH_SIZE);

    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n BATCH 3.7.0 1-1\n"
                       "h ACK 3.7.0 1a\n");
    for (uint32_t i = 0; i < 3; i++)
        grant(world, BATCH_SIZE);
    assert_int_equal(session_granted(world->hub.session), BATCH_SIZE);
    grant(world, 1);
    assert_int_equal(session_granted(world->hub.session), BATCH_SIZE);
    parley_run(world);
    parley_said(world, "h ACK 0.0.0 0\n"
                       "n BATCH 3.7.0 2-2\n"
                       "h ACK 3.7.0 2a\n");
    parley_finish(world);
}

/* What is shown is acknowledged by nobody: the rest does not wait for that. */
TEST(who_has_shown_its_branch_asks_for_more)
{
    const stream_id public = { .incarnation = 8, .node = 1, .channel = 1 };
    const stream_id books = { .incarnation = 8, .node = 1, .channel = 2 };
    struct world *world = parley_begin();

    world->window = BATCH_SIZE + sizeof(struct fake) - 1;
    world->shares = world->standby = world->refill = true;
    parley_append(&world->node, public, 1, 'p');
    parley_append(&world->hub, public, 1, 'q');
    parley_connect(world);
    parley_run(world);
    world->log_size = 0;
    parley_append(&world->node, books, 1, 'b');
    parley_grow(world, &world->node, books);
    parley_run(world);
    parley_said(world, "n PING\n");
    assert_int_equal(session_needed(world->hub.session), BATCH_SIZE);
    parley_finish(world);
}

TEST(a_question_that_is_lost_is_put_again)
{
    struct world *world = begin(BATCH_SIZE - 1);

    for (uint32_t i = 0; i < 2; i++)
        parley_deliver(world);
    parley_lose_all(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 0\n"
                       "n PING\n");
    assert_int_equal(session_needed(world->hub.session), 0);
    parley_pass_time(world, SYNC_ASK_MS - 1);
    parley_lose_all(world);
    world->log_size = 0;
    parley_pass_time(world, 1);
    parley_run(world);
    assert_int_equal(session_needed(world->hub.session), BATCH_SIZE);
    parley_finish(world);
}

TEST(a_grant_that_is_lost_is_told_again)
{
    struct world *world = begin(BATCH_SIZE - 1);

    parley_run(world);
    grant(world, 2 * BATCH_SIZE);
    parley_lose_all(world);
    parley_pass_time(world, 1); /* the hub looks when the stream stands still */
    parley_pass_time(world, SYNC_ASK_MS);
    parley_run(world);
    assert_int_equal(parley_log(&world->node, TILL)->acked, 2);
    parley_finish(world);
}

/* What it asks for it need not get, and whoever asks for the moon gets no more
 * than the hub grants. */
TEST(asking_gives_nothing)
{
    struct world *world = begin(BATCH_SIZE);
    struct frame ping = { .kind = FRAME_PING, .session = 1 };

    parley_run(world);
    ping.ping.flags = FRAME_NEEDS_CREDIT;
    ping.ping.pending = UINT64_MAX;
    parley_post(world, true, &ping);
    parley_run(world);
    assert_int_equal(session_granted(world->hub.session), 0);
    assert_true(session_needed(world->hub.session) > LIMIT_FRAME_SIZE);
    parley_finish(world);
}

RUN(cmocka_unit_test(nothing_goes_beyond_the_credit),
    cmocka_unit_test(only_a_grant_gives_credit),
    cmocka_unit_test(who_has_shown_its_branch_asks_for_more),
    cmocka_unit_test(a_question_that_is_lost_is_put_again),
    cmocka_unit_test(a_grant_that_is_lost_is_told_again),
    cmocka_unit_test(asking_gives_nothing))
