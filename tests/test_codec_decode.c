/*
 * test_codec_decode.c - the bytes in tests/golden are read as the events they
 * were, what does not look like an event is told, and no bytes do harm
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "core/json.h"
#include "core/pack.h"
#include "tests/golden.h"

#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct golden *goldens;
static uint32_t golden_count;

static void
assert_bytes(const struct text *text, view expected)
{
    assert_true(text_ok(text));
    assert_int_equal(text->size, expected.size);
    if (expected.size > 0)
        assert_memory_equal(text->bytes, expected.bytes, expected.size);
}

TEST(golden_bytes_are_read_as_the_events_they_were)
{
    struct text text = { 0 };

    for (uint32_t i = 0; i < golden_count; i++) {
        const struct golden *golden = &goldens[i];
        struct event event;
        assert_int_equal(codec_decode(golden->bare, &arena, &event), OK);
        assert_int_equal(event.identity.node, 0);
        assert_int_equal(codec_decode(golden->copy, &arena, &event), OK);
        assert_int_equal(codec_decode_annex(golden->annex, &event.annex), OK);
        assert_true(codec_same_content(&event, &golden->event, true));
        assert_int_equal(event_check(&event, NULL), OK);
        text_clear(&text);
        json_write_event(&text, &event);
        assert_bytes(&text, view_of(golden->json));
    }
    text_close(&text);
}

/* A stamp whose entries are written one by one. */
static void
start(struct text *text, uint32_t count, uint64_t kind)
{
    text_clear(text);
    pack_map(text, count);
    pack_unsigned(text, 0);
    pack_unsigned(text, kind);
}

static void
put(struct text *text, uint64_t field, int64_t value)
{
    pack_unsigned(text, field);
    pack_integer(text, value);
}

static void
put_string(struct text *text, uint64_t field, const char *value)
{
    pack_unsigned(text, field);
    pack_string(text, view_of(value));
}

static enum err
decode(const struct text *text)
{
    struct event event;
    return codec_decode(text_view(text), &arena, &event);
}

#define AT INT64_C(1740000000000)

TEST(what_a_later_version_wrote_is_unknown_not_corrupt)
{
    struct text text = { 0 };

    start(&text, 5, 10 + EVENT_KIND_END); /* a kind */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 200, "new");
    assert_int_equal(decode(&text), ERR_UNKNOWN);
    start(&text, 6, EVENT_STAMP); /* a field */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_CORRUPT); /* one entry is missing */
    put_string(&text, 100, "new");
    assert_int_equal(decode(&text), ERR_UNKNOWN);
    start(&text, 6, EVENT_STAMP); /* a field of another kind */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put(&text, 9, 5);
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_UNKNOWN);
    text_close(&text);
}

TEST(a_line_may_have_fields_of_a_later_version)
{
    struct text text = { 0 };

    start(&text, 7, EVENT_PURCHASE);
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 8, "R");
    put(&text, 9, 5);
    pack_unsigned(&text, 11);
    pack_array(&text, 1);
    pack_map(&text, 2);
    put(&text, 0, 5);
    put(&text, 9, 5);
    assert_int_equal(decode(&text), ERR_UNKNOWN);
    text.size -= 5;
    pack_map(&text, 1); /* without an amount */
    put(&text, 2, 5);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_close(&text);
}

enum { LINE_COUNT = 40 };

/* Lines of all shapes: with and without quantity, names of all sizes, amounts
 * of all widths on both sides of 0. */
