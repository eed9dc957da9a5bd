/*
 * test_journal.c - what is appended is there: once, in order, whoever else
 * appends, and after a crash; repetitions and conflicts are told apart
 */
#include "core/journal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/reader.h"
#include "tests/kit.h"
#include "tests/unit.h"

TEST(appended_events_survive_reopening)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entries[] = { kit_entry("a"), kit_entry("b#1"),
                                       kit_entry("c") };
    struct journal_result results[3];
    struct journal_identity who;
    char text[100];

    entries[1].annex = view_of("till 3");
    assert_int_equal(kit_append(journal, entries, 3, results), OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].outcome, JOURNAL_APPENDED);
        assert_int_equal(results[i].position, i + 1);
        assert_int_equal(results[i].identity.node, 7);
        assert_int_equal(results[i].identity.incarnation, 100);
        assert_int_equal(results[i].identity.seq, i + 1);
    }
    journal = kit_open_again(&place, journal);
    assert_int_equal(kit_append_one(journal, "d").position, 4);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c d ");
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_memory_equal(&who, &KIT_WHO, sizeof who);
    assert_int_equal(kit_findings(journal), 0);
    assert_int_equal(journal_create(place.path, &KIT_WHO), ERR_EXISTS);
    journal_close(journal);
    place_remove(&place);
}

TEST(nothing_there)
{
    struct place place = place_make();
    struct journal *journal = NULL;

    assert_int_equal(journal_open(place.path, kit_describe, &journal),
                     ERR_NOT_FOUND);
    assert_null(journal);
    place_remove(&place);
}

TEST(ids_tell_repetition_from_conflict)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_result results[3];
    char text[100];

    kit_append_one(journal, "x");
    kit_append_one(journal, "a#id");
    struct journal_result again = kit_append_one(journal, "a#id");
    assert_int_equal(again.outcome, JOURNAL_THERE);
    assert_int_equal(again.position, 2);
    assert_int_equal(again.identity.seq, 2);

    struct journal_entry entries[] = { kit_entry("y"), kit_entry("b#id"),
                                       kit_entry("a#id") };
    assert_int_equal(kit_append(journal, entries, 3, results), ERR_CONFLICT);
    assert_int_equal(results[0].outcome, JOURNAL_REFUSED);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    assert_int_equal(results[1].position, 2);
    assert_int_equal(results[2].outcome, JOURNAL_THERE);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "x a#id ");

    struct journal_append skipping = {
        .entries = entries, .count = 3, .now_ms = KIT_NOW, .skip_bad = true
    };
    assert_int_equal(journal_append(journal, &skipping, results), OK);
    assert_int_equal(results[0].outcome, JOURNAL_APPENDED);
    assert_int_equal(results[0].position, 3);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "x a#id y ");
    journal_close(journal);
    place_remove(&place);
}

TEST(at_left_out_compares_equal)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a#id");
    struct journal_result result;

    kit_append_one(journal, "a#id");
    entry.print.at_ms = KIT_NOW + 5;
    assert_int_equal(kit_append(journal, &entry, 1, &result), ERR_CONFLICT);
    entry.at_left_out = true;
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    journal_close(journal);
    place_remove(&place);
}

TEST(repetitions_within_one_call)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entries[] = { kit_entry("a#1"), kit_entry("b#2"),
                                       kit_entry("a#1"), kit_entry("c") };
    struct journal_result results[4];

    assert_int_equal(kit_append(journal, entries, 4, results), OK);
    assert_int_equal(results[2].outcome, JOURNAL_THERE);
    assert_int_equal(results[2].position, 1);
    assert_int_equal(results[2].identity.seq, 1);
    assert_int_equal(results[3].position, 3);
    struct journal_entry bad[] = { kit_entry("d#9"), kit_entry("e#9") };
    assert_int_equal(kit_append(journal, bad, 2, results), ERR_CONFLICT);
    assert_int_equal(results[0].outcome, JOURNAL_REFUSED);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    assert_int_equal(kit_append_one(journal, "d#9").position, 4);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(imported_copies_count_once)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct record_event event;
    struct reader_gap gap;
    uint64_t position = 0;

    entry.copy_of = (identity) { .incarnation = 5, .seq = 3, .node = 2 };
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_APPENDED);
    assert_true(identity_equal(result.identity, entry.copy_of));
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_true(identity_equal(result.identity, entry.copy_of));
    entry.print = kit_entry("b").print;
    assert_int_equal(kit_append(journal, &entry, 1, &result), ERR_CONFLICT);

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_last(reader), 1);
    assert_int_equal(reader_event(reader, 1, &event), OK);
    assert_true(event.copy);
    assert_true(identity_equal(event.origin, entry.copy_of));
    assert_int_equal(reader_find_event(reader, entry.copy_of, &position), OK);
    assert_int_equal(position, 1);
    assert_int_equal(reader_next_gap(reader, (identity) { 0 }, &gap), OK);
    assert_int_equal(gap.node, 2);
    assert_int_equal(gap.first, 1);
    assert_int_equal(gap.last, 2);
    identity after = { .incarnation = 5, .seq = 2, .node = 2 };
    assert_int_equal(reader_next_gap(reader, after, &gap), ERR_NOT_FOUND);
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* Our own numbers above our head: this disk has forgotten them.  They must not
 * be given away a second time. */
