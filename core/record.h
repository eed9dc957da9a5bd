/*
 * record.h - the unit that is stored, sent and checked: up to 1000 events of
 * one stream, or one control item
 *
 * A stream is what one node wrote in one incarnation on one channel; its items
 * (events and control items) have the numbers (seq) 1, 2, 3, ...  A record is
 * the same bytes on disk and on the wire.  All numbers are little endian:
 *
 *      at size
 *       0    8  XXH3-64 of the bytes from 8 to the end
 *       8    4  size of the whole record
 *      12    1  format: 1
 *      13    1  kind: enum record_kind
 *      14    1  flags: enum record_flag
 *      15    1  channel: enum record_channel
 *      16    4  node
 *      20    4  items: events, or 1
 *      24    8  incarnation
 *      32    8  seq of the first item
 *      40    8  the writer's clock, ms UTC
 *      48   32  chain hash before the record; zeros at seq 1
 *      80   32  chain hash at its end
 *     112   56  only with RECORD_FIRST, the parent: incarnation 8, seq 8,
 *               hash 32, reason 1, zeros 7
 *       .    .  the body: a control item's bytes, or for each event
 *                   4  size of the core, and in the top byte enum entry bits:
 *                      1 copy, 2 annex, 4 annex erased
 *                   2  size of the annex; only with bit 2 or 4
 *                  44  only with bit 1: node 4, incarnation 8, seq 8 of the
 *                      original, fingerprint 16 + 8
 *                   .  the core
 *                   .  the annex; erased: its BLAKE2b-256
 *
 * The chain hash is the BLAKE2b-256 of: the chain hash before, bytes 12 to 48,
 * the parent, and the body in which each event's sizes and bits are 4 bytes
 * core size and 1 byte (1 copy, 2 an annex, erased or not) and each annex is
 * replaced by its BLAKE2b-256.  So an annex can be erased later: the chain
 * stays, only the checksum is made anew.
 *
 * What a core or an annex means is not known here (codec.h).
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/crypto.h"
#include "core/event.h"

enum { RECORD_FORMAT = 1 };

enum record_channel {
    CHANNEL_EVENTS = 0, /* what happened in stores */
    CHANNEL_PUBLIC = 1, /* of a hub, for every node */
    CHANNEL_BOOKS = 2,  /* of a hub, for standbys */
};
enum { CHANNEL_END = 3 };

/* Frozen.  A kind that is not listed was made by a later version. */
enum record_kind {
    RECORD_EVENTS = 1,
    RECORD_VERSION = 2,   /* a published version of the rules */
    RECORD_MARK = 3,      /* complete up to a time */
    RECORD_CLOSE = 4,     /* a settlement period was closed */
    RECORD_ENROL = 5,     /* a node, its key, stores and role */
    RECORD_REVOKE = 6,    /* a node is no longer admitted */
    RECORD_ENDPOINTS = 7, /* where the hubs are, and their keys */
    RECORD_KEY = 8,       /* a key that signs statements */
    RECORD_BACKUP = 9,    /* a verified backup was made */
    RECORD_SIGNED = 10,   /* all before it is signed by a hub */
    RECORD_PIECE = 11,    /* a stretch of what the item behind them names */
};

enum record_flag {
    RECORD_FIRST = 1,      /* begins a stream; names the parent */
    RECORD_CLOCK_BACK = 2, /* the clock stood well before that of the last */
    RECORD_CLOCK_OFF = 4,  /* it stood far from the hub's, as far as known */
};

/* Why an incarnation was begun. */
enum record_reason {
    REASON_INIT = 0,    /* a new ledger: there is no parent */
    REASON_RESTORE = 1, /* a backup was restored */
    REASON_FORK = 2,    /* the hub holds other records than we do */
    REASON_REWOUND = 3, /* the hub holds more than we do */
    REASON_MOVED = 4,   /* the instance token no longer fits the machine */
    REASON_PROMOTE = 5, /* a standby became the hub */
};

typedef struct {
    uint64_t incarnation;
    uint32_t node;
    uint8_t channel; /* enum record_channel */
} stream_id;

/* The same incarnation, node and channel. */
bool stream_equal(stream_id a, stream_id b);
/* By node, incarnation, channel. */
int stream_compare(stream_id a, stream_id b);

