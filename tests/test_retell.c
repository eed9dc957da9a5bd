/*
 * test_retell.c - what lies above a fork is told again, once, in order; the old
 * telling is marked, or, if it was another node's, dropped
 */
#include "tests/unit.h"

#include <string.h>

#include "core/codec.h"
#include "core/facts.h"
#include "core/ingest.h"
#include "core/reader.h"
#include "core/retell.h"
#include "tests/kit.h"

static const stream_id old_stream = { .incarnation = 100, .node = 7 };

static stream_head
head_at(struct journal *journal, uint64_t seq)
{
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find(reader, old_stream, seq, &item), OK);
    stream_head head = { .seq = record_last(&item.record),
                         .chain = item.record.chain };
    assert_int_equal(head.seq, seq);
    reader_close(reader);
    return head;
}

static uint32_t
marks(struct journal *journal, uint64_t *ret_first)
{
    struct reader *reader = NULL;
    enum reader_quarantine why;
    uint64_t position = 0;
    uint32_t count = 0;

    assert_int_equal(reader_open(journal, &reader), OK);
    while (reader_next_quarantine(reader, position + 1, &position, &why) ==
           OK) {
        assert_int_equal(why, QUARANTINE_TOLD_AGAIN);
        if (count++ == 0)
            *ret_first = position;
    }
    reader_close(reader);
    return count;
}

TEST(what_lies_above_is_told_again)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    char text[200];
    uint64_t first = 0;

    kit_append_one(journal, "a");
    kit_append_one(journal, "b#1");
    kit_append_one(journal, "c#2");
    kit_append_one(journal, "d");
    struct retell retell = { .reason = REASON_REWOUND,
                             .stream = old_stream,
                             .fork = head_at(journal, 2),
                             .renewed = 101,
                             .now_ms = KIT_NOW + 1 };
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 2);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c#2 d c#2 d ");
    assert_int_equal(marks(journal, &first), 2);
    assert_int_equal(first, 3);

    /* An id above the fork leads to the new telling, one below to the old. */
    struct journal_result again = kit_append_one(journal, "c#2");
    assert_int_equal(again.outcome, JOURNAL_THERE);
    assert_int_equal(again.identity.incarnation, 101);
    assert_int_equal(again.identity.seq, 1);
    again = kit_append_one(journal, "b#1");
    assert_int_equal(again.identity.incarnation, 100);
    assert_int_equal(kit_append_one(journal, "e").identity.seq, 3);

    struct reader *reader = NULL;
    struct reader_item item;
    const stream_id renewed = { .incarnation = 101, .node = 7 };
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find(reader, renewed, 1, &item), OK);
    assert_int_equal(item.record.parent.incarnation, 100);
    assert_int_equal(item.record.parent.seq, 2);
    assert_int_equal(item.record.parent.reason, REASON_FORK);
    assert_true(digest_equal(item.record.parent.chain, retell.fork.chain));
    reader_close(reader);
    assert_int_equal(kit_findings(journal), 0);

    /* The old stream is not the current one any more. */
    retell.renewed = 102;
    assert_int_equal(retell_run(journal, &retell), ERR_CONFLICT);
    journal_close(journal);
    place_remove(&place);
}

/* The disk was moved, and only later the hub is found to hold another branch of
 * what was written before: its part is told in the present incarnation. */
TEST(an_incarnation_that_was_left_before_is_told_in_the_present_one)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct retell retell = { .stream = old_stream,
                             .upto = 3,
                             .now_ms = KIT_NOW };
    stream_head told;
    uint64_t first = 0;
    char text[100];

    kit_append_one(journal, "a");
    kit_append_one(journal, "b#1");
    kit_append_one(journal, "c");
    retell.fork = head_at(journal, 1);
    assert_int_equal(retell_get(journal, 100, &told), ERR_NOT_FOUND);
    assert_int_equal(journal_renew(journal, 101, REASON_MOVED, NULL), OK);
    kit_append_one(journal, "d");
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 2);
    assert_int_equal(retell.renewed, 101);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c d b#1 c ");
    assert_int_equal(marks(journal, &first), 2);
    assert_int_equal(first, 2);
    struct journal_result result = kit_append_one(journal, "b#1");
    assert_int_equal(result.outcome, JOURNAL_THERE);
    assert_int_equal(result.identity.incarnation, 101);
    assert_int_equal(result.identity.seq, 2);

    /* Once; and further down only what has not been. */
    assert_int_equal(retell_get(journal, 100, &told), OK);
    assert_int_equal(told.seq, 1);
    assert_int_equal(retell_run(journal, &retell), ERR_CONFLICT);
    retell.fork = (stream_head) { 0 };
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 1);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c d b#1 c a ");
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