TEST(own_events_from_a_forgotten_life_renew_the_incarnation)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("lost#5");
    struct journal_identity who;
    struct journal_result result;

    kit_append_one(journal, "a");
    entry.copy_of = (identity) { .incarnation = 100, .seq = 9, .node = 7 };
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_int_not_equal(who.incarnation, 100);
    result = kit_append_one(journal, "b");
    assert_int_equal(result.identity.incarnation, who.incarnation);
    assert_int_equal(result.identity.seq, 2);
    /* Its id is known again. */
    assert_int_equal(kit_append_one(journal, "lost#5").outcome, JOURNAL_THERE);
    /* What this disk does hold is recognised. */
    entry = kit_entry("a");
    entry.copy_of = (identity) { .incarnation = 100, .seq = 1, .node = 7 };
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* The greatest name rules among hubs, whatever the clock says by now. */
TEST(a_forgotten_life_is_followed_by_a_later_one_where_the_clock_went_back)
{
    const uint64_t later = journal_draw_incarnation(KIT_NOW + 86400000);
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("lost#5");
    struct journal_identity who;
    struct journal_result result;

    assert_int_equal(journal_renew(journal, later, REASON_MOVED, NULL), OK);
    entry.copy_of = (identity) { .incarnation = later, .seq = 9, .node = 7 };
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_true(who.incarnation > later);
    journal_close(journal);
    place_remove(&place);
}

TEST(many_events_become_full_records)
{
    enum { COUNT = 2500 };
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry *entries = calloc(COUNT, sizeof *entries);
    struct journal_result *results = calloc(COUNT, sizeof *results);
    struct reader *reader = NULL;
    struct reader_item item;

    assert_non_null(entries);
    assert_non_null(results);
    for (uint32_t i = 0; i < COUNT; i++)
        entries[i] = kit_entry("same");
    assert_int_equal(kit_append(journal, entries, COUNT, results), OK);
    assert_int_equal(results[COUNT - 1].position, COUNT);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    assert_int_equal(item.record.count, LIMIT_RECORD_EVENTS);
    assert_int_equal(reader_next(reader, 1500, &item), OK);
    assert_int_equal(item.position, 1001);
    assert_int_equal(reader_next(reader, 2001, &item), OK);
    assert_int_equal(item.record.count, 500);
    assert_int_equal(reader_next(reader, 2501, &item), ERR_NOT_FOUND);
    reader_close(reader);

    /* And never more than a record's bytes. */
    uint8_t *big = calloc(1, LIMIT_EVENT_SIZE);
    assert_non_null(big);
    for (uint32_t i = 0; i < 5; i++)
        entries[i] =
            (struct journal_entry) { .core = { big, LIMIT_EVENT_SIZE } };
    assert_int_equal(kit_append(journal, entries, 5, results), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 2501, &item), OK);
    assert_int_equal(item.record.count, 3);
    reader_close(reader);
    entries[0].core.size++;
    assert_int_equal(kit_append(journal, entries, 1, results), ERR_INPUT);
    assert_int_equal(kit_findings(journal), 0);
    free(big);
    free(entries);
    free(results);
    journal_close(journal);
    place_remove(&place);
}

