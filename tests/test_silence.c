/*
 * test_silence.c - who is awaited before a close: enrolled stores that have
 * not been heard, and nodes whose last word lies before the period's end
 */
#include "tests/unit.h"

#include "core/enrol.h"
#include "core/ingest.h"
#include "core/reader.h"
#include "core/silence.h"
#include "tests/kit.h"
#include "tests/shop.h"

static void
control(struct shop *shop, enum record_kind kind, struct text *body)
{
    struct journal_control item = { .channel = CHANNEL_BOOKS,
                                    .kind = (uint8_t)kind,
                                    .body = text_view(body),
                                    .now_ms = KIT_NOW };
    struct journal_result result;

    assert_int_equal(
        journal_append_control(ledger_journal(shop->ledger), &item, &result),
        OK);
    text_close(body);
}

static void
enrol(struct shop *shop, uint32_t node, enum enrol_role role)
{
    struct enrolment enrolment = { .node = node,
                                   .role = role,
                                   .store_count = 1,
                                   .stores = { node },
                                   .once_until_ms = KIT_NOW };
    struct text body = { 0 };

    enrol_encode(&enrolment, &body);
    control(shop, RECORD_ENROL, &body);
}

static void
revoke(struct shop *shop, uint32_t node)
{
    struct text body = { 0 };

    enrol_encode_revoke(node, &body);
    control(shop, RECORD_REVOKE, &body);
}

static uint32_t
silent(struct shop *shop, int64_t until_ms, const struct silence **ret_nodes)
{
    uint32_t count;

    assert_int_equal(
        silence_list(shop->ledger, until_ms, &shop->arena, ret_nodes, &count),
        OK);
    return count;
}

/* Node 7 writes at KIT_NOW, and its record comes to the shop. */
static void
hear_node_7(struct shop *shop)
{
    struct place place = place_make();
    struct journal *other = kit_open_new(&place);
    struct ingest_options options = { .now_ms = KIT_NOW };
    struct reader *reader = NULL;
    struct reader_item item;

    kit_append_one(other, "a");
    assert_int_equal(reader_open(other, &reader), OK);
    assert_int_equal(reader_next(reader, 1, &item), OK);
    struct ingest_batch batch = { .stream = item.record.stream,
                                  .bytes = item.record.bytes };
    assert_int_equal(
        ingest_run(ledger_journal(shop->ledger), &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
    reader_close(reader);
    journal_close(other);
    place_remove(&place);
}

TEST(a_ledger_by_itself_waits_for_nobody)
{
    const struct silence *nodes;
    struct shop shop;

    shop_open(&shop);
    enrol(&shop, 1, ENROL_STORE);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 0);
    shop_close(&shop);
}

TEST(a_node_is_heard_by_what_it_wrote_last)
{
    const struct silence *nodes;
    struct shop shop;

    shop_open(&shop);
    hear_node_7(&shop);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 0);
    assert_int_equal(silent(&shop, KIT_NOW + 1, &nodes), 1);
    assert_int_equal(nodes[0].node, 7);
    assert_int_equal(nodes[0].last_ms, KIT_NOW);
    shop_close(&shop);
}

TEST(an_enrolled_store_is_awaited_until_it_is_revoked)
{
    const struct silence *nodes;
    struct shop shop;

    shop_open(&shop);
    enrol(&shop, 12, ENROL_STORE);
    enrol(&shop, 11, ENROL_STORE);
    enrol(&shop, 13, ENROL_STANDBY);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 2);
    assert_int_equal(nodes[0].node, 11);
    assert_true(nodes[0].last_ms == INT64_MIN);
    assert_int_equal(nodes[1].node, 12);
    revoke(&shop, 11);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 1);
    assert_int_equal(nodes[0].node, 12);
    enrol(&shop, 11, ENROL_STORE);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 2);
    shop_close(&shop);
}

RUN(cmocka_unit_test(a_ledger_by_itself_waits_for_nobody),
    cmocka_unit_test(a_node_is_heard_by_what_it_wrote_last),
    cmocka_unit_test(an_enrolled_store_is_awaited_until_it_is_revoked))
