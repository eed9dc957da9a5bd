/*
 * sync.h - the replication protocol: what goes into a session and comes out
 *
 * A `struct session` (session.h) is one end of one session between a node and
 * its hub: made for a connection, thrown away with it.  session_step() takes
 * one thing that happened, an input, and says what to do about it, outputs;
 * the shell (store.c, hub.c) does that and brings the results back as inputs.
 * Without clock, disk, socket or chance, any conversation can be repeated.
 *
 * Both ends are the same machine.  For each stream an end is the sender, the
 * receiver, or (a node that fetches what it lost) the latter of its own.
 *
 *   sender    HELLO or WELCOME or ACK or NACK tells where the peer stands.
 *             Is that place on our chain?  GET_HASHES.  If so send from there
 *             (GET_RECORDS, BATCH) as long as there is credit; if the peer
 *             stands behind our end we were rewound; else we are forked.
 *   receiver  PUT_RECORDS; acknowledges when the shell says STORED, that is
 *             when they are on disk; never before, never waiting for a fold.
 *
 * What is asked of the shell: at most one GET_HASHES and one GET_RECORDS at a
 * time, and as many PUT_RECORDS as the credit allows.  They may be answered
 * late and in any order of kinds, PUT_RECORDS of one stream in their order.
 *
 * Invariants: for a sender acked <= sent <= head; for a receiver durable <=
 * received; what has been acknowledged has been STORED before.
 */
#ifndef NODES_SYNC_H
#define NODES_SYNC_H

#include "nodes/frame.h"

enum {
    SYNC_VERSION = 1,          /* of the protocol; one major at a time */
    SYNC_STREAMS_MAX = 65536,  /* of one session with a standby or a relay */
    SYNC_STREAMS_STORE = 1024, /* of one with a store: its incarnations */
    SYNC_OUTPUTS_MAX = 32,     /* of one step */
    SYNC_PROBES = 32,          /* hashes compared at once in a fork */
    SYNC_CREDIT_FIRST = 65536, /* bytes that a hub may send untold */
    SYNC_HELLO_MS = 10000,     /* no WELCOME: try again */
    SYNC_ACK_MS = 30000,       /* no ACK: connect anew */
    SYNC_ASK_MS = 5000,        /* what is missing does not come: ask again */
    SYNC_PING_MS = 10000,      /* said nothing: say PING */
    SYNC_SILENCE_MS = 45000,   /* heard nothing: the peer is gone */
    SYNC_FULL_MS = 1000,       /* the peer has no room: wait */
    SYNC_WAIT_MS = 60000,      /* nobody is made to WAIT for longer */
    SYNC_FENCED_MS = 5000,     /* a newer session of this node began: wait */
    SYNC_CHECKSUM_MAX = 3,     /* bad records in a row: quarantine */
};

struct sync_options {
    enum sync_role { SYNC_NODE, SYNC_HUB } role;
    uint32_t self;   /* our number */
    uint32_t peer;   /* hub: whom the key belongs to; node: 0, any */
    uint64_t epoch;  /* hub: its own; node: the greatest seen */
    uint64_t window; /* bytes that the peer may send unacknowledged; ... */
    bool shares; /* hub: ... at first, and from then on what SYNC_GRANT says */
    bool refill; /* hub: what is public and not as we have it is to be shown */
    bool relay;  /* hub: the peer offers and takes all streams; node: we do */
    bool books;  /* but those of the hubs' books only where this is set */
    struct claim claim;       /* to say: a hub its own, a node the newest */
    crypto_public_key signer; /* likewise; a standby its own */
};

/* A stream that we offer. */
struct sync_offer {
    stream_id stream;
    stream_head head;
    uint64_t acked;       /* the greatest seq that a hub acknowledged */
    stream_head boundary; /* up to here we have dropped it; 0: nothing */
    stream_head held;     /* `left`: our end; above `head` it was told again */
    bool left;    /* an incarnation that was left at `head` for another */
    bool fetch;   /* `left`, and what the hub has above is wanted back */
    uint64_t own; /* `left`, and up to here we wrote it, and told none of that
                   * again: where the hub has something else, we must */
};

/* A stream and how far we hold it. */
struct sync_held {
    stream_id stream;
    stream_head head;
    uint64_t safe;
    bool continued; /* hub: the end that was offered lies on ours, below it */
};

/* What became of records that were to be stored. */
enum sync_verdict {
    SYNC_STORED_OK,       /* on disk now, or held already with this hash */
    SYNC_STORED_GAP,      /* not adjacent to what is held */
    SYNC_STORED_FORK,     /* the hash is not the one held */
    SYNC_STORED_CHECKSUM, /* not the bytes that were written */
    SYNC_STORED_RIGHT,    /* not allowed */
    SYNC_STORED_FULL,     /* no room */
};

enum sync_input_kind {
    SYNC_START,   /* node: the connection is there; leads to HELLO */
    SYNC_FRAME,   /* a frame came */
    SYNC_TICK,    /* time went by */
    SYNC_ADMIT,   /* hub: answer to ADMISSION: come in */
    SYNC_DEFER,   /* hub: answer to ADMISSION: come back later */
    SYNC_GROWN,   /* a stream that we offer has a new end, or is new */
    SYNC_HASHES,  /* answer to GET_HASHES */
    SYNC_RECORDS, /* answer to GET_RECORDS */
    SYNC_STORED,  /* answer to PUT_RECORDS: it has been committed */
    SYNC_STATES,  /* hub: states to send; node: answer to PUT_STATES */
    SYNC_SAFE,    /* hub: a stream is safe up to here */
    SYNC_GRANT,   /* hub: so much more may come; to say what is due */
    SYNC_REFUSE,  /* hub: end this session with a code and words */
};

