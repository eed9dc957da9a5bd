#include "nodes/carry.h"

#include "core/pack.h"
#include "core/prune.h"
#include "core/retell.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECORDS_ROOM = LIMIT_FRAME_SIZE - FRAME_BATCH_FIXED,
    PART_MIN = 65536, /* of a record that does not fit a frame */
};

enum err
carry_open(struct journal *journal, struct carry *ret_carry)
{
    struct carry carry = { .journal = journal };

    carry.records = malloc(RECORDS_ROOM);
    if (!carry.records)
        return ERR_MEMORY;
    *ret_carry = carry;
    return OK;
}

void
carry_close(struct carry *carry)
{
    free(carry->records);
    free(carry->offers);
    free(carry->held);
    publics_close(&carry->publics);
    *carry = (struct carry) { 0 };
}

static enum err
begin(struct carry *carry)
{
    assert(!carry->reader);
    return reader_open(carry->journal, &carry->reader);
}

static void
end(struct carry *carry)
{
    reader_close(carry->reader);
    carry->reader = NULL;
}

/* The record end at or below the seq; zeros: none is held. */
static stream_head
end_below(struct carry *carry, stream_id stream, uint64_t seq)
{
    struct reader_item item;
    struct reader_stream found;

    if (seq == 0)
        return (stream_head) { 0 };
    if (reader_find(carry->reader, stream, seq, &item) == OK) {
        uint64_t last = record_last(&item.record);
        if (last == seq)
            return (stream_head) { .seq = last, .chain = item.record.chain };
        return (stream_head) { .seq = item.record.seq - 1,
                               .chain = item.record.prev };
    }
    if (reader_get_stream(carry->reader, stream, &found) != OK)
        return (stream_head) { 0 };
    if (seq >= found.head.seq)
        return found.head;
    return seq >= found.boundary.seq ? found.boundary : (stream_head) { 0 };
}

void
carry_hashes(struct carry *carry, const struct sync_output *wish,
             struct sync_input *ret_input)
{
    enum err err = begin(carry);

    *ret_input = (struct sync_input) { .kind = SYNC_HASHES };
    ret_input->hashes.stream = wish->get_hashes.stream;
    ret_input->hashes.heads = carry->hashes;
    ret_input->hashes.count = wish->get_hashes.count;
    for (uint32_t i = 0; i < wish->get_hashes.count; i++)
        carry->hashes[i] = err == OK ? end_below(carry, wish->get_hashes.stream,
                                                 wish->get_hashes.seqs[i])
                                     : (stream_head) { 0 };
    end(carry);
}

/* A part of a record that does not fit a frame. */
static void
carry_part(struct carry *carry, const struct sync_output *wish,
           const struct record *record, struct sync_input *ret_input)
{
    const uint32_t offset = wish->get_records.offset;
    uint32_t left = record->bytes.size - offset;
    uint32_t size = wish->get_records.size_max;

    if (size < PART_MIN)
        size = PART_MIN;
    if (size > left)
        size = left;
    memcpy(carry->records, record->bytes.bytes + offset, size);
    ret_input->records.offset = offset;
    ret_input->records.more = size < left;
    ret_input->records.before =
        (stream_head) { .seq = record->seq - 1, .chain = record->prev };
    ret_input->records.end =
        (stream_head) { .seq = record_last(record), .chain = record->chain };
    ret_input->records.bytes = (view) { carry->records, size };
}

static bool
needs_parts(const struct sync_output *wish, const struct record *record)
{
    return record->seq == wish->get_records.after.seq + 1 &&
           record->bytes.size > RECORDS_ROOM &&
           wish->get_records.offset < record->bytes.size;
}

void
carry_records(struct carry *carry, const struct sync_output *wish,
              struct sync_input *ret_input)
{
    const uint64_t after = wish->get_records.after.seq;
    uint32_t size = 0;
    stream_head last = wish->get_records.after;
    stream_head before = last;
    enum err err = begin(carry);

