/*
 * test_sync_left.c - what becomes of the incarnations that a node has left:
 * they are fetched where the hub has more, told again where it has something
 * else, and else they are at rest (case 4 of REPLICATION.md)
 */
#include "tests/unit.h"

#include "tests/parley.h"

/* It has fetched what the hub had of an incarnation that it left; what a
 * standby brings of that later it is sent, too (sim seed 900693). */
TEST(case_4_what_comes_later_of_an_old_incarnation_is_sent_on)
{
    struct world *world = parley_begin();
    struct sync_input input = { .kind = SYNC_STORED };

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    world->offers_left = 1;
    world->fetch = true;
    parley_connect(world);
    parley_run(world);
    parley_append(&world->hub, TILL, 2, 'a');
    input.stored.stream = TILL;
    input.stored.head = parley_head(parley_log(&world->hub, TILL), 3);
    parley_give(world, &world->hub, &input);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 4a continued\n"
                       "n ACK 3.7.0 2a\n"
                       "h BATCH 3.7.0 3-4\n"
                       "n ACK 3.7.0 4a\n"
                       "h ACK 3.7.0 6a\n"
                       "h BATCH 3.7.0 5-6\n"
                       "n ACK 3.7.0 6a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* Both hold two events of the same and two of their own; the node has left the
 * incarnation, and offers it. */
static struct world *
begin_forked(void)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'b');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'x');
    world->offers_left = 1;
    world->fetch = true;
    return world;
}

/* It was left because the disk was moved, and what the hub holds instead was
 * not known then: our own part is told again. */
TEST(case_4_an_incarnation_left_before_is_told_again_where_it_forked)
{
    struct world *world = begin_forked();

    world->own = 4;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4x\n"
                       "h WELCOME 3.7.0 4b\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 4\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 2a\n"
                       "n FORKA 3.7.0 common 2 differs 0\n"
                       "h FORKQ 3.7.0 2a 4b neighbours\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

/* What it wrote itself the hub has; what it fetched later is another's. */
TEST(case_4_an_incarnation_left_before_is_not_told_again_above_its_end)
{
    struct world *world = begin_forked();

    world->own = 2;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4x\n"
                       "h WELCOME 3.7.0 4b\n"
                       "n alarm forked\n"
                       "n FORKA 3.7.0 common 0 differs 4\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 2a\n"
                       "n FORKA 3.7.0 common 2 differs 0\n"
                       "h FORKQ 3.7.0 2a 4b neighbours\n");
    parley_finish(world);
}

/* The hub has more of it than we do, and another branch. */
TEST(case_4_an_incarnation_left_before_is_searched_where_the_hub_has_more)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 4, 'b');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'x');
    world->offers_left = 1;
    world->fetch = true;
    world->own = 4;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4x\n"
                       "h WELCOME 3.7.0 6b\n"
                       "n ACK 3.7.0 4x\n"
                       "h alarm forked\n"
                       "h FORKA 3.7.0 common 0 differs 4\n"
                       "n alarm forked\n"
                       "n FORKQ 3.7.0 2a\n"
                       "h FORKA 3.7.0 common 2 differs 0\n"
                       "n branches at 2a\n");
    parley_finish(world);
}

/* Of what both held alike nothing is left here to be told again from. */
TEST(case_4_an_old_fork_below_the_boundary_is_taken_as_at_it)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < 6; i++)
        parley_append(&world->hub, TILL, 1, 'b');
    for (uint32_t i = 0; i < 4; i++)
        parley_append(&world->node, TILL, 1, 'x');
    world->boundary = 2;
    world->offers_left = 1;
    world->fetch = true;
    world->own = 4;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 4x\n"
                       "h WELCOME 3.7.0 6b\n"
                       "n ACK 3.7.0 4x\n"
                       "h alarm forked\n"
                       "h FORKA 3.7.0 common 0 differs 4\n"
                       "n alarm forked\n"
                       "n FORKQ 3.7.0 1x 2x 3x\n"
                       "h FORKA 3.7.0 common 0 differs 1\n"
                       "n branches at 2x\n");
    parley_finish(world);
}

/* Of the incarnation that the node has left, and of the one that it writes, the
 * hub has another branch. */
