/*
 * test_carry.c - what a session asks of a journal, answered from a real one
 *
 * Proved: hashes are those of record ends at or below a seq; records come
 * whole and in order, within the size and never none where there is one; what
 * was read from one journal goes into another and is then the same; an
 * incarnation that was left is offered up to where it was left; a mark is
 * written only after a silence, and takes no event's place.
 */
#include "tests/unit.h"

#include <string.h>

#include "core/prune.h"
#include "core/retell.h"
#include "nodes/carry.h"
#include "tests/kit.h"
#include "tests/place.h"

static const stream_id own = { .incarnation = 100,
                               .node = 7,
                               .channel = CHANNEL_EVENTS };

struct desk {
    struct place place;
    struct journal *journal;
    struct carry carry;
};

static void
open_desk(struct desk *desk)
{
    desk->place = place_make();
    desk->journal = kit_open_new(&desk->place);
    assert_int_equal(carry_open(desk->journal, &desk->carry), OK);
}

static void
close_desk(struct desk *desk)
{
    carry_close(&desk->carry);
    journal_close(desk->journal);
    place_remove(&desk->place);
}

/* Records of 1, 2, 3, ... events. */
static void
append_growing(struct desk *desk, uint32_t records)
{
    struct journal_entry entries[64];
    struct journal_result results[64];

    for (uint32_t i = 1; i <= records; i++) {
        for (uint32_t j = 0; j < i; j++)
            entries[j] = kit_entry("word");
        assert_int_equal(kit_append(desk->journal, entries, i, results), OK);
    }
}

static stream_head
hash_at(struct desk *desk, uint64_t seq)
{
    struct sync_output wish = { .kind = SYNC_GET_HASHES };
    struct sync_input input;

    wish.get_hashes.stream = own;
    wish.get_hashes.seqs[0] = seq;
    wish.get_hashes.count = 1;
    carry_hashes(&desk->carry, &wish, &input);
    assert_int_equal(input.kind, SYNC_HASHES);
    assert_int_equal(input.hashes.count, 1);
    return input.hashes.heads[0];
}

static void
read_after(struct desk *desk, stream_head after, uint64_t last,
           uint32_t size_max, struct sync_input *ret_input)
{
    struct sync_output wish = { .kind = SYNC_GET_RECORDS };

    wish.get_records.stream = own;
    wish.get_records.after = after;
    wish.get_records.last = last;
    wish.get_records.size_max = size_max;
    carry_records(&desk->carry, &wish, ret_input);
}

