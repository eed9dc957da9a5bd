/*
 * test_ordinary.c - the quick way over the bytes of an ordinary event gives the
 * row that the long way gives, or none; also of bytes that nobody has written
 */
#include "core/codec.h"
#include "core/ordinary.h"
#include "tests/gen.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

static const int64_t START_MS = INT64_C(1735689600000);

static struct arena arena;
static struct words words;
static struct text core;
static uint32_t purchases; /* without lines, that were read */

static int
set_up(void **state)
{
    (void)state;
    return arena_open(&arena, 1 << 26) ? 0 : 1;
}

static int
tear_down(void **state)
{
    (void)state;
    text_close(&core);
    words_close(&words);
    arena_close(&arena);
    return 0;
}

/* --- the long way --- */

static bool
read_long(view bytes, account_id *ret_account, struct chapter_row *ret_row)
{
    struct event event;

    if (codec_decode(bytes, &arena, &event) != OK ||
        event_check_core(&event, NULL) != OK)
        return false;
    *ret_account = event.account;
    return chapter_row_of(&event, 7, &words, &arena, ret_row);
}

/* What the quick way takes for a purchase without lines is the same event, to
 * the last byte. */
static void
read_purchase(const struct record_event *stored, bool is_read)
{
    struct event quick, event;
    struct text bytes = { 0 }, same = { 0 };

    if (!ordinary_purchase(stored, &quick))
        return;
    purchases++;
    assert_true(is_read);
    assert_int_equal(codec_decode(stored->core, &arena, &event), OK);
    assert_int_equal(event_check_core(&event, NULL), OK);
    assert_true(identity_equal(quick.identity, stored->origin));
    assert_int_equal(quick.recorded_ms, event.recorded_ms);
    assert_int_equal(quick.sale.bought_on, event.sale.bought_on);
    assert_int_equal(quick.sale.line_count, 0);
    assert_true(account_equal(quick.account, event.account));
    codec_encode(&quick, CODEC_NO_IDENTITY, &bytes);
    codec_encode(&event, CODEC_NO_IDENTITY, &same);
    assert_true(view_equal(text_view(&bytes), text_view(&same)));
    text_close(&bytes);
    text_close(&same);
}

/* Whether the quick way reads it; if so, as the long way does.  The bytes lie
 * where nothing follows them, so that the sanitizer sees who reads on. */
static bool
read_both(view bytes)
{
    struct ordinary room;
    struct chapter_row quick, row;
    account_id member = { 0 }, account = { 0 };
    uint8_t *copy = malloc(bytes.size == 0 ? 1 : bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.bytes, bytes.size);
    view alone = { copy, bytes.size };
    arena_reset(&arena);
    const struct record_event stored = { .core = alone, .origin = { 9, 3, 1 } };
    bool read = ordinary_read(&stored, &words, &room, &member, &quick);
    if (read) {
        assert_true(read_long(alone, &account, &row));
        assert_true(account_equal(member, account));
        assert_int_equal(quick.key, row.key);
        assert_true(identity_equal(quick.identity, stored.origin));
        assert_int_equal(quick.amount, row.amount);
        assert_int_equal(quick.goods, row.goods);
        assert_int_equal(quick.tag, row.tag);
        assert_int_equal(quick.recorded_ms, row.recorded_ms);
        assert_true(view_equal(quick.codes, row.codes));
        assert_int_equal(quick.skus.size, 0);
        assert_null(row.lines);
        assert_null(quick.lines);
        assert_false(quick.item);
    }
    read_purchase(&stored, read);
    free(copy);
    return read;
}

static view
encode(const struct event *event)
{
    text_clear(&core);
    codec_encode(event, CODEC_NO_IDENTITY, &core);
    return text_view(&core);
}

static struct event
purchase(void)
{
    struct event event = { .kind = EVENT_PURCHASE,
                           .store = 12,
                           .at_ms = START_MS,
                           .recorded_ms = START_MS + 5,
                           .account = { .member = 42 } };

    event.sale.receipt = view_of("0077");
    event.sale.total.minor = 500;
    event.sale.bought_on = EVENT_NO_DAY;
    return event;
}

TEST(ordinary_events_are_read)
{
    struct event_line line = { .amount = { 500 }, .qty = 1 };
    struct event event = purchase();

    assert_true(read_both(encode(&event)));
    event.id = view_of("till-1/000017");
    event.recorded_ms = 0;
    event.account.member = LIMIT_MEMBER;
    event.sale.total.minor = 0;
    assert_true(read_both(encode(&event)));
    event.sale.total.minor = UINT32_MAX;
    assert_true(read_both(encode(&event)));
    event.sale.lines = &line;
    event.sale.line_count = 1;
    event.sale.total.minor = 500;
    assert_true(read_both(encode(&event)));
    line.category = view_of("garden.furniture");
    assert_true(read_both(encode(&event)));
    assert_int_not_equal(words_find(&words, line.category), WORDS_NONE);

    struct event redeem = purchase();
    redeem.kind = EVENT_REDEEM;
    memset(&redeem.sale, 0, sizeof redeem.sale);
    redeem.id = view_of("q18");
    redeem.redeem.points.value = LIMIT_POINTS;
    redeem.redeem.value.minor = -1;
    assert_true(read_both(encode(&redeem)));
    redeem.redeem.receipt = view_of("R9");
    assert_true(read_both(encode(&redeem)));
}

