/*
 * test_ingest.c - other nodes' records: stored once, in order, or refused with
 * the reason; copies and ids agree with what comes later
 */
#include "core/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "core/prune.h"
#include "core/reader.h"
#include "tests/kit.h"
#include "tests/unit.h"

static const stream_id OURS = { .incarnation = 100, .node = 7 };

/* Two journals: `from` writes as node 7, `to` is node 8 and takes in. */
struct pair {
    struct place from_place;
    struct place to_place;
    struct journal *from;
    struct journal *to;
    uint8_t bytes[1 << 16]; /* of all records of `from`'s events */
    uint32_t size;
};

static struct pair *
open_pair(void)
{
    struct journal_identity other = KIT_WHO;
    struct pair *pair = calloc(1, sizeof *pair);

    assert_non_null(pair);
    pair->from_place = place_make();
    pair->to_place = place_make();
    pair->from = kit_open_new(&pair->from_place);
    other.node = 8;
    assert_int_equal(journal_create(pair->to_place.path, &other), OK);
    assert_int_equal(journal_open(pair->to_place.path, kit_describe, &pair->to),
                     OK);
    return pair;
}

static void
close_pair(struct pair *pair)
{
    assert_int_equal(kit_findings(pair->from), 0);
    assert_int_equal(kit_findings(pair->to), 0);
    journal_close(pair->from);
    journal_close(pair->to);
    place_remove(&pair->from_place);
    place_remove(&pair->to_place);
    free(pair);
}

/* The stream's records from a seq on, as BATCH would carry them. */
static struct ingest_batch
take(struct pair *pair, stream_id stream, uint64_t from)
{
    struct reader *reader = NULL;
    struct reader_item item;

    pair->size = 0;
    assert_int_equal(reader_open(pair->from, &reader), OK);
    while (reader_find(reader, stream, from, &item) == OK) {
        memcpy(pair->bytes + pair->size, item.record.bytes.bytes,
               item.record.bytes.size);
        pair->size += item.record.bytes.size;
        from = record_last(&item.record) + 1;
    }
    reader_close(reader);
    return (struct ingest_batch) { .stream = stream,
                                   .bytes = { pair->bytes, pair->size } };
}

static enum ingest_verdict
ingest(struct pair *pair, struct ingest_batch *batch)
{
    struct ingest_options options = { .now_ms = KIT_NOW };

    assert_int_equal(ingest_run(pair->to, batch, 1, &options), OK);
    return batch->verdict;
}

TEST(records_arrive_once)
{
    struct pair *pair = open_pair();
    char text[100];

    kit_append_one(pair->from, "a");
    kit_append_one(pair->from, "b");
    struct ingest_batch batch = take(pair, OURS, 1);
    kit_append_one(pair->to, "mine");
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(batch.appended, 2);
    assert_int_equal(batch.head.seq, 2);
    assert_int_equal(batch.position_last, 3);
    assert_int_equal(ingest(pair, &batch), INGEST_DUPLICATE);
    assert_int_equal(batch.appended, 0);
    assert_int_equal(batch.head.seq, 2);
    /* Overlapping: the new part only. */
    kit_append_one(pair->from, "c");
    batch = take(pair, OURS, 2);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(batch.appended, 1);
    kit_read_all(pair->to, text, sizeof text);
    assert_string_equal(text, "mine a b c ");
    close_pair(pair);
}

TEST(a_gap_says_where_we_stand)
{
    struct pair *pair = open_pair();

    kit_append_one(pair->from, "a");
    struct ingest_batch first = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &first), INGEST_APPENDED);
    kit_append_one(pair->from, "b");
    kit_append_one(pair->from, "c");
    struct ingest_batch batch = take(pair, OURS, 3);
    assert_int_equal(ingest(pair, &batch), INGEST_GAP);
    assert_int_equal(batch.appended, 0);
    assert_int_equal(batch.head.seq, 1);
    assert_true(digest_equal(batch.head.chain, first.head.chain));
    batch = take(pair, OURS, 2);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    close_pair(pair);
}

