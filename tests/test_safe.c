/*
 * test_safe.c - what is safe at a hub
 *
 * Proved: what standbys acknowledge only rises, and is told once each time; it
 * goes back with the disk of one, as far as no other holds it, nor a backup; a
 * backup in the books counts up to where it went and no further, also after the
 * books are read again from the beginning; one of another hub counts where we
 * hold the same.
 */
#include "tests/unit.h"

#include "core/ingest.h"
#include "core/reader.h"
#include "nodes/safe.h"
#include "tests/kit.h"
#include "tests/place.h"

static const stream_id here = { .incarnation = 100,
                                .node = 7,
                                .channel = CHANNEL_EVENTS };
static const stream_id there = { .incarnation = UINT64_MAX / 3, .node = 9 };

TEST(a_seq_only_rises_and_is_told_once)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct safe *safe = NULL;
    stream_id stream;
    uint64_t seq;

    assert_int_equal(safe_open(journal, &safe), OK);
    assert_int_equal(safe_get(safe, there), 0);
    assert_false(safe_next_change(safe, &stream, &seq));
    safe_put(safe, 2, there, 5);
    safe_put(safe, 2, here, 2);
    safe_put(safe, 2, there, 4);
    assert_int_equal(safe_get(safe, there), 5);
    assert_true(safe_next_change(safe, &stream, &seq));
    assert_true(stream_equal(stream, here));
    assert_int_equal(seq, 2);
    assert_true(safe_next_change(safe, &stream, &seq));
    assert_int_equal(seq, 5);
    assert_false(safe_next_change(safe, &stream, &seq));
    safe_close(safe);
    journal_close(journal);
    place_remove(&place);
}

static void
check_told(struct safe *safe, stream_id stream, uint64_t seq)
{
    stream_id found;
    uint64_t told;

    assert_true(safe_next_change(safe, &found, &told));
    assert_true(stream_equal(found, stream));
    assert_int_equal(told, seq);
}

/* It comes back with an older disk, and then with an empty one. */
TEST(a_standby_that_has_lost_something_holds_no_more_than_it_says)
{
    const struct frame_offer held[] = {
        { .stream = { .incarnation = 1, .node = 3 }, .head = { .seq = 9 } },
        { .stream = here, .head = { .seq = 3 } },
        { .stream = there, .head = { .seq = 9 } },
    };
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct safe *safe = NULL;
    stream_id stream;
    uint64_t seq;

    assert_int_equal(safe_open(journal, &safe), OK);
    safe_put(safe, 2, here, 5);
    safe_put(safe, 2, there, 7);
    check_told(safe, here, 5);
    check_told(safe, there, 7);
    safe_cap(safe, 2, held, COUNT_OF(held));
    assert_int_equal(safe_get(safe, there), 7);
    check_told(safe, here, 3);
    assert_false(safe_next_change(safe, &stream, &seq));
    safe_cap(safe, 2, &held[1], 1);
    check_told(safe, there, 0);
    safe_cap(safe, 2, NULL, 0);
    check_told(safe, here, 0);
    assert_false(safe_next_change(safe, &stream, &seq));
    safe_put(safe, 2, here, 1);
    check_told(safe, here, 1);
    safe_close(safe);
    journal_close(journal);
    place_remove(&place);
}

TEST(what_one_standby_has_lost_another_may_hold)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct safe *safe = NULL;
    stream_id stream;
    uint64_t seq;
    uint32_t standby = 0;

    assert_int_equal(safe_open(journal, &safe), OK);
    assert_false(safe_next_standby(safe, 0, &standby));
    safe_put(safe, 9, here, 4);
    safe_put(safe, 2, here, 5);
    check_told(safe, here, 5);
    safe_put(safe, 9, here, 5);
    assert_false(safe_next_change(safe, &stream, &seq));
    assert_true(safe_next_standby(safe, 0, &standby));
    assert_int_equal(standby, 2);
    assert_true(safe_next_standby(safe, 2, &standby));
    assert_int_equal(standby, 9);
    assert_false(safe_next_standby(safe, 9, &standby));
    safe_cap(safe, 2, NULL, 0);
    assert_false(safe_next_change(safe, &stream, &seq));
    assert_int_equal(safe_get(safe, here), 5);
    safe_cap(safe, 9, NULL, 0);
    check_told(safe, here, 0);
    safe_close(safe);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_backup_in_the_books_counts_up_to_where_it_went)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entries[2] = { kit_entry("a"), kit_entry("b") };
    struct journal_result results[2];
    struct safe *safe = NULL;

    assert_int_equal(safe_open(journal, &safe), OK);
    assert_int_equal(kit_append(journal, entries, 2, results), OK);
    uint64_t position = results[1].position;
    assert_int_equal(kit_append(journal, entries, 2, results), OK);
    assert_int_equal(safe_record_backup(journal, position, 1700000000000), OK);
    assert_int_equal(safe_get(safe, here), 0);
    safe_refresh(safe);
    assert_int_equal(safe_get(safe, here), 2);
    safe_close(safe);
    assert_int_equal(safe_open(journal, &safe), OK);
    assert_int_equal(safe_get(safe, here), 2);
    safe_put(safe, 9, here, 4);
    safe_cap(safe, 9, NULL, 0);
    assert_int_equal(safe_get(safe, here), 2);
    safe_close(safe);
    journal_close(journal);
    place_remove(&place);
}

