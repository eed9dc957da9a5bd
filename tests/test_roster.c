/*
 * test_roster.c - those that catch up share a window, and so do the others; and
 * what is brought back to a restored hub has a bound for all together
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
                                          .window = ROSTER_WINDOW_LIVE };
    const struct transport_peer peer = { .route = { (uint8_t)number,
                                                    (uint8_t)(number >> 8) },
                                         .route_size = 2,
                                         .pass.node = number };
    struct session *session = session_open(&options, 0);

    assert_non_null(session);
    struct guest *guest = roster_add(roster, &peer, session);
    assert_non_null(guest);
    guest->bulk = bulk;
    return guest;
}

TEST(who_catches_up_gets_a_share)
{
    struct roster *roster = roster_open();

    assert_non_null(roster);
    add(roster, 2, false);
    struct guest *first = add(roster, 3, true);
    assert_int_equal(roster_window(roster, true), ROSTER_WINDOW_BULK);
    for (uint32_t i = 4; i <= 10; i++)
        add(roster, i, true);
    assert_int_equal(roster_bulk_count(roster), 8);
    assert_int_equal(roster_window(roster, true), ROSTER_WINDOW_ALL / 8);
    first->bulk = false;
    assert_int_equal(roster_window(roster, true), ROSTER_WINDOW_ALL / 7);
    assert_int_equal(roster_window(roster, false), ROSTER_WINDOW_LIVE);
    roster_close(roster);
}

TEST(many_who_are_live_have_little_on_the_way)
{
    struct roster *roster = roster_open();

    assert_non_null(roster);
    for (uint32_t i = 1; i <= 2000; i++) {
        add(roster, i, false);
        assert_true(roster_window(roster, false) <= ROSTER_WINDOW_LIVE);
        assert_true(roster_window(roster, false) >= ROSTER_WINDOW_LEAST);
        if (i == 100)
            assert_int_equal(roster_window(roster, false),
                             ROSTER_WINDOW_REST / 100);
    }
    assert_int_equal(roster_window(roster, false), ROSTER_WINDOW_LEAST);
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

RUN(cmocka_unit_test(who_catches_up_gets_a_share),
    cmocka_unit_test(many_who_are_live_have_little_on_the_way),
    cmocka_unit_test(what_is_held_back_has_a_bound_for_all))