TEST(another_history_of_the_same_stream_is_a_fork)
{
    struct pair *pair = open_pair();
    struct pair *twin = open_pair(); /* the same identity, other events */
    uint8_t *bytes = pair->bytes;

    kit_append_one(pair->from, "a");
    kit_append_one(twin->from, "a");
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    batch = take(twin, OURS, 1);
    memcpy(bytes, batch.bytes.bytes, batch.bytes.size);
    batch.bytes.bytes = bytes;
    assert_int_equal(ingest(pair, &batch), INGEST_DUPLICATE);

    kit_append_one(pair->from, "b");
    batch = take(pair, OURS, 2);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    digest ours = batch.head.chain;
    kit_append_one(twin->from, "other");
    batch = take(twin, OURS, 2);
    assert_int_equal(ingest(pair, &batch), INGEST_FORK);
    assert_int_equal(batch.head.seq, 2);
    assert_true(digest_equal(batch.head.chain, ours));
    /* Also where only what follows reaches us. */
    kit_append_one(twin->from, "more");
    batch = take(twin, OURS, 3);
    assert_int_equal(ingest(pair, &batch), INGEST_FORK);
    close_pair(pair);
    close_pair(twin);
}

/* A record whose end lies inside what we hold can't be the same one. */
TEST(other_record_ends_are_a_fork)
{
    struct pair *pair = open_pair();
    struct pair *twin = open_pair();
    struct journal_entry both[] = { kit_entry("a"), kit_entry("b") };
    struct journal_result results[2];

    kit_append_one(pair->from, "a");
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(kit_append(twin->from, both, 2, results), OK);
    batch = take(twin, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_FORK);
    close_pair(pair);
    close_pair(twin);
}

TEST(damaged_bytes_are_never_stored)
{
    struct pair *pair = open_pair();
    char text[100];

    kit_append_one(pair->from, "a");
    uint32_t first = take(pair, OURS, 1).bytes.size;
    kit_append_one(pair->from, "b");
    struct ingest_batch batch = take(pair, OURS, 1);
    pair->bytes[batch.bytes.size - 1] ^= 1;
    assert_int_equal(ingest(pair, &batch), INGEST_CORRUPT);
    assert_int_equal(batch.appended, 1); /* what came before is good */
    kit_read_all(pair->to, text, sizeof text);
    assert_string_equal(text, "a ");
    pair->bytes[batch.bytes.size - 1] ^= 1;
    batch.bytes.size--;
    assert_int_equal(ingest(pair, &batch), INGEST_CORRUPT);
    batch.bytes.size++;
    /* Under a forged checksum the chain tells. */
    pair->bytes[batch.bytes.size - 1] ^= 1;
    view summed = { pair->bytes + first + 8, batch.bytes.size - first - 8 };
    uint64_t sum = hash_64(summed, 0);
    memcpy(pair->bytes + first, &sum, sizeof sum);
    assert_int_equal(ingest(pair, &batch), INGEST_CORRUPT);
    /* Another stream's records under a false name. */
    batch = take(pair, OURS, 1);
    batch.stream.node = 9;
    assert_int_equal(ingest(pair, &batch), INGEST_CORRUPT);
    assert_int_equal(batch.head.seq, 0);
    batch.stream.node = 7;
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    close_pair(pair);
}

/* Nothing but us writes what we are writing. */
TEST(our_own_incarnation_is_not_taken_from_others)
{
    struct pair *pair = open_pair();
    struct ingest_options options = { .now_ms = KIT_NOW };

    kit_append_one(pair->from, "a");
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest_run(pair->from, &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_OWN);
    close_pair(pair);
}

/* A disk is lost; the new one starts an incarnation and gets the old one's
 * records back from elsewhere.  Their ids must be known again. */