/* --- a backup of the hub before us --- */

static const stream_id books = { .incarnation = 100,
                                 .node = 8,
                                 .channel = CHANNEL_BOOKS };

static struct journal *
open_new(const struct place *place, uint32_t node)
{
    struct journal_identity who = KIT_WHO;
    struct journal *journal = NULL;

    who.node = node;
    assert_int_equal(journal_create(place->path, &who), OK);
    assert_int_equal(journal_open(place->path, kit_describe, &journal), OK);
    return journal;
}

static void
copy(struct journal *from, struct journal *to, stream_id stream)
{
    const struct ingest_options options = { .now_ms = KIT_NOW };
    struct reader *reader = NULL;
    struct reader_item item;
    uint64_t next = 1;

    assert_int_equal(reader_open(from, &reader), OK);
    while (reader_find(reader, stream, next, &item) == OK) {
        struct ingest_batch batch = { .stream = stream,
                                      .bytes = item.record.bytes };
        assert_int_equal(ingest_run(to, &batch, 1, &options), OK);
        assert_int_equal(batch.verdict, INGEST_APPENDED);
        next = record_last(&item.record) + 1;
    }
    reader_close(reader);
}

/* A shop has told the hub before us two events, and us what `second` says. */
static void
check_predecessor(const char *second, bool books_first, uint64_t expected)
{
    struct place places[4] = { place_make(), place_make(), place_make(),
                               place_make() };
    struct journal *shop = kit_open_new(&places[0]);
    struct journal *twin = kit_open_new(&places[1]);
    struct journal *before = open_new(&places[2], 8);
    struct journal *now = open_new(&places[3], 9);
    struct safe *safe = NULL;

    (void)kit_append_one(shop, "a");
    (void)kit_append_one(shop, "b");
    (void)kit_append_one(twin, "a");
    (void)kit_append_one(twin, second);
    copy(shop, before, here);
    assert_int_equal(safe_record_backup(before, 2, KIT_NOW), OK);
    if (books_first)
        copy(before, now, books);
    else
        copy(twin, now, here);
    assert_int_equal(safe_open(now, &safe), OK);
    assert_int_equal(safe_get(safe, here), 0);
    if (books_first)
        copy(twin, now, here);
    else
        copy(before, now, books);
    safe_refresh(safe);
    safe_grown(safe, here);
    assert_int_equal(safe_get(safe, here), expected);
    safe_close(safe);
    journal_close(shop);
    journal_close(twin);
    journal_close(before);
    journal_close(now);
    for (uint32_t i = 0; i < COUNT_OF(places); i++)
        place_remove(&places[i]);
}

TEST(a_predecessors_backup_counts_where_we_hold_the_same)
{
    check_predecessor("b", false, 2);
    check_predecessor("b", true, 2);
}

TEST(a_branch_is_never_safe)
{
    check_predecessor("c", false, 0);
    check_predecessor("c", true, 0);
}

RUN(cmocka_unit_test(a_seq_only_rises_and_is_told_once),
    cmocka_unit_test(
        a_standby_that_has_lost_something_holds_no_more_than_it_says),
    cmocka_unit_test(what_one_standby_has_lost_another_may_hold),
    cmocka_unit_test(a_backup_in_the_books_counts_up_to_where_it_went),
    cmocka_unit_test(a_predecessors_backup_counts_where_we_hold_the_same),
    cmocka_unit_test(a_branch_is_never_safe))
