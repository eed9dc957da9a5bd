/*
 * loopback.h - a hub's transport and a node's, on this machine
 *
 * For tests of what happens at a hub's door.  The gate admits one key, the
 * node's, with the pass that the test sets.
 */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include "nodes/transport.h"

enum { LOOPBACK_MS = 120000 }; /* for what does come, on a slow machine */

struct loopback {
    struct transport *hub;
    struct transport *node;
    struct keys_pair hub_keys;
    struct keys_pair node_keys;
    struct keys_hub address;
    struct transport_pass pass;
    uint32_t asked; /* times that the gate was */
};

/* Node 421, that is not connected yet.  Without a handler no handshake is
 * answered. */
void loopback_open(struct loopback *loopback, bool handler);
void loopback_close(struct loopback *loopback);

void loopback_dial(struct loopback *loopback);
/* Dials, and waits until both sides have proved their keys. */
void loopback_connect(struct loopback *loopback);

/* The first event within the time. */
enum transport_event loopback_event(struct transport *transport, int ms);
/* The first message within the time; false: none came. */
bool loopback_receive(struct transport *transport, int ms,
                      struct transport_message *ret_message);
/* The next frame that the node is sent, which must come; its lists and views
 * live in the arena. */
struct frame loopback_frame(struct loopback *loopback, struct arena *arena);

#endif
