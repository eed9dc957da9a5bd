/*
 * transport.h - frames over ZeroMQ, encrypted, between parties that know each
 * other by their keys
 *
 * A hub listens with a ROUTER, a node dials with a DEALER.  Both ends prove
 * their CURVE keys.  At the hub a thread of its own answers every handshake
 * (ZAP) by asking a gate, which looks at the allow-list; where the thread is
 * not there, nobody is admitted, for the socket insists on being answered
 * (ZAP_ENFORCE_DOMAIN).  What the gate said, the node's number and the key,
 * travels with every message of the connection.
 *
 * ZeroMQ queues and loses as it likes; that is why sync.h counts.  Nothing is
 * sent by waiting: a full queue is ERR_BUSY.  A node's socket never
 * reconnects by itself: it says TRANSPORT_DOWN, and the node decides when to
 * dial again, on a fresh socket in which nothing old is waiting.
 *
 * One transport per process, used by one thread; only the gate is called on
 * another.  It listens or it dials; a hub that dials, too, does so by others.
 * ZeroMQ is never given a host's name: it would look it up on the thread that
 * carries the frames, and where no name server answers everything would wait
 * for that, the end of the process, too (resolve.h).
 */
#ifndef NODES_TRANSPORT_H
#define NODES_TRANSPORT_H

#include "nodes/frame.h"
#include "nodes/keys.h"

struct transport;

/* Whom a key belongs to. */
struct transport_pass {
    uint32_t node;
    bool joining; /* a one-time key: for JOIN only */
};
/* Called on the thread of the handshakes.  False: not admitted. */
typedef bool transport_gate(void *context, curve_key key,
                            struct transport_pass *ret_pass);

struct transport_listen {
    const char *endpoint;         /* port 0: any free one */
    const struct keys_pair *keys; /* borrowed for the call */
    transport_gate *gate;         /* NULL: no handshake is answered */
    void *context;                /* of the gate */
};

/* A fresh CURVE key pair. */
void transport_keypair(struct keys_pair *ret_pair);

/* A transport that talks to nobody yet.  ERR_MEMORY. */
NODISCARD enum err transport_open(struct transport **ret_transport);
/* Ends connections and threads at once; what waits to be sent is lost. */
void transport_close(struct transport *transport);

/* ERR_INPUT: not an endpoint, or none of this machine; ERR_BUSY: the port is
 * taken; ERR_IO. */
NODISCARD enum err transport_listen(struct transport *transport,
                                    const struct transport_listen *options,
                                    struct complaint *complaint);
/* Where the transport listens, with the port that it got. */
const char *transport_endpoint(const struct transport *transport);

/* Begins a connection and ends the one before.  What becomes of it the events
 * say.  ERR_INPUT, ERR_IO. */
NODISCARD enum err transport_dial(struct transport *transport,
                                  const struct keys_hub *hub,
                                  const struct keys_pair *keys,
                                  struct complaint *complaint);
/* Ends the connection; nothing comes from it any more. */
void transport_hang_up(struct transport *transport);

/* Waits until a message or an event may be there, one of the `count`
 * descriptors is readable, or the time is over. */
void transport_wait(struct transport *transport, const int *descriptors,
                    uint32_t count, int64_t timeout_ms);

enum transport_event {
    TRANSPORT_NOTHING,
    TRANSPORT_UP,      /* dialling: both sides have proved their keys */
    TRANSPORT_DOWN,    /* the connection is gone, or never came */
    TRANSPORT_REFUSED, /* the hub does not admit our key */
};
/* The next thing that happened to the dialled connection. */
enum transport_event transport_event(struct transport *transport);
/* Why it is not up, where that is known: its name has no address, or none yet.
 * Static words; NULL: nothing is known. */
const char *transport_why(const struct transport *transport);

/* Whose message it is, and where an answer goes.  A node's is all zeros. */
struct transport_peer {
    uint8_t route[8];
    uint32_t route_size;
    struct transport_pass pass;
    curve_key key;
};
struct transport_message {
    struct transport_peer peer;
    view header;
    view payload;
    _Alignas(8) uint8_t storage[2][64]; /* the bytes, ZeroMQ's */
};
/* ERR_NOT_FOUND: none is waiting.  Malformed messages are dropped.  The
 * message is the caller's until transport_release(). */
NODISCARD enum err transport_receive(struct transport *transport,
                                     struct transport_message *ret_message);
void transport_release(struct transport_message *message);

/* Copies the frame out.  `peer` is NULL at a node.  ERR_BUSY: the queue is
 * full; ERR_NOT_FOUND: the peer, or the connection, is gone. */
NODISCARD enum err transport_send(struct transport *transport,
                                  const struct transport_peer *peer,
                                  const struct frame *frame);

#endif
