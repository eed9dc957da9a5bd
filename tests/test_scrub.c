/*
 * test_scrub.c - damage is found, named and not served, and nothing else is
 * called damage
 */
#include "core/scrub.h"

#include "core/reader.h"
#include "core/shelf.h"
#include "tests/kit.h"
#include "tests/unit.h"

#include <string.h>

struct found {
    struct scrub_finding last;
    uint32_t count;
};

static void
note_finding(void *context, const struct scrub_finding *finding)
{
    struct found *found = context;

    found->last = *finding;
    found->count++;
}

TEST(damage_is_named_and_not_served)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;
    struct found found = { 0 };
    struct scrub_totals totals;

    kit_append_one(journal, "before");
    kit_append_one(journal, "the-damaged-one");
    kit_append_one(journal, "after");
    journal_close(journal);
    kit_flip_byte_of(&place, "the-damaged-one");
    assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    assert_int_equal(reader_next(reader, 2, &item), ERR_CORRUPT);
    const struct reader_damage *damage = reader_damage(reader);
    assert_int_equal(damage->position, 2);
    assert_int_equal(damage->stream.node, 7);
    assert_int_equal(damage->stream.incarnation, 100);
    assert_int_equal(damage->seq, 2);
    assert_int_equal(damage->next, 3);
    assert_int_equal(reader_next(reader, damage->next, &item), OK);
    assert_int_equal(item.position, 3);
    reader_close(reader);
    assert_int_equal(scrub_run(journal, note_finding, &found, NULL, &totals),
                     OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(totals.findings, 1);
    assert_int_equal(found.last.kind, SCRUB_DAMAGED);
    assert_int_equal(found.last.position, 2);
    assert_int_equal(found.last.seq, 2);
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    journal_close(journal);
    place_remove(&place);
}

struct heard {
    const char *words[2]; /* of what was begun */
    uint64_t totals[2];
    uint64_t done; /* last, of the second */
    uint32_t begun;
    uint32_t steps; /* of the first */
};

static void
hear(void *context, const char *words, uint64_t done, uint64_t total)
{
    struct heard *heard = context;

    assert_true(done <= total);
    if (done == 0) {
        assert_true(heard->begun < 2);
        heard->words[heard->begun] = words;
        heard->totals[heard->begun++] = total;
    } else if (heard->begun == 1) {
        assert_int_equal(done, ++heard->steps * WATCH_STEP);
    } else {
        assert_true(done > heard->done);
        heard->done = done;
    }
}

TEST(a_watch_hears_how_far_it_has_come)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct heard heard = { .begun = 0 };
    struct watch watch = { .tell = hear, .context = &heard };
    struct scrub_totals totals;
    enum { RECORDS = 2 * WATCH_STEP + 7 };

    for (int i = 0; i < RECORDS; i++)
        kit_append_one(journal, "one");
    assert_int_equal(scrub_run(journal, NULL, NULL, &watch, &totals), OK);
    assert_int_equal(totals.records, RECORDS);
    assert_int_equal(heard.begun, 2);
    assert_string_equal(heard.words[0], "records read:");
    assert_int_equal(heard.totals[0], RECORDS);
    assert_int_equal(heard.steps, 2);
    assert_string_equal(heard.words[1], "index entries read:");
    /* All that there is, to the last step. */
    assert_true(heard.totals[1] >= 2 * RECORDS);
    assert_int_equal(heard.done, heard.totals[1] / WATCH_STEP * WATCH_STEP);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_damaged_tail_refuses_appends)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    kit_append_one(journal, "before");
    kit_append_one(journal, "the-damaged-one");
    journal_close(journal);
    kit_flip_byte_of(&place, "the-damaged-one");
    assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
    assert_int_equal(kit_append(journal, &entry, 1, &result), ERR_CORRUPT);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    assert_int_equal(reader_next(reader, 2, &item), ERR_CORRUPT);
    assert_int_equal(reader_damage(reader)->next, 0);
    reader_close(reader);
    journal_close(journal);
    place_remove(&place);
}

