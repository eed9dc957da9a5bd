/*
 * test_roster.c - those that catch up share a window, and so do the others
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

RUN(cmocka_unit_test(who_catches_up_gets_a_share),
    cmocka_unit_test(many_who_are_live_have_little_on_the_way))