static struct world *
with_two_forks(void)
{
    struct world *world = parley_begin();
    stream_id next = TILL;

    next.incarnation = 8;
    for (uint32_t i = 0; i < 3; i++) {
        parley_append(&world->hub, TILL, 1, 'a');
        parley_append(&world->hub, next, 1, 'c');
    }
    parley_append(&world->node, TILL, 1, 'a');
    parley_append(&world->node, TILL, 1, 'x');
    parley_append(&world->node, next, 1, 'c');
    parley_append(&world->node, next, 1, 'y');
    world->offers_left = 1;
    world->fetch = true;
    return world;
}

/* A fork of an incarnation that it has left before is no news, and does not
 * keep it from finding out about this one. */
TEST(case_4_an_old_fork_holds_up_no_new_one)
{
    struct world *world = with_two_forks();

    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2x 3.8.0 2y\n"
                       "h WELCOME 3.7.0 3a 3.8.0 3c\n"
                       "n ACK 3.7.0 2x\n"
                       "n alarm rewound\n"
                       "n ACK 3.8.0 2y\n"
                       "h alarm forked\n"
                       "h FORKA 3.7.0 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h FORKA 3.8.0 common 0 differs 2\n"
                       "n alarm forked\n"
                       "n alarm forked\n"
                       "n FORKQ 3.8.0 1c\n"
                       "h FORKA 3.8.0 common 1 differs 0\n"
                       "n branches at 1c\n");
    parley_finish(world);
}

/* Nor where there was something to look for in the old one, and nothing is to
 * be told again: in the next round of words it is the other's turn (sim
 * FORGERS=1, seed 1). */
TEST(case_4_of_several_forks_each_has_its_turn)
{
    struct world *world = with_two_forks();

    world->own = 1;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2x 3.8.0 2y\n"
                       "h WELCOME 3.7.0 3a 3.8.0 3c\n"
                       "n ACK 3.7.0 2x\n"
                       "n alarm rewound\n"
                       "n ACK 3.8.0 2y\n"
                       "h alarm forked\n"
                       "h FORKA 3.7.0 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h FORKA 3.8.0 common 0 differs 2\n"
                       "n alarm forked\n"
                       "n FORKQ 3.7.0 1a\n"
                       "n alarm forked\n"
                       "h FORKA 3.7.0 common 1 differs 0\n");
    for (uint32_t i = 0; i < 13; i++) {
        parley_pass_time(world, 500);
        parley_run(world);
    }
    parley_said(world, "h FORKA 3.8.0 common 0 differs 2\n"
                       "n FORKQ 3.8.0 1c\n"
                       "h FORKA 3.8.0 common 1 differs 0\n"
                       "n branches at 1c\n");
    parley_finish(world);
}

/* Nor where the hub has less of it than this node. */
TEST(case_4_an_old_fork_is_not_searched_again)
{
    struct world *world = parley_begin();
    stream_id next = TILL;

    next.incarnation = 8;
    parley_append(&world->hub, TILL, 1, 'a');
    parley_append(&world->hub, next, 1, 'c');
    parley_append(&world->hub, next, 1, 'c');
    parley_append(&world->node, TILL, 1, 'x');
    parley_append(&world->node, next, 1, 'c');
    parley_append(&world->node, next, 1, 'y');
    world->offers_left = 1;
    world->fetch = true;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 1x 3.8.0 2y\n"
                       "h WELCOME 3.7.0 1a 3.8.0 2c\n"
                       "n alarm forked\n"
                       "n alarm forked\n"
                       "n FORKA 3.8.0 common 0 differs 2\n"
                       "h alarm forked\n"
                       "h FORKQ 3.8.0 1c\n"
                       "n FORKA 3.8.0 common 1 differs 0\n"
                       "h FORKQ 3.8.0 1c 2c neighbours\n"
                       "n branches at 1c\n");
    parley_finish(world);
}

/* A node that was restored has lost a whole incarnation, and the hub has not
 * got it yet: when a standby brings it, it comes in the session that there is
 * (sim seed 70189). */
