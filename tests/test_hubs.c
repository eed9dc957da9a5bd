/*
 * test_hubs.c - the list of hubs that a hub publishes
 *
 * Proved: it names a standby from when that has joined until it is revoked,
 * whether or not it has told its key; keys stand in it once they are told; and
 * it is written only where something has changed.  And who joins again by a
 * string that names one hub still knows the others.
 */
#include "tests/unit.h"

#include <string.h>

#include "nodes/hubs.h"
#include "tests/kit.h"

enum { STANDBY = 8 };

struct seat {
    struct place place;
    struct journal *journal;
    struct allow *allow;
    struct hubs hubs;
    struct hubs_own own;
};

static void
open_seat(struct seat *seat)
{
    *seat = (struct seat) { .place = place_make() };
    seat->journal = kit_open_new(&seat->place);
    assert_int_equal(allow_open(seat->journal, &seat->allow), OK);
    seat->own.node = KIT_WHO.node;
    strcpy(seat->own.hub.endpoint, "tcp://10.0.0.1:7001");
    seat->own.hub.key.bytes[0] = 1;
    hubs_signers_add(&seat->own.signers, seat->own.node,
                     (crypto_public_key) { { 1 } });
}

static void
close_seat(struct seat *seat)
{
    allow_close(seat->allow);
    journal_close(seat->journal);
    place_remove(&seat->place);
}

static void
enrol(struct seat *seat, bool joined)
{
    struct enrolment enrolment = { .node = STANDBY,
                                   .role = ENROL_STANDBY,
                                   .store_count = 1,
                                   .stores = { STANDBY },
                                   .joined = joined,
                                   .endpoint = "tcp://10.0.0.2:7001" };

    enrolment.key.bytes[0] = joined ? STANDBY : 0;
    assert_int_equal(allow_enrol(seat->allow, &enrolment), OK);
}

/* Publishes, and how many hubs and signers the newest list names then. */
static void
publish(struct seat *seat, uint32_t hubs, uint32_t signers)
{
    assert_int_equal(
        hubs_publish(seat->journal, seat->allow, &seat->hubs, &seat->own), OK);
    assert_int_equal(hubs_read(&seat->hubs, seat->journal), OK);
    assert_int_equal(seat->hubs.list.count, hubs);
    assert_int_equal(seat->hubs.signers.count, signers);
}

TEST(a_standby_is_listed_before_it_has_told_its_key)
{
    struct seat seat;

    open_seat(&seat);
    enrol(&seat, false);
    publish(&seat, 1, 1);
    enrol(&seat, true);
    publish(&seat, 2, 1);
    assert_string_equal(seat.hubs.list.list[1].endpoint, "tcp://10.0.0.2:7001");
    uint64_t seq = seat.hubs.seq;
    publish(&seat, 2, 1);
    assert_int_equal(seat.hubs.seq, seq);

    hubs_signers_add(&seat.own.signers, STANDBY, (crypto_public_key) { { 2 } });
    publish(&seat, 2, 2);
    assert_true(seat.hubs.seq > seq);
    close_seat(&seat);
}

TEST(one_that_was_revoked_is_not)
{
    struct seat seat;

    open_seat(&seat);
    enrol(&seat, true);
    hubs_signers_add(&seat.own.signers, STANDBY, (crypto_public_key) { { 2 } });
    publish(&seat, 2, 2);
    assert_int_equal(allow_revoke(seat.allow, STANDBY), OK);
    publish(&seat, 1, 1);
    close_seat(&seat);
}

/* A string names the active hub, perhaps at a new address. */
TEST(a_string_does_not_make_the_others_forgotten)
{
    const curve_key own = { { 9 } };
    struct keys_hubs hubs = { .count = 1 };
    struct hubs newest = { .list.count = 4 };

    strcpy(hubs.list[0].endpoint, "tcp://10.0.0.9:7001");
    hubs.list[0].key.bytes[0] = 1;
    for (uint8_t i = 0; i < 4; i++)
        newest.list.list[i].key.bytes[0] = (uint8_t)(i + 1);
    strcpy(newest.list.list[0].endpoint, "tcp://10.0.0.1:7001");
    strcpy(newest.list.list[1].endpoint, "tcp://10.0.0.2:7001");
    strcpy(newest.list.list[2].endpoint, "tcp://10.0.0.3:7001");
    newest.list.list[2].key = own;
    hubs_add(&newest, own, &hubs); /* the fourth has no address */
    assert_int_equal(hubs.count, 2);
    assert_string_equal(hubs.list[0].endpoint, "tcp://10.0.0.9:7001");
    assert_string_equal(hubs.list[1].endpoint, "tcp://10.0.0.2:7001");
    hubs_add(&newest, own, &hubs);
    assert_int_equal(hubs.count, 2);

    /* The list of hubs to which the ledger belonged before. */
    hubs.count = 1;
    hubs.list[0].key.bytes[0] = 77;
    hubs_add(&newest, own, &hubs);
    assert_int_equal(hubs.count, 1);
}

RUN(cmocka_unit_test(a_standby_is_listed_before_it_has_told_its_key),
    cmocka_unit_test(one_that_was_revoked_is_not),
    cmocka_unit_test(a_string_does_not_make_the_others_forgotten))
