/*
 * shelf.h - the tables of a journal, within one transaction
 *
 * What the files of the journal share and nobody else uses: which tables there
 * are, how keys and values are laid out, and the smallest steps on them.  Keys
 * are big endian and sort as numbers; values are little endian.
 *
 *     table       key                              value
 *     meta        "self"; "seal" (db.h)            struct shelf_self, summed
 *     records     position of the first item       arrival ms 8, sum 8, record
 *     streams     node, incarnation, channel,      position of the record
 *                 seq of a record's first item
 *     boundaries  node, incarnation, channel       seq 8, chain hash 32
 *     controls    position of a control item       kind 1
 *                 that is no MARK
 *     ids         16-byte hash of node and id      position 8, fingerprint 24
 *     copies      identity of the original         position 8, fingerprint 24
 *     quarantine  position of a copy               reason 1
 *     notes       name                             anything
 *                 "sync.clock"                     i64: the hub's clock less
 *                                                  ours, ms
 *                 "told/" and an incarnation       retell.h
 *                 "equal/", a key as in `copies`   copy_index.h
 *                 and a position
 *                 "dropped/" and a position        items 8, seq 8,
 *                                                  incarnation 8, node 4,
 *                                                  channel 4: a run of
 *                                                  positions that were pruned
 *
 * The sum of a record's value is the XXH3-64 of position, arrival and the
 * record's own checksum: so a record that turns up in the wrong place is
 * noticed, too.  Errors are the transaction's and stick (db.h).
 *
 * Formats of the tables:
 *     1  as above, without a seal
 *     2  every commit is sealed: a program that knows only format 1 would
 *        leave a seal behind that fits no more
 *     3  MARKs are not in `controls`: two thousand stores write millions of
 *        them a year, and who asks for control items reads them all.  Those
 *        that were entered before may stay; an earlier program would miss the
 *        others and call that damage
 * A journal of an earlier format is read as it is; the first commit to it makes
 * it one of this format.
 */
#ifndef CORE_SHELF_H
#define CORE_SHELF_H

#include "core/db.h"
#include "core/record.h"

enum shelf_table {
    TABLE_META,
    TABLE_RECORDS,
    TABLE_STREAMS,
    TABLE_BOUNDARIES,
    TABLE_CONTROLS,
    TABLE_IDS,
    TABLE_COPIES,
    TABLE_QUARANTINE,
    TABLE_NOTES,
};
enum { TABLE_COUNT = 9 };

/* How a journal is opened; `create` is that of db_open(). */
struct db_options shelf_options(bool create);

enum { SHELF_STREAM_KEY = 13, SHELF_IDENTITY_KEY = 20, SHELF_KEY_MAX = 21 };

/* On the caller's stack. */
struct shelf_key {
    uint8_t bytes[SHELF_KEY_MAX];
};
view shelf_position_key(struct shelf_key *key, uint64_t position);
view shelf_seq_key(struct shelf_key *key, stream_id stream, uint64_t seq);
view shelf_stream_key(struct shelf_key *key, stream_id stream);
view shelf_identity_key(struct shelf_key *key, identity id);
/* Back from the bytes of a key; the sizes are the table's. */
uint64_t shelf_key_position(view key);
stream_id shelf_key_stream(view key);
uint64_t shelf_key_seq(view key);
identity shelf_key_identity(view key);
/* A value that begins with a position. */
uint64_t shelf_value_position(view value);

struct shelf_self {
    uint32_t format; /* of the tables: SHELF_FORMAT */
    uint32_t node;
    uint32_t store;
    uint64_t incarnation;
    uint64_t epoch;
    struct record_parent parents[CHANNEL_END]; /* of this incarnation */
};
enum { SHELF_FORMAT_SEALED = 2, SHELF_FORMAT = 3 };

/* ERR_NOT_FOUND, ERR_UNKNOWN and ERR_CORRUPT go to the transaction. */
void shelf_get_self(struct db_txn *txn, struct shelf_self *ret_self);
/* Whatever its format was, it is this one from now on. */
void shelf_put_self(struct db_txn *txn, const struct shelf_self *self);

/* db_begin() for a journal.  What would write in one of an earlier format makes
 * it one of this format; what would write in one of a later, which a newer
 * program may have made of it while we had it open, fails: ERR_UNKNOWN. */