TEST(our_own_tail_comes_home_with_its_ids)
{
    struct pair *pair = open_pair();
    struct place place = place_make();
    struct journal_identity again = KIT_WHO;
    struct ingest_options options = { .now_ms = KIT_NOW };
    struct journal *journal = NULL;

    kit_append_one(pair->from, "a#one");
    struct ingest_batch batch = take(pair, OURS, 1);
    again.incarnation = 200;
    assert_int_equal(journal_create(place.path, &again), OK);
    assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
    assert_int_equal(ingest_run(journal, &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
    struct journal_result result = kit_append_one(journal, "a#one");
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_int_equal(result.identity.incarnation, 100);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
    close_pair(pair);
}

static void
import_copy(struct journal *journal, const char *text, uint64_t seq)
{
    struct journal_entry entry = kit_entry(text);
    struct journal_result result;

    entry.copy_of = (identity) { .incarnation = 100, .seq = seq, .node = 7 };
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
}

TEST(an_original_marks_the_copy_that_differs)
{
    struct pair *pair = open_pair();
    struct reader *reader = NULL;
    enum reader_quarantine why = QUARANTINE_NONE;
    uint64_t position = 0;

    import_copy(pair->to, "a", 1);
    import_copy(pair->to, "wrong", 2);
    kit_append_one(pair->from, "a");
    kit_append_one(pair->from, "b");
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(reader_open(pair->to, &reader), OK);
    assert_int_equal(reader_next_quarantine(reader, 1, &position, &why), OK);
    assert_int_equal(position, 2);
    assert_int_equal(why, QUARANTINE_COPY_DIFFERS);
    assert_int_equal(reader_next_quarantine(reader, 3, &position, &why),
                     ERR_NOT_FOUND);
    identity second = { .incarnation = 100, .seq = 2, .node = 7 };
    assert_int_equal(reader_find_event(reader, second, &position), OK);
    assert_int_equal(position, 4); /* the original */
    reader_close(reader);
    close_pair(pair);
}

/* A copy inside the stream that comes, after the original or before it, and
 * two that differ: what counts does not hang on the order. */
TEST(copies_in_a_foreign_stream)
{
    for (int order = 0; order < 2; order++) {
        struct pair *pair = open_pair();
        struct journal_entry theirs = kit_entry(order ? "x" : "y");
        struct journal_entry ours = kit_entry(order ? "y" : "x");
        struct journal_result result;
        struct reader *reader = NULL;
        struct record_event event;
        enum reader_quarantine why;
        uint64_t counts = 0;
        uint64_t marked = 0;

        theirs.copy_of = (identity) { .incarnation = 3, .seq = 1, .node = 50 };
        ours.copy_of = theirs.copy_of;
        assert_int_equal(kit_append(pair->from, &theirs, 1, &result), OK);
        assert_int_equal(kit_append(pair->to, &ours, 1, &result), OK);
        struct ingest_batch batch = take(pair, OURS, 1);
        assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
        assert_int_equal(reader_open(pair->to, &reader), OK);
        assert_int_equal(reader_next_quarantine(reader, 1, &marked, &why), OK);
        assert_int_equal(why, QUARANTINE_COPIES_DIFFER);
        assert_int_equal(reader_find_event(reader, ours.copy_of, &counts), OK);
        assert_int_equal(marked + counts, 3);
        assert_int_equal(reader_event(reader, counts, &event), OK);
        int winner = hash128_compare(kit_entry("x").print.content,
                                     kit_entry("y").print.content);
        assert_int_equal(event.core.bytes[0], winner < 0 ? 'x' : 'y');
        reader_close(reader);
        close_pair(pair);
    }
}

/* It would pass for equal to an original that says something else. */
TEST(a_copy_that_is_not_what_it_says)
{
    struct pair *pair = open_pair();
    struct journal_entry theirs = kit_entry("x");
    struct journal_result result;
    struct reader *reader = NULL;
    enum reader_quarantine why = QUARANTINE_NONE;
    uint64_t position = 0;

    theirs.copy_of = (identity) { .incarnation = 3, .seq = 1, .node = 50 };
    theirs.print = kit_entry("y").print;
    assert_int_equal(kit_append(pair->from, &theirs, 1, &result), OK);
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(reader_open(pair->to, &reader), OK);
    assert_int_equal(reader_next_quarantine(reader, 1, &position, &why), OK);
    assert_int_equal(why, QUARANTINE_COPY_FALSE);
    assert_int_equal(reader_find_event(reader, theirs.copy_of, &position),
                     ERR_NOT_FOUND);
    reader_close(reader);
    assert_int_equal(kit_findings(pair->to), 0);
    close_pair(pair);
}

TEST(several_streams_in_one_commit)
{
    struct pair *pair = open_pair();
    struct pair *more = open_pair();
    struct ingest_options options = { .now_ms = KIT_NOW, .lazy = true };
    struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                       .kind = RECORD_VERSION,
                                       .body = view_of("rules"),
                                       .now_ms = KIT_NOW };
    struct journal_result result;
    struct ingest_batch batches[2];

    kit_append_one(pair->from, "a");
    assert_int_equal(journal_append_control(more->from, &control, &result), OK);
    batches[0] = take(pair, OURS, 1);
    stream_id public = OURS;
    public.channel = CHANNEL_PUBLIC;
    batches[1] = take(more, public, 1);
    uint64_t txn = journal_last_txn(pair->to);
    assert_int_equal(ingest_run(pair->to, batches, 2, &options), OK);
    assert_int_equal(ingest_sync(pair->to), OK);
    assert_int_equal(journal_last_txn(pair->to), txn + 1);
    assert_int_equal(batches[0].verdict, INGEST_APPENDED);
    assert_int_equal(batches[1].verdict, INGEST_APPENDED);
    assert_int_equal(batches[1].position_last, 2);
    close_pair(pair);
    close_pair(more);
}

/* Each of them goes on from where the one before it has left their stream. */
TEST(batches_of_one_stream_in_one_commit)
{
    enum { RECORDS = 3 };
    struct pair *pair = open_pair();
    struct ingest_options options = { .now_ms = KIT_NOW };
    stream_id other = OURS;
    struct record records[RECORDS];

    for (uint32_t i = 0; i < RECORDS; i++)
        kit_append_one(pair->from, (const char *[]) { "a", "b", "c" }[i]);
    view left = take(pair, OURS, 1).bytes;
    for (uint32_t i = 0; i < RECORDS; i++) {
        assert_int_equal(record_parse(left, &records[i]), OK);
        left.bytes += records[i].bytes.size;
        left.size -= records[i].bytes.size;
    }
    other.channel = CHANNEL_PUBLIC;
    struct ingest_batch batches[] = {
        { .stream = OURS, .bytes = records[0].bytes },
        { .stream = OURS, .bytes = records[2].bytes },
        { .stream = other, .bytes = records[1].bytes },
        { .stream = OURS, .bytes = records[1].bytes },
        { .stream = OURS, .bytes = records[0].bytes },
        { .stream = OURS, .bytes = records[2].bytes },
    };
    static const enum ingest_verdict verdicts[] = {
        INGEST_APPENDED, INGEST_GAP,       INGEST_CORRUPT,
        INGEST_APPENDED, INGEST_DUPLICATE, INGEST_APPENDED,
    };
    static const uint64_t heads[] = { 1, 1, 0, 2, 2, 3 };
    assert_int_equal(ingest_run(pair->to, batches, COUNT_OF(batches), &options),
                     OK);
    for (uint32_t i = 0; i < COUNT_OF(batches); i++) {
        assert_int_equal(batches[i].verdict, verdicts[i]);
        assert_int_equal(batches[i].head.seq, heads[i]);
        if (heads[i] > 0)
            assert_true(digest_equal(batches[i].head.chain,
                                     records[heads[i] - 1].chain));
    }
    close_pair(pair);
}

/* What lies at the boundary is known by its hash alone, and what lies below it
 * by nothing. */
TEST(what_was_dropped_is_held_still)
{
    struct pair *pair = open_pair();
    struct pair *twin = open_pair();
    struct prune prune = { .stream = OURS,
                           .safe = UINT64_MAX,
                           .before_ms = INT64_MAX };

    kit_append_one(pair->from, "a");
    kit_append_one(pair->from, "b");
    struct ingest_batch batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(prune_run(pair->to, &prune), OK);
    assert_int_equal(prune.boundary.seq, 1);
    batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_DUPLICATE);
    kit_append_one(pair->from, "c");
    batch = take(pair, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_APPENDED);
    assert_int_equal(batch.appended, 1);
    assert_int_equal(batch.head.seq, 3);
    kit_append_one(twin->from, "x");
    batch = take(twin, OURS, 1);
    assert_int_equal(ingest(pair, &batch), INGEST_FORK);
    assert_int_equal(kit_findings(pair->to), 0);
    close_pair(pair);
    close_pair(twin);
}

