/*
 * shelf.c - the smallest steps on a journal's tables; the layout is in shelf.h
 */
#include "core/shelf.h"

#include <string.h>

static const char *const NAMES[] = {
    [TABLE_META] = "meta",         [TABLE_RECORDS] = "records",
    [TABLE_STREAMS] = "streams",   [TABLE_BOUNDARIES] = "boundaries",
    [TABLE_CONTROLS] = "controls", [TABLE_IDS] = "ids",
    [TABLE_COPIES] = "copies",     [TABLE_QUARANTINE] = "quarantine",
    [TABLE_NOTES] = "notes",
};
static_assert(COUNT_OF(NAMES) == TABLE_COUNT, "a name for every table");
static_assert((int)TABLE_COUNT <= (int)LIMIT_DB_TABLES, "room for them all");

struct db_options
shelf_options(bool create)
{
    return (struct db_options) { .tables = NAMES,
                                 .table_count = TABLE_COUNT,
                                 .create = create,
                                 .sealed = true };
}

/* ----- keys ----- */

static void
store_number(uint8_t *bytes, uint64_t value, uint32_t size)
{
    for (uint32_t i = size; i > 0; i--) {
        bytes[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    assert(value == 0);
}

static uint64_t
load_number(const uint8_t *bytes, uint32_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

view
shelf_position_key(struct shelf_key *key, uint64_t position)
{
    store_number(key->bytes, position, 8);
    return (view) { key->bytes, 8 };
}

view
shelf_stream_key(struct shelf_key *key, stream_id stream)
{
    store_number(key->bytes, stream.node, 4);
    store_number(key->bytes + 4, stream.incarnation, 8);
    store_number(key->bytes + 12, stream.channel, 1);
    return (view) { key->bytes, SHELF_STREAM_KEY };
}

view
shelf_seq_key(struct shelf_key *key, stream_id stream, uint64_t seq)
{
    shelf_stream_key(key, stream);
    store_number(key->bytes + SHELF_STREAM_KEY, seq, 8);
    return (view) { key->bytes, SHELF_STREAM_KEY + 8 };
}

view
shelf_identity_key(struct shelf_key *key, identity id)
{
    store_number(key->bytes, id.node, 4);
    store_number(key->bytes + 4, id.incarnation, 8);
    store_number(key->bytes + 12, id.seq, 8);
    return (view) { key->bytes, SHELF_IDENTITY_KEY };
}

/* Keys of another size are none of ours: LMDB's pages are damaged.  The zeros
 * that then come back name nothing that exists. */
uint64_t
shelf_key_position(view key)
{
    return key.size == 8 ? load_number(key.bytes, 8) : 0;
}

stream_id
shelf_key_stream(view key)
{
    if (key.size < SHELF_STREAM_KEY)
        return (stream_id) { 0 };
    return (stream_id) {
        .node = (uint32_t)load_number(key.bytes, 4),
        .incarnation = load_number(key.bytes + 4, 8),
        .channel = key.bytes[12],
    };
}

uint64_t
shelf_key_seq(view key)
{
    if (key.size != SHELF_STREAM_KEY + 8)
        return 0;
    return load_number(key.bytes + SHELF_STREAM_KEY, 8);
}

identity
shelf_key_identity(view key)
{
    if (key.size != SHELF_IDENTITY_KEY)
        return (identity) { 0 };
    return (identity) {
        .node = (uint32_t)load_number(key.bytes, 4),
        .incarnation = load_number(key.bytes + 4, 8),
        .seq = load_number(key.bytes + 12, 8),
    };
}

uint64_t
shelf_value_position(view value)
{
    uint64_t position = 0;

    if (value.size >= sizeof position)
        memcpy(&position, value.bytes, sizeof position);
    return position;
}

/* ----- who we are ----- */

/* at: 0 format 4, 4 node 4, 8 store 4, 12 zeros 4, 16 incarnation 8,
 * 24 epoch 8, 32 three parents of 56 as in a record, 200 XXH3-64. */
enum { SELF_PARENTS = 32, SELF_PARENT = 56, SELF_SUM = 200, SELF_SIZE = 208 };
static_assert(SELF_PARENTS + SELF_PARENT * (int)CHANNEL_END == SELF_SUM, "");

void
shelf_put_self(struct db_txn *txn, const struct shelf_self *self)
{
    static const uint32_t FORMAT = SHELF_FORMAT;
    uint8_t bytes[SELF_SIZE] = { 0 };

    assert(self->format <= SHELF_FORMAT);
    assert(self->node > 0);
    assert(self->incarnation > 0);
    memcpy(bytes, &FORMAT, 4);
    memcpy(bytes + 4, &self->node, 4);
    memcpy(bytes + 8, &self->store, 4);
    memcpy(bytes + 16, &self->incarnation, 8);
    memcpy(bytes + 24, &self->epoch, 8);
    for (uint32_t i = 0; i < CHANNEL_END; i++) {
        uint8_t *at = bytes + SELF_PARENTS + i * SELF_PARENT;
        memcpy(at, &self->parents[i].incarnation, 8);
        memcpy(at + 8, &self->parents[i].seq, 8);
        memcpy(at + 16, self->parents[i].chain.bytes, 32);
        at[48] = self->parents[i].reason;
    }
    uint64_t sum = hash_64((view) { bytes, SELF_SUM }, 0);
    memcpy(bytes + SELF_SUM, &sum, 8);
    db_put(txn, TABLE_META, view_of("self"), (view) { bytes, SELF_SIZE });
}

static enum err
parse_self(view value, struct shelf_self *ret_self)
{
    struct shelf_self self = { 0 };
    uint64_t sum;

    if (value.size < 4)
        return err_corrupt();
    memcpy(&self.format, value.bytes, 4);
    if (self.format > SHELF_FORMAT)
        return ERR_UNKNOWN;
    if (value.size != SELF_SIZE)
        return err_corrupt();
    memcpy(&sum, value.bytes + SELF_SUM, 8);
    if (hash_64((view) { value.bytes, SELF_SUM }, 0) != sum)
        return err_corrupt();
    memcpy(&self.node, value.bytes + 4, 4);
    memcpy(&self.store, value.bytes + 8, 4);
    memcpy(&self.incarnation, value.bytes + 16, 8);
    memcpy(&self.epoch, value.bytes + 24, 8);
    for (uint32_t i = 0; i < CHANNEL_END; i++) {
        const uint8_t *at = value.bytes + SELF_PARENTS + i * SELF_PARENT;
        memcpy(&self.parents[i].incarnation, at, 8);
        memcpy(&self.parents[i].seq, at + 8, 8);
        memcpy(self.parents[i].chain.bytes, at + 16, 32);
        self.parents[i].reason = at[48];
    }
    *ret_self = self;
    return OK;
}

void
shelf_get_self(struct db_txn *txn, struct shelf_self *ret_self)
{
    view value;

    *ret_self = (struct shelf_self) { 0 };
    if (!db_get(txn, TABLE_META, view_of("self"), &value)) {
        bool begun = db_count(txn, TABLE_RECORDS) > 0;
        db_fail(txn, begun ? err_corrupt() : ERR_NOT_FOUND);
        return;
    }
    enum err err = parse_self(value, ret_self);
    if (err != OK)
        db_fail(txn, err);
}

void
shelf_begin(struct db *db, enum db_mode mode, struct db_txn *ret_txn)
{
    struct shelf_self self;

    db_begin(db, mode, ret_txn);
    if (mode == DB_READ || ret_txn->err != OK)
        return;
    shelf_get_self(ret_txn, &self);
    if (ret_txn->err == OK && self.format < SHELF_FORMAT)
        shelf_put_self(ret_txn, &self);
}

/* ----- records ----- */

static uint64_t
sum_place(const uint8_t *record_bytes, uint64_t position, int64_t arrival_ms)
{
    uint8_t bytes[24];

    memcpy(bytes, &position, 8);
    memcpy(bytes + 8, &arrival_ms, 8);
    memcpy(bytes + 16, record_bytes, 8);
    return hash_64((view) { bytes, sizeof bytes }, 0);
}

enum err
shelf_parse(view key, view value, struct shelf_item *ret_item)
{
    struct shelf_item item = { .position = shelf_key_position(key) };
    uint64_t sum;

    ret_item->position = item.position;
    if (item.position == 0 || value.size < SHELF_PREFIX_SIZE + 8)
        return err_corrupt();
    const uint8_t *bytes = value.bytes + SHELF_PREFIX_SIZE;
    memcpy(&item.arrival_ms, value.bytes, 8);
    memcpy(&sum, value.bytes + 8, 8);
    if (sum != sum_place(bytes, item.position, item.arrival_ms))
        return err_corrupt();
    view stored = { bytes, value.size - SHELF_PREFIX_SIZE };
    enum err err = record_parse(stored, &item.record);
    if (err != OK && err != ERR_UNKNOWN)
        return err;
    if (item.record.bytes.size != stored.size)
        return err_corrupt();
    *ret_item = item;
    return err;
}

static bool
parse_or_fail(struct db_txn *txn, view key, view value,
              struct shelf_item *ret_item)
{
    enum err err = shelf_parse(key, value, ret_item);

    if (err != OK)
        db_fail(txn, err);
    return err == OK;
}

bool
shelf_last(struct db_txn *txn, struct shelf_item *ret_item)
{
    struct db_cursor cursor;
    bool found = false;

    db_cursor_open(txn, TABLE_RECORDS, &cursor);
    if (db_cursor_last(&cursor))
        found = parse_or_fail(txn, cursor.key, cursor.value, ret_item);
    db_cursor_close(&cursor);
    return found;
}

bool
shelf_holding(struct db_txn *txn, uint64_t position,
              struct shelf_item *ret_item)
{
    struct shelf_item item;
    struct shelf_key key;
    struct db_cursor cursor;

    db_cursor_open(txn, TABLE_RECORDS, &cursor);
    view wanted = shelf_position_key(&key, position);
    bool found = db_cursor_seek(&cursor, wanted);
    if (!found)
        found = txn->err == OK && db_cursor_last(&cursor);
    else if (!view_equal(cursor.key, wanted))
        found = db_cursor_prev(&cursor);
    if (found)
        found = parse_or_fail(txn, cursor.key, cursor.value, &item);
    db_cursor_close(&cursor);
    if (!found || position - item.position >= item.record.count)
        return false;
    *ret_item = item;
    return true;
}

bool
shelf_pick(const struct shelf_item *item, uint64_t position,
           struct record_event *ret_event)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;

    assert(position >= item->position);
    while (record_next(&cursor, &event))
        if (item->position + cursor.index - 1 == position) {
            *ret_event = event;
            return true;
        }
    return false;
}

/* ----- what was dropped ----- */

static const char DROPPED[] = "dropped/";
enum { DROPPED_KEY = 16, DROPPED_SIZE = 32 };

static view
dropped_key(uint8_t bytes[static DROPPED_KEY], uint64_t position)
{
    memcpy(bytes, DROPPED, 8);
    store_number(bytes + 8, position, 8);
    return (view) { bytes, DROPPED_KEY };
}

static bool
parse_run(view key, view value, struct shelf_run *ret_run)
{
    struct shelf_run run = { 0 };
    uint32_t channel;

    if (key.size != DROPPED_KEY || memcmp(key.bytes, DROPPED, 8) != 0 ||
        value.size != DROPPED_SIZE)
        return false;
    run.position = load_number(key.bytes + 8, 8);
    memcpy(&run.count, value.bytes, 8);
    memcpy(&run.seq, value.bytes + 8, 8);
    memcpy(&run.stream.incarnation, value.bytes + 16, 8);
    memcpy(&run.stream.node, value.bytes + 24, 4);
    memcpy(&channel, value.bytes + 28, 4);
    run.stream.channel = (uint8_t)channel;
    *ret_run = run;
    return true;
}

/* The run that begins at or below the position. */
static bool
run_below(struct db_txn *txn, uint64_t position, struct shelf_run *ret_run)
{
    uint8_t bytes[DROPPED_KEY];
    struct db_cursor cursor;

    view wanted = dropped_key(bytes, position);
    db_cursor_open(txn, TABLE_NOTES, &cursor);
    bool found = db_cursor_seek(&cursor, wanted);
    if (!found)
        found = txn->err == OK && db_cursor_last(&cursor);
    else if (!view_equal(cursor.key, wanted))
        found = db_cursor_prev(&cursor);
    if (found)
        found = parse_run(cursor.key, cursor.value, ret_run);
    db_cursor_close(&cursor);
    return found;
}

bool
shelf_dropped(struct db_txn *txn, uint64_t position, struct shelf_run *ret_run)
{
    return run_below(txn, position, ret_run) &&
           position - ret_run->position < ret_run->count;
}

static void
remember_dropped(struct db_txn *txn, const struct shelf_item *item)
{
    const struct record *record = &item->record;
    uint8_t key[DROPPED_KEY], value[DROPPED_SIZE];
    uint32_t channel = record->stream.channel;
    struct shelf_run run;

    bool goes_on = run_below(txn, item->position, &run) &&
                   run.position + run.count == item->position &&
                   stream_equal(run.stream, record->stream) &&
                   run.seq + run.count == record->seq;
    if (!goes_on)
        run = (struct shelf_run) { .position = item->position,
                                   .stream = record->stream,
                                   .seq = record->seq };
    run.count += record->count;
    memcpy(value, &run.count, 8);
    memcpy(value + 8, &run.seq, 8);
    memcpy(value + 16, &run.stream.incarnation, 8);
    memcpy(value + 24, &run.stream.node, 4);
    memcpy(value + 28, &channel, 4);
    db_put(txn, TABLE_NOTES, dropped_key(key, run.position),
           (view) { value, sizeof value });
}

void
shelf_drop(struct db_txn *txn, const struct shelf_item *item)
{
    const stream_id stream = item->record.stream;
    const uint64_t seq = item->record.seq;
    const uint64_t position = item->position;
    const uint32_t count = item->record.count;
    struct shelf_key key;

    /* First: the record lies in a page that is about to go. */
    remember_dropped(txn, item);
    for (uint32_t i = 0; i < count; i++)
        db_delete(txn, TABLE_QUARANTINE,
                  shelf_position_key(&key, position + i));
    db_delete(txn, TABLE_CONTROLS, shelf_position_key(&key, position));
    db_delete(txn, TABLE_STREAMS, shelf_seq_key(&key, stream, seq));
    db_delete(txn, TABLE_RECORDS, shelf_position_key(&key, position));
}

identity
shelf_identity(struct db_txn *txn, uint64_t position)
{
    struct record_event event = { 0 };
    struct shelf_item item;
    struct shelf_run run;

    if (shelf_dropped(txn, position, &run))
        return (identity) { .node = run.stream.node,
                            .incarnation = run.stream.incarnation,
                            .seq = run.seq + (position - run.position) };
    /* An index has spoken of it. */
    if (!shelf_holding(txn, position, &item))
        db_fail(txn, err_corrupt());
    else if (!shelf_pick(&item, position, &event))
        event.origin = (identity) {
            .node = item.record.stream.node,
            .incarnation = item.record.stream.incarnation,
            .seq = item.record.seq,
        };
    return event.origin;
}

bool
shelf_place(struct db_txn *txn, stream_id stream, uint64_t seq,
            uint64_t *ret_position)
{
    struct shelf_key key;
    struct db_cursor cursor;

    db_cursor_open(txn, TABLE_STREAMS, &cursor);
    view wanted = shelf_seq_key(&key, stream, seq);
    bool found = db_cursor_seek(&cursor, wanted);
    if (!found)
        found = txn->err == OK && db_cursor_last(&cursor);
    else if (!view_equal(cursor.key, wanted))
        found = db_cursor_prev(&cursor);
    if (found)
        found = stream_equal(shelf_key_stream(cursor.key), stream);
    if (found)
        *ret_position = shelf_value_position(cursor.value);
    db_cursor_close(&cursor);
    return found;
}

/* The record at that very position, of which an index has spoken.  False: the
 * transaction has failed. */
static bool
read_at(struct db_txn *txn, uint64_t position, struct shelf_item *ret_item)
{
    struct shelf_key key;
    view value;

    view wanted = shelf_position_key(&key, position);
    if (!db_get(txn, TABLE_RECORDS, wanted, &value)) {
        if (txn->err == OK)
            db_fail(txn, err_corrupt());
        return false;
    }
    return parse_or_fail(txn, wanted, value, ret_item);
}

bool
shelf_find(struct db_txn *txn, stream_id stream, uint64_t seq,
           struct shelf_item *ret_item)
{
    struct shelf_item item;
    uint64_t position;

    if (!shelf_place(txn, stream, seq, &position) ||
        !read_at(txn, position, &item))
        return false;
    if (!stream_equal(item.record.stream, stream) || item.record.seq > seq) {
        db_fail(txn, err_corrupt());
        return false;
    }
    if (seq > record_last(&item.record))
        return false;
    *ret_item = item;
    return true;
}

stream_head
shelf_boundary(struct db_txn *txn, stream_id stream)
{
    struct shelf_key key;
    stream_head boundary = { 0 };
    view value;

    if (!db_get(txn, TABLE_BOUNDARIES, shelf_stream_key(&key, stream), &value))
        return boundary;
    if (value.size != 40) {
        db_fail(txn, err_corrupt());
        return boundary;
    }
    memcpy(&boundary.seq, value.bytes, 8);
    memcpy(boundary.chain.bytes, value.bytes + 8, 32);
    return boundary;
}

void
shelf_put_boundary(struct db_txn *txn, stream_id stream, stream_head boundary)
{
    struct shelf_key key;
    uint8_t bytes[40];

    memcpy(bytes, &boundary.seq, 8);
    memcpy(bytes + 8, boundary.chain.bytes, 32);
    db_put(txn, TABLE_BOUNDARIES, shelf_stream_key(&key, stream),
           (view) { bytes, sizeof bytes });
}

bool
shelf_tip(struct db_txn *txn, stream_id stream, struct shelf_item *ret_item)
{
    struct shelf_item item;
    uint64_t position;

    if (!shelf_place(txn, stream, UINT64_MAX, &position) ||
        !read_at(txn, position, &item))
        return false;
    if (!stream_equal(item.record.stream, stream)) {
        db_fail(txn, err_corrupt());
        return false;
    }
    *ret_item = item;
    return true;
}

bool
shelf_owner(struct db_txn *txn, uint64_t position, stream_id *ret_stream,
            uint64_t *ret_seq)
{
    struct db_cursor cursor;

    db_cursor_open(txn, TABLE_STREAMS, &cursor);
    bool more = db_cursor_first(&cursor);
    while (more && shelf_value_position(cursor.value) != position)
        more = db_cursor_next(&cursor);
    if (more) {
        *ret_stream = shelf_key_stream(cursor.key);
        *ret_seq = shelf_key_seq(cursor.key);
    }
    db_cursor_close(&cursor);
    return more;
}

stream_head
shelf_head(struct db_txn *txn, stream_id stream)
{
    struct shelf_item item;

    if (!shelf_tip(txn, stream, &item))
        return shelf_boundary(txn, stream);
    return (stream_head) { record_last(&item.record), item.record.chain };
}

uint8_t *
shelf_reserve(struct db_txn *txn, uint64_t position, uint32_t size)
{
    struct shelf_key key;

    assert(position > 0);
    uint8_t *bytes =
        db_reserve(txn, TABLE_RECORDS, shelf_position_key(&key, position),
                   SHELF_PREFIX_SIZE + size, true);
    return bytes == NULL ? NULL : bytes + SHELF_PREFIX_SIZE;
}

void
shelf_seal(uint8_t *record_bytes, uint64_t position, int64_t arrival_ms)
{
    uint8_t *prefix = record_bytes - SHELF_PREFIX_SIZE;
    uint64_t sum = sum_place(record_bytes, position, arrival_ms);

    memcpy(prefix, &arrival_ms, 8);
    memcpy(prefix + 8, &sum, 8);
}

void
shelf_enter(struct db_txn *txn, const struct record *record, uint64_t position)
{
    struct shelf_key key;

    db_put(txn, TABLE_STREAMS, shelf_seq_key(&key, record->stream, record->seq),
           (view) { (const uint8_t *)&position, sizeof position });
    if (record->kind != RECORD_EVENTS && record->kind != RECORD_MARK)
        db_put(txn, TABLE_CONTROLS, shelf_position_key(&key, position),
               (view) { &record->kind, 1 });
}

/* ----- ids, copies, marks ----- */

/* Reads the value of `ids` or `copies`; false: it is damaged. */
static bool
parse_known(view value, struct shelf_known *ret_known)
{
    if (value.size != 32)
        return false;
    memcpy(&ret_known->position, value.bytes, 8);
    memcpy(ret_known->print.content.bytes, value.bytes + 8, 16);
    memcpy(&ret_known->print.at_ms, value.bytes + 24, 8);
    return true;
}

static bool
get_known(struct db_txn *txn, enum shelf_table table, view key,
          struct shelf_known *ret_known)
{
    view value;

    if (!db_get(txn, table, key, &value))
        return false;
    if (parse_known(value, ret_known))
        return true;
    db_fail(txn, err_corrupt());
    return false;
}

static void
put_known(struct db_txn *txn, enum shelf_table table, view key,
          const struct shelf_known *known)
{
    uint8_t bytes[32];

    assert(known->position > 0);
    memcpy(bytes, &known->position, 8);
    memcpy(bytes + 8, known->print.content.bytes, 16);
    memcpy(bytes + 24, &known->print.at_ms, 8);
    db_put(txn, table, key, (view) { bytes, sizeof bytes });
}

bool
shelf_get_id(struct db_txn *txn, hash128 id, struct shelf_known *ret)
{
    return get_known(txn, TABLE_IDS, (view) { id.bytes, sizeof id.bytes }, ret);
}

void
shelf_put_id(struct db_txn *txn, hash128 id, const struct shelf_known *known)
{
    put_known(txn, TABLE_IDS, (view) { id.bytes, sizeof id.bytes }, known);
}

bool
shelf_get_copy(struct db_txn *txn, identity of, struct shelf_known *ret)
{
    struct shelf_key key;

    return get_known(txn, TABLE_COPIES, shelf_identity_key(&key, of), ret);
}

void
shelf_put_copy(struct db_txn *txn, identity of, const struct shelf_known *known)
{
    struct shelf_key key;

    put_known(txn, TABLE_COPIES, shelf_identity_key(&key, of), known);
}

void
shelf_mark(struct db_txn *txn, uint64_t position, uint8_t reason)
{
    struct shelf_key key;

    db_put(txn, TABLE_QUARANTINE, shelf_position_key(&key, position),
           (view) { &reason, 1 });
}

bool
shelf_get_mark(struct db_txn *txn, uint64_t position, uint8_t *ret_reason)
{
    struct shelf_key key;
    view value;

    if (!db_get(txn, TABLE_QUARANTINE, shelf_position_key(&key, position),
                &value))
        return false;
    *ret_reason = value.size == 1 ? value.bytes[0] : 0;
    return true;
}