static void
make_lines(struct event *event, struct event_line *lines)
{
    static const char code[] =
        "0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstuv";
    int64_t sum = 0, amount = 1;

    for (uint32_t i = 0; i < LINE_COUNT; i++, amount = amount * 3 % 99999989) {
        lines[i] = (struct event_line) {
            .amount = { i % 5 == 4 ? -amount : amount },
            .qty = 1 + i * i * i * 15 % 1000000,
            .category = { (const uint8_t *)code, i % 33 },
            .sku = { (const uint8_t *)code, i * 7 % 65 },
        };
        sum += lines[i].amount.minor;
    }
    *event = (struct event) { .kind = EVENT_PURCHASE,
                              .at_ms = AT,
                              .store = 1,
                              .account = { .member = 42 } };
    event->sale.receipt = view_of("R");
    event->sale.bought_on = EVENT_NO_DAY;
    event->sale.total = (money) { sum };
}

TEST(lines_of_all_shapes_are_read_back)
{
    struct text text = { 0 };
    struct event_line lines[LINE_COUNT];
    struct event event, read;

    make_lines(&event, lines);
    assert_true(event.sale.total.minor > 0);
    for (uint32_t count = 1; count <= LINE_COUNT; count++) {
        event.sale.lines = lines + LINE_COUNT - count;
        event.sale.line_count = count;
        text_clear(&text);
        codec_encode(&event, CODEC_NO_IDENTITY, &text);
        assert_int_equal(codec_decode(text_view(&text), &arena, &read), OK);
        assert_true(codec_same_content(&event, &read, false));
    }
    text_close(&text);
}

/* A value may be written wider than it needs be, but no line may say a thing
 * twice or in another order. */
TEST(lines_that_are_written_otherwise)
{
    static const struct {
        const char *line;
        uint32_t size;
        enum err err;
    } cases[] = {
        { "\x81\x00\xd3\0\0\0\0\0\0\0\x05", 11, OK },
        { "\x81\x00\xcd\x00\x05", 5, OK },
        { "\x82\x00\x05\x03\xd9\x01z", 7, OK },
        { "\xde\x00\x01\x00\x05", 5, OK },
        { "\x82\x00\x05\x02\x03", 5, OK },
        { "\x82\x00\x05\x02\x00", 5, ERR_CORRUPT }, /* a quantity of 0 */
        { "\x82\x00\x05\x00\x05", 5, ERR_CORRUPT }, /* an amount twice */
        { "\x82\x02\x03\x00\x05", 5, ERR_CORRUPT }, /* the other way round */
        { "\x82\x00\x05\x03\xa0", 5, ERR_CORRUPT }, /* an empty name */
        { "\x81\x02\x05", 3, ERR_CORRUPT },         /* no amount */
        { "\x80", 1, ERR_CORRUPT },
        { "\x82\x00\x05\x01\x00", 5, ERR_UNKNOWN }, /* of returns */
    };
    struct text text = { 0 };

    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        start(&text, 7, EVENT_PURCHASE);
        put(&text, 2, AT);
        put(&text, 4, 1);
        put(&text, 5, 42);
        put_string(&text, 8, "R");
        put(&text, 9, 5);
        pack_unsigned(&text, 11);
        pack_array(&text, 1);
        text_bytes(&text, cases[i].line, cases[i].size);
        assert_int_equal(decode(&text), cases[i].err);
    }
    text_close(&text);
}

TEST(what_is_no_event_is_corrupt)
{
    struct text text = { 0 };

    start(&text, 4, EVENT_STAMP); /* no card */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 4, EVENT_STAMP); /* no account */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 6, EVENT_STAMP); /* two accounts */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 6, "X");
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 5, EVENT_STAMP); /* keys out of order */
    put(&text, 4, 1);
    put(&text, 2, AT);
    put(&text, 5, 42);
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 6, EVENT_STAMP); /* a key twice */
    put(&text, 2, AT);
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 17, "lunch");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 5, EVENT_STAMP); /* an empty string */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 17, "");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_clear(&text);
    pack_map(&text, 0);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_clear(&text);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_close(&text);
}