TEST(case_4_a_lost_incarnation_that_the_hub_gets_later_comes_at_once)
{
    struct world *world = parley_begin();
    const stream_id lost = { .node = 3, .incarnation = 8, .channel = 0 };

    parley_append(&world->node, TILL, 1, 'a');
    parley_connect(world);
    parley_run(world);
    assert_true(session_takes(world->hub.session, TILL));
    assert_false(session_takes(world->hub.session, lost));
    world->log_size = 0;
    parley_append(&world->hub, lost, 2, 'a');
    parley_grow(world, &world->hub, lost);
    parley_run(world);
    parley_said(world, "h BATCH 3.8.0 1-2\n"
                       "n ACK 3.8.0 2a\n");
    parley_check_equal(world, lost);
    assert_false(session_takes(world->hub.session, lost));
    parley_finish(world);
}

/* The node has told again what it had above two events, for a hub had another
 * branch there.  This one has the node's, and a twin's after it. */
static struct world *
begin_told_again(uint32_t of_the_hub)
{
    struct world *world = parley_begin();

    for (uint32_t i = 0; i < of_the_hub; i++)
        parley_append(&world->hub, TILL, i < 2 ? 2 : 3, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'a');
    world->offers_left = 1;
    world->told = 1;
    world->own = 2;
    return world;
}

/* What a node has once left for a branch that is nobody's in the end it is sent
 * as all else is: it asks first, for mostly the branch is another one (sim seed
 * 1085). */
TEST(case_6_the_rest_comes_where_what_was_told_again_has_stayed)
{
    struct world *world = begin_told_again(3);

    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 7a continued\n"
                       "n FORKQ 3.7.0 4a\n"
                       "h FORKA 3.7.0 common 4 differs 0\n"
                       "n ACK 3.7.0 4a\n"
                       "h BATCH 3.7.0 5-7\n"
                       "n ACK 3.7.0 7a\n");
    parley_check_equal(world, TILL);
    assert_true(session_is_received(world->node.session));
    parley_finish(world);
}

/* Where it has not, nothing is said of it again and again. */
TEST(case_6_a_branch_that_was_told_again_is_no_alarm)
{
    struct world *world = parley_begin();

    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 3, 'b');
    parley_append(&world->node, TILL, 2, 'a');
    parley_append(&world->node, TILL, 2, 'x');
    world->offers_left = 1;
    world->told = 1;
    world->own = 2;
    parley_connect(world);
    parley_run(world);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 5b continued\n"
                       "n FORKQ 3.7.0 4x\n"
                       "h FORKA 3.7.0 common 0 differs 4\n");
    assert_true(session_is_received(world->node.session));
    assert_true(session_is_sent(world->node.session));
    assert_int_equal(session_backlog(world->node.session), 0);
    for (uint32_t i = 0; i < 30; i++) {
        parley_pass_time(world, 300);
        parley_run(world);
    }
    parley_said(world, "");
    parley_finish(world);
}

/* The question is put again where it is lost, but an older hub answers none. */
TEST(case_6_whether_a_branch_has_stayed_is_asked_three_times)
{
    struct world *world = begin_told_again(3);

    parley_connect(world);
    assert_true(parley_deliver(world));
    assert_true(parley_deliver(world));
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 7a continued\n"
                       "n FORKQ 3.7.0 4a\n");
    for (uint32_t i = 0; i < 80; i++) {
        parley_lose_all(world);
        parley_pass_time(world, 300);
    }
    parley_said(world, "n FORKQ 3.7.0 4a\n"
                       "n FORKQ 3.7.0 4a\n"
                       "n PING\n");
    assert_true(session_is_received(world->node.session));
    parley_finish(world);
}

/* A twin brings the hub something while the session lasts. */
static void
bring(struct world *world, uint32_t items)
{
    struct sync_input input = { .kind = SYNC_STORED };

    parley_append(&world->hub, TILL, items, 'a');
    const struct log *log = parley_log(&world->hub, TILL);
    input.stored.stream = TILL;
    input.stored.head = parley_head(log, log->count);
    parley_give(world, &world->hub, &input);
    parley_run(world);
}