void shelf_begin(struct db *db, enum db_mode mode, struct db_txn *ret_txn);

#define SHELF_CLOCK_NOTE "sync.clock"

enum { SHELF_PREFIX_SIZE = 16 };

/* A record where it lies. */
struct shelf_item {
    uint64_t position;
    int64_t arrival_ms;
    struct record record;
};

/* Reads what a cursor on `records` stands on.  ERR_CORRUPT and ERR_UNKNOWN do
 * not go to the transaction; position is set all the same, and on ERR_UNKNOWN
 * arrival and record.bytes. */
NODISCARD enum err shelf_parse(view key, view value,
                               struct shelf_item *ret_item);
/* The last record.  False: there is none, or the transaction has failed (as it
 * does where the record is damaged or unknown). */
bool shelf_last(struct db_txn *txn, struct shelf_item *ret_item);
/* The record that holds the position, likewise; false too if it has not come
 * yet or is dropped. */
bool shelf_holding(struct db_txn *txn, uint64_t position,
                   struct shelf_item *ret_item);
/* Positions that were dropped, in a row of one stream. */
struct shelf_run {
    uint64_t position;
    uint64_t count;
    stream_id stream;
    uint64_t seq; /* of the first */
};
/* Drops the record, and remembers whose it was; views of it are void then. */
void shelf_drop(struct db_txn *txn, const struct shelf_item *item);
/* The run that holds the position; false: it was not dropped. */
bool shelf_dropped(struct db_txn *txn, uint64_t position,
                   struct shelf_run *ret_run);
/* The event of that record that stands at the position; false: none does. */
bool shelf_pick(const struct shelf_item *item, uint64_t position,
                struct record_event *ret_event);
/* Whose event stands at the position: of a copy, the original's identity, as
 * long as it has not been dropped. */
identity shelf_identity(struct db_txn *txn, uint64_t position);
/* The position of the stream's greatest record that begins at or below the
 * seq, as the index has it; false: there is none. */
bool shelf_place(struct db_txn *txn, stream_id stream, uint64_t seq,
                 uint64_t *ret_position);
/* The record that holds the seq of the stream, likewise. */
bool shelf_find(struct db_txn *txn, stream_id stream, uint64_t seq,
                struct shelf_item *ret_item);

/* The stream's last record, likewise. */
bool shelf_tip(struct db_txn *txn, stream_id stream,
               struct shelf_item *ret_item);
/* Whose record stands at the position, by the index alone: for one whose own
 * bytes no longer tell.  Slow.  False: no stream names it. */
bool shelf_owner(struct db_txn *txn, uint64_t position, stream_id *ret_stream,
                 uint64_t *ret_seq);
/* Where a stream stands: its head from the last record, else the boundary. */
stream_head shelf_head(struct db_txn *txn, stream_id stream);
stream_head shelf_boundary(struct db_txn *txn, stream_id stream);
void shelf_put_boundary(struct db_txn *txn, stream_id stream,
                        stream_head boundary);

/* Room for a record at the end, to be filled before the next call; NULL: the
 * transaction has failed. */
uint8_t *shelf_reserve(struct db_txn *txn, uint64_t position, uint32_t size);
/* Finishes what was reserved, once the record stands in it. */
void shelf_seal(uint8_t *record_bytes, uint64_t position, int64_t arrival_ms);
/* Enters it into `streams` and `controls`. */
void shelf_enter(struct db_txn *txn, const struct record *record,
                 uint64_t position);

struct shelf_known {
    uint64_t position;
    fingerprint print;
};
/* What is known of an `id` by its hash, or of the event that a copy names.
 * False: nothing, or the transaction has failed. */
bool shelf_get_id(struct db_txn *txn, hash128 id, struct shelf_known *ret);
void shelf_put_id(struct db_txn *txn, hash128 id,
                  const struct shelf_known *known);
bool shelf_get_copy(struct db_txn *txn, identity of, struct shelf_known *ret);
void shelf_put_copy(struct db_txn *txn, identity of,
                    const struct shelf_known *known);
void shelf_mark(struct db_txn *txn, uint64_t position, uint8_t reason);
/* False: there is no mark, or the transaction has failed. */
bool shelf_get_mark(struct db_txn *txn, uint64_t position, uint8_t *ret_reason);

#endif
