/*
 * test_closing.c - periods close in order, once, and for ever; what arrives
 * later stands in the next one
 */
#include "tests/unit.h"

#include "core/closing.h"
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
    struct complaint complaint;
    struct shop shop;

    start(&shop);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    view before = books_of(&shop).closings[0].statement;
    shop_import(&shop, LATE);
    struct closing_books books = books_of(&shop);
    assert_true(view_equal(before, books.closings[0].statement));
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
    text_view_append(&text, closing->statement);
    text_bytes(&text, closing->heads.bytes, sizeof closing->heads.bytes);
    assert_true(crypto_signature_check(closing->key, text_view(&text),
                                       closing->signature));
    text.bytes[10] ^= 1;
    assert_false(crypto_signature_check(closing->key, text_view(&text),
                                        closing->signature));
    text_close(&text);
    shop_close(&shop);
}

/* 130 stores with points of 300 brands each: more rows than one item of
 * the books can hold. */
TEST(a_statement_that_is_too_large_is_refused)
{
    struct complaint complaint;
    struct text rules = { 0 }, events = { 0 };
    struct shop shop;

    text_string(&rules, "program: Brands\ncurrency: EUR\ntimezone: UTC\n"
                        "partners:\n");
    for (int i = 0; i < 300; i++)
        text_format(&rules,
                    "  - {id: b%d, issue_price: 0.01, redeem_price: 0}\n", i);
    text_string(&rules, "earn:\n");
    for (int i = 0; i < 300; i++)
        text_format(&rules, "  - {id: r%d, points: 1, funder: b%d}\n", i, i);
    for (int i = 1; i <= 130; i++)
        text_format(&events,
                    "{\"kind\": \"purchase\", \"store\": %d, \"member\": 42, "
                    "\"at\": \"2026-01-10T12:00:00Z\", "
                    "\"receipt\": \"A\", \"total\": 100}\n",
                    i);
    text_char(&rules, '\0');
    text_char(&events, '\0');
    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", (const char *)rules.bytes);
    shop_import(&shop, (const char *)events.bytes);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "too large"));
    assert_int_equal(books_of(&shop).count, 0);
    shop_close(&shop);
    text_close(&rules);
    text_close(&events);
}

RUN(cmocka_unit_test(periods_close_in_order_and_once),
    cmocka_unit_test(a_month_that_has_not_ended_stays_open),
    cmocka_unit_test(nothing_can_be_closed_without_events_or_rules),
    cmocka_unit_test(a_closed_statement_keeps_its_bytes),
    cmocka_unit_test(what_is_signed_can_be_verified),
    cmocka_unit_test(a_statement_that_is_too_large_is_refused))
