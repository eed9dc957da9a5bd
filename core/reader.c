/*
 * reader.c - a snapshot and a cursor over the records; see reader.h
 *
 * A damaged record must not spoil the snapshot, so records are parsed here and
 * not through those functions of the shelf whose errors stick.
 */
#include "core/reader.h"

#include "core/shelf.h"

#include <stdlib.h>

struct reader {
    struct journal *journal;
    struct db_txn txn;
    struct db_cursor cursor; /* over the records */
    uint64_t next;           /* the cursor is on the record before it; or 0 */
    uint64_t last;
    struct reader_damage damage;
};

/* ----- opening ----- */

static enum err
begin(struct reader *reader)
{
    struct shelf_item item = { 0 };

    reader->next = 0;
    reader->last = 0;
    reader->damage = (struct reader_damage) { 0 };
    db_begin(journal_db(reader->journal), DB_READ, &reader->txn);
    db_cursor_open(&reader->txn, TABLE_RECORDS, &reader->cursor);
    if (db_cursor_last(&reader->cursor)) {
        enum err err =
            shelf_parse(reader->cursor.key, reader->cursor.value, &item);
        reader->last = item.position;
        if (err == OK)
            reader->last += item.record.count - 1;
    }
    return reader->txn.err;
}

static void
end(struct reader *reader)
{
    db_cursor_close(&reader->cursor);
    db_abort(&reader->txn);
}

enum err
reader_open(struct journal *journal, struct reader **ret_reader)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return ERR_MEMORY;
    reader->journal = journal;
    enum err err = begin(reader);
    if (err != OK) {
        reader_close(reader);
        return err;
    }
    *ret_reader = reader;
    return OK;
}

void
reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    end(reader);
    free(reader);
}

enum err
reader_refresh(struct reader *reader)
{
    end(reader);
    return begin(reader);
}

uint64_t
reader_last(const struct reader *reader)
{
    return reader->last;
}

const struct reader_damage *
reader_damage(const struct reader *reader)
{
    return &reader->damage;
}

/* ----- records ----- */

static void
name_damage(struct reader *reader, uint64_t position)
{
    struct reader_damage damage = { .position = position };

    shelf_owner(&reader->txn, position, &damage.stream, &damage.seq);
    if (db_cursor_next(&reader->cursor))
        damage.next = shelf_key_position(reader->cursor.key);
    if (damage.next <= position)
        damage.next = 0; /* keys out of order */
    reader->damage = damage;
    reader->next = 0;
}

/* Serves the record under the cursor. */
static enum err
serve(struct reader *reader, struct reader_item *ret_item)
{
    struct shelf_item item;

    enum err err = shelf_parse(reader->cursor.key, reader->cursor.value, &item);
    if (err == ERR_CORRUPT) {
        name_damage(reader, item.position);
        return err;
    }
    reader->next = err == OK ? item.position + item.record.count : 0;
    ret_item->position = item.position;
    ret_item->arrival_ms = item.arrival_ms;
    ret_item->record = item.record;
    return err;
}

/* To the greatest record that begins at or below the position, or else the
 * first of all. */
static bool
seek(struct reader *reader, uint64_t position)
{
    struct shelf_key key;
    struct db_cursor *cursor = &reader->cursor;

    reader->next = 0;
    view wanted = shelf_position_key(&key, position);
    if (!db_cursor_seek(cursor, wanted))
        return reader->txn.err == OK && db_cursor_last(cursor);
    if (view_equal(cursor->key, wanted))
        return true;
    return db_cursor_prev(cursor) || db_cursor_first(cursor);
}

/* What a move that found nothing means. */
static enum err
nothing(const struct reader *reader)
{
    return reader->txn.err != OK ? reader->txn.err : ERR_NOT_FOUND;
}

/* Serves the record after the one under the cursor.  Keys that are out of order
 * would send whoever reads on in a circle. */
static enum err
serve_next(struct reader *reader, uint64_t from, struct reader_item *ret_item)
{
    reader->next = 0;
    if (!db_cursor_next(&reader->cursor))
        return nothing(reader);
    if (shelf_key_position(reader->cursor.key) < from) {
        name_damage(reader, shelf_key_position(reader->cursor.key));
        return err_corrupt();
    }
    return serve(reader, ret_item);
}

enum err
reader_next(struct reader *reader, uint64_t from, struct reader_item *ret_item)
{
    struct reader_item item;

    assert(from > 0);
    if (reader->next == from && reader->next != 0) {
        return serve_next(reader, from, ret_item);
    }
    if (!seek(reader, from))
        return nothing(reader);
    enum err err = serve(reader, &item);
    /* A damaged record keeps to itself how far it goes: up to the next one, or
     * for all we know for ever. */
    bool below = err == OK && reader->next <= from;
    if (err == ERR_UNKNOWN && item.position < from)
        below = true;
    if (below)
        return serve_next(reader, from, ret_item);
    if (err == OK || err == ERR_UNKNOWN)
        *ret_item = item;
    return err;
}