/* What an index has lost or invented. */
TEST(indexes_are_compared_with_the_records)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct found found = { 0 };
    struct scrub_totals totals;
    struct shelf_key key;
    struct db_txn txn;
    stream_id stream = { .incarnation = 100, .node = 7 };

    kit_append_one(journal, "a#id");
    kit_append_one(journal, "b");
    assert_int_equal(kit_findings(journal), 0);
    hash128 id = journal_id_key(7, view_of("id"));
    db_begin(journal_db(journal), DB_WRITE, &txn);
    db_delete(&txn, TABLE_IDS, (view) { id.bytes, sizeof id.bytes });
    assert_int_equal(db_commit(&txn), OK);
    assert_int_equal(scrub_run(journal, note_finding, &found, NULL, &totals),
                     OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, SCRUB_INDEX);
    assert_int_equal(found.last.position, 1);

    found.count = 0;
    db_begin(journal_db(journal), DB_WRITE, &txn);
    db_delete(&txn, TABLE_RECORDS, shelf_position_key(&key, 1));
    assert_int_equal(db_commit(&txn), OK);
    assert_int_equal(scrub_run(journal, note_finding, &found, NULL, &totals),
                     OK);
    assert_int_equal(found.count, 2); /* a position missing; an idle entry */
    assert_int_equal(found.last.kind, SCRUB_INDEX);
    assert_int_equal(found.last.seq, 1);

    found.count = 0;
    db_begin(journal_db(journal), DB_WRITE, &txn);
    db_delete(&txn, TABLE_STREAMS, shelf_seq_key(&key, stream, 1));
    assert_int_equal(db_commit(&txn), OK);
    assert_int_equal(scrub_run(journal, note_finding, &found, NULL, &totals),
                     OK);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.last.kind, SCRUB_SEQ);
    assert_int_equal(found.last.seq, 2);
    journal_close(journal);
    place_remove(&place);
}

/* One bit of what is known of an id, or of a copy, wherever it is. */
static void
bend_each_bit(struct journal *journal, enum shelf_table table, view key)
{
    uint8_t bytes[64];
    struct db_txn txn;
    view value;

    for (uint32_t bit = 0;; bit++) {
        db_begin(journal_db(journal), DB_WRITE, &txn);
        assert_true(db_get(&txn, table, key, &value));
        assert_true(value.size <= sizeof bytes);
        memcpy(bytes, value.bytes, value.size);
        if (bit == value.size * 8) {
            db_abort(&txn);
            return;
        }
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        db_put(&txn, table, key, (view) { bytes, value.size });
        assert_int_equal(db_commit(&txn), OK);
        assert_true(kit_findings(journal) > 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        db_begin(journal_db(journal), DB_WRITE, &txn);
        db_put(&txn, table, key, (view) { bytes, value.size });
        assert_int_equal(db_commit(&txn), OK);
    }
}

TEST(a_bent_index_of_ids_or_copies_is_named)
{
    const identity original = { .node = 9, .incarnation = 1, .seq = 1 };
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct shelf_key key;

    kit_append_one(journal, "a#id");
    kit_append_one(journal, "b#other");
    struct journal_entry copy = kit_entry("c");
    copy.copy_of = original;
    struct journal_result result;
    assert_int_equal(kit_append(journal, &copy, 1, &result), OK);
    assert_int_equal(kit_findings(journal), 0);
    hash128 id = journal_id_key(7, view_of("id"));
    bend_each_bit(journal, TABLE_IDS, (view) { id.bytes, sizeof id.bytes });
    bend_each_bit(journal, TABLE_COPIES, shelf_identity_key(&key, original));
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(damage_is_named_and_not_served),
    cmocka_unit_test(a_watch_hears_how_far_it_has_come),
    cmocka_unit_test(a_damaged_tail_refuses_appends),
    cmocka_unit_test(indexes_are_compared_with_the_records),
    cmocka_unit_test(a_bent_index_of_ids_or_copies_is_named))
