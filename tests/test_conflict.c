/*
 * test_conflict.c - of two events under one identity people are told once,
 * which it is, in whose streams the two stand, and what both are
 */
#include "core/conflict.h"

#include <string.h>

#include "core/ingest.h"
#include "tests/kit.h"
#include "tests/unit.h"

/* Of node 7, which writes in incarnation 100. */
static const identity FIRST = { .incarnation = 100, .seq = 1, .node = 7 };

/* A hub, and one node after another that it hears. */
struct hall {
    struct place place;
    struct journal *hub;
    struct ingest_marks marks; /* of what came last */
};

static void
open_hall(struct hall *hall)
{
    struct journal_identity who = KIT_WHO;

    *hall = (struct hall) { .place = place_make() };
    who.node = 1;
    assert_int_equal(journal_create(hall->place.path, &who), OK);
    assert_int_equal(journal_open(hall->place.path, kit_describe, &hall->hub),
                     OK);
}

static void
close_hall(struct hall *hall)
{
    assert_int_equal(kit_findings(hall->hub), 0);
    journal_close(hall->hub);
    place_remove(&hall->place);
}

/* Everything that the journal has of its own, as often as one likes. */
static void
bring(struct hall *hall, struct journal *from, uint32_t node)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct ingest_batch batch = { .stream = { .incarnation = 100,
                                              .node = node } };
    const struct ingest_options options = { .now_ms = KIT_NOW,
                                            .marks = &hall->marks };

    assert_int_equal(reader_open(from, &reader), OK);
    assert_int_equal(reader_find(reader, batch.stream, 1, &item), OK);
    batch.bytes = item.record.bytes;
    assert_int_equal(ingest_run(hall->hub, &batch, 1, &options), OK);
    reader_close(reader);
}

/* The node of that number says the text; as a copy of FIRST, unless it is the
 * one whose event that is. */
static void
say(struct hall *hall, uint32_t node, const struct journal_entry *what)
{
    struct journal_identity who = KIT_WHO;
    struct journal_entry entry = *what;
    struct journal *journal = NULL;
    struct journal_result result;
    struct place place = place_make();

    if (node != FIRST.node)
        entry.copy_of = FIRST;
    who.node = node;
    assert_int_equal(journal_create(place.path, &who), OK);
    assert_int_equal(journal_open(place.path, kit_describe, &journal), OK);
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    bring(hall, journal, node);
    const struct ingest_marks first = hall->marks;
    bring(hall, journal, node); /* nothing is told twice */
    assert_int_equal(hall->marks.count, 0);
    hall->marks = first;
    journal_close(journal);
    place_remove(&place);
}

static void
say_word(struct hall *hall, uint32_t node, const char *text)
{
    const struct journal_entry entry = kit_entry(text);

    say(hall, node, &entry);
}

/* What the last thing said was marked for. */
static struct conflict
find(struct hall *hall)
{
    struct reader *reader = NULL;
    struct conflict conflict = { 0 };

    assert_int_equal(hall->marks.count, 1);
    assert_int_equal(reader_open(hall->hub, &reader), OK);
    assert_int_equal(conflict_find(reader, kit_describe,
                                   hall->marks.list[0].position,
                                   hall->marks.list[0].why, &conflict),
                     OK);
    reader_close(reader);
    assert_true(identity_equal(conflict.identity, FIRST));
    return conflict;
}

static uint64_t
count(struct hall *hall)
{
    struct reader *reader = NULL;

    assert_int_equal(reader_open(hall->hub, &reader), OK);
    uint64_t found = conflict_count(reader);
    reader_close(reader);
    return found;
}

static void
is_side(const struct conflict_side *side, uint32_t node, const char *text)
{
    assert_int_equal(side->node, node);
    assert_true(fingerprint_equal(side->print, kit_entry(text).print));
}