struct sync_input {
    enum sync_input_kind kind;
    union {
        const struct frame *frame; /* borrowed for the step */
        struct {
            int64_t clock_ms;
            uint64_t pending; /* bytes not yet acknowledged, roughly */
            uint64_t feed_epoch;
            uint64_t feed_position;
            const struct sync_offer *offers;
            uint32_t offer_count;
            const struct sync_held *held; /* streams of a hub */
            uint32_t held_count;
        } start;
        struct {
            uint64_t session;
            int64_t clock_ms;
            const struct sync_held *held; /* each stream of ADMISSION, in
                                           * its order */
            uint32_t held_count;
            const struct sync_offer *offers; /* what the hub offers */
            uint32_t offer_count;
            uint64_t feed_end; /* no state is of a later position */
        } admit;
        uint32_t defer_ms;
        struct {
            stream_id stream;
            stream_head head;
        } grown;
        struct { /* the record ends at or below each seq asked, in order */
            stream_id stream;
            const stream_head *heads;
            uint32_t count;
        } hashes;
        struct { /* from the seq asked on; none: they can't be read */
            stream_id stream;
            stream_head before;
            stream_head end; /* of the last record */
            view bytes;      /* one after another, or a part of one: */
            uint32_t offset; /* where it begins */
            bool more;       /* it does not end here */
        } records;
        struct {
            stream_id stream;
            enum sync_verdict verdict;
            stream_head head; /* of the stream on disk now */
            uint64_t safe;
            uint64_t total; /* as in PUT_RECORDS; 0: it came from elsewhere */
            bool more;      /* another of this stream follows at once */
        } stored;
        const struct frame *states; /* hub: a STATE, borrowed; node: NULL */
        struct {
            stream_id stream;
            uint64_t seq;
        } safe;
        uint64_t grant; /* bytes, from what has been taken on */
        struct {
            enum frame_code code;
            bool retry;
            const char *words;
        } refuse;
    };
};

enum sync_output_kind {
    SYNC_SEND,        /* this frame, now */
    SYNC_ADMISSION,   /* hub: who wants in, with which streams */
    SYNC_GET_HASHES,  /* the record ends at or below these seqs */
    SYNC_GET_RECORDS, /* some records from here on */
    SYNC_PUT_RECORDS, /* check, store, commit, then SYNC_STORED */
    SYNC_PUT_STATES,  /* node: keep these states, then SYNC_STATES */
    SYNC_ACKED,       /* the peer has this on disk */
    SYNC_ALARM,       /* tell people */
    SYNC_BRANCH,      /* node: open a new incarnation */
    SYNC_DROP,        /* give up this connection */
};

enum sync_alarm {
    SYNC_ALARM_FORKED,     /* our stream and the peer's copy differ */
    SYNC_ALARM_REWOUND,    /* the peer has more of our stream than we */
    SYNC_ALARM_CHECKSUM,   /* our records arrive damaged: scrub the log */
    SYNC_ALARM_RIGHT,      /* the peer may not have or send this stream */
    SYNC_ALARM_UNREADABLE, /* records that should be here are not */
    SYNC_ALARM_RESTORED,   /* the hub has less than it once acknowledged */
    SYNC_ALARM_EPOCH,      /* a hub of a past epoch, or one after ours */
    SYNC_ALARM_LOST,       /* what one end lacks the other has dropped */
};
static inline const char *
sync_alarm_name(enum sync_alarm alarm)
{
    static const char *const names[] = { "forked", "rewound",    "checksum",
                                         "right",  "unreadable", "restored",
                                         "epoch",  "lost" };
    return names[alarm];
}

struct sync_output {
    enum sync_output_kind kind;
    union {
        struct frame frame; /* its views are valid until the next step */
        struct {
            uint64_t pending;
            int64_t clock_ms;
            uint64_t incarnation; /* the newest of the peer's own streams */
            const struct frame_offer *streams;
            uint32_t stream_count;
            uint64_t feed_epoch;
            uint64_t feed_position;
        } admission;
        struct {
            stream_id stream;
            uint64_t seqs[SYNC_PROBES];
            uint32_t count;
        } get_hashes;
        struct {
            stream_id stream;
            stream_head after;
            uint64_t last;     /* read no further than this seq */
            uint32_t offset;   /* in the first one, of which a part is sent */
            uint32_t size_max; /* give less, but at least a record or a part */
        } get_records;
        struct {
            stream_id stream;
            uint64_t from;
            uint64_t to;
            digest before;
            uint64_t total;
            bool last;  /* nothing follows, the sender says */
            bool shown; /* to be looked at; STORED says how far */
            view bytes; /* borrows from the frame that came */
        } put_records;
        const struct frame *states;
        struct sync_held acked;
        struct {
            enum sync_alarm what;
            stream_id stream;
            uint64_t seq;
        } alarm;
        struct {
            stream_id stream; /* to leave: ours, or one that a standby holds */
            stream_head at;   /* the new parent; ours above it is told again */
            uint8_t reason;   /* enum record_reason */
            uint64_t upto;    /* `own`: it was left, and that part is told again
                               * in the present one; 0: it is the present one */
        } branch;
        struct {
            bool retry;        /* false: a person must act first */
            uint32_t after_ms; /* WAIT: not before that; 0: as usual */
            const char *why;   /* words, for the trace; static */
        } drop;
    };
};

struct sync_outputs {
    struct sync_output list[SYNC_OUTPUTS_MAX];
    uint32_t count;
    bool again; /* there is more: step with SYNC_TICK at once */
};

#endif
