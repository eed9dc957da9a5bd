/*
 * test_transport.c - connections over loopback: who gets in, and what of it
 *
 * Proved: frames go both ways between parties that know each other, with the
 * number and the key that the gate gave; an unknown key, a wrong key of the
 * hub and a hub without a live handler of handshakes admit nothing; the
 * largest frame passes; a hub that goes away is noticed.
 */
#include "tests/unit.h"

#include <stdlib.h>

#include "tests/loopback.h"

TEST(frames_go_both_ways)
{
    struct loopback site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING, .ping = { .number = 7 } };

    loopback_open(&site, true);
    assert_string_not_equal(site.address.endpoint, "tcp://127.0.0.1:0");
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &ping), OK);
    assert_true(loopback_receive(site.hub, LOOPBACK_MS, &message));
    assert_int_equal(message.peer.pass.node, 421);
    assert_false(message.peer.pass.joining);
    assert_true(curve_key_equal(message.peer.key, site.node_keys.public_key));
    assert_int_equal(message.header.bytes[5], FRAME_PING);
    assert_int_equal(message.payload.bytes[0], 7);
    assert_int_equal(transport_send(site.hub, &message.peer, &ping), OK);
    struct transport_message answer;
    assert_true(loopback_receive(site.node, LOOPBACK_MS, &answer));
    assert_int_equal(answer.payload.bytes[0], 7);
    transport_release(&answer);

    /* After a hang-up the hub learns that the peer is gone. */
    transport_hang_up(site.node);
    enum err err = OK;
    for (int i = 0; i < LOOPBACK_MS / 10 && err == OK; i++) {
        transport_wait(site.hub, NULL, 0, 10);
        struct transport_message none;
        assert_int_equal(transport_receive(site.hub, &none), ERR_NOT_FOUND);
        err = transport_send(site.hub, &message.peer, &ping);
    }
    assert_true(err == ERR_NOT_FOUND || err == ERR_BUSY);
    transport_release(&message);
    loopback_close(&site);
}

TEST(the_largest_frame_passes)
{
    struct loopback site;
    struct transport_message message;
    uint8_t *bytes = calloc(1, LIMIT_FRAME_SIZE);
    struct frame frame = { .kind = FRAME_BATCH };

    assert_non_null(bytes);
    frame.batch.from = frame.batch.to = frame.batch.head_seq = 1;
    frame.batch.records =
        (view) { bytes, LIMIT_FRAME_SIZE - FRAME_BATCH_FIXED };
    assert_int_equal(frame_payload_size(&frame), LIMIT_FRAME_SIZE);
    loopback_open(&site, true);
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &frame), OK);
    assert_true(loopback_receive(site.hub, LOOPBACK_MS, &message));
    assert_int_equal(message.payload.size, LIMIT_FRAME_SIZE);
    transport_release(&message);
    loopback_close(&site);
    free(bytes);
}

TEST(a_one_time_key_is_marked)
{
    struct loopback site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };

    loopback_open(&site, true);
    site.pass.joining = true;
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &ping), OK);
    assert_true(loopback_receive(site.hub, LOOPBACK_MS, &message));
    assert_true(message.peer.pass.joining);
    transport_release(&message);
    loopback_close(&site);
}

TEST(an_unknown_key_is_refused)
{
    struct loopback site;
    struct transport_message message;
    struct keys_pair other;
    const struct frame ping = { .kind = FRAME_PING };

    loopback_open(&site, true);
    transport_keypair(&other);
    assert_int_equal(transport_dial(site.node, &site.address, &other, NULL),
                     OK);
    enum err sent = transport_send(site.node, NULL, &ping);
    assert_true(sent == OK || sent == ERR_BUSY || sent == ERR_NOT_FOUND);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_REFUSED);
    assert_true(site.asked > 0);
    assert_false(loopback_receive(site.hub, 200, &message));
    loopback_close(&site);
}

/* A pass without a number is a bug of the gate's; it must not let in. */
TEST(a_pass_without_a_number_is_refused)
{
    struct loopback site;

    loopback_open(&site, true);
    site.pass.node = 0;
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_REFUSED);
    loopback_close(&site);
}

TEST(without_a_handler_nobody_is_admitted)
{
    struct loopback site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };

    loopback_open(&site, false);
    loopback_dial(&site);
    enum err sent = transport_send(site.node, NULL, &ping);
    assert_true(sent == OK || sent == ERR_BUSY || sent == ERR_NOT_FOUND);
    assert_int_not_equal(loopback_event(site.node, 500), TRANSPORT_UP);
    assert_false(loopback_receive(site.hub, 200, &message));
    loopback_close(&site);
}

TEST(another_hub_at_the_address_is_not_trusted)
{
    struct loopback site;
    struct keys_pair other;

    loopback_open(&site, true);
    transport_keypair(&other);
    site.address.key = other.public_key;
    loopback_dial(&site);
    assert_int_not_equal(loopback_event(site.node, 500), TRANSPORT_UP);
    loopback_close(&site);
}

TEST(a_hub_that_is_not_there_or_goes_is_noticed)
{
    struct loopback site;

    loopback_open(&site, true);
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_UP);
    transport_close(site.hub);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_DOWN);
    loopback_dial(&site);
    assert_int_equal(loopback_event(site.node, LOOPBACK_MS), TRANSPORT_DOWN);
    site.hub = NULL;
    loopback_close(&site);
}

TEST(a_port_that_is_taken_is_said)
{
    struct loopback site;
    struct transport *second;
    struct complaint complaint = { 0 };

    loopback_open(&site, true);
    assert_int_equal(transport_open(&second), OK);
    struct transport_listen listen = { .endpoint = site.address.endpoint,
                                       .keys = &site.hub_keys };
    assert_int_equal(transport_listen(second, &listen, &complaint), ERR_BUSY);
    assert_true(complaint.text[0] != '\0');
    listen.endpoint = "ipc:///tmp/x";
    assert_int_equal(transport_listen(second, &listen, &complaint), ERR_INPUT);
    listen.endpoint = "tcp://no.such.host.invalid:7001";
    assert_int_equal(transport_listen(second, &listen, &complaint), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "an address of this machine"));
    transport_close(second);
    loopback_close(&site);
}

RUN(cmocka_unit_test(frames_go_both_ways),
    cmocka_unit_test(the_largest_frame_passes),
    cmocka_unit_test(a_one_time_key_is_marked),
    cmocka_unit_test(an_unknown_key_is_refused),
    cmocka_unit_test(a_pass_without_a_number_is_refused),
    cmocka_unit_test(without_a_handler_nobody_is_admitted),
    cmocka_unit_test(another_hub_at_the_address_is_not_trusted),
    cmocka_unit_test(a_hub_that_is_not_there_or_goes_is_noticed),
    cmocka_unit_test(a_port_that_is_taken_is_said))
