/*
 * test_closing.c - what was closed stays as it was signed; what arrives later
 * stands in the next period
 */
#include "tests/unit.h"

#include "core/closing_write.h"
#include "core/limits.h"
#include "core/pack.h"
#include "core/reader.h"
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

/* Seven points of January arrive after its close: its bytes stay, February
 * carries the adjustment. */
TEST(a_closed_statement_keeps_its_bytes)
{
    const struct statement *february;
    struct text before = { 0 }, after = { 0 };
    struct complaint complaint;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    struct closing_books books = shop_books(&shop);
    assert_int_equal(
        closing_load(shop.ledger, books.closings, &before, &complaint), OK);
    shop_import(&shop, LATE);
    books = shop_books(&shop);
    assert_int_equal(
        closing_load(shop.ledger, books.closings, &after, &complaint), OK);
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

    shop_start(&shop, RULES, JANUARY);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    struct closing_books books = shop_books(&shop);
    const struct closing *closing = closing_find(&books, FIRST);
    assert_int_equal(closing_load(shop.ledger, closing, &text, &complaint), OK);
    text_bytes(&text, closing->heads.bytes, sizeof closing->heads.bytes);
    assert_true(crypto_signature_check(closing->key, text_view(&text),
                                       closing->signature));
    text.bytes[10] ^= 1;
    assert_false(crypto_signature_check(closing->key, text_view(&text),
                                        closing->signature));
    text_close(&text);
    shop_close(&shop);
}

/* Appends a close of the period that settles a cent for market. */
static void
put_close(struct shop *shop, int32_t period)
{
    struct journal_result result;
    struct text body = { 0 };

    pack_map(&body, 2);
    pack_integer(&body, 1);
    pack_integer(&body, period);
    pack_integer(&body, 9);
    pack_array(&body, 1);
    pack_array(&body, 5);
    pack_integer(&body, period);
    pack_string(&body, view_of("market"));
    pack_integer(&body, 1);
    pack_integer(&body, 0);
    pack_integer(&body, 0);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_CLOSE,
                                             .body = text_view(&body),
                                             .now_ms = NOW_MS };
    assert_int_equal(
        journal_append_control(ledger_journal(shop->ledger), &control, &result),
        OK);
    text_close(&body);
}

static void
begin_epoch(struct shop *shop, uint64_t epoch)
{
    assert_int_equal(journal_renew(ledger_journal(shop->ledger), epoch,
                                   REASON_PROMOTE, NULL),
                     OK);
}

/* Of each period the close of `epoch` is displaced, and a cent settled. */
static void
check_books(const struct closing_books *books, uint64_t epoch)
{
    for (uint32_t i = 0; i < books->displaced_count; i++) {
        const struct closing *displaced = &books->displaced[i];
        const struct closing *held = closing_find(books, displaced->period);
        assert_true(displaced->stream.incarnation == epoch);
        assert_true(held->stream.incarnation == epoch + 1);
    }
    for (uint32_t i = 0; i < books->count; i++) {
        const struct settled settled = settled_find(
            &books->settled, books->closings[i].period, view_of("market"));
        assert_int_equal(settled.issue_cost.minor, 1);
    }
}