TEST(others_are_left_to_the_long_way)
{
    struct event_line lines[2] = { { .amount = { 500 }, .qty = 1 },
                                   { .amount = { 1 }, .qty = 1 } };
    struct event event = purchase();

    event.sale.total.minor = INT64_C(1) << 32;
    assert_false(read_both(encode(&event)));
    event = purchase();
    event.store = 1u << CHAPTER_STORE_BITS;
    assert_false(read_both(encode(&event)));
    event = purchase();
    event.account = (account_id) { .bearer = view_of("B1") };
    assert_false(read_both(encode(&event)));
    event = purchase();
    event.sale.receipt = view_of("a receipt");
    assert_false(read_both(encode(&event)));
    event = purchase();
    event.sale.lines = lines;
    event.sale.line_count = 2;
    event.sale.total.minor = 501;
    assert_false(read_both(encode(&event)));
    event.sale.line_count = 1; /* less than the total */
    assert_false(read_both(encode(&event)));
    event.sale.total.minor = 500;
    lines[0].qty = 2;
    assert_false(read_both(encode(&event)));
    lines[0].qty = 1;
    lines[0].sku = view_of("A-1");
    assert_false(read_both(encode(&event)));
    lines[0].sku = (view) { 0 };
    lines[0].category = view_of("No Name");
    assert_false(read_both(encode(&event)));
    lines[0].category = (view) { 0 };
    event.sale.total.minor = 400;
    event.sale.off.minor = 100;
    assert_false(read_both(encode(&event)));
}

/* --- random bytes --- */

static void
spoil(struct gen *gen)
{
    for (uint32_t i = gen_below(gen, 3); i > 0 && core.size > 0; i--)
        core.bytes[gen_below(gen, (uint32_t)core.size)] ^=
            (uint8_t)(1u << gen_below(gen, 8));
    if (gen_chance(gen, 10) && core.size > 0)
        core.size -= 1 + gen_below(gen, (uint32_t)core.size);
    if (gen_chance(gen, 10))
        text_char(&core, (char)gen_below(gen, 256));
}

static struct event
random_event(struct gen *gen, struct event_line *line)
{
    static const int64_t AMOUNTS[] = { 0,     1,       127,       128,
                                       255,   256,     65535,     65536,
                                       99999, 1 << 24, UINT32_MAX };
    static const char *const CODES[] = { "1", "077", "A12", "a-b", "4711" };
    struct event event = purchase();

    event.at_ms += gen_below(gen, 1000000000);
    event.recorded_ms =
        gen_chance(gen, 20) ? 0 : event.at_ms + gen_below(gen, 100000);
    event.store = 1 + gen_below(gen, 1000);
    event.account.member = 1 + gen_below(gen, 1u << gen_below(gen, 31));
    event.sale.receipt = view_of(CODES[gen_below(gen, COUNT_OF(CODES))]);
    event.sale.total.minor = AMOUNTS[gen_below(gen, COUNT_OF(AMOUNTS))];
    if (gen_chance(gen, 30))
        event.id = view_of(CODES[gen_below(gen, COUNT_OF(CODES))]);
    *line = (struct event_line) { .amount = event.sale.total, .qty = 1 };
    if (gen_chance(gen, 70))
        line->category = view_of(gen_chance(gen, 50) ? "c1" : "tea.green");
    if (gen_chance(gen, 60)) {
        event.sale.lines = line;
        event.sale.line_count = 1;
    } else if (gen_chance(gen, 30)) {
        view receipt = event.sale.receipt;
        memset(&event.sale, 0, sizeof event.sale);
        event.kind = EVENT_REDEEM;
        event.id = receipt;
        event.redeem.points.value = 1 + gen_below(gen, 100000);
        event.redeem.value.minor = -1;
        event.redeem.receipt = gen_chance(gen, 30) ? receipt : (view) { 0 };
    }
    return event;
}

TEST(spoiled_bytes_are_read_alike_or_not)
{
    struct gen gen = { .state = 20261122 };
    struct event_line line;
    uint32_t read = 0;

    for (uint32_t i = 0; i < 200000; i++) {
        const struct event event = random_event(&gen, &line);
        (void)encode(&event);
        if (gen_chance(&gen, 80))
            spoil(&gen);
        read += read_both(text_view(&core));
    }
    assert_in_range(read, 50000, 150000);
    assert_in_range(purchases, 10000, read);
}

RUN(cmocka_unit_test_setup_teardown(ordinary_events_are_read, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(others_are_left_to_the_long_way, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(spoiled_bytes_are_read_alike_or_not, set_up,
                                    tear_down))
