/*
 * test_roster.c - those that catch up share a window, the others have little
 */
#include "nodes/roster.h"

#include "tests/unit.h"

static struct guest *
add(struct roster *roster, uint8_t number, bool bulk)
{
    const struct sync_options options = { .role = SYNC_HUB,
                                          .self = 1,
                                          .peer = number,
                                          .epoch = 1,
                                          .window = ROSTER_WINDOW_LIVE };
    const struct transport_peer peer = { .route = { number },
                                         .route_size = 1,
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
    assert_int_equal(roster_share_window(roster), ROSTER_WINDOW_BULK);
    for (uint8_t i = 4; i <= 10; i++)
        add(roster, i, true);
    assert_int_equal(roster_bulk_count(roster), 8);
    assert_int_equal(roster_share_window(roster), ROSTER_WINDOW_ALL / 8);
    first->bulk = false;
    assert_int_equal(roster_share_window(roster), ROSTER_WINDOW_ALL / 7);
    roster_close(roster);
}

RUN(cmocka_unit_test(who_catches_up_gets_a_share))
