/*
 * test_closing.c - periods close in order, once, and for ever; what arrives
 * later stands in the next one
 */
#include "tests/unit.h"

#include "core/closing.h"
#include "core/limits.h"
#include "core/pack.h"
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
#define LATE                                                                   \
    "{\"event\": \"110.1.2\", \"kind\": \"purchase\", "                        \
    "\"at\": \"2026-01-11T12:00:00Z\", \"store\": 10, \"member\": 42, "        \
    "\"receipt\": \"B\", \"total\": 700, "                                     \
    "\"recorded\": \"2026-02-11T12:00:00Z\"}\n"
#define RULES "earn:\n  - {id: base, per: 1.00, points: 1}\n"

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */
enum { FIRST = 2026 * 12 };                           /* January */

static struct closing_books
books_of(struct shop *shop)
{
    struct closing_books books;

    assert_int_equal(
        closing_read(shop->ledger, LEDGER_KNOWN_ALL, &shop->arena, &books), OK);
    return books;
}

static void
start(struct shop *shop)
{
    shop_open(shop);
    shop_rules(shop, "2000-01-01", RULES);
    shop_import(shop, JANUARY);
}

TEST(periods_close_in_order_and_once)
{
    struct complaint complaint;
    struct shop shop;

    start(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST + 1, NOW_MS, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "the next one is 2026-01"));
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_EXISTS);
    assert_int_equal(closing_close(shop.ledger, FIRST + 1, NOW_MS, &complaint),
                     OK);
    assert_int_equal(books_of(&shop).next_period, FIRST + 2);
    shop_close(&shop);
}

TEST(a_month_that_has_not_ended_stays_open)
{
    int64_t in_january = INT64_C(1768132800000);
    struct complaint complaint;
    struct shop shop;

    start(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, in_january, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "has not ended"));
    assert_int_equal(books_of(&shop).count, 0);
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

/* Seven points of January arrive after its close: its bytes stay, February
 * carries the adjustment. */
TEST(a_closed_statement_keeps_its_bytes)
{
    const struct statement *february;
    struct text before = { 0 }, after = { 0 };
    struct complaint complaint;
    struct shop shop;

    start(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    struct closing_books books = books_of(&shop);
    assert_int_equal(closing_load(shop.ledger, books.closings, &before), OK);
    shop_import(&shop, LATE);
    books = books_of(&shop);
    assert_int_equal(closing_load(shop.ledger, books.closings, &after), OK);
    assert_true(view_equal(text_view(&before), text_view(&after)));
    text_close(&before);
    text_close(&after);
    struct closing_question question = { .books = &books,
                                         .period = FIRST + 1,
                                         .known = LEDGER_KNOWN_ALL,
                                         .now_ms = NOW_MS };
    assert_int_equal(closing_statement(shop.ledger, &question, &shop.arena,
                                       &february, &complaint),
                     OK);
    const struct statement_partner *market =
        statement_find(february, view_of("market"));
    assert_int_equal(market->adjustment_count, 1);
    assert_int_equal(market->adjustments[0].issue_cost.minor, 7);
    shop_close(&shop);
}

TEST(what_is_signed_can_be_verified)
{
    struct complaint complaint;
    struct text text = { 0 };
    struct shop shop;

    start(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    struct closing_books books = books_of(&shop);
    const struct closing *closing = closing_find(&books, FIRST);
    assert_int_equal(closing_load(shop.ledger, closing, &text), OK);
    text_bytes(&text, closing->heads.bytes, sizeof closing->heads.bytes);
    assert_true(crypto_signature_check(closing->key, text_view(&text),
                                       closing->signature));
    text.bytes[10] ^= 1;
    assert_false(crypto_signature_check(closing->key, text_view(&text),
                                        closing->signature));
    text_close(&text);
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
    struct closing_books books = books_of(&shop);
    const struct closing *closing = closing_find(&books, FIRST);
    assert_int_equal(books.count, 2);
    assert_int_equal(books.closings[1].piece_count, 0);
    assert_int_equal(closing_load(shop.ledger, closing, &json), OK);
    assert_true(json.size > LIMIT_CONTROL_SIZE);
    check_items(&shop, (uint32_t)((json.size - 1) / LIMIT_PIECE_SIZE + 1));

    const struct seal seal = { .period = FIRST,
                               .heads = closing->heads,
                               .key = closing->key,
                               .signature = closing->signature };
    assert_true(seal_check(&seal, closing->key, text_view(&json)));
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

/* Appends a close of February that names `count` pieces of `size` bytes. */
static void
put_pieces(struct shop *shop, view pieces, uint32_t count, uint32_t size,
           uint32_t key)
{
    struct journal_result result;
    struct text body = { 0 };

    pack_map(&body, 2);
    pack_integer(&body, 1);
    pack_integer(&body, FIRST + 1);
    pack_integer(&body, key);
    pack_array(&body, 2);
    pack_integer(&body, count);
    pack_integer(&body, size);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_CLOSE,
                                             .body = text_view(&body),
                                             .pieces = pieces,
                                             .now_ms = NOW_MS };
    assert_int_equal(
        journal_append_control(ledger_journal(shop->ledger), &control, &result),
        OK);
    text_close(&body);
}

TEST(pieces_that_are_not_what_the_close_names_are_damage)
{
    static const struct {
        uint32_t count, size;
        enum err err;
    } CASES[] = {
        { 1, 5, OK },
        { 1, 4, ERR_CORRUPT },
        { 1, 6, ERR_CORRUPT },
        { 2, 5, ERR_CORRUPT }, /* the one before is a close */
    };
    struct complaint complaint;
    struct shop shop;

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct text json = { 0 };
        start(&shop);
        assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                         OK);
        put_pieces(&shop, view_of("12345"), CASES[i].count, CASES[i].size, 10);
        struct closing_books books = books_of(&shop);
        const struct closing *closing = closing_find(&books, FIRST + 1);
        assert_int_equal(closing_load(shop.ledger, closing, &json),
                         CASES[i].err);
        text_close(&json);
        shop_close(&shop);
    }
}

TEST(a_close_that_names_more_than_its_stream_holds_is_damage)
{
    struct closing_books books;
    struct shop shop;

    start(&shop);
    put_pieces(&shop, (view) { 0 }, 9, 5, 10);
    assert_int_equal(
        closing_read(shop.ledger, LEDGER_KNOWN_ALL, &shop.arena, &books),
        ERR_CORRUPT);
    shop_close(&shop);
}

TEST(a_close_that_says_more_than_is_known_is_of_a_later_version)
{
    struct closing_books books;
    struct shop shop;

    start(&shop);
    put_pieces(&shop, (view) { 0 }, 1, 5, 11);
    assert_int_equal(
        closing_read(shop.ledger, LEDGER_KNOWN_ALL, &shop.arena, &books),
        ERR_UNKNOWN);
    shop_close(&shop);
}

RUN(cmocka_unit_test(periods_close_in_order_and_once),
    cmocka_unit_test(a_month_that_has_not_ended_stays_open),
    cmocka_unit_test(nothing_can_be_closed_without_events_or_rules),
    cmocka_unit_test(a_closed_statement_keeps_its_bytes),
    cmocka_unit_test(what_is_signed_can_be_verified),
    cmocka_unit_test(a_statement_larger_than_an_item_goes_in_pieces),
    cmocka_unit_test(pieces_that_are_not_what_the_close_names_are_damage),
    cmocka_unit_test(a_close_that_names_more_than_its_stream_holds_is_damage),
    cmocka_unit_test(
        a_close_that_says_more_than_is_known_is_of_a_later_version))
