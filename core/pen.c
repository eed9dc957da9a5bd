/*
 * pen.c - our own records, one after another; see pen.h
 */
#include "core/pen.h"

#include <string.h>

/* As the node that runs here has noted it; where none does, nobody knows. */
static bool
clock_is_off(struct db_txn *txn)
{
    int64_t offset_ms = 0;
    view value;

    if (!db_get(txn, TABLE_NOTES, view_of(SHELF_CLOCK_NOTE), &value) ||
        value.size != sizeof offset_ms)
        return false;
    memcpy(&offset_ms, value.bytes, sizeof offset_ms);
    return offset_ms > LIMIT_CLOCK_OFF_MS || offset_ms < -LIMIT_CLOCK_OFF_MS;
}

void
pen_open(struct pen *pen, struct db_txn *txn)
{
    struct shelf_item last;

    *pen = (struct pen) { .txn = txn };
    shelf_get_self(txn, &pen->self);
    if (shelf_last(txn, &last)) {
        pen->position = last.position + last.record.count - 1;
        pen->arrival_ms = last.arrival_ms;
    }
    pen->clock_off = clock_is_off(txn);
}

stream_id
pen_stream_id(const struct pen *pen, uint8_t channel)
{
    assert(channel < CHANNEL_END);
    return (stream_id) { .incarnation = pen->self.incarnation,
                         .node = pen->self.node,
                         .channel = channel };
}

static struct pen_stream *
find_stream(struct pen *pen, uint8_t channel)
{
    struct pen_stream *stream = &pen->streams[channel];
    struct shelf_item tip;

    if (stream->known)
        return stream;
    stream->known = true;
    stream_id id = pen_stream_id(pen, channel);
    if (shelf_tip(pen->txn, id, &tip)) {
        stream->head =
            (stream_head) { record_last(&tip.record), tip.record.chain };
        stream->recorded_ms = tip.record.recorded_ms;
    } else {
        stream->head = shelf_boundary(pen->txn, id);
    }
    return stream;
}

stream_head
pen_head(struct pen *pen, uint8_t channel)
{
    return find_stream(pen, channel)->head;
}

int64_t
pen_arrive(struct pen *pen, int64_t now_ms)
{
    assert(now_ms >= 0);
    if (now_ms > pen->arrival_ms)
        pen->arrival_ms = now_ms;
    return pen->arrival_ms;
}

/* Everything of the next record of a channel but its body. */
static struct record
next_record(struct pen *pen, uint8_t channel, int64_t now_ms)
{
    struct pen_stream *stream = find_stream(pen, channel);
    struct record record = {
        .stream = pen_stream_id(pen, channel),
        .seq = stream->head.seq + 1,
        .recorded_ms = now_ms,
        .prev = stream->head.chain,
    };

    if (record.seq == 1) {
        record.flags |= RECORD_FIRST;
        record.parent = pen->self.parents[channel];
    }
    if (now_ms < stream->recorded_ms - LIMIT_CLOCK_BACK_MS)
        record.flags |= RECORD_CLOCK_BACK;
    if (pen->clock_off)
        record.flags |= RECORD_CLOCK_OFF;
    return record;
}

/* After the record's bytes are complete. */
static void
finish_record(struct pen *pen, const struct record *record, uint8_t *bytes)
{
    struct pen_stream *stream = find_stream(pen, record->stream.channel);
    uint64_t position = pen->position + 1;
    int64_t arrival_ms = pen_arrive(pen, record->recorded_ms);

    shelf_seal(bytes, position, arrival_ms);
    shelf_enter(pen->txn, record, position);
    stream->head = (stream_head) { record_last(record), record->chain };
    stream->recorded_ms = record->recorded_ms;
    pen->position += record->count;
    pen->wrote = true;
}

/* How many of the entries fit into one record, and their size. */
static uint32_t
fill_record(const struct record_entry *entries, uint32_t count,
            uint32_t *ret_size)
{
    uint32_t size = 0;
    uint32_t taken = 0;

    while (taken < count && taken < LIMIT_RECORD_EVENTS) {
        uint32_t more = record_entry_size(&entries[taken]);
        if (record_size(size + more, true) > LIMIT_RECORD_SIZE)
            break;
        size += more;
        taken++;
    }
    assert(taken > 0);
    *ret_size = size;
    return taken;
}

