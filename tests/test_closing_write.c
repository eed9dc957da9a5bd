/*
 * test_closing_write.c - periods close in order and once, when they have ended;
 * a large statement in pieces
 */
#include "tests/unit.h"

#include "core/closing_write.h"
#include "core/limits.h"
#include "core/reader.h"
#include "core/seal.h"
#include "core/statement.h"
#include "tests/shop.h"

#include <string.h>

#define JANUARY                                                                \
    "{\"event\": \"110.1.1\", \"kind\": \"purchase\", "                        \
    "\"at\": \"2026-01-10T12:00:00Z\", \"store\": 10, \"member\": 42, "        \
    "\"receipt\": \"A\", \"total\": 10000, "                                   \
    "\"recorded\": \"2026-01-10T12:00:00Z\"}\n"
#define RULES "earn:\n  - {id: base, per: 1.00, points: 1}\n"

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */
enum { FIRST = 2026 * 12 };                           /* January */

TEST(periods_close_in_order_and_once)
{
    struct complaint complaint;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    assert_int_equal(closing_close(shop.ledger, FIRST + 1, NOW_MS, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "the next one is 2026-01"));
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_EXISTS);
    assert_int_equal(closing_close(shop.ledger, FIRST + 1, NOW_MS, &complaint),
                     OK);
    assert_int_equal(shop_books(&shop).next_period, FIRST + 2);
    shop_close(&shop);
}

TEST(a_month_that_has_not_ended_stays_open)
{
    int64_t in_january = INT64_C(1768132800000);
    struct complaint complaint;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    assert_int_equal(closing_close(shop.ledger, FIRST, in_january, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "has not ended"));
    assert_int_equal(shop_books(&shop).count, 0);
    shop_close(&shop);
}

TEST(nothing_can_be_closed_without_events_or_rules)
{
    struct complaint complaint;
    struct shop shop;

    shop_open(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_NOT_FOUND);
    shop_rules(&shop, "2000-01-01", RULES);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(complaint.text, "no event"));
    shop_close(&shop);
}

/* 150 stores with points of 300 brands each: more rows than one item of
 * the books can hold. */
static void
start_large(struct shop *shop)
{
    struct text rules = { 0 }, events = { 0 };

    text_string(&rules, "program: Brands\ncurrency: EUR\ntimezone: UTC\n"
                        "partners:\n");
    for (int i = 0; i < 300; i++)
        text_format(&rules,
                    "  - {id: b%d, issue_price: 0.01, redeem_price: 0}\n", i);
    text_string(&rules, "earn:\n");
    for (int i = 0; i < 300; i++)
        text_format(&rules, "  - {id: r%d, points: 1, funder: b%d}\n", i, i);
    for (int i = 1; i <= 150; i++)
        text_format(&events,
                    "{\"kind\": \"purchase\", \"store\": %d, \"member\": 42, "
                    "\"at\": \"2026-01-10T12:00:00Z\", "
                    "\"receipt\": \"A\", \"total\": 100}\n",
                    i);
    text_char(&rules, '\0');
    text_char(&events, '\0');
    shop_open(shop);
    shop_rules(shop, "2000-01-01", (const char *)rules.bytes);
    shop_import(shop, (const char *)events.bytes);
    text_close(&rules);
    text_close(&events);
}

/* None is larger than a record of events, so that whoever receives a close
 * need hold no more than for those. */
static void
check_items(struct shop *shop, uint32_t pieces)
{
    struct reader *reader = NULL;
    struct reader_item item;
    uint32_t found = 0;

    assert_int_equal(reader_open(ledger_journal(shop->ledger), &reader), OK);
    for (uint64_t next = 1; reader_next_control(reader, next, &item) == OK;
         next = item.position + 1) {
        assert_true(item.record.bytes.size <= LIMIT_RECORD_SIZE);
        found += item.record.kind == RECORD_PIECE;
    }
    assert_int_equal(found, pieces);
    reader_close(reader);
}

TEST(a_statement_larger_than_an_item_goes_in_pieces)
{
    struct complaint complaint;
    struct statement statement;
    struct text json = { 0 }, again = { 0 };
    struct shop shop;

    start_large(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_EXISTS);
    assert_int_equal(closing_close(shop.ledger, FIRST + 1, NOW_MS, &complaint),
                     OK);
    struct closing_books books = shop_books(&shop);
    const struct closing *closing = closing_find(&books, FIRST);
    assert_int_equal(books.count, 2);
    assert_int_equal(books.closings[1].piece_count, 0);
    assert_int_equal(closing_load(shop.ledger, closing, &json, &complaint), OK);
    assert_true(json.size > LIMIT_CONTROL_SIZE);
    check_items(&shop, (uint32_t)((json.size - 1) / LIMIT_PIECE_SIZE + 1));

    const struct seal seal = { .period = FIRST,
                               .heads = closing->heads,
                               .key = closing->key,
                               .signature = closing->signature };
    assert_int_equal(seal_check(&seal, closing->key, text_view(&json)), OK);
    assert_int_equal(
        statement_read(text_view(&json), &shop.arena, &statement, &complaint),
        OK);
    const struct statement_partner *last =
        statement_find(&statement, view_of("b299"));
    assert_non_null(last);
    assert_int_equal(last->store_count, 150);
    statement_json(&again, &statement);
    assert_true(view_equal(text_view(&json), text_view(&again)));
    text_close(&json);
    text_close(&again);
    shop_close(&shop);
}

RUN(cmocka_unit_test(periods_close_in_order_and_once),
    cmocka_unit_test(a_month_that_has_not_ended_stays_open),
    cmocka_unit_test(nothing_can_be_closed_without_events_or_rules),
    cmocka_unit_test(a_statement_larger_than_an_item_goes_in_pieces))
