/*
 * test_feed.c - which nodes are told of their accounts from one reading, of
 * which of them, and how far they are told to be folded
 */
#include "nodes/feed.h"

#include <stdio.h>

#include "core/text.h"
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

struct hub {
    struct book book;
    struct state *state;
    struct feed *feed;
};

static void
hub_open(struct hub *hub)
{
    book_open(&hub->book, LEDGER_OWN);
    book_rules(&hub->book, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    assert_int_equal(state_open(hub->book.ledger, &hub->state), OK);
    assert_int_equal(state_refresh(hub->state, NULL), OK);
    assert_int_equal(feed_open(hub->book.ledger, hub->state, &hub->feed), OK);
}

static void
hub_close(struct hub *hub)
{
    feed_close(hub->feed);
    state_close(hub->state);
    book_close(&hub->book);
}

/* By the hub's own node, which is number 1. */
static void
buy(struct hub *hub, uint32_t member)
{
    char line[160];

    snprintf(line, sizeof line,
             "{\"kind\": \"purchase\", \"member\": %u, \"receipt\": \"1\", "
             "\"total\": 1000}",
             member);
    assert_int_equal(book_append(&hub->book, line, NULL, NULL), OK);
}

/* The members whose states are in the parcel, each with a blank behind it. */
static const char *
members_of(const struct feed_parcel *parcel)
{
    static char text[256];
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < parcel->part_count; i++) {
        const struct frame *part = &parcel->parts[i];
        for (uint32_t k = 0; k < part->state.state_count; k++) {
            struct feed_state state;
            assert_true(feed_read(part->state.states[k], &state));
            used += (size_t)snprintf(text + used, sizeof text - used, "%u ",
                                     (unsigned)state.account.member);
        }
    }
    return text;
}

/* The answer to one who asks alone; false: there is none. */
static bool
answer_one(struct hub *hub, struct feed_ask ask, struct feed_parcel *ret_parcel)
{
    uint32_t count = 9;

    assert_int_equal(feed_answer(hub->feed, &ask, 1, ret_parcel, &count), OK);
    assert_true(count <= 1);
    return count == 1;
}

/* Who has an event of the account is told of it, who has not is told that there
 * is nothing; and later only of what has changed. */
TEST(a_node_is_told_of_the_accounts_that_it_has_served)
{
    const struct feed_ask asks[] = { ask_after(1, 0), ask_after(7, 0),
                                     ask_after(9, 0) };
    struct feed_parcel parcels[COUNT_OF(asks)];
    uint32_t count = 0;
    struct hub hub;

    hub_open(&hub);
    buy(&hub, 42);
    buy(&hub, 43);
    book_hear(&hub.book, 7,
              "{\"kind\": \"purchase\", \"member\": 43, \"receipt\": \"1\", "
              "\"total\": 500}");
    assert_int_equal(state_refresh(hub.state, NULL), OK);
    const uint64_t told = state_position(hub.state);
    assert_int_equal(feed_answer(hub.feed, asks, 3, parcels, &count), OK);
    assert_int_equal(count, 3);
    const char *both = members_of(&parcels[0]);
    assert_true(strcmp(both, "42 43 ") == 0 || strcmp(both, "43 42 ") == 0);
    assert_string_equal(members_of(&parcels[1]), "43 ");
    assert_string_equal(members_of(&parcels[2]), "");
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(parcels[i].ask.node, asks[i].node);
        assert_int_equal(parcels[i].parts[0].state.position, told);
        assert_int_equal(parcels[i].parts[0].state.format, FEED_FORMAT);
        feed_parcel_close(&parcels[i]);
    }

    assert_false(answer_one(&hub, ask_after(1, told), parcels));
    struct feed_ask idle = ask_after(1, told);
    idle.idle = true;
    assert_true(answer_one(&hub, idle, parcels));
    assert_string_equal(members_of(parcels), "");
    feed_parcel_close(parcels);
    buy(&hub, 42);
    assert_int_equal(state_refresh(hub.state, NULL), OK);
    /* Also where the same reading serves one who comes from the beginning. */
    const struct feed_ask mixed[] = { ask_after(1, told), ask_after(7, 0) };
    assert_int_equal(feed_answer(hub.feed, mixed, 2, parcels, &count), OK);
    assert_int_equal(count, 2);
    assert_string_equal(members_of(&parcels[0]), "42 ");
    assert_int_equal(parcels[0].parts[0].state.after, told);
    assert_string_equal(members_of(&parcels[1]), "43 ");
    feed_parcel_close(&parcels[0]);
    feed_parcel_close(&parcels[1]);
    hub_close(&hub);
}

