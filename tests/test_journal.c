/*
 * test_journal.c - what is appended is there: once, in order, whoever else
 * appends, and after a crash; repetitions and conflicts are told apart
 */
#include "core/journal.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/reader.h"
#include "core/scrub.h"
#include "tests/place.h"
#include "tests/unit.h"

#define NOW INT64_C(1700000000000)

static const struct journal_identity WHO = {
    .node = 7, .store = 70, .incarnation = 100, .epoch = 1
};

/* An event here is the text "CONTENT" or "CONTENT#ID". */
static bool
describe(const struct record_event *event, struct journal_facts *ret_facts)
{
    view core = event->core;
    uint32_t at = 0;

    while (at < core.size && core.bytes[at] != '#')
        at++;
    ret_facts->print =
        (fingerprint) { crypto_hash128((view) { core.bytes, at }), NOW };
    ret_facts->id = (view) { 0 };
    if (at < core.size)
        ret_facts->id = (view) { core.bytes + at + 1, core.size - at - 1 };
    return true;
}

static struct journal_entry
entry_of(const char *text)
{
    struct journal_facts facts;
    struct record_event event = { .core = view_of(text) };

    describe(&event, &facts);
    return (struct journal_entry) { .core = view_of(text),
                                    .id = facts.id,
                                    .print = facts.print };
}

static struct journal *
open_new(const struct place *place)
{
    struct journal *journal = NULL;

    assert_int_equal(journal_create(place->path, &WHO), OK);
    assert_int_equal(journal_open(place->path, describe, &journal), OK);
    return journal;
}

static struct journal *
open_again(const struct place *place, struct journal *journal)
{
    journal_close(journal);
    journal = NULL;
    assert_int_equal(journal_open(place->path, describe, &journal), OK);
    return journal;
}

static enum err
append(struct journal *journal, const struct journal_entry *entries,
       uint32_t count, struct journal_result *results)
{
    return journal_append(journal,
                          &(struct journal_append) { .entries = entries,
                                                     .count = count,
                                                     .now_ms = NOW },
                          results);
}

static struct journal_result
append_one(struct journal *journal, const char *text)
{
    struct journal_entry entry = entry_of(text);
    struct journal_result result;

    assert_int_equal(append(journal, &entry, 1, &result), OK);
    return result;
}

/* The texts of all events in order of arrival, each followed by a blank. */
static void
read_all(struct journal *journal, char *text, size_t room)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct record_event event;
    uint64_t next = 1;

    text[0] = '\0';
    assert_int_equal(reader_open(journal, &reader), OK);
    while (reader_next(reader, next, &item) == OK) {
        assert_int_equal(item.position, next);
        struct record_cursor cursor = record_events(&item.record);
        while (record_next(&cursor, &event)) {
            size_t used = strlen(text);
            snprintf(text + used, room - used, "%.*s ", (int)event.core.size,
                     (const char *)event.core.bytes);
        }
        next += item.record.count;
    }
    assert_int_equal(next, reader_last(reader) + 1);
    reader_close(reader);
}

static uint64_t
findings(struct journal *journal)
{
    struct scrub_totals totals;

    assert_int_equal(scrub_run(journal, NULL, NULL, &totals), OK);
    return totals.findings;
}

TEST(appended_events_survive_reopening)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entries[] = { entry_of("a"), entry_of("b#1"),
                                       entry_of("c") };
    struct journal_result results[3];
    struct journal_identity who;
    char text[100];

    entries[1].annex = view_of("till 3");
    assert_int_equal(append(journal, entries, 3, results), OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].outcome, JOURNAL_APPENDED);
        assert_int_equal(results[i].position, i + 1);
        assert_int_equal(results[i].identity.node, 7);
        assert_int_equal(results[i].identity.incarnation, 100);
        assert_int_equal(results[i].identity.seq, i + 1);
    }
    journal = open_again(&place, journal);
    assert_int_equal(append_one(journal, "d").position, 4);
    read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c d ");
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_memory_equal(&who, &WHO, sizeof who);
    assert_int_equal(findings(journal), 0);
    assert_int_equal(journal_create(place.path, &WHO), ERR_EXISTS);
    journal_close(journal);
    place_remove(&place);
}

