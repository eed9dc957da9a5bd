/*
 * feed.h - what a hub tells its nodes about accounts
 *
 * A node is told the state of every account that it has served (that has an
 * event of its) and that has changed since the position up to which it has
 * been told before.  Many nodes are answered from one reading of the states.
 *
 * A parcel is the content of some STATE frames: states as of one position of
 * the hub, with the seq that the hub had folded of each of the node's streams
 * (the latest, hub_state.h) by then.  Only the last part moves the node's
 * position on; a parcel that is cut in the middle is made anew, which does no
 * harm.
 */
#ifndef NODES_FEED_H
#define NODES_FEED_H

#include "core/hub_state.h"
#include "core/state.h"
#include "nodes/frame.h"

enum {
    FEED_FORMAT = 1,       /* of a state in a parcel; 0: too much has changed
                            * to be told, what is known is of the past */
    FEED_ASKS_MAX = 256,   /* answered from one reading */
    FEED_SIZE_MAX = 524288 /* of the states in a part */
};

/* A node that wants to know what changed after a position. */
struct feed_ask {
    uint32_t node;
    uint64_t session; /* for the asker to know it by */
    uint64_t after;
    bool idle; /* say so if nothing has changed: what it knows is new */
};

/* Owned: feed_parcel_close(). */
struct feed_parcel {
    struct feed_ask ask;
    uint32_t part_count;
    struct frame *parts; /* STATE; all but epoch and session is filled in */
    void *memory;        /* what their lists borrow */
};
void feed_parcel_close(struct feed_parcel *parcel);

struct feed;

/* Borrows both until the close.  ERR_MEMORY. */
NODISCARD enum err feed_open(struct ledger *ledger, struct state *state,
                             struct feed **ret_feed);
void feed_close(struct feed *feed);

/* Takes out of the waiting asks, oldest first, the oldest and all that its
 * reading answers, too, `room` at most; returns how many.  One that lies
 * further back has to wait for a reading of its own, and holds nobody up. */
uint32_t feed_choose(struct feed_ask *asks, uint32_t *count, uint32_t room,
                     struct feed_ask *ret_chosen);

/* Histories are as far as the states, for they say who has served an account.
 * Answers the asks whose position lies before that of the states, and those of
 * the idle; `ret_parcels` has room for as many as there are asks, and gets
 * `ret_count` of them.  ERR_CORRUPT: a run of the states is damaged, which
 * their next refresh makes good; ERR_MEMORY, ERR_IO: nothing is handed out. */
NODISCARD enum err feed_answer(struct feed *feed, const struct feed_ask *asks,
                               uint32_t count, struct feed_parcel *ret_parcels,
                               uint32_t *ret_count);

/* The states of some accounts, whoever served them, as a STATE frame to `node`;
 * an account that is not known has a state without bytes.  Borrows from the
 * arena; the epoch is left to the caller.  ERR_IO, ERR_CORRUPT. */
NODISCARD enum err feed_look_up(struct feed *feed, uint32_t node,
                                const account_id *accounts, uint32_t count,
                                struct arena *arena, struct frame *ret_state);

/* A state of a parcel, taken apart; views borrow from it. */
struct feed_state {
    account_id account;
    view packed; /* of account_pack(); empty: no account (any more) */
};
/* False: malformed. */
NODISCARD bool feed_read(view bytes, struct feed_state *ret_state);

#endif
