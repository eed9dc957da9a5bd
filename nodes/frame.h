/*
 * frame.h - what node and hub say to each other, as bytes
 *
 * A message is two parts: a fixed header and a payload of at most
 * LIMIT_FRAME_SIZE bytes.  Numbers are little endian.
 *
 *   header, 24 bytes
 *     0 u32 magic "LEIM"         8 u64 session, 0 before WELCOME
 *     4 u8  major version, 1    16 u32 payload size
 *     5 u8  kind                20 u32 0
 *     6 u8  flags: 1 = MORE, a HELLO, a WELCOME or a record that is larger
 *            than a frame goes on in the next one
 *     7 u8  0
 *
 *   parts of payloads
 *     stream  u64 incarnation, u32 node, u32 channel              16 bytes
 *     head    u64 seq, 32 bytes hash at the end of that seq       40 bytes
 *     list    u32 count, u32 entry size, entries of that size
 *     blobs   u32 count, u32 0, each u32 size and that many bytes
 *
 *   payloads
 *     JOIN    u32 node, u32 0, key 32 (hub: repeated, says "registered")
 *     HELLO   u32 min, u32 max version, u32 node, u32 0, u64 epoch known,
 *             i64 clock ms, u64 bytes pending, u64 feed epoch, u64 feed
 *             position, list of (stream, head, u64 acked) 64, claim (claim.h)
 *             of that epoch 144, key with which a standby would sign 32
 *     WELCOME u32 version, u32 hub, u64 epoch, i64 clock ms, u64 credit,
 *             list of (stream, head, u64 safe, u32 flags, u32 0) 72;
 *             flags 1: a stream that the hub offers, not one it receives;
 *             2: the hub has more of it than was offered, on top of that;
 *             then the hub's claim 144, u32 flags, u32 0; flags 1: nothing
 *             is to go beyond the credit, and what is asked for is granted
 *             (older peers end before the claims, or before the flags)
 *     WAIT    u32 ms, u32 0
 *     BATCH   stream, u64 from, u64 to, hash before 32, u64 total, u64 head
 *             seq of the sender, u32 size, u32 offset, that many bytes:
 *             records (record.h) one after another, or, from the offset on,
 *             a part of one, which ends with the first part that is not
 *             MORE; total = payload bytes of BATCH
 *             sent in this session, this one included
 *     ACK     stream, head, u64 safe, u64 credit
 *     NACK    stream, head, u64 credit, u32 why, u32 0
 *     FORKQ   stream, u32 flags, u32 0, list of head 40; flags 1: these are
 *             neighbours, with no record end between them
 *     FORKA   stream, u64 last common seq, u64 first differing seq
 *     STATE   u64 epoch, u64 after, u64 position, digest of the versions 32,
 *             u32 format, u32 0, list of (stream, u64 seq) 24, blobs (states)
 *     ASK     u64 number, u32 kind, u32 0, blobs       ANSWER the same
 *     PING    u64 number, i64 clock ms, u64 bytes pending, u32 flags, u32 0;
 *             flags 1: answer me; 2: pending is credit I need; 4: clock is mine
 *     BYE     u32 why, u32 0
 *     ERR     u32 code, u32 retry, blobs (one: the words)
 *
 * Growth: a payload may be longer than is known here, and so may an entry of
 * a list; what follows the known part is ignored, so that a minor version
 * adds fields at the ends and old and new talk in either order of upgrade.
 * A kind that is not known is ERR_UNKNOWN and is passed over.
 *
 * `credit` is a total: how many bytes of BATCH payload the peer may have sent
 * in this session, so that a lost ACK loses no credit.  An ACK of a stream
 * that one receives is also the request to send on from there.  The stream
 * of zeros is the feed of states; its seq is the position.
 *
 * Parsing trusts nothing: every count is checked against the bytes that are
 * there before memory is taken, and all views borrow from the payload.  The
 * records in a BATCH are opaque here.
 */
#ifndef NODES_FRAME_H
#define NODES_FRAME_H

#include "core/err.h"
#include "core/limits.h"
#include "core/record.h"
#include "nodes/claim.h"

enum frame_kind {
    FRAME_JOIN = 1,
    FRAME_HELLO = 2,
    FRAME_WELCOME = 3,
    FRAME_WAIT = 4,
    FRAME_BATCH = 5,
    FRAME_ACK = 6,
    FRAME_NACK = 7,
    FRAME_FORKQ = 8,
    FRAME_FORKA = 9,
    FRAME_STATE = 10,
    FRAME_ASK = 11,
    FRAME_ANSWER = 12,
    FRAME_PING = 13,
    FRAME_BYE = 14,
    FRAME_ERR = 15,
};
enum { FRAME_KIND_END = 16 };

enum {
    FRAME_HEADER_SIZE = 24,
    FRAME_MAJOR = 1,
    FRAME_ENTRIES_MAX = 8192, /* of a list in one frame */
    FRAME_BLOBS_MAX = 8192,   /* states in one frame */
    FRAME_BATCH_FIXED = 88,   /* payload of a BATCH before its records */
    FRAME_BLOB_FIXED = 4,     /* bytes that a state costs beside its own */
};