TEST(nothing_there)
{
    struct place place = place_make();
    struct journal *journal = NULL;

    assert_int_equal(journal_open(place.path, describe, &journal),
                     ERR_NOT_FOUND);
    assert_null(journal);
    place_remove(&place);
}

TEST(ids_tell_repetition_from_conflict)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_result results[3];
    char text[100];

    append_one(journal, "x");
    append_one(journal, "a#id");
    struct journal_result again = append_one(journal, "a#id");
    assert_int_equal(again.outcome, JOURNAL_THERE);
    assert_int_equal(again.position, 2);
    assert_int_equal(again.identity.seq, 2);

    struct journal_entry entries[] = { entry_of("y"), entry_of("b#id"),
                                       entry_of("a#id") };
    assert_int_equal(append(journal, entries, 3, results), ERR_CONFLICT);
    assert_int_equal(results[0].outcome, JOURNAL_REFUSED);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    assert_int_equal(results[1].position, 2);
    assert_int_equal(results[2].outcome, JOURNAL_THERE);
    read_all(journal, text, sizeof text);
    assert_string_equal(text, "x a#id ");

    struct journal_append skipping = {
        .entries = entries, .count = 3, .now_ms = NOW, .skip_bad = true
    };
    assert_int_equal(journal_append(journal, &skipping, results), OK);
    assert_int_equal(results[0].outcome, JOURNAL_APPENDED);
    assert_int_equal(results[0].position, 3);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    read_all(journal, text, sizeof text);
    assert_string_equal(text, "x a#id y ");
    journal_close(journal);
    place_remove(&place);
}

TEST(at_left_out_compares_equal)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a#id");
    struct journal_result result;

    append_one(journal, "a#id");
    entry.print.at_ms = NOW + 5;
    assert_int_equal(append(journal, &entry, 1, &result), ERR_CONFLICT);
    entry.at_left_out = true;
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    journal_close(journal);
    place_remove(&place);
}

TEST(repetitions_within_one_call)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entries[] = { entry_of("a#1"), entry_of("b#2"),
                                       entry_of("a#1"), entry_of("c") };
    struct journal_result results[4];

    assert_int_equal(append(journal, entries, 4, results), OK);
    assert_int_equal(results[2].outcome, JOURNAL_THERE);
    assert_int_equal(results[2].position, 1);
    assert_int_equal(results[2].identity.seq, 1);
    assert_int_equal(results[3].position, 3);
    struct journal_entry bad[] = { entry_of("d#9"), entry_of("e#9") };
    assert_int_equal(append(journal, bad, 2, results), ERR_CONFLICT);
    assert_int_equal(results[0].outcome, JOURNAL_REFUSED);
    assert_int_equal(results[1].outcome, JOURNAL_CONFLICT);
    assert_int_equal(append_one(journal, "d#9").position, 4);
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(imported_copies_count_once)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct record_event event;
    struct reader_gap gap;
    uint64_t position = 0;

    entry.copy_of = (identity) { .incarnation = 5, .seq = 3, .node = 2 };
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_APPENDED);
    assert_true(identity_equal(result.identity, entry.copy_of));
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_true(identity_equal(result.identity, entry.copy_of));
    entry.print = entry_of("b").print;
    assert_int_equal(append(journal, &entry, 1, &result), ERR_CONFLICT);

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
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* Our own numbers above our head: this disk has forgotten them.  They must not
 * be given away a second time. */
