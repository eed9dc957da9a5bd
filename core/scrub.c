/*
 * scrub.c - the long walk over a journal; see scrub.h
 *
 * One snapshot, records in the order of arrival, nothing kept in memory but
 * where we are: a record's predecessor in its stream is looked up through the
 * index, so that the index is tested by being used.
 */
#include "core/scrub.h"

#include "core/copy_index.h"

#include <string.h>

static const char *const NAMES[] = {
    [SCRUB_DAMAGED] = "damaged record",
    [SCRUB_CHAIN] = "broken chain",
    [SCRUB_SEQ] = "numbers missing in the stream",
    [SCRUB_POSITION] = "positions missing",
    [SCRUB_ARRIVAL] = "times of arrival out of order",
    [SCRUB_INDEX] = "wrong index",
    [SCRUB_UNKNOWN] = "record of a later version",
};

const char *
scrub_name(enum scrub_kind kind)
{
    assert((uint32_t)kind < COUNT_OF(NAMES));
    return NAMES[kind];
}

struct scrub {
    struct db_txn *txn;
    journal_describe *describe;
    scrub_report *report;
    void *context;
    struct scrub_totals totals;
    uint64_t next; /* the position that should follow; 0: any may */
    int64_t arrival_ms;
    uint32_t node; /* ours */
    struct watch *watch;
    uint64_t walked; /* of what it is told about */
};

/* One more of those of which the watch is told. */
static void
walk_on(struct scrub *scrub)
{
    if (++scrub->walked % WATCH_STEP == 0)
        watch_reach(scrub->watch, scrub->walked);
}

static void
report(struct scrub *scrub, struct scrub_finding finding)
{
    if (finding.kind != SCRUB_UNKNOWN)
        scrub->totals.findings++;
    if (scrub->report != NULL)
        scrub->report(scrub->context, &finding);
}

static void
report_item(struct scrub *scrub, enum scrub_kind kind,
            const struct shelf_item *item)
{
    report(scrub, (struct scrub_finding) { .kind = kind,
                                           .position = item->position,
                                           .stream = item->record.stream,
                                           .seq = item->record.seq });
}

/* A record of which only the position is to be trusted. */
static void
report_position(struct scrub *scrub, enum scrub_kind kind, uint64_t position)
{
    struct scrub_finding finding = { .kind = kind, .position = position };

    shelf_owner(scrub->txn, position, &finding.stream, &finding.seq);
    report(scrub, finding);
}

/* ----- one record ----- */

static bool
get_item(struct db_txn *txn, uint64_t position, struct shelf_item *ret_item)
{
    struct shelf_key key;
    view value;

    view wanted = shelf_position_key(&key, position);
    return db_get(txn, TABLE_RECORDS, wanted, &value) &&
           shelf_parse(wanted, value, ret_item) == OK;
}

/* The end that the record must continue.  False: its predecessor can't be
 * read, and has been or will be reported itself. */
static bool
find_prev(struct scrub *scrub, const struct record *record,
          stream_head *ret_head)
{
    struct shelf_item item;
    uint64_t position;

    *ret_head = (stream_head) { 0 };
    if (record->seq == 1)
        return true;
    if (!shelf_place(scrub->txn, record->stream, record->seq - 1, &position)) {
        *ret_head = shelf_boundary(scrub->txn, record->stream);
        return true;
    }
    if (!get_item(scrub->txn, position, &item))
        return false;
    if (stream_equal(item.record.stream, record->stream))
        *ret_head =
            (stream_head) { record_last(&item.record), item.record.chain };
    return true;
}

static void
check_links(struct scrub *scrub, const struct shelf_item *item)
{
    stream_head prev;

    if (record_check_chain(&item->record) != OK)
        report_item(scrub, SCRUB_CHAIN, item);
    if (!find_prev(scrub, &item->record, &prev))
        return;
    if (prev.seq + 1 != item->record.seq)
        report_item(scrub, SCRUB_SEQ, item);
    else if (!digest_equal(prev.chain, item->record.prev))
        report_item(scrub, SCRUB_CHAIN, item);
}