enum err
reader_find(struct reader *reader, stream_id stream, uint64_t seq,
            struct reader_item *ret_item)
{
    struct reader_item item;
    uint64_t position;

    if (!shelf_place(&reader->txn, stream, seq, &position))
        return nothing(reader);
    if (!seek(reader, position))
        return nothing(reader);
    if (shelf_key_position(reader->cursor.key) != position)
        return err_corrupt();
    enum err err = serve(reader, &item);
    if (err != OK)
        return err;
    if (!stream_equal(item.record.stream, stream) || item.record.seq > seq)
        return err_corrupt();
    if (seq > record_last(&item.record))
        return ERR_NOT_FOUND;
    *ret_item = item;
    return OK;
}

enum err
reader_event(struct reader *reader, uint64_t position,
             struct record_event *ret_event)
{
    struct reader_item item;

    enum err err = reader_next(reader, position, &item);
    if (err != OK)
        return err;
    if (position < item.position)
        return ERR_NOT_FOUND;
    struct shelf_item shelf = { .position = item.position,
                                .record = item.record };
    return shelf_pick(&shelf, position, ret_event) ? OK : ERR_NOT_FOUND;
}

/* Arrival never decreases, so the record is found by halving. */
enum err
reader_position_after(struct reader *reader, int64_t at_ms,
                      uint64_t *ret_position)
{
    struct reader_item item;
    uint64_t low = 1;
    uint64_t high = reader->last + 1;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        enum err err = reader_next(reader, middle, &item);
        if (err != OK && err != ERR_UNKNOWN)
            return err;
        bool later = item.arrival_ms > at_ms;
        if (later)
            high = item.position < middle ? item.position : middle;
        else if (err == ERR_UNKNOWN)
            low = middle + 1;
        else
            low = item.position + item.record.count;
        if (high < low)
            high = low;
    }
    *ret_position = low;
    return OK;
}

enum err
reader_next_control(struct reader *reader, uint64_t from,
                    struct reader_item *ret_item)
{
    struct shelf_key key;
    struct db_cursor cursor;
    uint64_t position = 0;

    db_cursor_open(&reader->txn, TABLE_CONTROLS, &cursor);
    bool found = db_cursor_seek(&cursor, shelf_position_key(&key, from));
    if (found)
        position = shelf_key_position(cursor.key);
    db_cursor_close(&cursor);
    if (!found || !seek(reader, position))
        return nothing(reader);
    if (shelf_key_position(reader->cursor.key) != position) {
        reader->damage = (struct reader_damage) { .position = position,
                                                  .next = position + 1 };
        reader->next = 0;
        return err_corrupt();
    }
    return serve(reader, ret_item);
}

/* ----- streams ----- */

/* The least stream above `after` that has an entry in the table. */
static bool
stream_above(struct reader *reader, enum shelf_table table, stream_id after,
             stream_id *ret_stream)
{
    struct shelf_key key;
    struct db_cursor cursor;

    db_cursor_open(&reader->txn, table, &cursor);
    bool found = db_cursor_seek(
        &cursor, table == TABLE_STREAMS ? shelf_seq_key(&key, after, UINT64_MAX)
                                        : shelf_stream_key(&key, after));
    while (found && stream_compare(shelf_key_stream(cursor.key), after) <= 0)
        found = db_cursor_next(&cursor);
    if (found)
        *ret_stream = shelf_key_stream(cursor.key);
    db_cursor_close(&cursor);
    return found;
}

enum err
reader_next_stream(struct reader *reader, stream_id after,
                   struct reader_stream *ret_stream)
{
    stream_id held;
    stream_id bound;

    bool has_held = stream_above(reader, TABLE_STREAMS, after, &held);
    bool has_bound = stream_above(reader, TABLE_BOUNDARIES, after, &bound);
    if (!has_held && !has_bound)
        return nothing(reader);
    if (!has_held || (has_bound && stream_compare(bound, held) < 0))
        held = bound;
    return reader_get_stream(reader, held, ret_stream);
}

enum err
reader_get_stream(struct reader *reader, stream_id stream,
                  struct reader_stream *ret_stream)
{
    struct reader_item item;
    struct reader_stream found = { .stream = stream };