TEST(arrival_never_goes_back)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_append call = { .entries = &entry, .count = 1 };
    static const int64_t clocks[] = { KIT_NOW, KIT_NOW + 10, KIT_NOW - 50000,
                                      KIT_NOW + 20 };
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;
    uint64_t position = 0;

    for (uint32_t i = 0; i < COUNT_OF(clocks); i++) {
        call.now_ms = clocks[i];
        assert_int_equal(journal_append(journal, &call, &result), OK);
    }
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 3, &item), OK);
    assert_int_equal(item.arrival_ms, KIT_NOW + 10);
    assert_int_equal(item.record.recorded_ms, KIT_NOW - 50000);
    assert_int_equal(item.record.flags, RECORD_CLOCK_BACK);
    static const struct {
        int64_t at_ms;
        uint64_t position;
    } cases[] = {
        { KIT_NOW - 1, 1 },  { KIT_NOW, 2 },      { KIT_NOW + 9, 2 },
        { KIT_NOW + 10, 4 }, { KIT_NOW + 19, 4 }, { KIT_NOW + 20, 5 }
    };
    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(
            reader_position_after(reader, cases[i].at_ms, &position), OK);
        assert_int_equal(position, cases[i].position);
    }
    reader_close(reader);
    call.now_ms = 0;
    assert_int_equal(journal_append(journal, &call, &result), ERR_INPUT);
    journal_close(journal);
    place_remove(&place);
}

/* Who waits while others commit has looked at the clock before them. */
TEST(a_wait_is_no_clock_that_has_gone_back)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_append call = { .entries = &entry, .count = 1 };
    const int64_t waited = KIT_NOW - LIMIT_CLOCK_BACK_MS;
    const int64_t clocks[] = { KIT_NOW, waited, KIT_NOW, waited - 1 };
    static const uint8_t flags[] = { RECORD_FIRST, 0, 0, RECORD_CLOCK_BACK };
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    for (uint32_t i = 0; i < COUNT_OF(clocks); i++) {
        call.now_ms = clocks[i];
        assert_int_equal(journal_append(journal, &call, &result), OK);
    }
    assert_int_equal(reader_open(journal, &reader), OK);
    for (uint32_t i = 0; i < COUNT_OF(clocks); i++) {
        assert_int_equal(reader_next(reader, i + 1, &item), OK);
        assert_int_equal(item.record.recorded_ms, clocks[i]);
        assert_int_equal(item.record.flags, flags[i]);
    }
    reader_close(reader);
    journal_close(journal);
    place_remove(&place);
}

/* As one commit: whoever sees the item sees all of them. */
TEST(what_an_item_has_no_room_for_goes_before_it_in_pieces)
{
    enum { SIZE = 2 * LIMIT_PIECE_SIZE + 5 };
    static uint8_t bytes[SIZE];
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_CLOSE,
                                             .body = view_of("close"),
                                             .pieces = { bytes, SIZE },
                                             .now_ms = KIT_NOW,
                                             .only_at = 1 };
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    for (uint32_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i % 251);
    uint64_t txn = journal_last_txn(journal);
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    assert_int_equal(journal_last_txn(journal), txn + 1);
    assert_int_equal(result.position, 4);
    assert_int_equal(result.identity.seq, 4);
    assert_int_equal(journal_append_control(journal, &control, &result),
                     ERR_BUSY);

    view left = control.pieces;
    assert_int_equal(reader_open(journal, &reader), OK);
    for (uint64_t position = 1; position <= 3; position++) {
        assert_int_equal(reader_next_control(reader, position, &item), OK);
        assert_int_equal(item.record.kind, RECORD_PIECE);
        assert_int_equal(item.record.body.size,
                         position < 3 ? LIMIT_PIECE_SIZE : 5);
        assert_memory_equal(item.record.body.bytes, left.bytes,
                            item.record.body.size);
        left.bytes += item.record.body.size;
    }
    assert_int_equal(reader_next_control(reader, 4, &item), OK);
    assert_true(view_equal(item.record.body, view_of("close")));
    reader_close(reader);
    journal_close(journal);
    place_remove(&place);
}

