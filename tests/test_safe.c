/*
 * test_safe.c - what is safe at a hub
 *
 * Proved: a seq only rises, and is told once each time; a backup in the books
 * counts up to where it went and no further, also after the books are read
 * again from the beginning.
 */
#include "tests/unit.h"

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
    safe_put(safe, there, 5);
    safe_put(safe, here, 2);
    safe_put(safe, there, 4);
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
    safe_close(safe);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(a_seq_only_rises_and_is_told_once),
    cmocka_unit_test(a_backup_in_the_books_counts_up_to_where_it_went))