void
pen_write_events(struct pen *pen, const struct record_entry *entries,
                 uint32_t count, int64_t now_ms)
{
    struct record_writer writer;

    while (count > 0 && pen->txn->err == OK) {
        uint32_t body_size;
        struct record record = next_record(pen, CHANNEL_EVENTS, now_ms);
        record.kind = RECORD_EVENTS;
        record.count = fill_record(entries, count, &body_size);
        uint32_t size =
            record_size(body_size, (record.flags & RECORD_FIRST) != 0);
        uint8_t *bytes = shelf_reserve(pen->txn, pen->position + 1, size);
        if (bytes == NULL)
            return;
        record_write(&writer, &record, bytes, size);
        for (uint32_t i = 0; i < record.count; i++)
            record_write_event(&writer, &entries[i]);
        record_write_end(&writer);
        finish_record(pen, &record, bytes);
        entries += record.count;
        count -= record.count;
    }
}

void
pen_write_control(struct pen *pen, uint8_t channel, uint8_t kind, view body,
                  int64_t now_ms)
{
    struct record_writer writer;

    if (pen->txn->err != OK)
        return;
    struct record record = next_record(pen, channel, now_ms);
    record.kind = kind;
    record.count = 1;
    uint32_t size = record_size(body.size, (record.flags & RECORD_FIRST) != 0);
    uint8_t *bytes = shelf_reserve(pen->txn, pen->position + 1, size);
    if (bytes == NULL)
        return;
    record_write(&writer, &record, bytes, size);
    record_write_control(&writer, body);
    record_write_end(&writer);
    finish_record(pen, &record, bytes);
}

void
pen_write_pieces(struct pen *pen, uint8_t channel, view bytes, int64_t now_ms)
{
    view left = bytes;

    while (left.size > 0 && pen->txn->err == OK) {
        view piece = left;
        if (piece.size > LIMIT_PIECE_SIZE)
            piece.size = LIMIT_PIECE_SIZE;
        pen_write_control(pen, channel, RECORD_PIECE, piece, now_ms);
        left.bytes += piece.size;
        left.size -= piece.size;
    }
}

static bool
is_hindered_by(struct pen *pen, const struct record *record,
               pen_hinders *hinders, void *context)
{
    struct record_cursor cursor = record_events(record);
    struct record_event event;

    if (record->kind != RECORD_EVENTS ||
        !stream_equal(record->stream, pen_stream_id(pen, CHANNEL_EVENTS)))
        return true;
    while (record_next(&cursor, &event))
        if (event.copy || hinders(context, &event))
            return true;
    return false;
}

/* Everybody who appends waits meanwhile. */
bool
pen_is_hindered(struct pen *pen, uint64_t from, pen_hinders *hinders,
                void *context)
{
    enum { ASKED_MAX = 16384 };
    struct shelf_item item;

    if (from == pen->position + 1)
        return false;
    if (hinders == NULL || from > pen->position ||
        pen->position - from >= ASKED_MAX)
        return true;
    for (; from <= pen->position; from = item.position + item.record.count)
        if (!shelf_holding(pen->txn, from, &item) ||
            is_hindered_by(pen, &item.record, hinders, context))
            return true;
    return false;
}

bool
pen_has_control(const struct pen *pen, uint64_t from)
{
    struct db_cursor cursor;
    struct shelf_key key;

    db_cursor_open(pen->txn, TABLE_CONTROLS, &cursor);
    bool found = db_cursor_seek(&cursor, shelf_position_key(&key, from));
    db_cursor_close(&cursor);
    return found;
}

void
pen_renew(struct pen *pen, uint64_t incarnation, enum record_reason reason,
          const stream_head *fork)
{
    struct record_parent parents[CHANNEL_END] = { 0 };

    assert(reason != REASON_INIT);
    for (uint8_t channel = 0; channel < CHANNEL_END; channel++) {
        stream_head head = pen_head(pen, channel);
        const bool empty = head.seq == 0;
        if (channel == CHANNEL_EVENTS && fork != NULL)
            head = *fork;
        parents[channel] = (struct record_parent) {
            .incarnation = pen->self.incarnation,
            .seq = head.seq,
            .chain = head.chain,
            .reason = (uint8_t)reason,
        };
        /* Of one in which nothing of ours stands nobody will ever be told, or
         * somebody else has written there, and says of it what he likes. */
        if (empty && pen->self.parents[channel].incarnation != 0)
            parents[channel] = pen->self.parents[channel];
    }
    pen->self.incarnation = incarnation;
    for (uint8_t channel = 0; channel < CHANNEL_END; channel++) {
        pen->self.parents[channel] = parents[channel];
        pen->streams[channel] = (struct pen_stream) { 0 };
        if (pen_head(pen, channel).seq != 0)
            db_fail(pen->txn, ERR_EXISTS);
    }
    if (pen->txn->err == OK)
        shelf_put_self(pen->txn, &pen->self);
    pen->wrote = true;
}