/* The image of a ledger from before its first record. */
TEST(a_stream_without_a_record_is_left_at_nothing)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_identity who;
    struct retell retell = { .stream = old_stream,
                             .renewed = 101,
                             .reason = REASON_REWOUND,
                             .now_ms = KIT_NOW };

    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 0);
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_int_equal(who.incarnation, 101);
    journal_close(journal);
    place_remove(&place);
}

TEST(nothing_in_common_or_nothing_above)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    uint64_t first = 0;
    char text[100];

    kit_append_one(journal, "a");
    struct retell retell = { .reason = REASON_REWOUND,
                             .stream = old_stream,
                             .renewed = 101,
                             .now_ms = KIT_NOW };
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 1);
    assert_int_equal(marks(journal, &first), 1);
    assert_int_equal(first, 1);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a a ");
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

static struct journal_entry
entry_of(const struct event *event, struct text *core)
{
    struct journal_entry entry = { .id = event->id };
    struct text scratch = { 0 };

    text_clear(core);
    codec_encode(event, CODEC_NO_IDENTITY, core);
    assert_true(text_ok(core));
    assert_true(facts_print(event, &scratch, &entry.print));
    text_close(&scratch);
    entry.core = text_view(core);
    return entry;
}

/* A void above the fork means what it meant. */
TEST(voids_mean_the_new_telling)
{
    struct place place = place_make();
    struct journal *journal = NULL;
    struct text core = { 0 };
    struct journal_result result;
    struct event sale = { .kind = EVENT_PURCHASE,
                          .store = 70,
                          .at_ms = KIT_NOW,
                          .recorded_ms = KIT_NOW,
                          .account = { .member = 42 } };
    struct event annul = sale;

    sale.sale.receipt = view_of("R1");
    sale.sale.total.minor = 100;
    annul.kind = EVENT_VOID;
    memset(&annul.sale, 0, sizeof annul.sale);
    assert_int_equal(journal_create(place.path, &KIT_WHO), OK);
    assert_int_equal(journal_open(place.path, facts_describe, &journal), OK);
    for (uint64_t i = 0; i < 4; i++) { /* two sales, and a void of each */
        struct event event = i < 2 ? sale : annul;
        if (i >= 2)
            event.annul.voids =
                (identity) { .node = 7, .incarnation = 100, .seq = i - 1 };
        struct journal_entry entry = entry_of(&event, &core);
        assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    }
    struct retell retell = { .reason = REASON_REWOUND,
                             .stream = old_stream,
                             .fork = head_at(journal, 1),
                             .renewed = 101,
                             .now_ms = KIT_NOW };
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 3);

    struct reader *reader = NULL;
    struct record_event stored;
    struct event event;
    struct arena arena;
    assert_true(arena_open(&arena, 1u << 20));
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_event(reader, 6, &stored), OK);
    assert_int_equal(codec_decode(stored.core, &arena, &event), OK);
    assert_int_equal(event.annul.voids.incarnation, 100); /* below the fork */
    assert_int_equal(event.annul.voids.seq, 1);
    assert_int_equal(reader_event(reader, 7, &stored), OK);
    assert_int_equal(codec_decode(stored.core, &arena, &event), OK);
    assert_int_equal(event.annul.voids.incarnation, 101);
    assert_int_equal(event.annul.voids.seq, 1);
    reader_close(reader);
    arena_close(&arena);
    text_close(&core);
    journal_close(journal);
    place_remove(&place);
}

/* --- another node's stream --- */

static const stream_id shop = { .incarnation = 50, .node = 9 };
static const identity COPIED = { .incarnation = 5, .seq = 9, .node = 90 };

/* So many records of node 9's stream. */
static void
bring(struct journal *from, struct journal *to, uint64_t count)
{
    const struct ingest_options options = { .now_ms = KIT_NOW };
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(reader_open(from, &reader), OK);
    for (uint64_t seq = 1; seq <= count; seq++) {
        assert_int_equal(reader_find(reader, shop, seq, &item), OK);
        struct ingest_batch batch = { .stream = shop,
                                      .bytes = item.record.bytes };
        assert_int_equal(ingest_run(to, &batch, 1, &options), OK);
    }
    reader_close(reader);
}

/* Node 9 appends so many events of its own; the bytes go to the journal. */
static void
take_from_shop(struct journal *journal, const char *const *says, uint32_t count)
{
    struct place place = place_make();
    const struct journal_identity who = { .node = 9, .incarnation = 50 };
    struct journal *theirs = NULL;

    assert_int_equal(journal_create(place.path, &who), OK);
    assert_int_equal(journal_open(place.path, facts_describe, &theirs), OK);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(kit_append_one(theirs, says[i]).outcome,
                         JOURNAL_APPENDED);
    bring(theirs, journal, count);
    journal_close(theirs);
    place_remove(&place);
}

