/*
 * lane.h - one stream within a session, as its sender and as its receiver
 *
 * The rules of a single stream, without frames: what is sent and not yet
 * acknowledged, what is received and not yet on disk, when to go back.
 *
 *   sender    UNKNOWN --peer_at--> CHECK --checked--> LIVE
 *                                    |                 | nacked, or an ACK
 *                                    v                 v of what was not sent
 *                                  FORKED            CHECK
 *   STOPPED: nothing more in this session.
 *
 * Invariants of a live sender: acked <= sent <= head, all on our own chain.  Of
 * a receiver: durable.seq <= received.
 */
#ifndef NODES_LANE_H
#define NODES_LANE_H

#include "nodes/sync.h"

enum lane_out {
    LANE_UNKNOWN, /* where the peer stands */
    LANE_CHECK,   /* known, but not yet whether that place is on our chain */
    LANE_LIVE,
    LANE_FORKED,
    LANE_STOPPED,
};

struct lane {
    stream_id stream;

    bool sends;
    bool left;      /* of sync_offer */
    bool fetch;     /* likewise */
    uint64_t own;   /* likewise */
    bool checking;  /* our hash at `asked` is being looked up */
    bool rewound;   /* the peer has more of what we are writing: we ask only to
                     * learn where we part */
    bool continued; /* the peer has more than it was, or we were, offered */
    bool assumed;   /* where the peer stands, for it has not told */
    bool lost;      /* the peer stands below what was acknowledged once */
    bool missed;    /* stopped, for the peer lacks what we have dropped */
    bool shows;     /* the peer only looks at it: it acknowledges nothing */
    bool denied;    /* stopped, for the peer does not take it */
    uint8_t nacks;  /* in a row that were not for a gap */
    enum lane_out out;
    stream_head head;      /* our end */
    stream_head sent;      /* the end of the last BATCH */
    uint32_t part;         /* of the next record, which is larger than a frame,
                            * so many bytes have been sent */
    stream_head acked;     /* on the peer's disk, and on our chain */
    stream_head claimed;   /* LIVE: above that, as the peer says */
    stream_head peer;      /* CHECK: where the peer says it stands; UNKNOWN:
                            * the end that it was offered; of a receiver at
                            * first what the peer offered */
    uint64_t asked;        /* seq that is looked up */
    uint64_t acked_before; /* seq acknowledged in earlier sessions */
    stream_head boundary;  /* of sync_offer */
    stream_head held;      /* likewise */
    uint64_t safe;         /* as the peer says */
    int64_t not_before_ms; /* don't send sooner */
    int64_t waiting_ms;    /* since when something is unacknowledged */

    bool receives;
    bool offered;    /* by the hub's WELCOME */
    bool in_stopped; /* nothing is taken any more */
    bool refused;    /* likewise, for it is none that we may take */
    bool shown;   /* the peer's is another than ours: it is looked at from the
                   * beginning on, and nothing of it acknowledged */
    uint8_t vain; /* so often that was asked for, and nothing came */
    bool unsure;  /* whether our end lies on the peer's chain, is asked first */
    bool ack_due;
    uint8_t bad; /* damaged batches in a row */
    stream_head durable;
    uint64_t durable_safe;
    uint64_t received;  /* the last seq handed on to be stored */
    uint64_t nacked_at; /* the seq that we have asked for again; 0: none */
    uint64_t told;      /* the end of the stream, as the sender says */
    uint64_t still_seq; /* the stream has stood at this seq ... */
    int64_t still_ms;   /* ... since then, or since we last asked; 0: never */
};

/* We send it; where the peer stands is not known yet. */
void lane_offer(struct lane *lane, const struct sync_offer *offer);
/* We hold it up to `head`. */
void lane_hold(struct lane *lane, stream_head head, uint64_t safe);

/* The peer says that it stands at `head`, which is to be checked. */
void lane_peer_at(struct lane *lane, stream_head head);
/* It says nothing, and is held to stand there: that is no acknowledgement. */
void lane_assume_at(struct lane *lane, stream_head head);
/* A peer that has said nothing of what it was offered has got all of it. */
void lane_assume(struct lane *lane);
/* Whether our hash at the end of `seq` is known without looking it up. */
bool lane_knows(const struct lane *lane, uint64_t seq, stream_head *ret_head);
/* `ours` is our record end at or below the place in question.  True: it is the
 * peer's, sending goes on from there.  False: forked. */
bool lane_checked(struct lane *lane, stream_head ours);
/* Whether there is something to send now. */
bool lane_is_due(const struct lane *lane, int64_t now_ms);
void lane_sent(struct lane *lane, stream_head end, int64_t now_ms);
/* An ACK; true if it says something new is on the peer's disk.  An end between
 * two that we know is claimed only: of a stream with two branches the peer may
 * have got the other one meanwhile. */
bool lane_acked(struct lane *lane, stream_head head, int64_t now_ms);
/* Whether what is claimed is to be compared with ours. */
bool lane_doubts(const struct lane *lane);
/* `ours` is our record end at or below it.  True: it is acknowledged; false: it
 * is to be checked as where the peer stands. */
bool lane_confirmed(struct lane *lane, stream_head ours);

enum lane_nack {
    LANE_FINE,    /* go back and send again */
    LANE_DAMAGED, /* too often: our own log must be looked at */
    LANE_REFUSED, /* the peer will not have this stream */
};
/* A NACK for any enum frame_why, or one not known here. */
enum lane_nack lane_nacked(struct lane *lane, uint32_t why, stream_head head,
                           int64_t now_ms);

enum lane_verdict {
    LANE_STORE,
    LANE_IGNORE, /* it follows something that we have asked for again */
    LANE_NACK,   /* something is missing before it */
};
/* A BATCH of from..to came. */
enum lane_verdict lane_take(struct lane *lane, uint64_t from, uint64_t to);
/* Records were stored, or held before; our end is `head`. */
void lane_stored(struct lane *lane, stream_head head);
/* They came from elsewhere, and the peer is sent what it has asked for. */
void lane_goes_on(struct lane *lane);
/* Something could not be stored; expect again what follows on `head`.  True
 * if the sender has not been told so before. */
bool lane_rewind(struct lane *lane, stream_head head);

/* The peer holds more of a stream than what was not told again of it; once it
 * stands beyond our end the rest is wanted, if that end is the same there. */
void lane_wonder(struct lane *lane);

/* What the peer holds of it, up to `end`, is another than ours, and is asked
 * for from the beginning on, to be looked at. */
void lane_show(struct lane *lane, uint64_t end);
/* So far it has been looked at; nothing more of it is wanted after its end. */
void lane_seen(struct lane *lane, uint64_t seq);

/* Something is missing, and for SYNC_ASK_MS nothing has come.  To be asked now
 * and then; true once for each of these times. */
bool lane_is_overdue(struct lane *lane, int64_t now_ms);

#endif