TEST(shapes_that_exclude_each_other_are_corrupt)
{
    struct text text = { 0 };

    start(&text, 6, EVENT_RETURN); /* receipt and total */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 8, "R");
    put(&text, 9, 5);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 4, EVENT_RETURN); /* neither */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 7, EVENT_REDEEM); /* points and reward */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 7, "x");
    put(&text, 19, 5);
    put_string(&text, 20, "gift");
    assert_int_equal(decode(&text), ERR_CORRUPT);
    start(&text, 7, EVENT_REDEEM); /* points with a value */
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 7, "x");
    put(&text, 19, 5);
    put(&text, 21, 5);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_close(&text);
}

/* Every prefix and every changed byte: never a crash, a read past the end
 * (the bytes are at the end of their block) or an event out of bounds. */
static void
assert_harmless(view bytes)
{
    struct arena scratch = arena;
    struct event_annex annex;
    struct event event;
    struct text text = { 0 };
    uint8_t *block = malloc(bytes.size + 1);

    memcpy(block + 1, bytes.bytes, bytes.size);
    view tight = { block + 1, bytes.size };
    enum err err = codec_decode(tight, &scratch, &event);
    if (err == OK) {
        assert_non_null(event_kind_name(event.kind));
        assert_true(event.account.bearer.size <= LIMIT_CODE_SIZE);
        event.annex = (struct event_annex) { 0 };
        err = event_check(&event, NULL);
        assert_true(err == OK || err == ERR_INPUT);
        codec_encode(&event, CODEC_WITH_IDENTITY, &text);
        struct event again;
        if (event.identity.node != 0)
            assert_int_equal(codec_decode(text_view(&text), &scratch, &again),
                             OK);
        json_write_event(&text, &event);
        assert_true(text_ok(&text));
    } else {
        assert_true(err == ERR_CORRUPT || err == ERR_UNKNOWN);
    }
    err = codec_decode_annex(tight, &annex);
    assert_true(err == OK || err == ERR_CORRUPT || err == ERR_UNKNOWN);
    text_close(&text);
    free(block);
}

TEST(damaged_bytes_do_no_harm)
{
    uint64_t seed = 1;
    uint8_t bytes[GOLDEN_LINE];

    for (uint32_t i = 0; i < golden_count; i++) {
        view whole[2] = { goldens[i].copy, goldens[i].annex };
        for (int part = 0; part < 2; part++) {
            view of = whole[part];
            for (uint32_t size = 0; size < of.size; size++)
                assert_harmless((view) { of.bytes, size });
            for (int round = 0; round < 600 && of.size > 0; round++) {
                memcpy(bytes, of.bytes, of.size);
                for (int change = 0; change <= round % 3; change++) {
                    seed = seed * 6364136223846793005u + 1442695040888963407u;
                    bytes[(seed >> 33) % of.size] = (uint8_t)(seed >> 56);
                }
                assert_harmless((view) { bytes, of.size });
            }
        }
    }
}

TEST(a_prefix_of_an_event_is_no_event)
{
    struct event event;

    for (uint32_t i = 0; i < golden_count; i++) {
        view whole = goldens[i].copy;
        for (uint32_t size = 0; size < whole.size; size++)
            assert_int_equal(
                codec_decode((view) { whole.bytes, size }, &arena, &event),
                ERR_CORRUPT);
    }
}

TEST(bombs_do_not_go_off)
{
    /* A purchase whose lines claim 2^32 - 1 entries. */
    struct text text = { 0 };
    struct arena before = arena;

    start(&text, 7, EVENT_PURCHASE);
    put(&text, 2, AT);
    put(&text, 4, 1);
    put(&text, 5, 42);
    put_string(&text, 8, "R");
    put(&text, 9, 5);
    pack_unsigned(&text, 11);
    text_bytes(&text, "\xdd\xff\xff\xff\xff", 5);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    assert_ptr_equal(arena.next, before.next);
    text.size -= 5;
    pack_array(&text, LIMIT_EVENT_LINES + 1);
    for (int i = 0; i <= LIMIT_EVENT_LINES; i++) {
        pack_map(&text, 1);
        put(&text, 0, 1);
    }
    assert_int_equal(decode(&text), ERR_CORRUPT);
    /* An unknown field as deep as the ocean. */
    start(&text, 2, EVENT_STAMP);
    pack_unsigned(&text, 100);
    for (int i = 0; i < 100000; i++)
        pack_array(&text, 1);
    pack_nil(&text);
    assert_int_equal(decode(&text), ERR_CORRUPT);
    text_close(&text);
}