TEST(control_items_are_found_without_a_search)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                       .kind = RECORD_VERSION,
                                       .body = view_of("rules"),
                                       .now_ms = KIT_NOW };
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;
    struct reader_stream stream;

    kit_append_one(journal, "a");
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    assert_int_equal(result.position, 2);
    assert_int_equal(result.identity.seq, 1);
    kit_append_one(journal, "b");
    control.only_at = 3;
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    assert_int_equal(result.position, 4);
    assert_int_equal(journal_append_control(journal, &control, &result),
                     ERR_BUSY);

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next_control(reader, 1, &item), OK);
    assert_int_equal(item.position, 2);
    assert_int_equal(item.record.kind, RECORD_VERSION);
    assert_true(view_equal(item.record.body, view_of("rules")));
    assert_int_equal(reader_next_control(reader, 3, &item), OK);
    assert_int_equal(item.position, 4);
    assert_int_equal(reader_next_control(reader, 5, &item), ERR_NOT_FOUND);

    stream_id none = { 0 };
    assert_int_equal(reader_next_stream(reader, none, &stream), OK);
    assert_int_equal(stream.stream.channel, CHANNEL_EVENTS);
    assert_int_equal(stream.head.seq, 2);
    assert_int_equal(reader_next_stream(reader, stream.stream, &stream), OK);
    assert_int_equal(stream.stream.channel, CHANNEL_PUBLIC);
    assert_int_equal(stream.head.seq, 2);
    assert_int_equal(reader_next_stream(reader, stream.stream, &stream),
                     ERR_NOT_FOUND);
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(only_at_refuses_when_something_came_between)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_append call = {
        .entries = &entry, .count = 1, .now_ms = KIT_NOW, .only_at = 1
    };
    struct journal_result result;

    assert_int_equal(journal_append(journal, &call, &result), OK);
    assert_int_equal(journal_append(journal, &call, &result), ERR_BUSY);
    call.only_at = 2;
    assert_int_equal(journal_append(journal, &call, &result), OK);
    journal_close(journal);
    place_remove(&place);
}

/* Where nothing was appended in between, but all begins anew. */
TEST(only_in_refuses_when_the_incarnation_was_left)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_append call = { .entries = &entry,
                                   .count = 1,
                                   .now_ms = KIT_NOW,
                                   .only_at = 1,
                                   .only_in = 100 };
    struct journal_result result;

    assert_int_equal(journal_renew(journal, 101, REASON_MOVED, NULL), OK);
    assert_int_equal(journal_append(journal, &call, &result), ERR_BUSY);
    call.only_in = 101;
    assert_int_equal(journal_append(journal, &call, &result), OK);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_new_incarnation_names_its_parent)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    kit_append_one(journal, "a");
    kit_append_one(journal, "b");
    assert_int_equal(journal_renew(journal, 101, REASON_RESTORE, NULL), OK);
    assert_int_equal(journal_renew(journal, 101, REASON_RESTORE, NULL),
                     ERR_EXISTS);
    assert_int_equal(journal_renew(journal, 100, REASON_RESTORE, NULL),
                     ERR_EXISTS);
    journal = kit_open_again(&place, journal);
    result = kit_append_one(journal, "c");
    assert_int_equal(result.identity.incarnation, 101);
    assert_int_equal(result.identity.seq, 1);
    assert_int_equal(result.position, 3);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 2, &item), OK);
    digest left = item.record.chain;
    assert_int_equal(reader_next(reader, 3, &item), OK);
    assert_int_equal(item.record.parent.incarnation, 100);
    assert_int_equal(item.record.parent.seq, 2);
    assert_int_equal(item.record.parent.reason, REASON_RESTORE);
    assert_true(digest_equal(item.record.parent.chain, left));
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(notes_are_kept)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    uint8_t room[8];
    view value = { 0 };

    assert_int_equal(
        journal_get_note(journal, view_of("n"), room, sizeof room, &value),
        ERR_NOT_FOUND);
    assert_int_equal(journal_put_note(journal, view_of("n"), view_of("one")),
                     OK);
    uint64_t txn = journal_last_txn(journal);
    assert_int_equal(journal_put_note(journal, view_of("n"), view_of("two")),
                     OK);
    assert_int_not_equal(journal_last_txn(journal), txn);
    journal = kit_open_again(&place, journal);
    assert_int_equal(
        journal_get_note(journal, view_of("n"), room, sizeof room, &value), OK);
    assert_true(view_equal(value, view_of("two")));
    assert_int_equal(journal_get_note(journal, view_of("n"), room, 2, &value),
                     ERR_UNKNOWN);
    assert_int_equal(journal_put_note(journal, view_of("n"), (view) { 0 }), OK);
    assert_int_equal(
        journal_get_note(journal, view_of("n"), room, sizeof room, &value),
        ERR_NOT_FOUND);
    journal_close(journal);
    place_remove(&place);
}

