/*
 * test_closing_verify.c - a close is what its key has signed, in every part
 */
#include "tests/unit.h"

#include "core/closing_verify.h"
#include "core/closing_write.h"
#include "core/ledger_check.h"
#include "core/reader.h"
#include "tests/shop.h"

#include <string.h>

#define EVENTS                                                                 \
    "{\"kind\": \"purchase\", \"at\": \"2026-01-10T12:00:00Z\", "              \
    "\"store\": 10, \"member\": 42, \"receipt\": \"A\", \"total\": 10000}\n"
#define RULES "earn:\n  - {id: base, per: 1.00, points: 1}\n"

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */
enum { JANUARY = 2026 * 12 };

/* A ledger that has closed January, and the bytes of that close. */
static view
start(struct shop *shop)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct complaint complaint;

    shop_start(shop, RULES, EVENTS);
    assert_int_equal(closing_close(shop->ledger, JANUARY, NOW_MS, &complaint),
                     OK);
    const struct closing_books books = shop_books(shop);
    assert_int_equal(reader_open(ledger_journal(shop->ledger), &reader), OK);
    assert_int_equal(
        reader_find(reader, books.closings->stream, books.closings->seq, &item),
        OK);
    view body = arena_copy(&shop->arena, item.record.body);
    reader_close(reader);
    return body;
}

/* Where these bytes stand for the last time. */
static uint8_t *
last_of(view body, view part)
{
    for (uint32_t at = body.size - part.size;; at--) {
        assert_true(at > 0);
        if (memcmp(body.bytes + at, part.bytes, part.size) == 0)
            return (uint8_t *)body.bytes + at;
    }
}

/* The chain of the stream that takes it in is whole. */
static void
append_close(struct shop *shop, view body)
{
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_CLOSE,
                                             .body = body,
                                             .now_ms = NOW_MS };
    struct journal_result result;
    struct complaint complaint;

    assert_int_equal(
        journal_append_control(ledger_journal(shop->ledger), &control, &result),
        OK);
    assert_int_equal(ledger_refresh(shop->ledger, &complaint), OK);
}

/* The last to arrive, whether it holds or not. */
static enum err
verify_last(struct shop *shop, struct complaint *complaint)
{
    const struct closing_books books = shop_books(shop);
    const struct closing *last = books.closings;

    for (uint32_t i = 1; i < books.count; i++)
        if (books.closings[i].position > last->position)
            last = &books.closings[i];
    for (uint32_t i = 0; i < books.displaced_count; i++)
        if (books.displaced[i].position > last->position)
            last = &books.displaced[i];
    return closing_verify(shop->ledger, last, shop->arena, complaint);
}

/* What is appended once one byte of it has been changed is found false. */
static void
check_false(struct shop *shop, view body, uint8_t *byte, const char *words)
{
    struct complaint complaint = { 0 };

    *byte ^= 1;
    append_close(shop, body);
    *byte ^= 1;
    assert_int_equal(verify_last(shop, &complaint), ERR_CORRUPT);
    if (strstr(complaint.text, words) == NULL)
        fail_msg("expected \"%s\", found \"%s\"", words, complaint.text);
}

TEST(a_close_is_what_its_key_has_signed)
{
    struct complaint complaint = { 0 };
    struct shop shop;

    view body = start(&shop);
    assert_int_equal(verify_last(&shop, &complaint), OK);
    append_close(&shop, body);
    assert_int_equal(verify_last(&shop, &complaint), OK);
    shop_close(&shop);
}

/* What ends there is the last partner: month, name, cost of a euro, two credits
 * of nothing. */
static void
check_settled_false(struct shop *shop, view body, uint8_t *end)
{
    static const uint8_t SETTLED[] = "\xa6market\x64\0";
    const uint32_t size = sizeof SETTLED;
    const uint32_t at[] = { 1, 2, 3, 4, size + 1 };

    assert_memory_equal(end - size, SETTLED, size);
    for (uint32_t i = 0; i < COUNT_OF(at); i++)
        check_false(shop, body, end - at[i],
                    "settles something else than its statement says");
}

