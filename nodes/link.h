/*
 * link.h - a node's connection to its hubs: when to dial whom, and what of it
 *
 * One hub at a time; when it can't be reached, the next of the list, after a
 * wait with full jitter that grows with each failure and begins anew once a
 * session has lived.  Where an address was told by hand, each hub is looked for
 * there first, and then where it is listed: the address may be that of any of
 * them, and of none any more.
 */
#ifndef NODES_LINK_H
#define NODES_LINK_H

#include "nodes/keys.h"
#include "nodes/transport.h"

struct link_options {
    const struct keys_pair *keys; /* copied ... */
    const struct keys_hubs *hubs; /* ... like these */
    const char *told; /* borrowed: an address of one of them; NULL: none */
    uint32_t node;    /* for the trace */
    bool quiet;       /* nobody there is nothing to be told */
};

struct link {
    struct transport *transport; /* owned */
    struct keys_pair keys;
    struct keys_hubs hubs;
    const char *told;
    uint32_t node;
    bool quiet;
    uint32_t hub; /* which of them is dialled ... */
    bool listed;  /* ... where it is listed, not where it was told */
    uint32_t failures;
    uint32_t branches; /* of our stream that sessions have led to */
    const char *why;   /* the last attempt failed; static; NULL: unknown */
    bool dialling;
    bool up;
    int64_t dial_ms; /* when to dial, or by when to be up */
};

/* What is borrowed is until the close.  ERR_MEMORY. */
NODISCARD enum err link_open(const struct link_options *options,
                             struct link *ret_link);
void link_close(struct link *link); /* zeros are allowed: it is not open */
/* Whom it talks to, or tries to: the key as listed, the address as dialled. */
struct keys_hub link_hub(const struct link *link);

enum link_change {
    LINK_SAME,
    LINK_UP,      /* both sides have proved their keys */
    LINK_DOWN,    /* the connection was up and is gone */
    LINK_REFUSED, /* the hub does not admit our key; it will be tried again */
};
/* Dials when it is time, and looks what became of it. */
enum link_change link_look(struct link *link, int64_t now_ms);

/* Sends to the hub, and our clock with a PING; what can't be sent is as good as
 * lost on the way. */
void link_send(struct link *link, const struct frame *frame);

/* Ends the connection and dials again: after a wait with jitter, or
 * `after_ms` from now if that is not 0. */
void link_drop(struct link *link, int64_t now_ms, uint32_t after_ms);
/* Likewise, for a session has led to a new incarnation, of which the next one
 * is to tell: at once the first time, and then each time twice as late, up to
 * more than an hour.  Nobody needs many; a hub that lies could have us open
 * them until no hub had room for all. */
void link_branched(struct link *link, int64_t now_ms);
/* Another list of hubs, to be dialled from the next connection on. */
void link_learn(struct link *link, const struct keys_hubs *hubs);
/* A session lives: the next failure is a first one. */
void link_is_well(struct link *link);
/* Whether the last failure is to be told: ever more seldom, and of all that are
 * looked for in a round. */
bool link_tells(const struct link *link);

#endif
