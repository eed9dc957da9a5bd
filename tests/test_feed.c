/*
 * test_feed.c - which nodes are told of their accounts from one reading
 */
#include "nodes/feed.h"
#include "tests/unit.h"

static struct feed_ask
ask_after(uint32_t node, uint64_t after)
{
    return (struct feed_ask) { .node = node, .after = after };
}

/* Nodes 2 and 4 come from the beginning, behind one that is nearly there: they
 * wait for the next reading, and both for the same one. */
TEST(who_lies_far_back_waits_for_the_next_reading)
{
    struct feed_ask asks[] = { ask_after(1, 1000), ask_after(2, 0),
                               ask_after(3, 1200), ask_after(4, 0),
                               ask_after(5, 500) };
    struct feed_ask chosen[COUNT_OF(asks)];
    uint32_t count = COUNT_OF(asks);

    assert_int_equal(feed_choose(asks, &count, COUNT_OF(asks), chosen), 2);
    assert_int_equal(chosen[0].node, 1);
    assert_int_equal(chosen[1].node, 3);
    assert_int_equal(count, 3);
    assert_int_equal(feed_choose(asks, &count, COUNT_OF(asks), chosen), 3);
    assert_int_equal(chosen[0].node, 2);
    assert_int_equal(chosen[1].node, 4);
    assert_int_equal(chosen[2].node, 5);
    assert_int_equal(count, 0);
    assert_int_equal(feed_choose(asks, &count, COUNT_OF(asks), chosen), 0);
}

/* Who finds no room stays, in the order of coming. */
TEST(no_more_are_chosen_than_there_is_room_for)
{
    struct feed_ask asks[] = { ask_after(1, 7), ask_after(2, 7),
                               ask_after(3, 7) };
    struct feed_ask chosen[COUNT_OF(asks)];
    uint32_t count = COUNT_OF(asks);

    assert_int_equal(feed_choose(asks, &count, 0, chosen), 0);
    assert_int_equal(feed_choose(asks, &count, 2, chosen), 2);
    assert_int_equal(count, 1);
    assert_int_equal(asks[0].node, 3);
}

RUN(cmocka_unit_test(who_lies_far_back_waits_for_the_next_reading),
    cmocka_unit_test(no_more_are_chosen_than_there_is_room_for))