    *ret_input = (struct sync_input) { .kind = SYNC_RECORDS };
    ret_input->records.stream = wish->get_records.stream;
    while (err == OK && last.seq < wish->get_records.last) {
        struct reader_item item;
        err = reader_find(carry->reader, wish->get_records.stream, last.seq + 1,
                          &item);
        view bytes = item.record.bytes;
        if (err == OK && size == 0 && needs_parts(wish, &item.record)) {
            carry_part(carry, wish, &item.record, ret_input);
            end(carry);
            return;
        }
        if (err != OK || item.record.seq != last.seq + 1 ||
            bytes.size > RECORDS_ROOM - size ||
            (size > 0 && size + bytes.size > wish->get_records.size_max))
            break;
        if (last.seq == after)
            before = (stream_head) { .seq = after, .chain = item.record.prev };
        memcpy(carry->records + size, bytes.bytes, bytes.size);
        size += bytes.size;
        last = (stream_head) { .seq = record_last(&item.record),
                               .chain = item.record.chain };
    }
    end(carry);
    ret_input->records.before = before;
    ret_input->records.end = last;
    ret_input->records.bytes = (view) { carry->records, size };
}

struct ingest_batch
carry_batch(const struct sync_output *wish)
{
    return (struct ingest_batch) { .stream = wish->put_records.stream,
                                   .bytes = wish->put_records.bytes };
}

static enum sync_verdict
verdict_of(enum ingest_verdict verdict)
{
    switch (verdict) {
    case INGEST_APPENDED:
    case INGEST_DUPLICATE:
        return SYNC_STORED_OK;
    case INGEST_GAP:
        return SYNC_STORED_GAP;
    case INGEST_FORK:
        return SYNC_STORED_FORK;
    case INGEST_CORRUPT:
        return SYNC_STORED_CHECKSUM;
    case INGEST_UNKNOWN: /* we are too old for it */
    case INGEST_OWN:     /* nobody writes our history but we */
        return SYNC_STORED_RIGHT;
    }
    return SYNC_STORED_RIGHT;
}

void
carry_stored(const struct ingest_batch *batch, enum err err, uint64_t total,
             struct sync_input *ret_input)
{
    *ret_input = (struct sync_input) { .kind = SYNC_STORED };
    ret_input->stored.stream = batch->stream;
    ret_input->stored.total = total;
    ret_input->stored.head = batch->head;
    ret_input->stored.verdict =
        err == OK ? verdict_of(batch->verdict) : SYNC_STORED_FULL;
}

/* --- which streams there are --- */

/* Makes room for one more item of `size` bytes behind the first `count`:
 * returns `items` itself, or where it has grown.  NULL: no memory, and `items`
 * is as it was. */
static void *
make_room(void *items, uint32_t count, size_t size)
{
    /* Doubles at 8, 16, 32, ... */
    if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
        return items;
    size_t wanted = count < 8 ? 8 : (size_t)count * 2;
    return realloc(items, wanted * size);
}

static enum err
add_offer(struct carry *carry, const struct sync_offer *offer)
{
    struct sync_offer *offers =
        make_room(carry->offers, carry->offer_count, sizeof *offers);

    if (!offers)
        return ERR_MEMORY;
    carry->offers = offers;
    offers[carry->offer_count++] = *offer;
    return OK;
}

static enum err
add_held(struct carry *carry, const struct reader_stream *found)
{
    struct sync_held *held =
        make_room(carry->held, carry->held_count, sizeof *held);

    if (!held)
        return ERR_MEMORY;
    carry->held = held;
    held[carry->held_count++] =
        (struct sync_held) { .stream = found->stream, .head = found->head };
    return OK;
}

/* Whether the events above that seq were told again here: each is marked then.
 * The first one says it that has not been dropped.  Where there is none, there
 * was nothing to tell. */
