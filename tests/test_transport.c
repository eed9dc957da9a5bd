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
#include <string.h>

#include "nodes/transport.h"

struct site {
    struct transport *hub;
    struct transport *node;
    struct keys_pair hub_keys;
    struct keys_pair node_keys;
    struct keys_hub address;
    struct transport_pass pass;
    uint32_t asked; /* times that the gate was */
};

static bool
gate(void *context, curve_key key, struct transport_pass *ret_pass)
{
    struct site *site = context;

    site->asked++;
    if (!curve_key_equal(key, site->node_keys.public_key))
        return false;
    *ret_pass = site->pass;
    return true;
}

static void
begin(struct site *site, bool handler)
{
    memset(site, 0, sizeof *site);
    site->pass.node = 421;
    transport_keypair(&site->hub_keys);
    transport_keypair(&site->node_keys);
    assert_int_equal(transport_open(&site->hub), OK);
    assert_int_equal(transport_open(&site->node), OK);
    const struct transport_listen listen = {
        .endpoint = "tcp://127.0.0.1:0",
        .keys = &site->hub_keys,
        .gate = handler ? gate : NULL,
        .context = site,
    };
    struct complaint complaint = { 0 };
    assert_int_equal(transport_listen(site->hub, &listen, &complaint), OK);
    strcpy(site->address.endpoint, transport_endpoint(site->hub));
    site->address.key = site->hub_keys.public_key;
}

static void
finish(struct site *site)
{
    transport_close(site->node);
    transport_close(site->hub);
}

/* The first event within the time. */
static enum transport_event
event(struct transport *transport, int ms)
{
    for (int waited = 0; waited < ms; waited += 10) {
        enum transport_event found = transport_event(transport);
        if (found != TRANSPORT_NOTHING)
            return found;
        transport_wait(transport, NULL, 0, 10);
    }
    return TRANSPORT_NOTHING;
}

static bool
receive(struct transport *transport, int ms, struct transport_message *message)
{
    for (int waited = 0; waited < ms; waited += 10) {
        if (transport_receive(transport, message) == OK)
            return true;
        transport_wait(transport, NULL, 0, 10);
    }
    return false;
}

static void
dial(struct site *site)
{
    assert_int_equal(
        transport_dial(site->node, &site->address, &site->node_keys, NULL), OK);
}

TEST(frames_go_both_ways)
{
    struct site site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING, .ping = { .number = 7 } };

    begin(&site, true);
    assert_string_not_equal(site.address.endpoint, "tcp://127.0.0.1:0");
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &ping), OK);
    assert_true(receive(site.hub, 3000, &message));
    assert_int_equal(message.peer.pass.node, 421);
    assert_false(message.peer.pass.joining);
    assert_true(curve_key_equal(message.peer.key, site.node_keys.public_key));
    assert_int_equal(message.header.bytes[5], FRAME_PING);
    assert_int_equal(message.payload.bytes[0], 7);
    assert_int_equal(transport_send(site.hub, &message.peer, &ping), OK);
    struct transport_message answer;
    assert_true(receive(site.node, 3000, &answer));
    assert_int_equal(answer.payload.bytes[0], 7);
    transport_release(&answer);

    /* After a hang-up the hub learns that the peer is gone. */
    transport_hang_up(site.node);
    enum err err = OK;
    for (int i = 0; i < 300 && err == OK; i++) {
        transport_wait(site.hub, NULL, 0, 10);
        struct transport_message none;
        assert_int_equal(transport_receive(site.hub, &none), ERR_NOT_FOUND);
        err = transport_send(site.hub, &message.peer, &ping);
    }
    assert_true(err == ERR_NOT_FOUND || err == ERR_BUSY);
    transport_release(&message);
    finish(&site);
}

TEST(the_largest_frame_passes)
{
    struct site site;
    struct transport_message message;
    uint8_t *bytes = calloc(1, LIMIT_FRAME_SIZE);
    struct frame frame = { .kind = FRAME_BATCH };

    assert_non_null(bytes);
    frame.batch.from = frame.batch.to = frame.batch.head_seq = 1;
    frame.batch.records =
        (view) { bytes, LIMIT_FRAME_SIZE - FRAME_BATCH_FIXED };
    assert_int_equal(frame_payload_size(&frame), LIMIT_FRAME_SIZE);
    begin(&site, true);
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &frame), OK);
    assert_true(receive(site.hub, 3000, &message));
    assert_int_equal(message.payload.size, LIMIT_FRAME_SIZE);
    transport_release(&message);
    finish(&site);
    free(bytes);
}

TEST(a_one_time_key_is_marked)
{
    struct site site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };

    begin(&site, true);
    site.pass.joining = true;
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_UP);
    assert_int_equal(transport_send(site.node, NULL, &ping), OK);
    assert_true(receive(site.hub, 3000, &message));
    assert_true(message.peer.pass.joining);
    transport_release(&message);
    finish(&site);
}

TEST(an_unknown_key_is_refused)
{
    struct site site;
    struct transport_message message;
    struct keys_pair other;
    const struct frame ping = { .kind = FRAME_PING };

    begin(&site, true);
    transport_keypair(&other);
    assert_int_equal(transport_dial(site.node, &site.address, &other, NULL),
                     OK);
    enum err sent = transport_send(site.node, NULL, &ping);
    assert_true(sent == OK || sent == ERR_BUSY || sent == ERR_NOT_FOUND);
    assert_int_equal(event(site.node, 3000), TRANSPORT_REFUSED);
    assert_true(site.asked > 0);
    assert_false(receive(site.hub, 200, &message));
    finish(&site);
}

/* A pass without a number is a bug of the gate's; it must not let in. */
TEST(a_pass_without_a_number_is_refused)
{
    struct site site;

    begin(&site, true);
    site.pass.node = 0;
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_REFUSED);
    finish(&site);
}

TEST(without_a_handler_nobody_is_admitted)
{
    struct site site;
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };

    begin(&site, false);
    dial(&site);
    enum err sent = transport_send(site.node, NULL, &ping);
    assert_true(sent == OK || sent == ERR_BUSY || sent == ERR_NOT_FOUND);
    assert_int_not_equal(event(site.node, 500), TRANSPORT_UP);
    assert_false(receive(site.hub, 200, &message));
    finish(&site);
}

TEST(another_hub_at_the_address_is_not_trusted)
{
    struct site site;
    struct keys_pair other;

    begin(&site, true);
    transport_keypair(&other);
    site.address.key = other.public_key;
    dial(&site);
    assert_int_not_equal(event(site.node, 500), TRANSPORT_UP);
    finish(&site);
}

TEST(a_hub_that_is_not_there_or_goes_is_noticed)
{
    struct site site;

    begin(&site, true);
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_UP);
    transport_close(site.hub);
    assert_int_equal(event(site.node, 3000), TRANSPORT_DOWN);
    dial(&site);
    assert_int_equal(event(site.node, 3000), TRANSPORT_DOWN);
    site.hub = NULL;
    finish(&site);
}

TEST(a_port_that_is_taken_is_said)
{
    struct site site;
    struct transport *second;
    struct complaint complaint = { 0 };

    begin(&site, true);
    assert_int_equal(transport_open(&second), OK);
    struct transport_listen listen = { .endpoint = site.address.endpoint,
                                       .keys = &site.hub_keys };
    assert_int_equal(transport_listen(second, &listen, &complaint), ERR_BUSY);
    assert_true(complaint.text[0] != '\0');
    listen.endpoint = "ipc:///tmp/x";
    assert_int_equal(transport_listen(second, &listen, &complaint), ERR_INPUT);
    transport_close(second);
    finish(&site);
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
