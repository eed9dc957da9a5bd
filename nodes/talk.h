/*
 * talk.h - the inside of a session: its data, its streams, what it says
 *
 * For greet.c, agree.c and session.c, which together are the protocol; nobody
 * else looks in here.  The talk_ functions append to the outputs of the step
 * under way, and the caller sees to it that there is room: every input has
 * the pump's leave for a handful, and the pump counts.
 */
#ifndef NODES_TALK_H
#define NODES_TALK_H

#include "nodes/fork.h"
#include "nodes/lane.h"
#include "nodes/parts.h"

enum talk_phase {
    PHASE_NEW,   /* node: nothing said yet; hub: no HELLO yet */
    PHASE_HELLO, /* node: HELLO said; hub: a HELLO came, or parts of it */
    PHASE_LIVE,
    PHASE_DEAD,
};

struct session {
    struct sync_options options;
    enum talk_phase phase;
    uint64_t number; /* of the session; 0 before WELCOME */
    uint64_t epoch;  /* of the hub */
    int64_t heard_ms;
    int64_t said_ms;
    int64_t pinged_ms;
    int64_t since_ms;   /* when the phase began */
    int64_t moved_ms;   /* node: when more was acknowledged, as a tick has seen
                         * it, or nothing was to be sent; 0: no tick yet */
    uint64_t acked_sum; /* of all streams then */

    struct lane *lanes; /* in the order of stream_compare() */
    uint32_t lane_count;
    uint32_t lane_room;
    uint32_t cursor; /* where the pump goes on, for fairness */

    struct parts parts;    /* of a record that is larger than a frame */
    uint64_t sent_total;   /* BATCH bytes that we sent ... */
    uint64_t sent_limit;   /* ... and that we may send */
    uint64_t seen_total;   /* BATCH bytes that have come ... */
    uint64_t taken_total;  /* ... that have been dealt with ... */
    uint64_t taken_limit;  /* ... and that the peer was told it may send */
    uint64_t asked_limit;  /* ... and asked to be told that it may send */
    bool credit_due;       /* there is more to tell */
    bool strict;           /* nothing that we send goes beyond the credit */
    uint64_t needed_limit; /* what we need to send more, ... */
    uint64_t asked_for;    /* ... what we have asked for ... */
    int64_t asked_ms;      /* ... at that time */

    bool hashing;             /* GET_HASHES is under way */
    bool reading;             /* GET_RECORDS is */
    struct fork_search fork;  /* ours, one at a time */
    struct fork_search asked; /* the peer's, of another stream */
    bool answering;           /* the hashes under way are for that */
    bool fork_moved;          /* something was said about a fork ... */
    int64_t fork_ms;          /* ... last, as a tick has seen it */
    uint8_t fork_tries;       /* rounds of words about it since then */
    uint32_t fork_told;       /* the lane that they were last about */

    uint64_t feed_epoch;
    uint64_t feed_position; /* node: kept; hub: acknowledged */
    bool feed_open;         /* hub: no STATE is under way */

    struct frame_offer *admission; /* what outputs borrow: hub, asked about */
    struct frame_offer *offers;    /* node, of the HELLO */
    struct frame_held *held;       /* hub, of the WELCOME */
    struct sync_outputs *out;      /* of the step under way */
};

/* --- what goes out --- */

/* How many more outputs this step may have. */
uint32_t talk_room(const struct session *session);
/* The next output, zeroed but for its kind. */
struct sync_output *talk_emit(struct session *session,
                              enum sync_output_kind kind);
/* A frame to send, zeroed but for its kind and the session's number. */
struct frame *talk_frame(struct session *session, enum frame_kind kind);
/* Ends the session; `why` is static. */
void talk_drop(struct session *session, bool retry, uint32_t after_ms,
               const char *why);
/* Tells the peer why, and ends it; `words` are static. */
void talk_refuse(struct session *session, enum frame_code code, bool retry,
                 const char *words);
void talk_alarm(struct session *session, enum sync_alarm what, stream_id stream,
                uint64_t seq);
void talk_acked(struct session *session, const struct lane *lane);

/* --- streams of the session --- */

/* NULL: not one of this session. */
struct lane *talk_find(const struct session *session, stream_id stream);
/* Finds or makes it; NULL: too many, or no memory.  Earlier pointers to lanes
 * are void after it. */
struct lane *talk_obtain(struct session *session, stream_id stream);
/* Whether the peer may send us this stream: a store its own events and what
 * hubs have published and signed, but for what we publish now; a hub what is
 * public and what the node has lost; a relay all but the books, a standby
 * everything, and those two are sent the same. */
bool talk_may_receive(const struct session *session, stream_id stream);
/* Ends the session for want of room. */
void talk_no_memory(struct session *session);

#endif