TEST(the_greatest_event_fits)
{
    struct event event = goldens[3].event;
    struct event_line *lines =
        ARENA_NEW(&arena, struct event_line, LIMIT_EVENT_LINES);
    uint8_t filler[LIMIT_CODE_SIZE];
    struct text text = { 0 };
    struct event again;

    memset(filler, 'a', sizeof filler);
    for (uint32_t i = 0; i < LIMIT_EVENT_LINES; i++)
        lines[i] = (struct event_line) {
            .amount = { i % 2 == 0 ? LIMIT_MONEY_MINOR : -LIMIT_MONEY_MINOR },
            .qty = 1000000,
            .category = { filler, LIMIT_NAME_SIZE },
            .sku = { filler, LIMIT_CODE_SIZE },
        };
    event.sale.lines = lines;
    event.sale.line_count = LIMIT_EVENT_LINES;
    event.sale.off.minor = 0;
    event.sale.total.minor = 0;
    assert_int_equal(event_check(&event, NULL), OK);
    codec_encode(&event, CODEC_WITH_IDENTITY, &text);
    assert_true(text.size <= LIMIT_EVENT_SIZE);
    assert_int_equal(codec_decode(text_view(&text), &arena, &again), OK);
    again.annex = event.annex;
    assert_true(codec_same_content(&event, &again, true));
    text_close(&text);
}

TEST(an_annex_of_a_later_version_is_unknown)
{
    struct event_annex annex;
    struct text text = { 0 };

    assert_int_equal(codec_decode_annex((view) { 0 }, &annex), OK);
    assert_false(codec_has_annex(&annex));
    pack_map(&text, 2);
    pack_unsigned(&text, 0);
    pack_bin(&text, view_of("0123456789abcdef"));
    put(&text, 3, 77); /* an entry we have no name for */
    assert_int_equal(codec_decode_annex(text_view(&text), &annex), ERR_UNKNOWN);
    text_clear(&text);
    pack_map(&text, 2);
    pack_unsigned(&text, 0);
    pack_bin(&text, view_of("0123456789abcdef"));
    put(&text, 9, 1);
    assert_int_equal(codec_decode_annex(text_view(&text), &annex), ERR_UNKNOWN);
    text_clear(&text);
    pack_map(&text, 1);
    pack_unsigned(&text, 0);
    pack_bin(&text, view_of("short"));
    assert_int_equal(codec_decode_annex(text_view(&text), &annex), ERR_CORRUPT);
    text_close(&text);
}

static int
set_up(void **state_)
{
    (void)state_;
    golden_count = golden_read(&arena, &goldens);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes_are_read_as_the_events_they_were),
        cmocka_unit_test(what_a_later_version_wrote_is_unknown_not_corrupt),
        cmocka_unit_test(a_line_may_have_fields_of_a_later_version),
        cmocka_unit_test(lines_of_all_shapes_are_read_back),
        cmocka_unit_test(lines_that_are_written_otherwise),
        cmocka_unit_test(what_is_no_event_is_corrupt),
        cmocka_unit_test(shapes_that_exclude_each_other_are_corrupt),
        cmocka_unit_test(damaged_bytes_do_no_harm),
        cmocka_unit_test(a_prefix_of_an_event_is_no_event),
        cmocka_unit_test(bombs_do_not_go_off),
        cmocka_unit_test(the_greatest_event_fits),
        cmocka_unit_test(an_annex_of_a_later_version_is_unknown),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, set_up, NULL);
    arena_close(&arena);
    return failed != 0;
}