/* ----- many at once ----- */

enum { THREADS = 8, APPENDS = 60 };

struct worker {
    struct journal *journal;
    uint32_t number;
    pthread_t thread;
};

/* Each worker appends pairs, every third time with a conflict in them. */
static void *
run_worker(void *context)
{
    struct worker *worker = context;

    for (uint32_t i = 0; i < APPENDS; i++) {
        char first[32];
        char second[32];
        snprintf(first, sizeof first, "w%u-%u", worker->number, i);
        snprintf(second, sizeof second, i % 3 ? "w%u-%u#%u-%u" : "bad#taken",
                 worker->number, i, worker->number, i);
        struct journal_entry entries[] = { kit_entry(first),
                                           kit_entry(second) };
        struct journal_result results[2];
        enum err err = kit_append(worker->journal, entries, 2, results);
        if (err != (i % 3 ? OK : ERR_CONFLICT))
            return (void *)"wrong answer";
        if (i % 3 && results[1].position != results[0].position + 1)
            return (void *)"wrong place";
    }
    return NULL;
}

TEST(threads_share_commits_and_keep_their_answers)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct worker workers[THREADS];
    struct reader *reader = NULL;

    kit_append_one(journal, "good#taken");
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker) { .journal = journal, .number = i };
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]),
            0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        pthread_join(workers[i].thread, &complaint);
        assert_null(complaint);
    }
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_last(reader), 1 + THREADS * APPENDS / 3 * 2 * 2);
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* Appends for ever, saying each acknowledged number. */
static void
append_until_killed(const char *path, int out)
{
    struct journal *journal = NULL;

    if (journal_open(path, kit_describe, &journal) != OK)
        _exit(1);
    for (uint32_t i = 1;; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%u", i);
        struct journal_entry entry = kit_entry(text);
        struct journal_result result;
        if (kit_append(journal, &entry, 1, &result) != OK)
            _exit(1);
        if (write(out, &result.position, 8) != 8)
            _exit(1);
    }
}

TEST(what_was_acknowledged_survives_a_kill)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct reader *reader = NULL;
    uint64_t acknowledged = 0;

    journal_close(journal); /* nobody forks with an open one */
    for (int round = 0; round < 3; round++) {
        int ends[2];
        uint64_t position = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            append_until_killed(place.path, ends[1]);
        }
        close(ends[1]);
        for (int i = 0; i < 40 + round * 7; i++)
            assert_int_equal(read(ends[0], &position, 8), 8);
        kill(child, SIGKILL);
        while (read(ends[0], &position, 8) == 8)
            acknowledged = position;
        if (position > acknowledged)
            acknowledged = position;
        close(ends[0]);
        waitpid(child, NULL, 0);

        assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
        assert_int_equal(reader_open(journal, &reader), OK);
        assert_true(reader_last(reader) >= acknowledged);
        reader_close(reader);
        assert_int_equal(kit_findings(journal), 0);
        journal_close(journal);
    }
    place_remove(&place);
}

TEST(appends_of_one_commit_have_their_own_answers)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entries[] = { kit_entry("a#id"), kit_entry("b"),
                                       kit_entry("c#id"), kit_entry("a#id"),
                                       kit_entry("d") };
    struct journal_result results[5];
    char text[100];
    const int64_t now_ms = INT64_C(1767225600000);
    struct journal_try tries[] = {
        { { .entries = entries, .count = 1, .now_ms = now_ms },
          &results[0],
          OK },
        { { .entries = entries + 1, .count = 2, .now_ms = now_ms },
          &results[1],
          OK },
        { { .entries = entries + 3, .count = 1, .now_ms = now_ms },
          &results[3],
          OK },
        { { .entries = entries + 4, .count = 1, .now_ms = -1 },
          &results[4],
          OK },
        { { .entries = entries + 4, .count = 1, .now_ms = now_ms },
          &results[4],
          OK },
    };

    uint64_t txn = journal_last_txn(journal);
    journal_append_each(journal, tries, COUNT_OF(tries));
    assert_int_equal(journal_last_txn(journal), txn + 1);
    assert_int_equal(tries[0].err, OK);
    assert_int_equal(tries[1].err, ERR_CONFLICT);
    assert_int_equal(results[1].outcome, JOURNAL_REFUSED);
    assert_int_equal(results[2].outcome, JOURNAL_CONFLICT);
    assert_int_equal(tries[2].err, OK);
    assert_int_equal(results[3].outcome, JOURNAL_THERE);
    assert_int_equal(results[3].position, 1);
    assert_int_equal(tries[3].err, ERR_INPUT);
    assert_int_equal(tries[4].err, OK);
    assert_int_equal(results[4].position, 2);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a#id d ");
    journal_append_each(journal, tries, 0);
    journal_close(journal);
    place_remove(&place);
}