/* A parcel that is cut in the middle leaves the node's position where it was.
 */
TEST(only_the_last_part_moves_the_position_on)
{
    enum { MEMBERS = FRAME_BLOBS_MAX + 1000, STEP = 1000 };
    struct text lines = { 0 };
    struct feed_parcel parcel;
    uint32_t states = 0;
    struct hub hub;

    hub_open(&hub);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        text_format(&lines,
                    "{\"kind\": \"purchase\", \"member\": %u, \"receipt\": "
                    "\"1\", \"total\": 1000}\n",
                    i);
        if (i % STEP != 0 && i != MEMBERS)
            continue;
        text_char(&lines, '\0');
        assert_int_equal(
            book_append(&hub.book, (const char *)lines.bytes, NULL, NULL), OK);
        text_clear(&lines);
    }
    text_close(&lines);
    assert_int_equal(state_refresh(hub.state, NULL), OK);
    assert_true(answer_one(&hub, ask_after(1, 0), &parcel));
    assert_int_equal(parcel.part_count, 2);
    assert_int_equal(parcel.parts[0].state.position, 0);
    assert_int_equal(parcel.parts[1].state.position, state_position(hub.state));
    for (uint32_t i = 0; i < parcel.part_count; i++)
        states += parcel.parts[i].state.state_count;
    assert_int_equal(states, MEMBERS);
    feed_parcel_close(&parcel);
    hub_close(&hub);
}

/* What has arrived and is not folded yet is not said to be. */
TEST(a_node_is_told_how_far_it_is_folded)
{
    const account_id member = { .member = 42 };
    struct frame told;
    struct hub hub;

    hub_open(&hub);
    buy(&hub, 42);
    buy(&hub, 42);
    assert_int_equal(state_refresh(hub.state, NULL), OK);
    buy(&hub, 42);
    assert_int_equal(
        feed_look_up(hub.feed, 1, &member, 1, &hub.book.arena, &told), OK);
    assert_int_equal(told.state.folded_count, 1);
    assert_int_equal(told.state.folded[0].seq, 2);
    assert_int_equal(told.state.position, state_position(hub.state));
    hub_close(&hub);
}

/* A store whose disk goes back each night to what it was, say.  Told of its
 * first incarnations only it would fold the others' events once more, on top of
 * states that have them. */
TEST(of_very_many_incarnations_the_latest_are_told)
{
    enum { INCARNATIONS = HUB_STATE_SEQS_MAX + 6 };
    const account_id member = { .member = 42 };
    struct frame told;
    struct hub hub;

    hub_open(&hub);
    for (uint64_t i = 1; i <= INCARNATIONS; i++) {
        if (i > 1)
            assert_int_equal(journal_renew(ledger_journal(hub.book.ledger), i,
                                           REASON_REWOUND, NULL),
                             OK);
        buy(&hub, 42);
    }
    assert_int_equal(state_refresh(hub.state, NULL), OK);
    assert_int_equal(
        feed_look_up(hub.feed, 1, &member, 1, &hub.book.arena, &told), OK);
    assert_int_equal(told.state.folded_count, HUB_STATE_SEQS_MAX);
    for (uint32_t i = 0; i < HUB_STATE_SEQS_MAX; i++) {
        assert_int_equal(told.state.folded[i].stream.incarnation,
                         INCARNATIONS - HUB_STATE_SEQS_MAX + 1 + i);
        assert_int_equal(told.state.folded[i].seq, 1);
    }
    hub_close(&hub);
}

RUN(cmocka_unit_test(who_lies_far_back_waits_for_the_next_reading),
    cmocka_unit_test(no_more_are_chosen_than_there_is_room_for),
    cmocka_unit_test(a_node_is_told_of_the_accounts_that_it_has_served),
    cmocka_unit_test(only_the_last_part_moves_the_position_on),
    cmocka_unit_test(a_node_is_told_how_far_it_is_folded),
    cmocka_unit_test(of_very_many_incarnations_the_latest_are_told))