static bool
is_told_again(struct carry *carry, const struct sync_offer *offer, uint64_t seq)
{
    struct reader_item item;
    struct record_event event;
    enum reader_quarantine why = QUARANTINE_NONE;
    uint64_t marked = 0;

    if (seq < offer->boundary.seq)
        seq = offer->boundary.seq;
    while (reader_find(carry->reader, offer->stream, seq + 1, &item) == OK) {
        struct record_cursor cursor = record_events(&item.record);
        while (record_next(&cursor, &event)) {
            const uint64_t position =
                item.position + event.here.seq - item.record.seq;
            if (event.here.seq > seq)
                return reader_next_quarantine(carry->reader, position, &marked,
                                              &why) == OK &&
                       marked == position && why == QUARANTINE_TOLD_AGAIN;
        }
        seq = record_last(&item.record);
    }
    return true;
}

/* A later incarnation says where it left its parent.  What we hold above is
 * either our own, and told again, or the hub's, fetched by now: only after a
 * fork is there something else of ours in that place.  A twin, whose
 * incarnations we may hold, too, has left the stream elsewhere, and told again
 * nothing of ours. */
static void
mark_left(struct carry *carry, const struct record_parent *parent)
{
    for (uint32_t i = 0; i < carry->offer_count; i++) {
        struct sync_offer *offer = &carry->offers[i];
        if (offer->stream.incarnation != parent->incarnation ||
            parent->reason != REASON_FORK || offer->head.seq <= parent->seq ||
            !is_told_again(carry, offer, parent->seq))
            continue;
        offer->fetch = false;
        offer->head =
            (stream_head) { .seq = parent->seq, .chain = parent->chain };
    }
}

