/*
 * ingest.c - foreign records: checked, compared, stored; see ingest.h
 *
 * What needs only the bytes (sizes, checksum, chain) is done before the write
 * lock is taken, for it is most of the work.  Inside the transaction the first
 * new record must continue our head; the others were seen to continue it.
 */
#include "core/ingest.h"

#include "core/copy_index.h"
#include "core/pen.h"

#include <stdlib.h>
#include <string.h>

/* ----- before the transaction ----- */

/* How far a batch is sound. */
struct checked {
    uint32_t size;               /* of the sound records at its beginning */
    enum ingest_verdict verdict; /* on what follows; INGEST_APPENDED: nothing */
};

/* One record against the one before it; `prev->count` 0: none. */
static enum ingest_verdict
check_record(const struct ingest_batch *batch, const struct record *prev,
             const struct record *record)
{
    if (!stream_equal(record->stream, batch->stream))
        return INGEST_CORRUPT;
    if (prev->count > 0) {
        if (record->seq != record_last(prev) + 1)
            return INGEST_CORRUPT;
        if (!digest_equal(record->prev, prev->chain))
            return INGEST_CORRUPT;
    }
    if (record_check_chain(record) != OK)
        return INGEST_CORRUPT;
    return INGEST_APPENDED;
}

static struct checked
check_batch(const struct ingest_batch *batch)
{
    struct checked checked = { 0, INGEST_APPENDED };
    struct record prev = { 0 };

    while (checked.size < batch->bytes.size) {
        view left = { batch->bytes.bytes + checked.size,
                      batch->bytes.size - checked.size };
        struct record record;
        enum err err = record_parse(left, &record);
        if (err == OK)
            checked.verdict = check_record(batch, &prev, &record);
        else
            checked.verdict =
                err == ERR_UNKNOWN ? INGEST_UNKNOWN : INGEST_CORRUPT;
        if (checked.verdict != INGEST_APPENDED)
            return checked;
        checked.size += record.bytes.size;
        prev = record;
    }
    return checked;
}

/* ----- copies and ids ----- */

struct intake {
    struct db_txn *txn;
    struct pen pen;
    journal_describe *describe;
    struct copy_index index;
    bool copies_held; /* any at all */
    int64_t now_ms;
    struct ingest_marks marks;
};

/* A copy_index_told. */
static void
note_mark(void *context, uint64_t position, enum reader_quarantine why)
{
    struct ingest_marks *marks = context;

    if (marks->count < INGEST_MARKS_MAX)
        marks->list[marks->count] = (struct ingest_mark) { position, why };
    marks->count++;
}

/* An event that copies may hold: any that says something else is marked. */
static void
meet_copy(struct intake *intake, const struct record_event *event)
{
    struct journal_facts facts;
    struct shelf_known copy;

    if (intake->describe != NULL &&
        shelf_get_copy(intake->txn, event->here, &copy) &&
        intake->describe(event, &facts))
        copy_index_meet(&intake->index, event->here, facts.print);
}

/* The fingerprint of the original of a copy, if it is held and understood. */
static bool
find_original(struct intake *intake, identity origin, fingerprint *ret_print)
{
    stream_id stream = { .incarnation = origin.incarnation,
                         .node = origin.node,
                         .channel = CHANNEL_EVENTS };
    struct journal_facts facts;
    struct record_event event;
    struct shelf_item item;

    if (intake->describe == NULL ||
        !shelf_find(intake->txn, stream, origin.seq, &item))
        return false;
    uint64_t position = item.position + (origin.seq - item.record.seq);
    if (!shelf_pick(&item, position, &event) || event.copy ||
        !intake->describe(&event, &facts))
        return false;
    *ret_print = facts.print;
    return true;
}

bool
ingest_is_false(journal_describe *describe, const struct record_event *copy)
{
    static const fingerprint UNSAID;
    struct journal_facts facts;

    return describe != NULL && !copy->annex_erased &&
           !fingerprint_equal(copy->print, UNSAID) && describe(copy, &facts) &&
           !fingerprint_equal(copy->print, facts.print);
}