TEST(own_events_from_a_forgotten_life_renew_the_incarnation)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("lost#5");
    struct journal_identity who;
    struct journal_result result;

    append_one(journal, "a");
    entry.copy_of = (identity) { .incarnation = 100, .seq = 9, .node = 7 };
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_int_not_equal(who.incarnation, 100);
    result = append_one(journal, "b");
    assert_int_equal(result.identity.incarnation, who.incarnation);
    assert_int_equal(result.identity.seq, 2);
    /* Its id is known again. */
    assert_int_equal(append_one(journal, "lost#5").outcome, JOURNAL_THERE);
    /* What this disk does hold is recognised. */
    entry = entry_of("a");
    entry.copy_of = (identity) { .incarnation = 100, .seq = 1, .node = 7 };
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(many_events_become_full_records)
{
    enum { COUNT = 2500 };
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry *entries = calloc(COUNT, sizeof *entries);
    struct journal_result *results = calloc(COUNT, sizeof *results);
    struct reader *reader = NULL;
    struct reader_item item;

    assert_non_null(entries);
    assert_non_null(results);
    for (uint32_t i = 0; i < COUNT; i++)
        entries[i] = entry_of("same");
    assert_int_equal(append(journal, entries, COUNT, results), OK);
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
    assert_int_equal(append(journal, entries, 5, results), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 2501, &item), OK);
    assert_int_equal(item.record.count, 3);
    reader_close(reader);
    entries[0].core.size++;
    assert_int_equal(append(journal, entries, 1, results), ERR_INPUT);
    assert_int_equal(findings(journal), 0);
    free(big);
    free(entries);
    free(results);
    journal_close(journal);
    place_remove(&place);
}

TEST(arrival_never_goes_back)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a");
    struct journal_append call = { .entries = &entry, .count = 1 };
    static const int64_t clocks[] = { NOW, NOW + 10, NOW - 50, NOW + 20 };
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
    assert_int_equal(item.arrival_ms, NOW + 10);
    assert_int_equal(item.record.recorded_ms, NOW - 50);
    assert_int_equal(item.record.flags, RECORD_CLOCK_BACK);
    static const struct {
        int64_t at_ms;
        uint64_t position;
    } cases[] = { { NOW - 1, 1 },  { NOW, 2 },      { NOW + 9, 2 },
                  { NOW + 10, 4 }, { NOW + 19, 4 }, { NOW + 20, 5 } };
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

TEST(control_items_are_found_without_a_search)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                       .kind = RECORD_VERSION,
                                       .body = view_of("rules"),
                                       .now_ms = NOW };
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;
    struct reader_stream stream;

    append_one(journal, "a");
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    assert_int_equal(result.position, 2);
    assert_int_equal(result.identity.seq, 1);
    append_one(journal, "b");
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
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(only_at_refuses_when_something_came_between)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a");
    struct journal_append call = {
        .entries = &entry, .count = 1, .now_ms = NOW, .only_at = 1
    };
    struct journal_result result;

    assert_int_equal(journal_append(journal, &call, &result), OK);
    assert_int_equal(journal_append(journal, &call, &result), ERR_BUSY);
    call.only_at = 2;
    assert_int_equal(journal_append(journal, &call, &result), OK);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_new_incarnation_names_its_parent)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    append_one(journal, "a");
    append_one(journal, "b");
    assert_int_equal(journal_renew(journal, 101, REASON_RESTORE, NULL), OK);
    assert_int_equal(journal_renew(journal, 101, REASON_RESTORE, NULL),
                     ERR_EXISTS);
    assert_int_equal(journal_renew(journal, 100, REASON_RESTORE, NULL),
                     ERR_EXISTS);
    journal = open_again(&place, journal);
    result = append_one(journal, "c");
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
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(notes_are_kept)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
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
    journal = open_again(&place, journal);
    assert_int_equal(
        journal_get_note(journal, view_of("n"), room, sizeof room, &value), OK);
    assert_true(view_equal(value, view_of("two")));
    assert_int_equal(journal_get_note(journal, view_of("n"), room, 2, &value),
                     ERR_MEMORY);
    assert_int_equal(journal_put_note(journal, view_of("n"), (view) { 0 }), OK);
    assert_int_equal(
        journal_get_note(journal, view_of("n"), room, sizeof room, &value),
        ERR_NOT_FOUND);
    journal_close(journal);
    place_remove(&place);
}

/* ----- damage ----- */