/* The end of a stream or of a record in it; all 0 for an empty stream. */
typedef struct {
    uint64_t seq;
    digest chain;
} stream_head;

struct record_parent {
    uint64_t incarnation; /* 0: none */
    uint64_t seq;
    digest chain;
    uint8_t reason; /* enum record_reason */
};

/* What an event says, for telling a repetition from a conflict: a hash of all
 * but identity, `recorded` and `at` (the caller makes it), and `at`. */
typedef struct {
    hash128 content;
    int64_t at_ms;
} fingerprint;

/* The same content at the same time. */
bool fingerprint_equal(fingerprint a, fingerprint b);

/* A record's head, decoded.  `bytes` and `body` borrow what was parsed. */
struct record {
    view bytes;
    view body;
    stream_id stream;
    uint64_t seq;   /* of the first item */
    uint32_t count; /* of items, at least 1 */
    uint8_t kind;   /* enum record_kind, or a later version's */
    uint8_t flags;
    int64_t recorded_ms;
    digest prev;
    digest chain;
    struct record_parent parent; /* zeros unless RECORD_FIRST */
};

/* One event of a record; the views borrow from it. */
struct record_event {
    view core;
    view annex;        /* empty: none, or erased */
    bool annex_erased; /* `annex` is then empty */
    bool copy;         /* of another stream's event */
    identity origin;   /* whose event it is: the original's for a copy */
    identity here;     /* stream and seq under which it stands here */
    fingerprint print; /* only of a copy: as its writer says */
};

/* Reads the record that `bytes` begin with; more may follow it (the next
 * record is at `bytes + ret->bytes.size`).  Checks the checksum, all sizes and
 * ranges and every event's bounds, but not the chain.  ERR_CORRUPT: not the
 * bytes that were written.  ERR_UNKNOWN: sound, of a later format; only
 * `bytes` is set. */
NODISCARD enum err record_parse(view bytes, struct record *ret_record);

/* The last of records in a row.  False: none, or other bytes behind one. */
NODISCARD bool record_find_last(view records, struct record *ret_last);

/* Computes the chain hash from `record->prev` and the body.  ERR_CORRUPT: it
 * is not the one that the record bears. */
NODISCARD enum err record_check_chain(const struct record *record);

/* The seq of its last item. */
uint64_t record_last(const struct record *record);

/* Walks the events of a record that record_parse() accepted:
 *     struct record_cursor cursor = record_events(&record);
 *     while (record_next(&cursor, &event)) ...
 * Nothing comes from a control item. */
struct record_cursor {
    const struct record *record; /* borrowed */
    const uint8_t *next;         /* entry */
    uint32_t index;              /* of the next event */
    uint32_t count;
};
struct record_cursor record_events(const struct record *record);
bool record_next(struct record_cursor *cursor, struct record_event *ret_event);

/* What a new event brings; `print` is stored with a copy only. */
struct record_entry {
    view core;        /* 1 byte to LIMIT_EVENT_SIZE */
    view annex;       /* empty: none; at most LIMIT_ANNEX_SIZE */
    identity copy_of; /* node 0: an event of this stream itself */
    fingerprint print;
};

/* The size that an entry takes in a record's body. */
uint32_t record_entry_size(const struct record_entry *entry);
/* The size of a record of a body of so many bytes. */
uint32_t record_size(uint32_t body_size, bool first);

/* Writes a record into `bytes`, which has exactly the size that record_size()
 * gave.  `record` says stream, seq, count, kind, flags, clock, prev and
 * parent; `chain` is computed and set, as are the views.  Events are added one
 * by one in order, or one control body at once; then it is sealed. */
struct record_writer {
    struct record *record;
    uint8_t *bytes;
    uint32_t size;
    uint32_t offset;
    uint32_t index;
    struct crypto_blake blake;
};
void record_write(struct record_writer *writer, struct record *record,
                  uint8_t *bytes, uint32_t size);
void record_write_event(struct record_writer *writer,
                        const struct record_entry *entry);
void record_write_control(struct record_writer *writer, view body);
void record_write_end(struct record_writer *writer);

#endif