static stream_head
shop_head(struct journal *journal, uint64_t seq)
{
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find(reader, shop, seq, &item), OK);
    stream_head head = { seq, item.record.chain };
    reader_close(reader);
    return head;
}

/* A copy of another's event, by `node`, to the journal: to its own stream if it
 * is node 7. */
static void
tell_copy(struct journal *journal, uint32_t node, const char *says)
{
    const struct ingest_options options = { .now_ms = KIT_NOW };
    const stream_id stream = { .incarnation = 100, .node = node };
    struct journal_identity who = KIT_WHO;
    struct journal_entry entry = kit_entry(says);
    struct place place = place_make();
    struct journal *theirs = journal;
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    who.node = node;
    entry.copy_of = COPIED;
    if (node != 7) {
        assert_int_equal(journal_create(place.path, &who), OK);
        assert_int_equal(journal_open(place.path, kit_describe, &theirs), OK);
    }
    assert_int_equal(kit_append(theirs, &entry, 1, &result), OK);
    assert_int_equal(result.outcome, JOURNAL_APPENDED);
    if (node != 7) {
        assert_int_equal(reader_open(theirs, &reader), OK);
        assert_int_equal(reader_find(reader, stream, 1, &item), OK);
        struct ingest_batch batch = { .stream = stream,
                                      .bytes = item.record.bytes };
        assert_int_equal(ingest_run(journal, &batch, 1, &options), OK);
        reader_close(reader);
        journal_close(theirs);
    }
    place_remove(&place);
}

static enum reader_quarantine
mark_at(struct journal *journal, uint64_t position)
{
    struct reader *reader = NULL;
    enum reader_quarantine why = QUARANTINE_NONE;
    uint64_t marked = 0;

    assert_int_equal(reader_open(journal, &reader), OK);
    if (reader_next_quarantine(reader, position, &marked, &why) != OK ||
        marked != position)
        why = QUARANTINE_NONE;
    reader_close(reader);
    return why;
}

/* A copy that another one displaced does not count again because it is told
 * again; one that counted does, and so does one that said the same as another's
 * until something comes that displaces both. */
TEST(a_copy_that_is_told_again_is_what_it_was)
{
    const bool x_counts = hash128_compare(kit_entry("x").print.content,
                                          kit_entry("y").print.content) < 0;
    const char *lesser = x_counts ? "x" : "y";
    const char *greater = x_counts ? "y" : "x";

    for (int lost = 0; lost < 2; lost++) {
        struct place place = place_make();
        struct journal *journal = kit_open_new(&place);
        kit_append_one(journal, "a");
        tell_copy(journal, 7, greater);
        tell_copy(journal, 8, lost ? lesser : greater);
        struct retell retell = { .stream = old_stream,
                                 .fork = head_at(journal, 1),
                                 .renewed = 101,
                                 .now_ms = KIT_NOW + 1 };
        assert_int_equal(retell_run(journal, &retell), OK);
        assert_int_equal(retell.told, 1);
        assert_int_equal(mark_at(journal, 2), QUARANTINE_TOLD_AGAIN);
        if (lost == 0) {
            assert_int_equal(mark_at(journal, 3), QUARANTINE_NONE);
            assert_int_equal(mark_at(journal, 4), QUARANTINE_NONE);
            tell_copy(journal, 9, lesser);
            assert_int_equal(mark_at(journal, 3), QUARANTINE_COPIES_DIFFER);
            assert_int_equal(mark_at(journal, 5), QUARANTINE_NONE);
            assert_int_equal(mark_at(journal, 2), QUARANTINE_TOLD_AGAIN);
        }
        assert_int_equal(mark_at(journal, 4), QUARANTINE_COPIES_DIFFER);
        struct reader *reader = NULL;
        uint64_t position = 0;
        assert_int_equal(reader_open(journal, &reader), OK);
        assert_int_equal(reader_find_event(reader, COPIED, &position), OK);
        assert_int_equal(position, lost ? 3 : 5);
        reader_close(reader);
        assert_int_equal(kit_findings(journal), 0);
        journal_close(journal);
        place_remove(&place);
    }
}

