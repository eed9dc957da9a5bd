/*
 * test_feed.c - which nodes are told of their accounts from one reading, and
 * how far they are told to be folded
 */
#include "nodes/feed.h"
#include "tests/book.h"
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

/* A store whose disk goes back each night to what it was, say.  Told of its
 * first incarnations only it would fold the others' events once more, on top of
 * states that have them. */
TEST(of_very_many_incarnations_the_latest_are_told)
{
    enum { INCARNATIONS = HUB_STATE_SEQS_MAX + 6 };
    const account_id member = { .member = 42 };
    struct book book;
    struct state *state;
    struct feed *feed;
    struct frame told;

    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    for (uint64_t i = 1; i <= INCARNATIONS; i++) {
        if (i > 1)
            assert_int_equal(journal_renew(ledger_journal(book.ledger), i,
                                           REASON_REWOUND, NULL),
                             OK);
        assert_int_equal(book_append(&book,
                                     "{\"kind\": \"purchase\", \"member\": 42, "
                                     "\"receipt\": \"1\", \"total\": 1000}",
                                     NULL, NULL),
                         OK);
    }
    assert_int_equal(state_open(book.ledger, &state), OK);
    assert_int_equal(state_refresh(state, NULL), OK);
    assert_int_equal(feed_open(book.ledger, state, &feed), OK);
    assert_int_equal(feed_look_up(feed, 1, &member, 1, &book.arena, &told), OK);
    assert_int_equal(told.state.folded_count, HUB_STATE_SEQS_MAX);
    for (uint32_t i = 0; i < HUB_STATE_SEQS_MAX; i++) {
        assert_int_equal(told.state.folded[i].stream.incarnation,
                         INCARNATIONS - HUB_STATE_SEQS_MAX + 1 + i);
        assert_int_equal(told.state.folded[i].seq, 1);
    }
    feed_close(feed);
    state_close(state);
    book_close(&book);
}

RUN(cmocka_unit_test(who_lies_far_back_waits_for_the_next_reading),
    cmocka_unit_test(no_more_are_chosen_than_there_is_room_for),
    cmocka_unit_test(of_very_many_incarnations_the_latest_are_told))
