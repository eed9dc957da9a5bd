/*
 * test_prune.c - what is safe and old is dropped, and nothing else
 *
 * Proved: whole records go, up to what is safe and not younger than asked,
 * never the last; the chain is sound after it and positions are not given
 * again; an id is answered as before, with the identity that it had; a dry run
 * changes nothing.
 */
#include "tests/unit.h"

#include "core/prune.h"
#include "core/reader.h"
#include "core/scrub.h"
#include "tests/kit.h"
#include "tests/place.h"

static const stream_id own = { .incarnation = 100,
                               .node = 7,
                               .channel = CHANNEL_EVENTS };

struct desk {
    struct place place;
    struct journal *journal;
    struct journal_result first;
};

/* Records of 1, 2, 3 and 4 events, the first one with an id. */
static void
open_desk(struct desk *desk)
{
    struct journal_entry entries[4];
    struct journal_result results[4];

    desk->place = place_make();
    desk->journal = kit_open_new(&desk->place);
    for (uint32_t i = 1; i <= 4; i++) {
        for (uint32_t j = 0; j < i; j++)
            entries[j] = kit_entry("word");
        if (i == 1)
            entries[0].id = view_of("first");
        assert_int_equal(kit_append(desk->journal, entries, i, results), OK);
        if (i == 1)
            desk->first = results[0];
    }
}

static void
close_desk(struct desk *desk)
{
    struct scrub_totals totals = { 0 };

    assert_int_equal(scrub_run(desk->journal, NULL, NULL, NULL, &totals), OK);
    assert_int_equal(totals.findings, 0);
    journal_close(desk->journal);
    place_remove(&desk->place);
}

static struct prune
run(struct desk *desk, uint64_t safe, int64_t before_ms, bool dry)
{
    struct prune prune = {
        .stream = own, .safe = safe, .before_ms = before_ms, .dry = dry
    };

    assert_int_equal(prune_run(desk->journal, &prune), OK);
    return prune;
}

static struct reader_stream
stream_now(struct desk *desk)
{
    struct reader *reader = NULL;
    struct reader_stream found;

    assert_int_equal(reader_open(desk->journal, &reader), OK);
    assert_int_equal(reader_get_stream(reader, own, &found), OK);
    reader_close(reader);
    return found;
}

TEST(whole_records_go_up_to_what_is_safe)
{
    struct desk desk;

    open_desk(&desk);
    stream_head head = stream_now(&desk).head;
    assert_int_equal(run(&desk, 0, INT64_MAX, false).dropped, 0);
    assert_int_equal(run(&desk, 10, 1, false).dropped, 0);
    assert_int_equal(run(&desk, 5, INT64_MAX, true).dropped, 3);
    assert_int_equal(stream_now(&desk).boundary.seq, 0);

    struct prune prune = run(&desk, 5, INT64_MAX, false);
    assert_int_equal(prune.dropped, 3);
    assert_int_equal(prune.boundary.seq, 3);
    assert_int_equal(stream_now(&desk).boundary.seq, 3);
    assert_int_equal(stream_now(&desk).head.seq, head.seq);
    assert_true(digest_equal(stream_now(&desk).head.chain, head.chain));
    assert_int_equal(run(&desk, 5, INT64_MAX, false).dropped, 0);
    close_desk(&desk);
}

TEST(the_last_record_stays)
{
    struct desk desk;

    open_desk(&desk);
    assert_int_equal(run(&desk, UINT64_MAX, INT64_MAX, false).dropped, 6);
    assert_int_equal(stream_now(&desk).boundary.seq, 6);
    struct journal_result next = kit_append_one(desk.journal, "word");
    assert_int_equal(next.position, 11);
    assert_int_equal(next.identity.seq, 11);
    /* What goes later joins what went before. */
    assert_int_equal(run(&desk, UINT64_MAX, INT64_MAX, false).dropped, 4);
    close_desk(&desk);
}

/* What was recorded at the very time asked for is not older. */
TEST(only_what_is_older_goes)
{
    struct desk desk;

    open_desk(&desk);
    assert_int_equal(run(&desk, 5, KIT_NOW, false).dropped, 0);
    assert_int_equal(run(&desk, 5, KIT_NOW + 1, false).dropped, 3);
    close_desk(&desk);
}

/* A stream's last record says how far it goes, the journal's which position is
 * the next. */
TEST(the_last_of_the_stream_and_that_of_the_journal_stay)
{
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_MARK,
                                             .body = view_of("mark"),
                                             .now_ms = KIT_NOW };
    struct prune prune = { .stream = own,
                           .safe = UINT64_MAX,
                           .before_ms = INT64_MAX };
    struct journal_result result;
    struct desk desk;

    open_desk(&desk);
    assert_int_equal(journal_append_control(desk.journal, &control, &result),
                     OK);
    assert_int_equal(prune_run(desk.journal, &prune), OK);
    assert_int_equal(prune.dropped, 6);
    prune.stream.channel = CHANNEL_PUBLIC;
    assert_int_equal(prune_run(desk.journal, &prune), OK);
    assert_int_equal(prune.dropped, 0);
    close_desk(&desk);
}

TEST(an_id_outlives_its_event)
{
    struct desk desk;
    struct journal_entry entry = kit_entry("word");
    struct journal_result result;

    open_desk(&desk);
    assert_int_equal(run(&desk, UINT64_MAX, INT64_MAX, false).dropped, 6);
    entry.id = view_of("first");
    assert_int_equal(kit_append(desk.journal, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_int_equal(result.position, desk.first.position);
    assert_int_equal(result.identity.seq, desk.first.identity.seq);
    assert_int_equal(result.identity.incarnation,
                     desk.first.identity.incarnation);
    close_desk(&desk);
}

RUN(cmocka_unit_test(whole_records_go_up_to_what_is_safe),
    cmocka_unit_test(the_last_record_stays),
    cmocka_unit_test(only_what_is_older_goes),
    cmocka_unit_test(the_last_of_the_stream_and_that_of_the_journal_stay),
    cmocka_unit_test(an_id_outlives_its_event))