    found.boundary = shelf_boundary(&reader->txn, stream);
    found.head = found.boundary;
    bool placed =
        shelf_place(&reader->txn, stream, UINT64_MAX, &found.position);
    if (reader->txn.err != OK)
        return reader->txn.err;
    if (!placed && found.boundary.seq == 0)
        return ERR_NOT_FOUND;
    if (placed) {
        if (!seek(reader, found.position))
            return nothing(reader);
        enum err err = serve(reader, &item);
        if (err != OK)
            return err;
        if (!stream_equal(item.record.stream, stream))
            return err_corrupt();
        found.head =
            (stream_head) { record_last(&item.record), item.record.chain };
    }
    *ret_stream = found;
    return OK;
}

/* ----- events by identity and id ----- */

bool
reader_holds(struct reader *reader, stream_id stream, stream_head head)
{
    struct reader_stream found;
    struct reader_item item;

    if (head.seq == 0)
        return true;
    if (reader_find(reader, stream, head.seq, &item) == OK)
        return record_last(&item.record) == head.seq &&
               digest_equal(item.record.chain, head.chain);
    return reader_get_stream(reader, stream, &found) == OK &&
           found.boundary.seq == head.seq &&
           digest_equal(found.boundary.chain, head.chain);
}

enum err
reader_find_event(struct reader *reader, identity wanted,
                  uint64_t *ret_position)
{
    struct record_event event;
    struct reader_item item;
    stream_id stream = { .incarnation = wanted.incarnation,
                         .node = wanted.node,
                         .channel = CHANNEL_EVENTS };

    enum err err = reader_find(reader, stream, wanted.seq, &item);
    if (err == OK) {
        uint64_t position = item.position + (wanted.seq - item.record.seq);
        struct shelf_item shelf = { .position = item.position,
                                    .record = item.record };
        if (shelf_pick(&shelf, position, &event) && !event.copy) {
            *ret_position = position;
            return OK;
        }
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    return reader_find_copy(reader, wanted, ret_position);
}

enum err
reader_find_copy(struct reader *reader, identity wanted, uint64_t *ret_position)
{
    struct shelf_known known;

    if (!shelf_get_copy(&reader->txn, wanted, &known))
        return nothing(reader);
    *ret_position = known.position;
    return OK;
}

enum err
reader_find_id(struct reader *reader, uint32_t node, view id,
               uint64_t *ret_position)
{
    struct shelf_known known;

    if (!shelf_get_id(&reader->txn, journal_id_key(node, id), &known))
        return nothing(reader);
    *ret_position = known.position;
    return OK;
}

enum err
reader_next_quarantine(struct reader *reader, uint64_t from,
                       uint64_t *ret_position, enum reader_quarantine *ret_why)
{
    struct shelf_key key;
    struct db_cursor cursor;

    db_cursor_open(&reader->txn, TABLE_QUARANTINE, &cursor);
    bool found = db_cursor_seek(&cursor, shelf_position_key(&key, from));
    if (found) {
        *ret_position = shelf_key_position(cursor.key);
        *ret_why =
            cursor.value.size == 1 && cursor.value.bytes[0] < QUARANTINE_END
                ? (enum reader_quarantine)cursor.value.bytes[0]
                : QUARANTINE_COPY_DIFFERS;
    }
    db_cursor_close(&cursor);
    return found ? OK : nothing(reader);
}

/* ----- gaps ----- */

/* Up to where the stream's originals are held. */
static uint64_t
held_up_to(struct reader *reader, identity of)
{
    stream_id stream = { .incarnation = of.incarnation,
                         .node = of.node,
                         .channel = CHANNEL_EVENTS };
    struct reader_stream held;

    if (reader_get_stream(reader, stream, &held) != OK)
        return 0;
    return held.head.seq;
}

enum err
reader_next_gap(struct reader *reader, identity after,
                struct reader_gap *ret_gap)
{
    struct shelf_key key;
    struct db_cursor cursor;
    identity prev = after;
    bool found = false;

    db_cursor_open(&reader->txn, TABLE_COPIES, &cursor);
    bool more = db_cursor_seek(&cursor, shelf_identity_key(&key, after));
    for (; more && !found; more = db_cursor_next(&cursor)) {
        identity each = shelf_key_identity(cursor.key);
        if (identity_compare(each, prev) < 0)
            db_fail(&reader->txn, err_corrupt()); /* out of order */
        bool same =
            each.node == prev.node && each.incarnation == prev.incarnation;
        uint64_t from = same ? prev.seq + 1 : 1;
        prev = each;
        if (each.seq <= from)
            continue;
        uint64_t held = held_up_to(reader, each);
        if (held >= from)
            from = held + 1;
        if (each.seq <= from)
            continue;
        found = true;
        *ret_gap = (struct reader_gap) { .node = each.node,
                                         .incarnation = each.incarnation,
                                         .first = from,
                                         .last = each.seq - 1 };
    }
    db_cursor_close(&cursor);
    return found ? OK : nothing(reader);
}
