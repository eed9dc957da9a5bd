#include "tests/loopback.h"

#include <string.h>

#include "nodes/clock.h"
#include "tests/unit.h"

static bool
gate(void *context, curve_key key, struct transport_pass *ret_pass)
{
    struct loopback *loopback = context;

    loopback->asked++;
    if (!curve_key_equal(key, loopback->node_keys.public_key))
        return false;
    *ret_pass = loopback->pass;
    return true;
}

void
loopback_open(struct loopback *loopback, bool handler)
{
    memset(loopback, 0, sizeof *loopback);
    loopback->pass.node = 421;
    transport_keypair(&loopback->hub_keys);
    transport_keypair(&loopback->node_keys);
    assert_int_equal(transport_open(&loopback->hub), OK);
    assert_int_equal(transport_open(&loopback->node), OK);
    const struct transport_listen listen = {
        .endpoint = "tcp://127.0.0.1:0",
        .keys = &loopback->hub_keys,
        .gate = handler ? gate : NULL,
        .context = loopback,
    };
    struct complaint complaint = { 0 };
    assert_int_equal(transport_listen(loopback->hub, &listen, &complaint), OK);
    strcpy(loopback->address.endpoint, transport_endpoint(loopback->hub));
    loopback->address.key = loopback->hub_keys.public_key;
}

void
loopback_close(struct loopback *loopback)
{
    transport_close(loopback->node);
    transport_close(loopback->hub);
}

enum transport_event
loopback_event(struct transport *transport, int ms)
{
    const int64_t until_ms = clock_steady_ms() + ms;

    for (;;) {
        enum transport_event found = transport_event(transport);
        if (found != TRANSPORT_NOTHING || clock_steady_ms() >= until_ms)
            return found;
        transport_wait(transport, NULL, 0, 10);
    }
}

bool
loopback_receive(struct transport *transport, int ms,
                 struct transport_message *ret_message)
{
    const int64_t until_ms = clock_steady_ms() + ms;

    do {
        if (transport_receive(transport, ret_message) == OK)
            return true;
        transport_wait(transport, NULL, 0, 10);
    } while (clock_steady_ms() < until_ms);
    return false;
}

void
loopback_dial(struct loopback *loopback)
{
    assert_int_equal(transport_dial(loopback->node, &loopback->address,
                                    &loopback->node_keys, NULL),
                     OK);
}

void
loopback_connect(struct loopback *loopback)
{
    loopback_dial(loopback);
    assert_int_equal(loopback_event(loopback->node, LOOPBACK_MS), TRANSPORT_UP);
}

struct frame
loopback_frame(struct loopback *loopback, struct arena *arena)
{
    struct transport_message message;
    struct frame frame;

    assert_true(loopback_receive(loopback->node, LOOPBACK_MS, &message));
    uint8_t *bytes = arena_take(arena, message.payload.size + 1);
    memcpy(bytes, message.payload.bytes, message.payload.size);
    assert_int_equal(frame_parse(message.header,
                                 (view) { bytes, message.payload.size }, arena,
                                 &frame),
                     OK);
    transport_release(&message);
    return frame;
}