/* A hub leaves the branch that it holds for the one that a later hub holds. */
TEST(anothers_branch_is_told_as_copies_and_dropped)
{
    static const char *const MINE[] = { "a", "b#1", "c#2" };
    static const char *const OTHER[] = { "a", "x", "y", "z" };
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct reader *reader = NULL;
    struct reader_stream found;
    uint64_t position;
    char text[200];

    take_from_shop(journal, MINE, 3);
    struct retell retell = { .reason = REASON_FORK,
                             .stream = shop,
                             .fork = shop_head(journal, 1),
                             .renewed = 51,
                             .now_ms = KIT_NOW + 1 };
    assert_int_equal(retell_run(journal, &retell), OK);
    assert_int_equal(retell.told, 2);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c#2 ");

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_get_stream(reader, shop, &found), OK);
    assert_int_equal(found.head.seq, 1);
    /* They are copies of events of node 9, in our own stream. */
    for (uint64_t seq = 1; seq <= 2; seq++)
        assert_int_equal(
            reader_find_event(reader, (identity) { 51, seq, 9 }, &position),
            OK);
    assert_int_equal(
        reader_find_event(reader, (identity) { 50, 2, 9 }, &position),
        ERR_NOT_FOUND);
    assert_int_equal(reader_get_stream(reader, old_stream, &found), OK);
    assert_int_equal(found.head.seq, 2);
    reader_close(reader);

    /* The other branch comes in as if nothing had been. */
    take_from_shop(journal, OTHER, 4);
    kit_read_all(journal, text, sizeof text);
    assert_string_equal(text, "a b#1 c#2 x y z ");
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

static struct journal *
open_as(const struct place *place, const struct journal_identity *who)
{
    struct journal *journal = NULL;

    assert_int_equal(journal_create(place->path, who), OK);
    assert_int_equal(journal_open(place->path, facts_describe, &journal), OK);
    return journal;
}

/* Two sales without an id, and a void of the second. */
static void
append_sales(struct journal *journal)
{
    struct text core = { 0 };
    struct journal_result result;

    for (uint64_t i = 0; i < 3; i++) {
        struct event event = { .kind = i < 2 ? EVENT_PURCHASE : EVENT_VOID,
                               .store = 70,
                               .at_ms = KIT_NOW,
                               .recorded_ms = KIT_NOW,
                               .account = { .member = 42 } };
        if (i < 2) {
            event.sale.receipt = view_of("R1");
            event.sale.total.minor = 100;
        } else {
            event.annul.voids =
                (identity) { .node = 9, .incarnation = 50, .seq = 2 };
        }
        struct journal_entry entry = entry_of(&event, &core);
        assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    }
    text_close(&core);
}

/* The event as it is told again under that identity; a copy must be what it
 * says. */
static struct event
told_as(struct journal *journal, identity id, struct arena *arena)
{
    struct reader *reader = NULL;
    struct record_event stored;
    struct event event;
    uint64_t position;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find_event(reader, id, &position), OK);
    assert_int_equal(reader_event(reader, position, &stored), OK);
    assert_false(stored.copy && ingest_is_false(facts_describe, &stored));
    assert_int_equal(
        codec_decode(arena_copy(arena, stored.core), arena, &event), OK);
    reader_close(reader);
    return event;
}

/* The node whose stream it is, and a hub that held its branch, tell the same
 * event again, each by itself: it must count once. */
TEST(who_tells_it_again_is_of_no_matter)
{
    struct place places[2] = { place_make(), place_make() };
    const struct journal_identity who = { .node = 9, .incarnation = 50 };
    struct journal *theirs = open_as(&places[0], &who);
    struct journal *ours = open_as(&places[1], &KIT_WHO);
    struct arena arena;

    assert_true(arena_open(&arena, 1u << 20));
    append_sales(theirs);
    bring(theirs, ours, 3);
    struct retell retell = { .reason = REASON_FORK,
                             .stream = shop,
                             .fork = shop_head(theirs, 1),
                             .renewed = 51,
                             .now_ms = KIT_NOW };
    assert_int_equal(retell_run(theirs, &retell), OK);
    retell.renewed = 52;
    assert_int_equal(retell_run(ours, &retell), OK);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct event a = told_as(theirs, (identity) { 51, seq, 9 }, &arena);
        struct event b = told_as(ours, (identity) { 52, seq, 9 }, &arena);
        assert_int_equal(a.id.size, 37);
        assert_true(view_equal(a.id, b.id));
        assert_int_equal(codec_same_content(&a, &b, true), seq == 1);
    }
    arena_close(&arena);
    journal_close(theirs);
    journal_close(ours);
    place_remove(&places[0]);
    place_remove(&places[1]);
}

RUN(cmocka_unit_test(what_lies_above_is_told_again),
    cmocka_unit_test(who_tells_it_again_is_of_no_matter),
    cmocka_unit_test(a_copy_that_is_told_again_is_what_it_was),
    cmocka_unit_test(anothers_branch_is_told_as_copies_and_dropped),
    cmocka_unit_test(
        an_incarnation_that_was_left_before_is_told_in_the_present_one),
    cmocka_unit_test(a_stream_without_a_record_is_left_at_nothing),
    cmocka_unit_test(nothing_in_common_or_nothing_above),
    cmocka_unit_test(voids_mean_the_new_telling))
