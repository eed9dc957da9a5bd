/*
 * test_reissue.c - what only one branch of a public stream has is published
 * again, once
 */
#include "tests/unit.h"

#include "core/ledger.h"
#include "core/reader.h"
#include "nodes/reissue.h"
#include "tests/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1735725600000)
enum { HUB = 1, OLD = 7, NEW = 8, BYTES_MAX = 8192 };

static const stream_id STREAM = { .incarnation = OLD,
                                  .node = HUB,
                                  .channel = CHANNEL_PUBLIC };
static const stream_id LATER = { .incarnation = NEW,
                                 .node = HUB,
                                 .channel = CHANNEL_PUBLIC };

/* A hub's ledger, as its disk is in one of two pasts. */
struct past {
    struct place place;
    struct ledger *ledger;
    struct journal *journal;
    uint8_t bytes[BYTES_MAX]; /* of a stream, as read last */
    uint32_t size;
};

static void
say(struct past *past, uint8_t kind, const char *what, int64_t at_ms)
{
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = kind,
                                             .body = view_of(what),
                                             .now_ms = at_ms };
    struct journal_result result;

    assert_int_equal(journal_append_control(past->journal, &control, &result),
                     OK);
}

/* Both pasts begin with "common" at time 1. */
static struct past *
begin(void)
{
    const struct ledger_identity who = { .node = HUB, .incarnation = OLD };
    char dir[PLACE_SIZE];
    struct past *past = calloc(1, sizeof *past);

    assert_non_null(past);
    past->place = place_make();
    place_join(&past->place, "hub", dir);
    assert_int_equal(ledger_create(dir, &who, NOW_MS, NULL), OK);
    assert_int_equal(ledger_open(dir, LEDGER_WRITE, NULL, &past->ledger), OK);
    past->journal = ledger_journal(past->ledger);
    say(past, RECORD_VERSION, "common", NOW_MS + 1);
    return past;
}

static void
end(struct past *past)
{
    ledger_close(past->ledger);
    place_remove(&past->place);
    free(past);
}

/* The stream's records from a seq on; as text: "body@time ". */
static view
read_stream(struct past *past, stream_id stream, uint64_t from, char *ret_text)
{
    struct reader *reader = NULL;
    struct reader_item item;

    past->size = 0;
    *ret_text = '\0';
    assert_int_equal(reader_open(past->journal, &reader), OK);
    for (uint64_t seq = from; reader_find(reader, stream, seq, &item) == OK;
         seq++) {
        const struct record *record = &item.record;
        assert_true(past->size + record->bytes.size <= BYTES_MAX);
        memcpy(past->bytes + past->size, record->bytes.bytes,
               record->bytes.size);
        past->size += record->bytes.size;
        ret_text += sprintf(ret_text, "%.*s@%d ", (int)record->body.size,
                            (const char *)record->body.bytes,
                            (int)(record->recorded_ms - NOW_MS));
    }
    reader_close(reader);
    return (view) { past->bytes, past->size };
}

static void
expect_said_again(struct past *past, const char *expected)
{
    char text[256];

    (void)read_stream(past, LATER, 1, text);
    assert_string_equal(text, expected);
}

TEST(what_only_one_branch_has_is_said_again_once)
{
    struct past *ours = begin();
    struct past *theirs = begin();
    struct reissue reissue = reissue_open(ours->journal);
    char text[256];

    say(theirs, RECORD_VERSION, "theirs", NOW_MS + 2);
    say(theirs, RECORD_SIGNED, "signed", NOW_MS + 3);
    say(ours, RECORD_VERSION, "ours", NOW_MS + 4);
    say(ours, RECORD_ENDPOINTS, "hubs", NOW_MS + 5);
    assert_int_equal(journal_renew(ours->journal, NEW, REASON_REWOUND, NULL),
                     OK);
    view shown = read_stream(theirs, STREAM, 1, text);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(reissue_run(&reissue, STREAM, shown), OK);
        expect_said_again(ours, "theirs@2 ours@4 ");
    }
    /* Somebody else has more of that branch, and begins in the middle. */
    say(theirs, RECORD_VERSION, "more", NOW_MS + 6);
    shown = read_stream(theirs, STREAM, 3, text);
    assert_string_equal(text, "signed@3 more@6 ");
    reissue_close(&reissue);
    reissue = reissue_open(ours->journal); /* as after a start */
    assert_int_equal(reissue_run(&reissue, STREAM, shown), OK);
    expect_said_again(ours, "theirs@2 ours@4 more@6 ");
    reissue_close(&reissue);
    end(theirs);
    end(ours);
}

/* The same file from the same day, published at another time, is another one:
 * between the two there may have been a third. */
TEST(what_was_published_at_another_time_is_another)
{
    struct past *ours = begin();
    struct past *theirs = begin();
    struct reissue reissue = reissue_open(ours->journal);
    char text[256];

    say(theirs, RECORD_VERSION, "same", NOW_MS + 2);
    say(ours, RECORD_VERSION, "same", NOW_MS + 3);
    assert_int_equal(journal_renew(ours->journal, NEW, REASON_REWOUND, NULL),
                     OK);
    view shown = read_stream(theirs, STREAM, 1, text);
    assert_int_equal(reissue_run(&reissue, STREAM, shown), OK);
    expect_said_again(ours, "same@2 same@3 ");
    reissue_close(&reissue);
    end(theirs);
    end(ours);
}

TEST(where_both_are_the_same_nothing_is_said_again)
{
    struct past *ours = begin();
    struct past *theirs = begin();
    struct reissue reissue = reissue_open(ours->journal);
    struct record record;
    char text[256];

    say(ours, RECORD_VERSION, "ours", NOW_MS + 4);
    view shown = read_stream(theirs, STREAM, 1, text);
    assert_int_equal(record_parse(shown, &record), OK);
    assert_true(reissue_is_ours(ours->journal, &record));
    assert_int_equal(journal_renew(ours->journal, NEW, REASON_REWOUND, NULL),
                     OK);
    assert_int_equal(reissue_run(&reissue, STREAM, shown), OK);
    expect_said_again(ours, "");
    say(theirs, RECORD_VERSION, "theirs", NOW_MS + 2);
    shown = read_stream(theirs, STREAM, 2, text);
    assert_int_equal(record_parse(shown, &record), OK);
    assert_false(reissue_is_ours(ours->journal, &record));
    reissue_close(&reissue);
    end(theirs);
    end(ours);
}

RUN(cmocka_unit_test(what_only_one_branch_has_is_said_again_once),
    cmocka_unit_test(what_was_published_at_another_time_is_another),
    cmocka_unit_test(where_both_are_the_same_nothing_is_said_again))