/* Mutations of real batches, with right checksums: never stored but whole.
 * From the first one on whose second record is hit, the first one is held. */
TEST(hostile_batches)
{
    struct pair *pair = open_pair();
    struct record record;
    uint64_t held = 0;
    char text[100];

    kit_append_one(pair->from, "a");
    kit_append_one(pair->from, "b");
    struct ingest_batch good = take(pair, OURS, 1);
    uint8_t *bytes = malloc(good.bytes.size);
    assert_non_null(bytes);
    srand(4711);
    for (int run = 0; run < 3000; run++) {
        memcpy(bytes, good.bytes.bytes, good.bytes.size);
        uint32_t at = 8 + (uint32_t)rand() % (good.bytes.size - 8);
        uint8_t change = (uint8_t)(1 + rand() % 255);
        bytes[at] ^= change;
        assert_int_equal(record_parse(good.bytes, &record), OK);
        uint32_t start = at < record.bytes.size ? 0 : record.bytes.size;
        uint32_t size = start == 0 ? record.bytes.size
                                   : good.bytes.size - record.bytes.size;
        if (at >= start + 8) {
            uint64_t sum = hash_64((view) { bytes + start + 8, size - 8 }, 0);
            memcpy(bytes + start, &sum, 8);
        }
        struct ingest_batch batch = { .stream = OURS,
                                      .bytes = { bytes, good.bytes.size } };
        enum ingest_verdict verdict = ingest(pair, &batch);
        assert_true(verdict == INGEST_CORRUPT || verdict == INGEST_UNKNOWN);
        held = start > 0 ? 1 : held;
        assert_int_equal(batch.head.seq, held);
    }
    kit_read_all(pair->to, text, sizeof text);
    assert_string_equal(text, "a ");
    free(bytes);
    close_pair(pair);
}

RUN(cmocka_unit_test(records_arrive_once),
    cmocka_unit_test(a_gap_says_where_we_stand),
    cmocka_unit_test(another_history_of_the_same_stream_is_a_fork),
    cmocka_unit_test(other_record_ends_are_a_fork),
    cmocka_unit_test(damaged_bytes_are_never_stored),
    cmocka_unit_test(our_own_incarnation_is_not_taken_from_others),
    cmocka_unit_test(our_own_tail_comes_home_with_its_ids),
    cmocka_unit_test(an_original_marks_the_copy_that_differs),
    cmocka_unit_test(copies_in_a_foreign_stream),
    cmocka_unit_test(a_copy_that_is_not_what_it_says),
    cmocka_unit_test(several_streams_in_one_commit),
    cmocka_unit_test(batches_of_one_stream_in_one_commit),
    cmocka_unit_test(what_was_dropped_is_held_still),
    cmocka_unit_test(hostile_batches))