TEST(every_part_of_a_close_that_was_changed_is_found)
{
    struct shop shop;
    view body = start(&shop);
    const struct closing_books books = shop_books(&shop);
    const struct closing *close = books.closings;
    const struct closing_part *part = &close->parts[0];
    const view signature = { close->signature.bytes, 64 };
    const view signed_part = { part->signature.bytes, 64 };
    const view key = { close->key.bytes, 32 };
    uint8_t *bytes = (uint8_t *)body.bytes;

    check_false(&shop, body, last_of(body, view_of("\"sales\": 10000")) + 9,
                "signature of its statement is false");
    check_false(&shop, body, last_of(body, signature),
                "signature of its statement is false");
    check_false(&shop, body, last_of(body, key) + 5,
                "signature of its statement is false");
    check_false(&shop, body,
                bytes + close->heads_offset + close->heads_size - 1,
                "heads it names are not those that were signed");
    check_false(&shop, body, last_of(body, signed_part),
                "signature of the part of \"cafe\" is false");
    check_false(&shop, body, last_of(body, signed_part) - 3,
                "signature of the part of \"cafe\" is false");
    check_settled_false(&shop, body, bytes + body.size);
    /* Another month than the statement's: a map, key 1, a number of 16 bits. */
    assert_int_equal(bytes[3] << 8 | bytes[4], JANUARY);
    check_false(&shop, body, bytes + 4,
                "settles something else than its statement says");
    shop_close(&shop);
}

struct told {
    uint32_t damage_count;
    char last[512];
};

static void
hear(void *context, bool damage, const char *line)
{
    struct told *told = context;

    told->damage_count += damage;
    strncpy(told->last, line, sizeof told->last - 1);
}

TEST(verify_names_the_close_that_is_false)
{
    struct complaint complaint = { 0 };
    struct told told = { 0 };
    struct shop shop;

    view body = start(&shop);
    assert_int_equal(ledger_verify(shop.ledger, hear, &told, &complaint), OK);
    assert_int_equal(told.damage_count, 0);
    ((uint8_t *)body.bytes)[body.size - 1] ^= 1;
    append_close(&shop, body);
    assert_int_equal(ledger_verify(shop.ledger, hear, &told, &complaint),
                     ERR_CORRUPT);
    assert_int_equal(told.damage_count, 1);
    assert_non_null(strstr(told.last,
                           "close of 2026-01 (node 1, position 4) is damaged: "
                           "it settles"));
    append_close(&shop, view_of("x"));
    assert_int_equal(ledger_verify(shop.ledger, hear, &told, &complaint),
                     ERR_CORRUPT);
    assert_non_null(strstr(told.last, "closes: a close (node 1, position 5) is "
                                      "damaged: it can't be read"));
    shop_close(&shop);
}

/* A hub that lies may name any figures, also such as no sum holds: that is
 * damage, and nothing stops whoever asks what is settled. */
TEST(figures_that_no_sum_holds_are_damage)
{
    static const uint8_t MOST[] = { 0xd3, 0x7f, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff };
    struct complaint complaint = { 0 };
    struct closing_books books;
    struct told told = { 0 };
    struct shop shop;

    view body = start(&shop);
    assert_int_equal(body.bytes[body.size - 1], 0); /* the voucher credit */
    view false_one = { ARENA_NEW(&shop.arena, uint8_t, body.size + 8),
                       body.size + 8 };
    memcpy((uint8_t *)false_one.bytes, body.bytes, body.size - 1);
    memcpy((uint8_t *)false_one.bytes + body.size - 1, MOST, sizeof MOST);
    /* Of a later epoch, so that it holds. */
    assert_int_equal(journal_renew(ledger_journal(shop.ledger),
                                   ledger_who(shop.ledger).incarnation + 1,
                                   REASON_PROMOTE, NULL),
                     OK);
    append_close(&shop, false_one);
    assert_int_equal(closing_read(shop.ledger, LEDGER_KNOWN_ALL, &shop.arena,
                                  &books, &complaint),
                     ERR_CORRUPT);
    assert_int_equal(
        closing_close(shop.ledger, JANUARY + 1, NOW_MS, &complaint),
        ERR_CORRUPT);
    assert_non_null(strstr(complaint.text,
                           "(node 1, position 4) is damaged: no "
                           "sum holds what it settles"));
    assert_int_equal(ledger_verify(shop.ledger, hear, &told, &complaint),
                     ERR_CORRUPT);
    assert_non_null(strstr(told.last, "no sum holds what it settles"));
    shop_close(&shop);
}

RUN(cmocka_unit_test(a_close_is_what_its_key_has_signed),
    cmocka_unit_test(every_part_of_a_close_that_was_changed_is_found),
    cmocka_unit_test(verify_names_the_close_that_is_false),
    cmocka_unit_test(figures_that_no_sum_holds_are_damage))
