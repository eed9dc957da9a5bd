/*
 * roster.h - who is connected to a hub
 *
 * A guest is one connection that has said HELLO, with its session.  Found by
 * the route that ZeroMQ gave the connection, by its node, or as a relay: when
 * thousands come at once, nothing that is done for one of them may walk all.
 * Guests are taken away only by roster_sweep(), so that a pointer to one lives
 * through a turn of the loop.
 */
#ifndef NODES_ROSTER_H
#define NODES_ROSTER_H

#include "nodes/feed.h"
#include "nodes/grants.h"
#include "nodes/refill.h"
#include "nodes/session.h"
#include "nodes/transport.h"

enum { ROSTER_MAX = 8192, ROSTER_NODE_MAX = 8 }; /* in all, of one node */

struct guest {
    struct transport_peer peer;
    struct session *session;   /* owned */
    uint64_t incarnation;      /* the newest that it offers; 0: none yet */
    bool bulk;                 /* takes one of the places for catching up;
                                * roster_set_bulk() */
    bool rival;                /* a later session of its node has another
                                * incarnation: twins, if this one goes on */
    bool relay;                /* takes and offers all streams */
    bool standby;              /* what it acknowledges is safe */
    int64_t settled_ms;        /* since when it has nothing new; 0: it has */
    enum frame_code ends;      /* why it is to be ended; 0: it is not */
    const char *ends_words;    /* likewise */
    bool gone;                 /* to be swept */
    int64_t asked_ms;          /* for states, at the keeper; 0: not */
    int64_t heard_ms;          /* last word, by the wall's clock */
    int64_t clock_offset_ms;   /* that clock less its, as last told */
    int64_t told_ms;           /* states; 0: never in this session */
    uint32_t questions;        /* that it may put now ... */
    int64_t questions_ms;      /* ... as of this time */
    uint64_t asked_count;      /* questions of this session ... */
    uint64_t turned_away;      /* ... and those beyond its limit */
    uint32_t part;             /* of the parcel: the next to send */
    struct feed_parcel parcel; /* owned; without parts: none */
    struct refill refill;      /* owned; what it brings back and nobody has
                                * signed yet */
    struct grant grant;        /* what it may send */
    bool touched;              /* something came in this turn of the loop */
    struct guest *chain;       /* for the roster: of the route's bucket, ... */
    struct guest *node_chain;  /* ... of the node's, ... */
    struct guest *next_relay;  /* ... of the relays, standbys among them */
};

/* Steps a guest's session with an input; how, the hub knows. */
typedef void roster_give(void *context, struct guest *guest,
                         const struct sync_input *input);

struct roster;

/* NULL: no memory. */
struct roster *roster_open(void);
void roster_close(struct roster *roster);

/* How many guests there are, those that are gone and not swept among them. */
uint32_t roster_count(const struct roster *roster);
/* NULL: no such guest. */
struct guest *roster_find(const struct roster *roster,
                          const struct transport_peer *peer);
/* Takes over the session; `relay` is the guest's.  Where there are
 * ROSTER_NODE_MAX of the node (a key in the wrong hands would fill the house),
 * the one that has been silent for longest is ended.  NULL: full, or no
 * memory. */
struct guest *roster_add(struct roster *roster,
                         const struct transport_peer *peer,
                         struct session *session, bool relay);
/* The guest at a place, from 0 to roster_count() - 1; places change only in
 * roster_sweep(). */
struct guest *roster_at(const struct roster *roster, uint32_t index);
/* The guests of one node, in no order: the first (`prev` NULL), or the one
 * after `prev`; those that are gone are left out.  NULL: no more. */
struct guest *roster_next_of(const struct roster *roster, uint32_t node,
                             const struct guest *prev);
/* The relays, likewise. */
struct guest *roster_next_relay(const struct roster *roster,
                                const struct guest *prev);
/* A later session of a node with the same incarnation takes the place of the
 * ones before, and goes on where they had settled: twins of whom none writes
 * take turns of a second or two, for ever.  With another one they are twins, if
 * the old one goes on.  Of all of them only the latest may have a place for
 * catching up. */
void roster_fence(struct roster *roster, struct guest *guest);
/* What nodes bring back to a restored hub waits in memory until somebody has
 * signed it.  All together may hold ROSTER_REFILL_MAX; beyond it whoever holds
 * most loses it and is ended, so that no node keeps others from being heard:
 * to be called when something has come. */
enum { ROSTER_REFILL_MAX = 2 * REFILL_SIZE_MAX };
void roster_bound_refills(struct roster *roster);
/* Gives a guest one of the places for catching up, or takes it away. */
void roster_set_bulk(struct roster *roster, struct guest *guest, bool bulk);
/* How many are catching up. */
uint32_t roster_bulk_count(const struct roster *roster);
/* Notes how a guest stands, as its session says; to be called when something
 * has come from it. */
void roster_note(struct roster *roster, struct guest *guest);
/* So many bytes have come since the last call; fifty times a second. */
void roster_came(struct roster *roster, uint64_t size);
/* The next guest to be given a turn, and its size (grants.h).  NULL: nobody. */
struct guest *roster_next_turn(struct roster *roster, uint64_t *ret_size);
/* Notes that time goes by, twice a second.  Where hardly anything is left to be
 * granted, whoever holds most without using it is ended. */
void roster_tick_turns(struct roster *roster);
/* Ends those that are gone. */
void roster_sweep(struct roster *roster);

#endif
