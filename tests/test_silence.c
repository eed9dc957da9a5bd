/*
 * test_silence.c - who is awaited before a close: enrolled stores that have
 * not been heard, and nodes whose last word lies before the period's end
 */
#include "tests/unit.h"

#include <stdlib.h>

#include "core/ingest.h"
#include "core/reader.h"
#include "core/shelf.h"
#include "core/silence.h"
#include "tests/enroller.h"
#include "tests/kit.h"
#include "tests/shop.h"

static void
enrol(struct shop *shop, uint32_t node, enum enrol_role role)
{
    enroller_enrol(ledger_journal(shop->ledger), node, role, KIT_NOW);
}

static void
revoke(struct shop *shop, uint32_t node)
{
    enroller_revoke(ledger_journal(shop->ledger), node, KIT_NOW);
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

/* One hub enrolled the store, another, by a later clock, sent it away. */
TEST(whose_books_come_first_is_no_matter)
{
    const struct silence *nodes;

    for (uint32_t first = 0; first < 2; first++) {
        struct journal *books[2];
        struct place places[2];
        struct shop shop;
        for (uint32_t hub = 0; hub < 2; hub++)
            books[hub] = enroller_open(&places[hub], 2 + hub);
        enroller_enrol(books[0], 11, ENROL_STORE, KIT_NOW);
        enroller_revoke(books[1], 11, KIT_NOW + 1);
        shop_open(&shop);
        for (uint32_t i = 0; i < 2; i++)
            assert_true(enroller_carry(books[i == 0 ? first : 1 - first], 1,
                                       ledger_journal(shop.ledger)));
        assert_int_equal(silent(&shop, KIT_NOW, &nodes), 0);
        for (uint32_t hub = 0; hub < 2; hub++)
            enroller_close(&places[hub], books[hub]);
        shop_close(&shop);
    }
}

/* Makes the record at that position one of the next format. */
static void
make_later(struct journal *journal, uint64_t position)
{
    struct shelf_item item = { 0 };
    struct shelf_key key;
    struct db_txn txn;
    view value = { 0 };

    shelf_begin(journal_db(journal), DB_WRITE, &txn);
    view at = shelf_position_key(&key, position);
    assert_true(db_get(&txn, TABLE_RECORDS, at, &value));
    assert_int_equal(shelf_parse(at, value, &item), OK);
    uint8_t *bytes = malloc(item.record.bytes.size);
    const uint32_t size = item.record.bytes.size;
    memcpy(bytes, item.record.bytes.bytes, size);
    bytes[12] = RECORD_FORMAT + 1;
    const uint64_t sum = hash_64((view) { bytes + 8, size - 8 }, 0);
    memcpy(bytes, &sum, sizeof sum);
    uint8_t *place =
        db_reserve(&txn, TABLE_RECORDS, at, SHELF_PREFIX_SIZE + size, false);
    memcpy(place + SHELF_PREFIX_SIZE, bytes, size);
    shelf_seal(place + SHELF_PREFIX_SIZE, position, item.arrival_ms);
    free(bytes);
    assert_int_equal(db_commit(&txn), OK);
}

TEST(an_item_of_a_later_format_is_passed_over)
{
    const struct silence *nodes;
    struct shop shop;

    shop_open(&shop);
    enrol(&shop, 11, ENROL_STORE);
    enrol(&shop, 12, ENROL_STORE);
    enrol(&shop, 13, ENROL_STORE);
    make_later(ledger_journal(shop.ledger), 2);
    assert_int_equal(silent(&shop, KIT_NOW, &nodes), 2);
    assert_int_equal(nodes[0].node, 11);
    assert_int_equal(nodes[1].node, 13);
    shop_close(&shop);
}

RUN(cmocka_unit_test(a_ledger_by_itself_waits_for_nobody),
    cmocka_unit_test(a_node_is_heard_by_what_it_wrote_last),
    cmocka_unit_test(an_enrolled_store_is_awaited_until_it_is_revoked),
    cmocka_unit_test(whose_books_come_first_is_no_matter),
    cmocka_unit_test(an_item_of_a_later_format_is_passed_over))