/* A copy that came inside another node's stream. */
static void
enter_copy(struct intake *intake, const struct record_event *event,
           uint64_t position)
{
    const struct shelf_known copy = { position, event->print };
    fingerprint original;

    if (ingest_is_false(intake->describe, event)) {
        shelf_mark(intake->txn, position, QUARANTINE_COPY_FALSE);
        note_mark(&intake->marks, position, QUARANTINE_COPY_FALSE);
        return;
    }
    bool held = find_original(intake, event->origin, &original);
    copy_index_enter(&intake->index, event->origin, &copy,
                     held ? &original : NULL);
    intake->copies_held = true;
}

/* Our own node's event, written in another incarnation, comes home: its id
 * must be answered from now on.  The first to arrive keeps it. */
static void
enter_id(struct intake *intake, const struct record_event *event,
         uint64_t position)
{
    struct journal_facts facts;
    struct shelf_known other;

    if (intake->describe == NULL || !intake->describe(event, &facts) ||
        facts.id.size == 0 || facts.id.size > LIMIT_CODE_SIZE)
        return;
    hash128 id = journal_id_key(event->origin.node, facts.id);
    struct shelf_known known = { position, facts.print };
    if (!shelf_get_id(intake->txn, id, &other))
        shelf_put_id(intake->txn, id, &known);
}

/* Whether copies hold any of the identities; one search for a record. */
static bool
copies_overlap(struct intake *intake, const struct record *record)
{
    identity first = { .node = record->stream.node,
                       .incarnation = record->stream.incarnation,
                       .seq = record->seq };
    struct shelf_key key;
    struct db_cursor cursor;

    if (!intake->copies_held || record->stream.channel != CHANNEL_EVENTS)
        return false;
    db_cursor_open(intake->txn, TABLE_COPIES, &cursor);
    bool found = db_cursor_seek(&cursor, shelf_identity_key(&key, first));
    identity held = found ? shelf_key_identity(cursor.key) : (identity) { 0 };
    db_cursor_close(&cursor);
    return held.node == first.node && held.incarnation == first.incarnation &&
           held.seq <= record_last(record);
}

/* Everything about a record's events that an index must know. */
static void
enter_events(struct intake *intake, const struct record *record,
             uint64_t position)
{
    struct record_cursor cursor = record_events(record);
    struct record_event event;
    bool overlap = copies_overlap(intake, record);
    uint32_t node = intake->pen.self.node;

    for (; record_next(&cursor, &event); position++) {
        if (event.copy)
            enter_copy(intake, &event, position);
        else if (overlap)
            meet_copy(intake, &event);
        if (event.origin.node == node)
            enter_id(intake, &event, position);
    }
}

/* ----- inside the transaction ----- */

static void
store_record(struct intake *intake, const struct record *record)
{
    struct pen *pen = &intake->pen;
    uint64_t position = pen->position + 1;

    int64_t arrival_ms = pen_arrive(pen, intake->now_ms);
    uint8_t *bytes = shelf_reserve(intake->txn, position, record->bytes.size);
    if (bytes == NULL)
        return;
    memcpy(bytes, record->bytes.bytes, record->bytes.size);
    shelf_seal(bytes, position, arrival_ms);
    shelf_enter(intake->txn, record, position);
    pen->position += record->count;
    pen->wrote = true;
    enter_events(intake, record, position);
}

/* A record of which we hold the last seq already: is it the same? */
static bool
is_held(struct intake *intake, const struct record *record)
{
    struct shelf_item item;

    stream_head boundary = shelf_boundary(intake->txn, record->stream);
    uint64_t last = record_last(record);
    if (last < boundary.seq)
        return true; /* dropped: nothing left to compare with */
    if (last == boundary.seq)
        return digest_equal(record->chain, boundary.chain);
    return shelf_find(intake->txn, record->stream, last, &item) &&
           record_last(&item.record) == last &&
           digest_equal(item.record.chain, record->chain);
}

