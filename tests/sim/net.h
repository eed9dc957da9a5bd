/*
 * net.h - an invented network: the other body of nodes/transport.h
 *
 * Frames become bytes and are read again, as on a wire.  Each way of a
 * connection loses, doubles, delays and overtakes as the weather says; a cut
 * between two machines swallows everything, and is noticed late or by nobody.
 * A connection's queue has an end, as ZeroMQ's has.
 *
 * A machine with a newer program says so in its HELLO, writes payloads and
 * entries of lists that go on after what is known here, flags that nobody
 * knows, and now and then a frame of a kind that is not.  One that is a version
 * too far says HELLO and WELCOME in that version only.
 */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include "nodes/transport.h"
#include "tests/sim/machine.h"

struct net_weather {
    uint32_t loss;      /* of a million frames */
    uint32_t twice;     /* likewise: delivered once more */
    uint32_t overtake;  /* likewise: may come before earlier ones */
    uint32_t breaks;    /* likewise: takes the connection with it */
    uint32_t flips;     /* of a million BATCHes: a bit of a record turns over */
    int64_t delay_ms;   /* at least */
    int64_t delay_more; /* and up to so much more */
    int64_t line_rate;  /* bytes in a ms over each machine's line, ... */
    int64_t hub_rate;   /* ... and over a hub's; 0: any number */
};

/* Where a machine stands in the network. */
struct net_place {
    bool cut;      /* sees nobody */
    uint32_t side; /* sees those on the same side */
};

/* Looks at every frame that goes out; `to` is the receiver's index. */
typedef void net_spy(void *context, struct machine *from, uint32_t to,
                     const struct frame *frame);
/* May change a frame that goes out, after the spy has seen it; what it borrows
 * is kept until the next one. */
typedef void net_bend(void *context, struct machine *from, uint32_t to,
                      struct frame *frame);

struct net {
    struct luck *luck; /* borrowed */
    struct net_weather weather;
    struct machine **machines; /* borrowed; endpoint tcp://IP:PORT is PORT */
    uint32_t machine_count;
    struct net_place *places; /* of machine_count; borrowed */
    net_spy *spy;
    net_bend *bend;
    void *context;

    uint64_t sent;
    uint64_t lost;
    uint64_t order;
    uint64_t print; /* a hash of every frame that was on its way, and when */
};

/* The one network; transports use it from their opening to their close. */
void net_begin(struct net *net);

/* When something is to be received at the machine; INT64_MAX: nothing. */
int64_t net_due_ms(const struct machine *machine);
/* Bytes that wait for the process on this machine. */
int64_t net_waiting(const struct machine *machine);
/* What goes out from here is no frame, or may be none: it goes over the
 * machine's connection as it is, if there is one. */
void net_blurt(struct machine *machine, view header, view payload);
/* The process is gone, without a word: so are its connections. */
void net_forget(struct machine *machine);

/* "tcp://10.0.0.1:PORT" whose port is the machine's number + 1. */
void net_endpoint(uint32_t index, char text[static KEYS_ENDPOINT_SIZE]);

#endif
