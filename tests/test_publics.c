/*
 * test_publics.c - which streams are public, in a journal of many nodes
 *
 * Proved: those that were there are found by one walk over all streams, those
 * that come later by what is written into them; events cost no look at all, and
 * a mark one; and what a hub offers a node is what a walk over all of its
 * streams would choose.
 */
#include "tests/unit.h"

#include <string.h>

#include "nodes/carry.h"
#include "tests/kit.h"
#include "tests/place.h"

enum { HUB = 1, NODES = 6 }; /* from 2 on */

struct desk {
    struct place place;
    struct journal *journal;
    struct publics publics;
};

static void
open_desk(struct desk *desk, uint32_t node)
{
    const struct journal_identity who = { .node = node,
                                          .incarnation = 5,
                                          .epoch = 5 };

    *desk = (struct desk) { .place = place_make() };
    assert_int_equal(journal_create(desk->place.path, &who), OK);
    assert_int_equal(
        journal_open(desk->place.path, kit_describe, &desk->journal), OK);
}

static void
close_desk(struct desk *desk)
{
    publics_close(&desk->publics);
    journal_close(desk->journal);
    place_remove(&desk->place);
}

static void
write_control(struct desk *desk, enum record_channel channel)
{
    struct journal_result result;
    const struct journal_control control = {
        .channel = channel,
        .kind = channel == CHANNEL_PUBLIC ? RECORD_ENDPOINTS : RECORD_BACKUP,
        .body = view_of("\x80"),
        .now_ms = KIT_NOW,
    };

    assert_int_equal(journal_append_control(desk->journal, &control, &result),
                     OK);
}

static void
bring(struct desk *desk, struct journal *from, stream_id stream)
{
    const struct ingest_options options = { .now_ms = KIT_NOW };
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(reader_open(from, &reader), OK);
    assert_int_equal(reader_find(reader, stream, 1, &item), OK);
    struct ingest_batch batch = { .stream = stream,
                                  .bytes = item.record.bytes };
    assert_int_equal(ingest_run(desk->journal, &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
    reader_close(reader);
}

/* The first event of that node, or what it once published, comes to the hub. */
static void
bring_stream(struct desk *desk, uint32_t node, enum record_channel channel)
{
    const stream_id stream = { .incarnation = 5,
                               .node = node,
                               .channel = channel };
    struct desk other;

    open_desk(&other, node);
    if (channel == CHANNEL_EVENTS)
        kit_append_one(other.journal, "word");
    else
        write_control(&other, channel);
    bring(desk, other.journal, stream);
    close_desk(&other);
}

/* How many streams and items that took. */
static uint64_t
look(struct desk *desk)
{
    uint64_t before = desk->publics.visited;
    struct reader *reader = NULL;

    assert_int_equal(reader_open(desk->journal, &reader), OK);
    assert_int_equal(publics_look(&desk->publics, reader), OK);
    reader_close(reader);
    return desk->publics.visited - before;
}

TEST(only_what_is_new_is_looked_at)
{
    struct desk desk;

    open_desk(&desk, HUB);
    write_control(&desk, CHANNEL_PUBLIC);
    for (uint32_t node = 2; node < 2 + NODES; node++)
        bring_stream(&desk, node, CHANNEL_EVENTS);
    assert_int_equal(look(&desk), NODES + 1);
    assert_int_equal(desk.publics.count, 1);
    assert_int_equal(look(&desk), 0);
    bring_stream(&desk, 50, CHANNEL_EVENTS);
    assert_int_equal(look(&desk), 0);
    write_control(&desk, CHANNEL_EVENTS);
    assert_int_equal(look(&desk), 1);
    assert_int_equal(desk.publics.count, 1);
    write_control(&desk, CHANNEL_PUBLIC);
    bring_stream(&desk, 3, CHANNEL_PUBLIC);
    assert_int_equal(look(&desk), 2);
    assert_int_equal(desk.publics.count, 2);
    assert_int_equal(desk.publics.list[1].node, 3);
    close_desk(&desk);
}

static bool
is_offered(const struct carry *carry, stream_id stream)
{
    for (uint32_t i = 0; i < carry->offer_count; i++)
        if (stream_equal(carry->offers[i].stream, stream))
            return true;
    return false;
}

/* Streams of events of others are left out, and so are the books. */
static void
assert_offers(struct carry *carry, uint32_t node, uint32_t events)
{
    const stream_id of_hub = { 5, HUB, CHANNEL_PUBLIC };
    const stream_id of_other = { 5, 3, CHANNEL_PUBLIC };
    const stream_id own = { 5, node, CHANNEL_EVENTS };

    assert_int_equal(carry_for(carry, node), OK);
    assert_int_equal(carry->offer_count, 2 + events);
    assert_true(is_offered(carry, of_hub));
    assert_true(is_offered(carry, of_other));
    assert_int_equal(is_offered(carry, own), events);
    for (uint32_t i = 0; i < carry->offer_count; i++)
        assert_int_equal(carry->offers[i].head.seq, 1);
}

TEST(a_node_is_offered_its_own_and_what_is_public)
{
    struct desk desk;
    struct carry carry;

    open_desk(&desk, HUB);
    assert_int_equal(carry_open(desk.journal, &carry), OK);
    assert_int_equal(carry_for(&carry, 2), OK);
    assert_int_equal(carry.offer_count, 0);
    write_control(&desk, CHANNEL_PUBLIC);
    for (uint32_t node = 2; node < 2 + NODES; node++)
        bring_stream(&desk, node, CHANNEL_EVENTS);
    bring_stream(&desk, 3, CHANNEL_PUBLIC);
    for (uint32_t node = 2; node < 2 + NODES; node++)
        assert_offers(&carry, node, 1);
    assert_offers(&carry, 99, 0);
    carry_close(&carry);
    close_desk(&desk);
}

RUN(cmocka_unit_test(only_what_is_new_is_looked_at),
    cmocka_unit_test(a_node_is_offered_its_own_and_what_is_public))