static enum err
list_offers(struct carry *carry, uint32_t node, enum record_channel channel,
            uint64_t incarnation)
{
    /* Streams stand in the order of their nodes. */
    struct reader_stream found = { .stream = { .node = node } };
    enum err err = OK;

    carry->offer_count = 0;
    for (;;) {
        err = reader_next_stream(carry->reader, found.stream, &found);
        if (err != OK || found.stream.node != node)
            break;
        if (found.stream.channel != channel)
            continue;
        /* No longer the current one: it goes on elsewhere, even if nothing
         * has been written there yet. */
        bool left = found.stream.incarnation != incarnation &&
                    channel == CHANNEL_EVENTS;
        const struct sync_offer offer = { .stream = found.stream,
                                          .head = found.head,
                                          .boundary = found.boundary,
                                          .held = found.head,
                                          .left = left,
                                          .fetch = left };
        err = add_offer(carry, &offer);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct sync_offer *
find_offer(struct carry *carry, uint64_t incarnation)
{
    for (uint32_t i = 0; i < carry->offer_count; i++)
        if (carry->offers[i].stream.incarnation == incarnation)
            return &carry->offers[i];
    return NULL;
}

/* What the first record of an incarnation says of the one that it left, also
 * where that record has been dropped. */
static enum err
find_parent(struct carry *carry, stream_id stream,
            struct record_parent *ret_parent)
{
    struct reader_item item;
    enum err err = reader_find(carry->reader, stream, 1, &item);

    if (err == OK)
        *ret_parent = item.record.parent;
    else
        err = prune_get_parent(carry->journal, stream, ret_parent);
    return err;
}

/* Each incarnation names the one before it and where that ended: so much of it
 * we wrote, and no twin.  Where we found out later that it had forked, that end
 * is where. */
static enum err
mark_own(struct carry *carry, struct record_parent parent)
{
    for (uint32_t i = 0; i < carry->offer_count; i++) {
        struct sync_offer *offer = find_offer(carry, parent.incarnation);
        stream_head told;

        if (!offer || !offer->left)
            return OK;
        enum err err =
            retell_get(carry->journal, offer->stream.incarnation, &told);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        if (err == OK && told.seq < offer->head.seq) {
            offer->fetch = false;
            offer->head = told;
        }
        offer->own =
            parent.seq < offer->head.seq ? parent.seq : offer->head.seq;
        if (find_parent(carry, offer->stream, &parent) != OK)
            return OK;
    }
    return OK;
}

/* Of the events, after all streams are known. */
static enum err
mark_events(struct carry *carry, const struct journal_identity *who)
{
    for (uint32_t i = 0; i < carry->offer_count; i++) {
        struct record_parent parent;
        /* A twin's incarnation, which we may hold, too, leaves our own where
         * it likes: the one that we write is not left. */
        if (find_parent(carry, carry->offers[i].stream, &parent) == OK &&
            parent.incarnation != who->incarnation)
            mark_left(carry, &parent);
    }
    return mark_own(carry, who->parent);
}

enum err
carry_offers(struct carry *carry, uint32_t node, enum record_channel channel)
{
    struct journal_identity who;
    enum err err = journal_get_identity(carry->journal, &who);

    assert(err != OK || node == who.node);
    if (err == OK)
        err = begin(carry);
    if (err != OK)
        return err;
    err = list_offers(carry, node, channel, who.incarnation);
    /* What is public or in the books is not told again where it was left. */
    if (err == OK && channel == CHANNEL_EVENTS)
        err = mark_events(carry, &who);
    end(carry);
    return err;
}

enum err
carry_current(struct carry *carry)
{
    struct journal_identity who;
    enum err err = journal_get_identity(carry->journal, &who);

    if (err != OK)
        return err;
    const stream_id stream = { .incarnation = who.incarnation,
                               .node = who.node,
                               .channel = CHANNEL_EVENTS };
    for (uint32_t i = 0; i < carry->offer_count; i++)
        if (stream_equal(carry->offers[i].stream, stream))
            return OK;
    return add_offer(carry, &(struct sync_offer) { .stream = stream });
}

static enum err
add_found(struct carry *carry, const struct reader_stream *found)
{
    return add_offer(carry,
                     &(struct sync_offer) { .stream = found->stream,
                                            .head = found->head,
                                            .boundary = found->boundary });
}

static enum err
list_all(struct carry *carry)
{
    struct reader_stream found = { 0 };
    enum err err;

    carry->offer_count = 0;
    while ((err = reader_next_stream(carry->reader, found.stream, &found)) ==
           OK) {
        err = add_found(carry, &found);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
carry_all(struct carry *carry)
{
    enum err err = begin(carry);

    if (err == OK)
        err = list_all(carry);
    end(carry);
    return err;
}

static enum err
list_public(struct carry *carry)
{
    const struct publics *publics = &carry->publics;
    struct reader_stream found;
    enum err err = publics_look(&carry->publics, carry->reader);

    for (uint32_t i = 0; err == OK && i < publics->count; i++) {
        err = reader_get_stream(carry->reader, publics->list[i], &found);
        if (err == OK)
            err = add_found(carry, &found);
        else if (err == ERR_NOT_FOUND)
            err = OK;
    }
    return err;
}

/* Streams stand in the order of their nodes. */
static enum err
list_events(struct carry *carry, uint32_t node)
{
    struct reader_stream found = { .stream = { .node = node } };
    enum err err;

    while ((err = reader_next_stream(carry->reader, found.stream, &found)) ==
               OK &&
           found.stream.node == node) {
        if (found.stream.channel == CHANNEL_EVENTS)
            err = add_found(carry, &found);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
carry_for(struct carry *carry, uint32_t node)
{
    enum err err = begin(carry);

    assert(node > 0);
    carry->offer_count = 0;
    if (err == OK)
        err = list_public(carry);
    if (err == OK)
        err = list_events(carry, node);
    end(carry);
    return err;
}

enum err
carry_standby(struct carry *carry, uint32_t node)
{
    struct journal_identity who;
    enum err err = journal_get_identity(carry->journal, &who);

    assert(err != OK || node == who.node);
    if (err == OK)
        err = carry_all(carry);
    for (uint32_t i = 0; err == OK && i < carry->offer_count; i++) {
        struct sync_offer *offer = &carry->offers[i];
        if (offer->stream.node == node &&
            offer->stream.incarnation != who.incarnation)
            offer->left = offer->fetch = true;
    }
    return err;
}

uint64_t
carry_pending(const struct carry *carry)
{
    enum { EVENT_BYTES = 200 };
    uint64_t items = 0;

    for (uint32_t i = 0; i < carry->offer_count; i++) {
        const struct sync_offer *offer = &carry->offers[i];
        if (offer->head.seq > offer->acked)
            items += offer->head.seq - offer->acked;
    }
    return items * EVENT_BYTES;
}

static enum err
list_held(struct carry *carry, uint32_t node, enum record_channel channel)
{
    struct reader_stream found = { 0 };
    enum err err;

    carry->held_count = 0;
    while ((err = reader_next_stream(carry->reader, found.stream, &found)) ==
           OK) {
        if (found.stream.node == node || found.stream.channel != channel)
            continue;
        err = add_held(carry, &found);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
carry_held(struct carry *carry, uint32_t node, enum record_channel channel)
{
    enum err err = begin(carry);

    if (err == OK)
        err = list_held(carry, node, channel);
    end(carry);
    return err;
}

enum err
carry_head(struct carry *carry, stream_id stream, stream_head *ret_head)
{
    struct reader_stream found;
    enum err err = begin(carry);

    if (err == OK)
        err = reader_get_stream(carry->reader, stream, &found);
    end(carry);
    if (err == ERR_NOT_FOUND) {
        *ret_head = (stream_head) { 0 };
        return OK;
    }
    if (err == OK)
        *ret_head = found.head;
    return err;
}

bool
carry_holds(struct carry *carry, stream_id stream, stream_head head)
{
    bool holds =
        begin(carry) == OK && reader_holds(carry->reader, stream, head);

    end(carry);
    return holds;
}

uint64_t
carry_last(struct carry *carry)
{
    uint64_t last = begin(carry) == OK ? reader_last(carry->reader) : 0;

    end(carry);
    return last;
}

/* The clock of the last record of our own events; INT64_MIN: none. */
static enum err
last_recorded(struct carry *carry, const struct journal_identity *who,
              int64_t *ret_ms)
{
    const stream_id stream = { .incarnation = who->incarnation,
                               .node = who->node,
                               .channel = CHANNEL_EVENTS };
    struct reader_stream found;
    struct reader_item item;
    enum err err = begin(carry);

    *ret_ms = INT64_MIN;
    if (err == OK)
        err = reader_get_stream(carry->reader, stream, &found);
    if (err == OK && found.head.seq > found.boundary.seq)
        err = reader_find(carry->reader, stream, found.head.seq, &item);
    if (err == OK && found.head.seq > found.boundary.seq)
        *ret_ms = item.record.recorded_ms;
    end(carry);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
carry_mark(struct carry *carry, int64_t now_ms, int64_t idle_ms)
{
    struct journal_identity who;
    struct journal_result result;
    struct text body = { 0 };
    int64_t last_ms;
    enum err err = journal_get_identity(carry->journal, &who);

    if (err == OK)
        err = last_recorded(carry, &who, &last_ms);
    if (err != OK || (last_ms != INT64_MIN && now_ms - last_ms < idle_ms))
        return err;
    /* A map { 1: the time }, as the record's own clock says it. */
    pack_map(&body, 1);
    pack_unsigned(&body, 1);
    pack_integer(&body, now_ms);
    const struct journal_control control = { .channel = CHANNEL_EVENTS,
                                             .kind = RECORD_MARK,
                                             .body = text_view(&body),
                                             .now_ms = now_ms };
    err = text_ok(&body)
              ? journal_append_control(carry->journal, &control, &result)
              : ERR_MEMORY;
    text_close(&body);
    return err;
}