/* What one record does to its stream. */
static enum ingest_verdict
take_record(struct intake *intake, struct ingest_batch *batch,
            const struct record *record)
{
    if (record_last(record) <= batch->head.seq)
        return is_held(intake, record) ? INGEST_DUPLICATE : INGEST_FORK;
    if (record->seq > batch->head.seq + 1)
        return INGEST_GAP;
    if (record->seq <= batch->head.seq ||
        !digest_equal(record->prev, batch->head.chain))
        return INGEST_FORK;
    store_record(intake, record);
    batch->head = (stream_head) { record_last(record), record->chain };
    batch->appended += record->count;
    batch->position_last = intake->pen.position;
    return INGEST_APPENDED;
}

/* Where the stream ends: as one of the batches just before has left it, of
 * which some come together, or as it stands on the shelf. */
static stream_head
find_head(struct intake *intake, const struct ingest_batch *batches,
          uint32_t index)
{
    enum { BACK = 64 };
    const stream_id stream = batches[index].stream;

    for (uint32_t i = index; i > 0 && i + BACK > index; i--)
        if (stream_equal(batches[i - 1].stream, stream))
            return batches[i - 1].head;
    return shelf_head(intake->txn, stream);
}

static void
take_batch(struct intake *intake, struct ingest_batch *batch, stream_head head,
           const struct checked *checked)
{
    view left = { batch->bytes.bytes, checked->size };
    enum ingest_verdict verdict = INGEST_DUPLICATE;

    batch->appended = 0;
    batch->position_last = 0;
    batch->head = head;
    if (batch->stream.node == intake->pen.self.node &&
        batch->stream.incarnation == intake->pen.self.incarnation) {
        batch->verdict = INGEST_OWN;
        return;
    }
    while (left.size > 0 && intake->txn->err == OK) {
        struct record record;
        enum err err = record_parse(left, &record);
        assert(err == OK);
        verdict = take_record(intake, batch, &record);
        if (verdict != INGEST_APPENDED && verdict != INGEST_DUPLICATE)
            break;
        left.bytes += record.bytes.size;
        left.size -= record.bytes.size;
    }
    if (left.size == 0 && checked->verdict != INGEST_APPENDED)
        verdict = checked->verdict;
    batch->verdict = verdict;
}

/* An acknowledgement of what is held already stands for the disk as well. */
static enum err
end_intake(struct db *db, struct intake *intake,
           const struct ingest_options *options)
{
    if (intake->pen.wrote || intake->txn->err != OK)
        return db_commit(intake->txn);
    db_abort(intake->txn);
    return options->lazy ? OK : db_sync(db);
}

enum err
ingest_run(struct journal *journal, struct ingest_batch *batches,
           uint32_t count, const struct ingest_options *options)
{
    struct db *db = journal_db(journal);
    struct db_txn txn;
    enum err err;

    assert(count > 0);
    if (options->now_ms <= 0 || options->now_ms > LIMIT_CLOCK_MS_MAX)
        return ERR_INPUT;
    struct checked *checked = calloc(count, sizeof *checked);
    if (checked == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        checked[i] = check_batch(&batches[i]);
    do {
        struct intake intake = { .txn = &txn,
                                 .describe = journal_describer(journal),
                                 .now_ms = options->now_ms };
        shelf_begin(db, options->lazy ? DB_WRITE_LAZY : DB_WRITE, &txn);
        pen_open(&intake.pen, &txn);
        intake.index = (struct copy_index) { &txn, note_mark, &intake.marks };
        intake.copies_held = db_count(&txn, TABLE_COPIES) > 0;
        for (uint32_t i = 0; i < count && txn.err == OK; i++)
            take_batch(&intake, &batches[i], find_head(&intake, batches, i),
                       &checked[i]);
        err = end_intake(db, &intake, options);
        if (options->marks)
            *options->marks = intake.marks;
    } while (db_grown(&txn));
    free(checked);
    return err;
}

enum err
ingest_sync(struct journal *journal)
{
    return db_sync(journal_db(journal));
}