TEST(hashes_are_those_of_record_ends)
{
    struct desk desk;

    open_desk(&desk);
    assert_int_equal(hash_at(&desk, 5).seq, 0);
    append_growing(&desk, 4); /* ends at 1, 3, 6, 10 */
    static const uint64_t ends[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
    for (uint32_t seq = 0; seq < COUNT_OF(ends); seq++)
        assert_int_equal(hash_at(&desk, seq).seq, ends[seq]);
    assert_true(digest_equal(hash_at(&desk, 4).chain, hash_at(&desk, 3).chain));
    assert_false(
        digest_equal(hash_at(&desk, 6).chain, hash_at(&desk, 3).chain));
    close_desk(&desk);
}

TEST(records_come_whole_and_within_bounds)
{
    struct desk desk;
    struct sync_input input;
    const stream_head nothing = { 0 };

    open_desk(&desk);
    read_after(&desk, nothing, 5, 1000, &input);
    assert_int_equal(input.records.bytes.size, 0);
    append_growing(&desk, 4);
    read_after(&desk, nothing, 10, 1000000, &input);
    assert_int_equal(input.records.end.seq, 10);
    uint32_t all = input.records.bytes.size;
    read_after(&desk, nothing, 10, 1, &input); /* at least one */
    assert_int_equal(input.records.end.seq, 1);
    read_after(&desk, nothing, 10, all - 1, &input);
    assert_int_equal(input.records.end.seq, 6);
    read_after(&desk, nothing, 6, all, &input);
    assert_int_equal(input.records.end.seq, 6);
    read_after(&desk, hash_at(&desk, 3), 10, all, &input);
    assert_int_equal(input.records.before.seq, 3);
    assert_true(
        digest_equal(input.records.before.chain, hash_at(&desk, 3).chain));
    assert_int_equal(input.records.end.seq, 10);
    close_desk(&desk);
}

TEST(what_one_journal_gives_another_takes)
{
    struct desk ours, theirs;
    struct sync_input records, stored;
    struct place place = place_make();
    struct journal_identity other = { .node = 1, .incarnation = 5, .epoch = 1 };
    struct ingest_options options = { .now_ms = KIT_NOW };
    char here[2000], there[2000];

    open_desk(&ours);
    append_growing(&ours, 5);
    theirs.place = place;
    assert_int_equal(journal_create(place.path, &other), OK);
    assert_int_equal(journal_open(place.path, kit_describe, &theirs.journal),
                     OK);
    assert_int_equal(carry_open(theirs.journal, &theirs.carry), OK);
    for (uint64_t from = 1; from <= 15;) {
        read_after(&ours, hash_at(&ours, from - 1), 15, 500, &records);
        struct sync_output put = { .kind = SYNC_PUT_RECORDS };
        put.put_records.stream = own;
        put.put_records.bytes = records.records.bytes;
        struct ingest_batch batch = carry_batch(&put);
        enum err err = ingest_run(theirs.journal, &batch, 1, &options);
        carry_stored(&batch, err, 77, &stored);
        assert_int_equal(stored.stored.verdict, SYNC_STORED_OK);
        assert_int_equal(stored.stored.total, 77);
        assert_int_equal(stored.stored.head.seq, records.records.end.seq);
        from = stored.stored.head.seq + 1;
    }
    stream_head head;
    assert_int_equal(carry_head(&theirs.carry, own, &head), OK);
    assert_int_equal(head.seq, 15);
    assert_true(digest_equal(head.chain, hash_at(&ours, 15).chain));
    kit_read_all(ours.journal, here, sizeof here);
    kit_read_all(theirs.journal, there, sizeof there);
    assert_string_equal(here, there);
    assert_int_equal(kit_findings(theirs.journal), 0);
    assert_int_equal(carry_held(&theirs.carry, 1, CHANNEL_EVENTS), OK);
    assert_int_equal(theirs.carry.held_count, 1);
    assert_int_equal(theirs.carry.held[0].head.seq, 15);
    close_desk(&theirs);
    close_desk(&ours);
}

TEST(an_incarnation_is_offered_up_to_where_it_was_left)
{
    struct desk desk;

    open_desk(&desk);
    append_growing(&desk, 3);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 1);
    assert_false(desk.carry.offers[0].left);

    /* Nothing written in the new one yet. */
    stream_head end = hash_at(&desk, 6);
    assert_int_equal(journal_renew(desk.journal, 101, REASON_MOVED, &end), OK);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 1);
    assert_true(desk.carry.offers[0].left);
    assert_int_equal(desk.carry.offers[0].head.seq, 6);
    close_desk(&desk);
}

/* What a ledger wrote in the incarnations that it has left, one by one, also
 * where one of them stayed empty, or somebody else wrote there. */
TEST(what_was_written_here_before_it_was_left_is_known)
{
    struct desk desk;
    const struct sync_offer *offers = NULL;
    const stream_head nothing = { 0 };

    open_desk(&desk);
    append_growing(&desk, 3);
    assert_int_equal(journal_renew(desk.journal, 101, REASON_MOVED, NULL), OK);
    kit_append_one(desk.journal, "x");
    assert_int_equal(journal_renew(desk.journal, 102, REASON_MOVED, NULL), OK);
    assert_int_equal(journal_renew(desk.journal, 103, REASON_MOVED, NULL), OK);
    assert_int_equal(journal_renew(desk.journal, 104, REASON_REWOUND, &nothing),
                     OK);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 2);
    offers = desk.carry.offers;
    assert_int_equal(offers[0].own, 6);
    assert_int_equal(offers[1].own, 1);

    /* Told again from there on. */
    struct retell retell = {
        .stream = own, .fork = hash_at(&desk, 3), .upto = 6, .now_ms = KIT_NOW
    };
    assert_int_equal(retell_run(desk.journal, &retell), OK);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 3);
    offers = desk.carry.offers;
    assert_int_equal(offers[0].own, 3);
    assert_int_equal(offers[0].head.seq, 3);
    assert_int_equal(offers[0].held.seq, 6);
    assert_false(offers[0].fetch);
    assert_int_equal(offers[1].own, 1);
    assert_true(offers[1].fetch);
    assert_int_equal(offers[2].stream.incarnation, 104);
    assert_int_equal(offers[2].own, 0);
    close_desk(&desk);
}