/* LMDB's own, but for the one after so many, which finds no place for another
 * reader. */
int mdb_txn_begin(void *env, void *parent, unsigned flags, void **ret_txn);
static int begins_left = INT32_MAX;

int
mdb_txn_begin(void *env, void *parent, unsigned flags, void **ret_txn)
{
    enum { READERS_FULL = -30790 };
    int (*begin)(void *, void *, unsigned, void **);
    void *symbol = dlsym(RTLD_NEXT, "mdb_txn_begin");

    memcpy(&begin, &symbol, sizeof begin);
    return begins_left-- == 0 ? READERS_FULL
                              : begin(env, parent, flags, ret_txn);
}

/* What can't be looked at for a moment has not gone back: a hub would wait for
 * all its nodes. */
TEST(a_journal_that_cant_be_looked_at_is_not_rewound)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    bool refused = true;

    kit_append_one(journal, "a");
    journal_close(journal);
    for (int begins = 0; refused; begins++) {
        bool rewound = true;
        begins_left = begins;
        enum err err = journal_open(place.path, kit_describe, &journal);
        refused = begins_left < 0;
        begins_left = INT32_MAX;
        assert_int_equal(err, refused ? ERR_BUSY : OK);
        if (refused)
            continue;
        assert_int_equal(journal_is_rewound(journal, &rewound), OK);
        assert_false(rewound);
        journal_close(journal);
    }
    place_remove(&place);
}

TEST(names_of_incarnations_ascend)
{
    const uint64_t now = journal_draw_incarnation(KIT_NOW);

    for (uint64_t than = now; than <= now + 2000000; than += 999999)
        assert_true(journal_draw_later(than, KIT_NOW) > than);
    assert_true(journal_draw_later(7, KIT_NOW) > 7);
    /* After the last there is none. */
    for (uint64_t than = LIMIT_INCARNATION - 1; than <= LIMIT_INCARNATION;
         than++)
        assert_true(journal_draw_later(than, KIT_NOW) < LIMIT_INCARNATION);
    assert_true(journal_draw_later(UINT64_MAX, KIT_NOW) < LIMIT_INCARNATION);
}

RUN(cmocka_unit_test(names_of_incarnations_ascend),
    cmocka_unit_test(a_journal_that_cant_be_looked_at_is_not_rewound),
    cmocka_unit_test(appended_events_survive_reopening),
    cmocka_unit_test(nothing_there),
    cmocka_unit_test(ids_tell_repetition_from_conflict),
    cmocka_unit_test(at_left_out_compares_equal),
    cmocka_unit_test(repetitions_within_one_call),
    cmocka_unit_test(appends_of_one_commit_have_their_own_answers),
    cmocka_unit_test(imported_copies_count_once),
    cmocka_unit_test(own_events_from_a_forgotten_life_renew_the_incarnation),
    cmocka_unit_test(
        a_forgotten_life_is_followed_by_a_later_one_where_the_clock_went_back),
    cmocka_unit_test(many_events_become_full_records),
    cmocka_unit_test(arrival_never_goes_back),
    cmocka_unit_test(a_wait_is_no_clock_that_has_gone_back),
    cmocka_unit_test(control_items_are_found_without_a_search),
    cmocka_unit_test(what_an_item_has_no_room_for_goes_before_it_in_pieces),
    cmocka_unit_test(only_at_refuses_when_something_came_between),
    cmocka_unit_test(only_in_refuses_when_the_incarnation_was_left),
    cmocka_unit_test(a_new_incarnation_names_its_parent),
    cmocka_unit_test(notes_are_kept),
    cmocka_unit_test(threads_share_commits_and_keep_their_answers),
    cmocka_unit_test(what_was_acknowledged_survives_a_kill))