static void
check_indexes(struct scrub *scrub, const struct shelf_item *item)
{
    struct shelf_key key;
    view value;

    bool placed =
        db_get(scrub->txn, TABLE_STREAMS,
               shelf_seq_key(&key, item->record.stream, item->record.seq),
               &value) &&
        shelf_value_position(value) == item->position;
    bool listed = db_get(scrub->txn, TABLE_CONTROLS,
                         shelf_position_key(&key, item->position), &value);
    /* A mark may have been listed by an earlier program. */
    bool fits = item->record.kind == RECORD_MARK ||
                listed == (item->record.kind != RECORD_EVENTS);
    if (!placed || !fits)
        report_item(scrub, SCRUB_INDEX, item);
}

/* The first position of the record that should hold the position. */
static bool
find_first(struct scrub *scrub, uint64_t position, uint64_t *ret_first)
{
    struct shelf_key key;
    struct db_cursor cursor;

    db_cursor_open(scrub->txn, TABLE_RECORDS, &cursor);
    view wanted = shelf_position_key(&key, position);
    bool found = db_cursor_seek(&cursor, wanted);
    if (!found)
        found = db_cursor_last(&cursor);
    else if (!view_equal(cursor.key, wanted))
        found = db_cursor_prev(&cursor);
    if (found)
        *ret_first = shelf_key_position(cursor.key);
    db_cursor_close(&cursor);
    return found && *ret_first <= position;
}

/* The event that stands at a position.  False: none does, as far as can be
 * told; `ret_lost`: its record is dropped, or damaged and told itself. */
static bool
find_event(struct scrub *scrub, uint64_t position, struct record_event *ret,
           bool *ret_lost)
{
    struct shelf_item item;
    struct shelf_run run;
    uint64_t first;

    *ret_lost = position != 0 && shelf_dropped(scrub->txn, position, &run);
    if (*ret_lost || position == 0 || !find_first(scrub, position, &first))
        return false;
    *ret_lost = !get_item(scrub->txn, first, &item);
    return !*ret_lost && shelf_pick(&item, position, ret);
}

/* The caller's id of an event, if it is one of ours that has one. */
static bool
find_id(struct scrub *scrub, const struct record_event *event, hash128 *ret_id,
        fingerprint *ret_print)
{
    struct journal_facts facts;

    if (event->origin.node != scrub->node || scrub->describe == NULL ||
        !scrub->describe(event, &facts) || facts.id.size == 0 ||
        facts.id.size > LIMIT_CODE_SIZE)
        return false;
    *ret_id = journal_id_key(event->origin.node, facts.id);
    *ret_print = event->copy ? event->print : facts.print;
    return true;
}

/* A false copy is marked and stands in no index. */
static bool
is_marked_false(struct scrub *scrub, uint64_t position)
{
    uint8_t why;

    return shelf_get_mark(scrub->txn, position, &why) &&
           why == QUARANTINE_COPY_FALSE;
}

/* Whether what is known of a copy is this one, or another of the same event. */
static bool
is_known_copy(struct scrub *scrub, const struct record_event *event,
              uint64_t position)
{
    struct record_event other;
    struct shelf_known known;
    bool lost;

    if (is_marked_false(scrub, position))
        return true;
    if (!shelf_get_copy(scrub->txn, event->origin, &known))
        return false;
    if (known.position == position)
        return fingerprint_equal(known.print, event->print);
    if (!find_event(scrub, known.position, &other, &lost))
        return lost;
    return other.copy && identity_equal(other.origin, event->origin);
}