/* Two hubs were both active: what they have closed is here, in some order. */
TEST(of_two_closes_of_a_period_that_of_the_later_epoch_holds)
{
    static const struct {
        int32_t month[2][3]; /* of each epoch; 0: no more */
        uint32_t count, displaced;
        int32_t next;
    } CASES[] = {
        { { { 1, 2 }, { 1 } }, 2, 1, 3 },    { { { 1 }, { 1, 2 } }, 2, 1, 3 },
        { { { 1, 2 }, { 1, 2 } }, 2, 2, 3 }, { { { 2, 3 }, { 1 } }, 3, 0, 4 },
        { { { 3, 4 }, { 1 } }, 3, 0, 2 }, /* it had an earlier event */
        { { { 3, 4 }, { 1, 2 } }, 4, 0, 5 },
    };
    struct shop shop;

    for (uint32_t i = 0; i < 2 * COUNT_OF(CASES); i++) {
        const uint32_t which = i / 2, late = i % 2; /* comes last */
        shop_start(&shop, RULES, JANUARY);
        const uint64_t epoch = ledger_who(shop.ledger).incarnation + 1;
        for (uint32_t j = 0; j < 2; j++) {
            const uint32_t of = j ^ late ^ 1;
            begin_epoch(&shop, epoch + of);
            for (uint32_t k = 0; k < 3 && CASES[which].month[of][k] > 0; k++)
                put_close(&shop, FIRST - 1 + CASES[which].month[of][k]);
        }
        const struct closing_books books = shop_books(&shop);
        assert_int_equal(books.count, CASES[which].count);
        assert_int_equal(books.displaced_count, CASES[which].displaced);
        assert_int_equal(books.next_period, FIRST - 1 + CASES[which].next);
        check_books(&books, epoch);
        shop_close(&shop);
    }
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
        const char *why;
    } CASES[] = {
        { 1, 5, "the signature of its statement is false" },
        { 1, 4, "its statement can't be read" },
        { 1, 6, "its statement can't be read" },
        { 2, 5, "its statement can't be read" }, /* before it is a close */
    };
    struct complaint complaint;
    struct shop shop;

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct text json = { 0 };
        shop_start(&shop, RULES, JANUARY);
        assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint),
                         OK);
        put_pieces(&shop, view_of("12345"), CASES[i].count, CASES[i].size, 10);
        struct closing_books books = shop_books(&shop);
        const struct closing *closing = closing_find(&books, FIRST + 1);
        assert_int_equal(closing_load(shop.ledger, closing, &json, &complaint),
                         ERR_CORRUPT);
        assert_non_null(strstr(complaint.text, CASES[i].why));
        assert_non_null(strstr(complaint.text, "close of 2026-02 (node "));
        text_close(&json);
        shop_close(&shop);
    }
}

TEST(a_close_that_names_more_than_its_stream_holds_is_damage)
{
    struct closing_books books;
    struct complaint complaint;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    put_pieces(&shop, (view) { 0 }, 9, 5, 10);
    assert_int_equal(closing_read(shop.ledger, LEDGER_KNOWN_ALL, &shop.arena,
                                  &books, &complaint),
                     ERR_CORRUPT);
    assert_string_equal(complaint.text,
                        "the close of 2026-02 (node 1, position 3) is damaged: "
                        "it can't be read; settle nothing by it or after it; "
                        "restore a backup made before it");
    shop_close(&shop);
}

TEST(a_close_that_says_more_than_is_known_is_of_a_later_version)
{
    struct closing_books books;
    struct complaint complaint;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    put_pieces(&shop, (view) { 0 }, 1, 5, 11);
    assert_int_equal(closing_read(shop.ledger, LEDGER_KNOWN_ALL, &shop.arena,
                                  &books, &complaint),
                     ERR_UNKNOWN);
    assert_string_equal(complaint.text,
                        "the close of 2026-02 (node 1, position 3) was made by "
                        "a later version of leima; install that one");
    shop_close(&shop);
}

/* A store may write anything into its own stream; and who asks of a time before
 * the close is told what was settled then. */
TEST(a_close_counts_in_the_books_and_from_its_arrival_on)
{
    struct journal_control control = { .channel = CHANNEL_EVENTS,
                                       .kind = RECORD_CLOSE,
                                       .body = view_of("x"),
                                       .now_ms = NOW_MS };
    struct journal_result result;
    struct complaint complaint;
    struct closing_books books;
    struct shop shop;

    shop_start(&shop, RULES, JANUARY);
    struct journal *journal = ledger_journal(shop.ledger);
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    control.channel = CHANNEL_PUBLIC;
    assert_int_equal(journal_append_control(journal, &control, &result), OK);
    assert_int_equal(shop_books(&shop).count, 0);
    assert_int_equal(closing_close(shop.ledger, FIRST, NOW_MS, &complaint), OK);
    const uint64_t position = shop_books(&shop).closings->position;
    for (uint32_t known = 0; known < 2; known++) {
        assert_int_equal(closing_read(shop.ledger, position - 1 + known,
                                      &shop.arena, &books, &complaint),
                         OK);
        assert_int_equal(books.count, known);
    }
    shop_close(&shop);
}

RUN(cmocka_unit_test(a_closed_statement_keeps_its_bytes),
    cmocka_unit_test(a_close_counts_in_the_books_and_from_its_arrival_on),
    cmocka_unit_test(of_two_closes_of_a_period_that_of_the_later_epoch_holds),
    cmocka_unit_test(what_is_signed_can_be_verified),
    cmocka_unit_test(pieces_that_are_not_what_the_close_names_are_damage),
    cmocka_unit_test(a_close_that_names_more_than_its_stream_holds_is_damage),
    cmocka_unit_test(
        a_close_that_says_more_than_is_known_is_of_a_later_version))