/* So that the hub can say that it knows more of it. */
TEST(what_is_written_next_is_offered_before_anything_is)
{
    struct desk desk;

    open_desk(&desk);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 0);
    assert_int_equal(carry_current(&desk.carry), OK);
    assert_int_equal(desk.carry.offer_count, 1);
    assert_true(stream_equal(desk.carry.offers[0].stream, own));
    assert_int_equal(desk.carry.offers[0].head.seq, 0);
    append_growing(&desk, 1);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(carry_current(&desk.carry), OK);
    assert_int_equal(desk.carry.offer_count, 1);
    close_desk(&desk);
}

static void
branch(struct desk *desk, uint64_t at, uint64_t renewed)
{
    struct retell retell = { .stream = own,
                             .fork = hash_at(desk, at),
                             .renewed = renewed,
                             .reason = REASON_FORK,
                             .now_ms = KIT_NOW };

    assert_int_equal(retell_run(desk->journal, &retell), OK);
    assert_true(retell.told > 0);
}

/* What lies above is told again elsewhere, and is not what the hub has. */
TEST(an_incarnation_is_offered_up_to_where_it_forked)
{
    struct desk desk;

    open_desk(&desk);
    append_growing(&desk, 3);
    stream_head fork = hash_at(&desk, 3);
    branch(&desk, 3, 101);
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 2);
    assert_true(desk.carry.offers[0].left);
    assert_false(desk.carry.offers[0].fetch); /* a hub had something else */
    assert_int_equal(desk.carry.offers[0].held.seq, 6);
    assert_int_equal(desk.carry.offers[0].head.seq, 3);
    assert_true(digest_equal(desk.carry.offers[0].head.chain, fork.chain));
    assert_false(desk.carry.offers[1].left);
    assert_int_equal(desk.carry.offers[1].stream.incarnation, 101);
    close_desk(&desk);
}

/* Only the first record of an incarnation names where the one before was left,
 * and what is safe is dropped, that record first. */
TEST(where_it_forked_is_known_when_the_record_that_says_so_is_dropped)
{
    struct prune prune = { .stream = { .incarnation = 101, .node = 7 },
                           .safe = UINT64_MAX,
                           .before_ms = INT64_MAX };
    struct record_parent parent;
    struct desk desk;

    open_desk(&desk);
    append_growing(&desk, 3);
    stream_head fork = hash_at(&desk, 3);
    branch(&desk, 3, 101);
    kit_append_one(desk.journal, "later");
    assert_int_equal(prune_get_parent(desk.journal, prune.stream, &parent),
                     ERR_NOT_FOUND);
    assert_int_equal(prune_run(desk.journal, &prune), OK);
    assert_true(prune.dropped > 0);
    assert_int_equal(prune_get_parent(desk.journal, prune.stream, &parent), OK);
    assert_int_equal(parent.incarnation, own.incarnation);
    assert_int_equal(parent.seq, 3);
    assert_int_equal(parent.reason, REASON_FORK);
    assert_true(digest_equal(parent.chain, fork.chain));

    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(desk.carry.offer_count, 2);
    assert_true(desk.carry.offers[0].left);
    assert_false(desk.carry.offers[0].fetch);
    assert_int_equal(desk.carry.offers[0].head.seq, 3);
    assert_true(digest_equal(desk.carry.offers[0].head.chain, fork.chain));
    close_desk(&desk);
}

/* A twin, which has left the stream behind the first event, and whose
 * incarnation has come here from the hub. */