static void
flip_byte_of(const struct place *place, const char *text)
{
    char path[PLACE_SIZE];
    static char bytes[1 << 22];

    place_join(place, "data.mdb", path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    char *found = memmem(bytes, size, text, strlen(text));
    assert_non_null(found);
    assert_int_equal(fseek(file, found - bytes, SEEK_SET), 0);
    assert_int_equal(fputc(found[0] ^ 1, file), found[0] ^ 1);
    assert_int_equal(fclose(file), 0);
}

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
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;
    struct found found = { 0 };
    struct scrub_totals totals;

    append_one(journal, "before");
    append_one(journal, "the-damaged-one");
    append_one(journal, "after");
    journal_close(journal);
    flip_byte_of(&place, "the-damaged-one");
    assert_int_equal(journal_open(place.path, describe, &journal), OK);
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
    assert_int_equal(scrub_run(journal, note_finding, &found, &totals), OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(totals.findings, 1);
    assert_int_equal(found.last.kind, SCRUB_DAMAGED);
    assert_int_equal(found.last.position, 2);
    assert_int_equal(found.last.seq, 2);
    assert_int_equal(append(journal, &entry, 1, &result), OK);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_damaged_tail_refuses_appends)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
    struct journal_entry entry = entry_of("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    append_one(journal, "before");
    append_one(journal, "the-damaged-one");
    journal_close(journal);
    flip_byte_of(&place, "the-damaged-one");
    assert_int_equal(journal_open(place.path, describe, &journal), OK);
    assert_int_equal(append(journal, &entry, 1, &result), ERR_CORRUPT);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    assert_int_equal(reader_next(reader, 2, &item), ERR_CORRUPT);
    assert_int_equal(reader_damage(reader)->next, 0);
    reader_close(reader);
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
        struct journal_entry entries[] = { entry_of(first), entry_of(second) };
        struct journal_result results[2];
        enum err err = append(worker->journal, entries, 2, results);
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
    struct journal *journal = open_new(&place);
    struct worker workers[THREADS];
    struct reader *reader = NULL;

    append_one(journal, "good#taken");
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
    assert_int_equal(findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* Appends for ever, saying each acknowledged number. */
static void
append_until_killed(const char *path, int out)
{
    struct journal *journal = NULL;

    if (journal_open(path, describe, &journal) != OK)
        _exit(1);
    for (uint32_t i = 1;; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%u", i);
        struct journal_entry entry = entry_of(text);
        struct journal_result result;
        if (append(journal, &entry, 1, &result) != OK)
            _exit(1);
        if (write(out, &result.position, 8) != 8)
            _exit(1);
    }
}

TEST(what_was_acknowledged_survives_a_kill)
{
    struct place place = place_make();
    struct journal *journal = open_new(&place);
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

        assert_int_equal(journal_open(place.path, describe, &journal), OK);
        assert_int_equal(reader_open(journal, &reader), OK);
        assert_true(reader_last(reader) >= acknowledged);
        reader_close(reader);
        assert_int_equal(findings(journal), 0);
        journal_close(journal);
    }
    place_remove(&place);
}

RUN(cmocka_unit_test(appended_events_survive_reopening),
    cmocka_unit_test(nothing_there),
    cmocka_unit_test(ids_tell_repetition_from_conflict),
    cmocka_unit_test(at_left_out_compares_equal),
    cmocka_unit_test(repetitions_within_one_call),
    cmocka_unit_test(imported_copies_count_once),
    cmocka_unit_test(own_events_from_a_forgotten_life_renew_the_incarnation),
    cmocka_unit_test(many_events_become_full_records),
    cmocka_unit_test(arrival_never_goes_back),
    cmocka_unit_test(control_items_are_found_without_a_search),
    cmocka_unit_test(only_at_refuses_when_something_came_between),
    cmocka_unit_test(a_new_incarnation_names_its_parent),
    cmocka_unit_test(notes_are_kept),
    cmocka_unit_test(damage_is_named_and_not_served),
    cmocka_unit_test(a_damaged_tail_refuses_appends),
    cmocka_unit_test(threads_share_commits_and_keep_their_answers),
    cmocka_unit_test(what_was_acknowledged_survives_a_kill))