static void
speaks_of(const struct conflict *conflict, const char *words)
{
    char text[CONFLICT_WORDS_SIZE], aside[CONFLICT_PRINT_SIZE],
        counts[CONFLICT_PRINT_SIZE];

    conflict_format(conflict, text);
    conflict_print(conflict->aside.print, aside);
    conflict_print(conflict->counts.print, counts);
    if (!strstr(text, words) || !strstr(text, aside) || !strstr(text, counts))
        fail_msg("%s", text);
}

TEST(an_original_and_its_copy)
{
    for (int order = 0; order < 2; order++) {
        struct hall hall;

        open_hall(&hall);
        say_word(&hall, order ? 8 : 7, order ? "other" : "true");
        assert_int_equal(hall.marks.count, 0);
        say_word(&hall, order ? 7 : 8, order ? "true" : "other");
        struct conflict conflict = find(&hall);
        assert_int_equal(conflict.why, QUARANTINE_COPY_DIFFERS);
        is_side(&conflict.aside, 8, "other");
        is_side(&conflict.counts, 7, "true");
        speaks_of(&conflict, "a copy by node 8 (");
        speaks_of(&conflict, "that differs from its original (");
        assert_int_equal(count(&hall), 1);
        /* One that is as the original is no conflict, whatever others say. */
        say_word(&hall, 9, "true");
        assert_int_equal(hall.marks.count, 0);
        say_word(&hall, 10, "third");
        conflict = find(&hall);
        is_side(&conflict.aside, 10, "third");
        is_side(&conflict.counts, 7, "true");
        assert_int_equal(count(&hall), 2);
        close_hall(&hall);
    }
}

/* The lesser fingerprint counts, whoever came first. */
TEST(two_copies)
{
    const bool x_counts = hash128_compare(kit_entry("x").print.content,
                                          kit_entry("y").print.content) < 0;

    for (int order = 0; order < 2; order++) {
        struct hall hall;

        open_hall(&hall);
        say_word(&hall, order ? 8 : 9, order ? "x" : "y");
        say_word(&hall, order ? 9 : 8, order ? "y" : "x");
        struct conflict conflict = find(&hall);
        assert_int_equal(conflict.why, QUARANTINE_COPIES_DIFFER);
        is_side(&conflict.counts, x_counts ? 8 : 9, x_counts ? "x" : "y");
        is_side(&conflict.aside, x_counts ? 9 : 8, x_counts ? "y" : "x");
        speaks_of(&conflict, "), which counts");
        assert_int_equal(count(&hall), 1);
        close_hall(&hall);
    }
}

TEST(a_copy_that_is_not_what_it_says)
{
    struct journal_entry entry = kit_entry("x");
    struct hall hall;

    open_hall(&hall);
    entry.print = kit_entry("y").print;
    say(&hall, 8, &entry);
    struct conflict conflict = find(&hall);
    assert_int_equal(conflict.why, QUARANTINE_COPY_FALSE);
    is_side(&conflict.aside, 8, "y");
    is_side(&conflict.counts, 8, "x");
    speaks_of(&conflict, "says of itself what it is not");
    close_hall(&hall);
}

/* The content as it stands in the journal, most significant byte first. */
TEST(a_fingerprint_in_print)
{
    char text[CONFLICT_PRINT_SIZE];
    fingerprint print = { .at_ms = INT64_MIN };

    memset(print.content.bytes, 0xff, sizeof print.content.bytes);
    print.content.bytes[0] = 1;
    conflict_print(print, text);
    assert_string_equal(text, "01ffffffffffffffffffffffffffffff"
                              "@-9223372036854775808");
    assert_int_equal(strlen(text) + 1, CONFLICT_PRINT_SIZE);
}

RUN(cmocka_unit_test(an_original_and_its_copy), cmocka_unit_test(two_copies),
    cmocka_unit_test(a_copy_that_is_not_what_it_says),
    cmocka_unit_test(a_fingerprint_in_print))