TEST(case_6_the_rest_comes_in_the_session_in_which_the_hub_gets_it)
{
    struct world *world = begin_told_again(2);

    parley_connect(world);
    parley_run(world);
    bring(world, 3);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 4a continued\n"
                       "h ACK 3.7.0 7a\n"
                       "n FORKQ 3.7.0 4a\n"
                       "h FORKA 3.7.0 common 4 differs 0\n"
                       "n ACK 3.7.0 4a\n"
                       "h BATCH 3.7.0 5-7\n"
                       "n ACK 3.7.0 7a\n");
    bring(world, 1);
    parley_said(world, "h ACK 3.7.0 8a\n"
                       "h BATCH 3.7.0 8-8\n"
                       "n ACK 3.7.0 8a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* Nor had it got, when the session began, what was told again: where it has
 * stood at our end it goes on from there, and nobody has to look for a fork. */
TEST(case_6_the_rest_comes_where_the_hub_had_no_branch_yet)
{
    struct world *world = begin_told_again(1);

    parley_connect(world);
    parley_run(world);
    bring(world, 2);
    bring(world, 3);
    parley_said(world, "n HELLO 3.7.0 2a\n"
                       "h WELCOME 3.7.0 2a\n"
                       "h ACK 3.7.0 4a\n"
                       "h ACK 3.7.0 7a\n"
                       "n FORKQ 3.7.0 4a\n"
                       "h FORKA 3.7.0 common 4 differs 0\n"
                       "n ACK 3.7.0 4a\n"
                       "h BATCH 3.7.0 5-7\n"
                       "n ACK 3.7.0 7a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

/* Nor that far; then a search shows that it is no fork. */
TEST(case_6_the_rest_comes_where_a_search_has_shown_that_it_may)
{
    struct world *world = begin_told_again(1);

    parley_append(&world->node, TILL, 2, 'a');
    world->told = 2;
    world->own = 4;
    parley_connect(world);
    assert_true(parley_deliver(world));
    assert_true(parley_deliver(world));
    parley_lose_all(world);
    parley_append(&world->hub, TILL, 2, 'a');
    parley_append(&world->hub, TILL, 2, 'a');
    bring(world, 3);
    parley_said(world, "n HELLO 3.7.0 4a\n"
                       "h WELCOME 3.7.0 2a\n"
                       "n BATCH 3.7.0 3-4\n"
                       "h ACK 3.7.0 9a\n"
                       "n FORKA 3.7.0 common 0 differs 9\n"
                       "h alarm forked\n"
                       "h FORKQ 3.7.0 2a 4a 6a\n"
                       "n FORKA 3.7.0 common 6 differs 0\n"
                       "h FORKQ 3.7.0 6a 9a neighbours\n"
                       "n FORKQ 3.7.0 6a\n"
                       "h FORKA 3.7.0 common 6 differs 0\n"
                       "n ACK 3.7.0 6a\n"
                       "h BATCH 3.7.0 7-9\n"
                       "n ACK 3.7.0 9a\n");
    parley_check_equal(world, TILL);
    parley_finish(world);
}

RUN(cmocka_unit_test(
        case_4_a_lost_incarnation_that_the_hub_gets_later_comes_at_once),
    cmocka_unit_test(case_4_what_comes_later_of_an_old_incarnation_is_sent_on),
    cmocka_unit_test(
        case_4_an_incarnation_left_before_is_told_again_where_it_forked),
    cmocka_unit_test(
        case_4_an_incarnation_left_before_is_not_told_again_above_its_end),
    cmocka_unit_test(
        case_4_an_incarnation_left_before_is_searched_where_the_hub_has_more),
    cmocka_unit_test(case_4_an_old_fork_below_the_boundary_is_taken_as_at_it),
    cmocka_unit_test(case_4_an_old_fork_holds_up_no_new_one),
    cmocka_unit_test(case_4_of_several_forks_each_has_its_turn),
    cmocka_unit_test(case_4_an_old_fork_is_not_searched_again),
    cmocka_unit_test(
        case_6_the_rest_comes_where_what_was_told_again_has_stayed),
    cmocka_unit_test(case_6_a_branch_that_was_told_again_is_no_alarm),
    cmocka_unit_test(case_6_whether_a_branch_has_stayed_is_asked_three_times),
    cmocka_unit_test(
        case_6_the_rest_comes_in_the_session_in_which_the_hub_gets_it),
    cmocka_unit_test(case_6_the_rest_comes_where_the_hub_had_no_branch_yet),
    cmocka_unit_test(
        case_6_the_rest_comes_where_a_search_has_shown_that_it_may))