/* Whether what is known of an id is this event, or another that bears it. */
static bool
is_known_id(struct scrub *scrub, const struct record_event *event,
            uint64_t position)
{
    struct record_event other;
    struct shelf_known known;
    fingerprint print, other_print;
    hash128 id, other_id;
    bool lost;

    if (!find_id(scrub, event, &id, &print))
        return true;
    if (!shelf_get_id(scrub->txn, id, &known))
        return false;
    if (known.position == position)
        return fingerprint_equal(known.print, print);
    if (!find_event(scrub, known.position, &other, &lost))
        return lost;
    return find_id(scrub, &other, &other_id, &other_print) &&
           hash128_equal(id, other_id);
}

static void
check_events(struct scrub *scrub, const struct shelf_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;

    while (record_next(&cursor, &event)) {
        struct shelf_item at = *item;
        at.position += cursor.index - 1;
        at.record.seq += cursor.index - 1;
        if ((event.copy && !is_known_copy(scrub, &event, at.position)) ||
            !is_known_id(scrub, &event, at.position))
            report_item(scrub, SCRUB_INDEX, &at);
    }
}

static void
check_record(struct scrub *scrub, view key, view value)
{
    struct shelf_item item = { 0 };
    uint64_t wanted = scrub->next;

    enum err err = shelf_parse(key, value, &item);
    scrub->totals.records++;
    scrub->next = 0;
    if (err != OK) {
        report_position(scrub,
                        err == ERR_UNKNOWN ? SCRUB_UNKNOWN : SCRUB_DAMAGED,
                        item.position);
        return;
    }
    struct shelf_run run;
    while (wanted != 0 && wanted < item.position &&
           shelf_dropped(scrub->txn, wanted, &run))
        wanted = run.position + run.count;
    if (wanted != 0 && item.position != wanted)
        report_item(scrub, SCRUB_POSITION, &item);
    if (item.arrival_ms < scrub->arrival_ms)
        report_item(scrub, SCRUB_ARRIVAL, &item);
    scrub->next = item.position + item.record.count;
    scrub->arrival_ms = item.arrival_ms;
    check_links(scrub, &item);
    check_indexes(scrub, &item);
    if (item.record.kind == RECORD_EVENTS)
        scrub->totals.events += item.record.count;
    else
        scrub->totals.controls++;
    check_events(scrub, &item);
}

/* ----- the tables ----- */

static void
walk_records(struct scrub *scrub)
{
    struct db_cursor cursor;

    watch_begin(scrub->watch,
                "records read:", db_count(scrub->txn, TABLE_RECORDS));
    db_cursor_open(scrub->txn, TABLE_RECORDS, &cursor);
    for (bool more = db_cursor_first(&cursor); more;
         more = db_cursor_next(&cursor)) {
        walk_on(scrub);
        check_record(scrub, cursor.key, cursor.value);
    }
    db_cursor_close(&cursor);
}

/* The walks below go over two tables, and then over all. */
static void
begin_tables(struct scrub *scrub)
{
    uint64_t total = db_count(scrub->txn, TABLE_STREAMS) +
                     db_count(scrub->txn, TABLE_QUARANTINE);

    for (uint32_t i = 0; i < TABLE_COUNT; i++)
        total += db_count(scrub->txn, (enum shelf_table)i);
    scrub->walked = 0;
    watch_begin(scrub->watch, "index entries read:", total);
}

/* Entries that speak of records which are not there. */
static void
walk_streams(struct scrub *scrub)
{
    struct db_cursor cursor;
    struct shelf_key key;
    view value;

    db_cursor_open(scrub->txn, TABLE_STREAMS, &cursor);
    for (bool more = db_cursor_first(&cursor); more;
         more = db_cursor_next(&cursor)) {
        walk_on(scrub);
        uint64_t position = shelf_value_position(cursor.value);
        if (position == 0 ||
            !db_get(scrub->txn, TABLE_RECORDS,
                    shelf_position_key(&key, position), &value))
            report(scrub, (struct scrub_finding) {
                              .kind = SCRUB_INDEX,
                              .position = position,
                              .stream = shelf_key_stream(cursor.key),
                              .seq = shelf_key_seq(cursor.key) });
    }
    db_cursor_close(&cursor);
}