static void
meet_twin(struct desk *ours)
{
    const stream_id its = { .incarnation = 150, .node = 7 };
    const struct ingest_options options = { .now_ms = KIT_NOW };
    struct reader *reader = NULL;
    struct reader_item item;
    struct desk twin;

    open_desk(&twin);
    append_growing(&twin, 3);
    branch(&twin, 1, 150);
    assert_int_equal(reader_open(twin.journal, &reader), OK);
    assert_int_equal(reader_find(reader, its, 1, &item), OK);
    struct ingest_batch batch = { .stream = its, .bytes = item.record.bytes };
    assert_int_equal(ingest_run(ours->journal, &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
    reader_close(reader);
    close_desk(&twin);
}

/* That is not where this one has left it. */
TEST(where_a_twin_has_left_it_says_nothing)
{
    struct desk ours;

    open_desk(&ours);
    append_growing(&ours, 3);
    meet_twin(&ours);
    assert_int_equal(carry_offers(&ours.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(ours.carry.offer_count, 2);
    assert_false(ours.carry.offers[0].left);
    assert_int_equal(ours.carry.offers[0].head.seq, 6);
    assert_true(ours.carry.offers[1].fetch);
    branch(&ours, 3, 101);
    assert_int_equal(carry_offers(&ours.carry, 7, CHANNEL_EVENTS), OK);
    assert_int_equal(ours.carry.offer_count, 3);
    assert_true(ours.carry.offers[0].left);
    assert_int_equal(ours.carry.offers[0].head.seq, 3);
    assert_int_equal(ours.carry.offers[2].stream.incarnation, 150);
    assert_true(ours.carry.offers[2].left);
    assert_true(ours.carry.offers[2].fetch);
    close_desk(&ours);
}

/* Nor where what follows there is safe here, and dropped: the rest is not told
 * again, and to be sent. */
TEST(where_a_twin_has_left_it_says_nothing_of_what_was_dropped)
{
    struct prune prune = { .stream = own, .safe = 3, .before_ms = INT64_MAX };
    struct desk ours;

    open_desk(&ours);
    append_growing(&ours, 3);
    meet_twin(&ours);
    assert_int_equal(prune_run(ours.journal, &prune), OK);
    assert_int_equal(prune.dropped, 3);
    assert_int_equal(journal_renew(ours.journal, 104, REASON_MOVED, NULL), OK);
    assert_int_equal(carry_offers(&ours.carry, 7, CHANNEL_EVENTS), OK);
    assert_true(ours.carry.offers[0].left);
    assert_true(ours.carry.offers[0].fetch);
    assert_int_equal(ours.carry.offers[0].boundary.seq, 3);
    assert_int_equal(ours.carry.offers[0].head.seq, 6);
    close_desk(&ours);
}

/* What was fetched so far is no other branch: the rest is wanted, too. */
TEST(fetching_goes_on_where_it_was_cut)
{
    struct desk desk;

    open_desk(&desk);
    append_growing(&desk, 3);
    stream_head left = hash_at(&desk, 3); /* 4-6 came back from the hub */
    assert_int_equal(journal_renew(desk.journal, 101, REASON_REWOUND, &left),
                     OK);
    kit_append_one(desk.journal, "later");
    assert_int_equal(carry_offers(&desk.carry, 7, CHANNEL_EVENTS), OK);
    assert_true(desk.carry.offers[0].left);
    assert_true(desk.carry.offers[0].fetch);
    assert_int_equal(desk.carry.offers[0].head.seq, 6);
    close_desk(&desk);
}

TEST(a_mark_is_written_after_a_silence_only)
{
    struct desk desk;
    stream_head head;
    char text[100];

    open_desk(&desk);
    kit_append_one(desk.journal, "a");
    assert_int_equal(carry_mark(&desk.carry, KIT_NOW + 999, 1000), OK);
    assert_int_equal(carry_head(&desk.carry, own, &head), OK);
    assert_int_equal(head.seq, 1);
    assert_int_equal(carry_mark(&desk.carry, KIT_NOW + 1000, 1000), OK);
    assert_int_equal(carry_head(&desk.carry, own, &head), OK);
    assert_int_equal(head.seq, 2);
    assert_int_equal(carry_mark(&desk.carry, KIT_NOW + 1500, 1000), OK);
    assert_int_equal(carry_head(&desk.carry, own, &head), OK);
    assert_int_equal(head.seq, 2);
    assert_int_equal(kit_append_one(desk.journal, "b").identity.seq, 3);
    kit_read_all(desk.journal, text, sizeof text);
    assert_string_equal(text, "a b ");
    assert_int_equal(kit_findings(desk.journal), 0);
    close_desk(&desk);
}

RUN(cmocka_unit_test(hashes_are_those_of_record_ends),
    cmocka_unit_test(records_come_whole_and_within_bounds),
    cmocka_unit_test(what_one_journal_gives_another_takes),
    cmocka_unit_test(an_incarnation_is_offered_up_to_where_it_was_left),
    cmocka_unit_test(what_was_written_here_before_it_was_left_is_known),
    cmocka_unit_test(what_is_written_next_is_offered_before_anything_is),
    cmocka_unit_test(an_incarnation_is_offered_up_to_where_it_forked),
    cmocka_unit_test(
        where_it_forked_is_known_when_the_record_that_says_so_is_dropped),
    cmocka_unit_test(where_a_twin_has_left_it_says_nothing),
    cmocka_unit_test(where_a_twin_has_left_it_says_nothing_of_what_was_dropped),
    cmocka_unit_test(fetching_goes_on_where_it_was_cut),
    cmocka_unit_test(a_mark_is_written_after_a_silence_only))