/* Why a BATCH was not taken.  Numbers are on the wire. */
enum frame_why {
    FRAME_WHY_GAP = 1,      /* it does not follow on what is held */
    FRAME_WHY_FORK = 2,     /* the hash before it is not the one held */
    FRAME_WHY_CHECKSUM = 3, /* a record is not what was written */
    FRAME_WHY_RIGHT = 4,    /* not a stream that this peer may send */
    FRAME_WHY_FULL = 5,     /* no room or a fault of the disk; try later */
    FRAME_WHY_LOST = 6,     /* said by the sender: all up to `head` is dropped
                             * here, and more than the receiver has */
};

/* Codes of ERR and BYE. */
enum frame_code {
    FRAME_CODE_LEAVING = 1,  /* the process ends */
    FRAME_CODE_FENCED = 2,   /* a newer session of this node has begun */
    FRAME_CODE_VERSION = 3,  /* no common version of the protocol */
    FRAME_CODE_RIGHT = 4,    /* the allow-list does not give this */
    FRAME_CODE_EPOCH = 5,    /* the peer has seen a later epoch of the hub */
    FRAME_CODE_PROTOCOL = 6, /* a frame that makes no sense here */
    FRAME_CODE_SESSION = 7,  /* no such session (any more): say HELLO */
};

enum { FRAME_OFFERED = 1, FRAME_CONTINUED = 2 }; /* of frame_held */
enum { FRAME_NEIGHBOURS = 1, FRAME_SHARES = 1 }; /* of FORKQ, of WELCOME */
enum { FRAME_PLEASE_ANSWER = 1, FRAME_NEEDS_CREDIT = 2, FRAME_TELLS_CLOCK = 4 };

struct frame_offer { /* of a HELLO */
    stream_id stream;
    stream_head head;
    uint64_t acked; /* the greatest seq that a hub ever acknowledged */
};

struct frame_held { /* of a WELCOME */
    stream_id stream;
    stream_head head;
    uint64_t safe;
    uint32_t flags;
};

struct frame_folded { /* of a STATE */
    stream_id stream;
    uint64_t seq;
};

struct frame {
    enum frame_kind kind;
    bool more;
    uint64_t session;
    union {
        struct {
            uint32_t node;
            curve_key key;
        } join;
        struct {
            uint32_t version_min;
            uint32_t version_max;
            uint32_t node;
            uint64_t epoch;
            int64_t clock_ms;
            uint64_t pending;
            uint64_t feed_epoch;
            uint64_t feed_position;
            const struct frame_offer *offers;
            uint32_t offer_count;
            struct claim claim;
            crypto_public_key signer; /* zeros: none */
        } hello;
        struct {
            uint32_t version;
            uint32_t hub;
            uint64_t epoch;
            int64_t clock_ms;
            uint64_t credit;
            const struct frame_held *held;
            uint32_t held_count;
            struct claim claim;
            uint32_t flags;
        } welcome;
        struct {
            uint32_t ms;
        } wait;
        struct {
            stream_id stream;
            uint64_t from;
            uint64_t to;
            digest before;
            uint64_t total;
            uint64_t head_seq;
            uint32_t offset;
            view records;
        } batch;
        struct {
            stream_id stream;
            stream_head head;
            uint64_t safe;
            uint64_t credit;
        } ack;
        struct {
            stream_id stream;
            stream_head head;
            uint64_t credit;
            uint32_t why; /* enum frame_why, or one not known here */
        } nack;
        struct {
            stream_id stream;
            uint32_t flags;
            const stream_head *heads;
            uint32_t head_count;
        } forkq;
        struct {
            stream_id stream;
            uint64_t common;
            uint64_t differs;
        } forka;
        struct {
            uint64_t epoch;
            uint64_t after;
            uint64_t position;
            digest versions;
            uint32_t format;
            const struct frame_folded *folded;
            uint32_t folded_count;
            const view *states;
            uint32_t state_count;
        } state;
        struct {
            uint64_t number;
            uint32_t kind;
            const view *parts;
            uint32_t part_count;
        } ask; /* and ANSWER */
        struct {
            uint64_t number;
            int64_t clock_ms;
            uint64_t pending;
            uint32_t flags;
        } ping;
        struct {
            uint32_t why; /* enum frame_code, or one not known here */
        } bye;
        struct {
            uint32_t code; /* likewise */
            uint32_t retry;
            view words;
        } err;
    };
};

/* "HELLO"; "?" for a number that is no kind. */
const char *frame_kind_name(enum frame_kind kind);

/* The payload that the frame will have.  A BATCH or STATE that is too large
 * for one frame has more than LIMIT_FRAME_SIZE: don't send it. */
size_t frame_payload_size(const struct frame *frame);

/* Writes the header, FRAME_HEADER_SIZE bytes, and the payload, of
 * frame_payload_size() bytes, which must fit a frame. */
void frame_encode(const struct frame *frame,
                  uint8_t header[static FRAME_HEADER_SIZE], uint8_t *payload);

/* Reads a frame that a peer sent.  Lists are taken from `arena`, views borrow
 * from `payload`.  ERR_INPUT: malformed, or of another major version.
 * ERR_UNKNOWN: well formed, of a kind that is not known here. */
NODISCARD enum err frame_parse(view header, view payload, struct arena *arena,
                               struct frame *ret_frame);

#endif