/* A mark takes an event out of every account: it must stand at a copy, or at
 * our own event in an incarnation that we have left. */
static bool
may_be_marked(const struct record_event *event, const struct shelf_self *self,
              view why)
{
    if (why.size == 1 && why.bytes[0] == QUARANTINE_TOLD_AGAIN)
        return event->here.node == self->node &&
               event->here.incarnation != self->incarnation;
    return event->copy;
}

static void
walk_marks(struct scrub *scrub)
{
    struct db_cursor cursor;
    struct shelf_self self = { 0 };

    shelf_get_self(scrub->txn, &self);
    db_cursor_open(scrub->txn, TABLE_QUARANTINE, &cursor);
    for (bool more = db_cursor_first(&cursor); more;
         more = db_cursor_next(&cursor)) {
        walk_on(scrub);
        struct record_event event = { 0 };
        struct shelf_item item;
        uint64_t position = shelf_key_position(cursor.key);
        uint64_t first = 0;
        bool known = position != 0 && find_first(scrub, position, &first);
        if (known && !get_item(scrub->txn, first, &item))
            continue; /* its record has been told */
        if (!known || !shelf_pick(&item, position, &event) ||
            !may_be_marked(&event, &self, cursor.value))
            report_position(scrub, SCRUB_INDEX, position);
    }
    db_cursor_close(&cursor);
}

/* A copy of which it is noted that it says the same as the one that is known
 * would be marked along with that. */
static void
walk_equals(struct scrub *scrub)
{
    struct copy_index_equal equal = { 0 };
    struct record_event event;
    bool lost;

    while (copy_index_next_equal(scrub->txn, &equal)) {
        bool found = find_event(scrub, equal.position, &event, &lost);
        if (found ? !event.copy || !identity_equal(event.origin, equal.identity)
                  : !lost)
            report_position(scrub, SCRUB_INDEX, equal.position);
    }
}

/* Whoever walks a table trusts the order of its keys. */
static void
walk_keys(struct scrub *scrub, enum shelf_table table)
{
    struct db_cursor cursor;
    uint8_t bytes[DB_KEY_SIZE];
    view last = { bytes, 0 };

    db_cursor_open(scrub->txn, table, &cursor);
    for (bool more = db_cursor_first(&cursor); more;
         more = db_cursor_next(&cursor)) {
        walk_on(scrub);
        if (cursor.key.size == 0 || cursor.key.size > sizeof bytes ||
            view_compare(cursor.key, last) <= 0)
            report(scrub, (struct scrub_finding) { .kind = SCRUB_INDEX });
        if (cursor.key.size > sizeof bytes)
            break;
        memcpy(bytes, cursor.key.bytes, cursor.key.size);
        last.size = cursor.key.size;
    }
    db_cursor_close(&cursor);
}

enum err
scrub_run(struct journal *journal, scrub_report *report_to, void *context,
          struct watch *watch, struct scrub_totals *ret_totals)
{
    struct shelf_self self;
    struct db_txn txn;
    struct scrub scrub = {
        .txn = &txn,
        .describe = journal_describer(journal),
        .report = report_to,
        .context = context,
        .watch = watch,
    };

    db_begin(journal_db(journal), DB_READ, &txn);
    shelf_get_self(&txn, &self);
    scrub.node = self.node;
    scrub.next = db_count(&txn, TABLE_BOUNDARIES) == 0 ? 1 : 0;
    walk_records(&scrub);
    begin_tables(&scrub);
    walk_streams(&scrub);
    walk_marks(&scrub);
    walk_equals(&scrub);
    for (uint32_t i = 0; i < TABLE_COUNT; i++)
        walk_keys(&scrub, (enum shelf_table)i);
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK)
        *ret_totals = scrub.totals;
    return err;
}
