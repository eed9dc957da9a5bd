/*
 * test_chapter_row.c - which events are plain, and what of them the columns
 * say; an event made of its row is the same event
 */
#include "tests/unit.h"

#include "core/chapter_row.h"
#include "core/codec.h"

#include <string.h>

static const int64_t START_MS = INT64_C(1735689600000);

static struct arena arena;
static struct words words;

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
    words_close(&words);
    arena_close(&arena);
    return 0;
}

static struct event
event_of(enum event_kind kind)
{
    struct event event = { .kind = kind,
                           .store = 12,
                           .at_ms = START_MS,
                           .recorded_ms = START_MS + 5,
                           .identity = { 9, 3, 1 },
                           .account = { .member = 42 },
                           .id = view_of("a1") };

    if (kind == EVENT_PURCHASE) {
        event.sale.receipt = view_of("0077");
        event.sale.total.minor = 500;
        event.sale.bought_on = EVENT_NO_DAY;
    }
    return event;
}

/* The row, once it is known to give the same event back. */
static struct chapter_row
row_of(const struct event *event)
{
    struct chapter_row row;
    struct event again;

    assert_true(chapter_row_of(event, 77, &words, &arena, &row));
    assert_int_equal(
        chapter_row_event(&row, event->account, &words, &arena, &again), OK);
    assert_true(codec_same_content(event, &again, true));
    assert_true(identity_equal(event->identity, again.identity));
    assert_int_equal(event->recorded_ms, again.recorded_ms);
    assert_int_equal(row.position, 77);
    assert_int_equal(chapter_key_at_ms(row.key), event->at_ms);
    assert_int_equal(chapter_key_store(row.key), event->store);
    return row;
}

static bool
is_plain(const struct event *event)
{
    struct chapter_row row;

    return chapter_row_of(event, 77, &words, &arena, &row);
}

static void
expect(const struct event *event, enum chapter_kind kind, uint32_t amount,
       const char *name)
{
    struct chapter_row row = row_of(event);

    assert_int_equal(chapter_key_kind(row.key), kind);
    assert_int_equal(row.amount, amount);
    assert_int_equal(row.goods,
                     name == NULL ? 0 : words_find(&words, view_of(name)));
}

TEST(columns_say_what_rules_ask_for)
{
    struct event event = event_of(EVENT_PURCHASE);
    struct event_line line = { .amount = { 500 }, .qty = 1 };

    expect(&event, CHAPTER_PURCHASE, 500, NULL);
    event.sale.lines = &line;
    event.sale.line_count = 1;
    expect(&event, CHAPTER_LINE, 500, NULL);
    line.category = view_of("coffee.beans");
    expect(&event, CHAPTER_LINE, 500, "coffee.beans");

    event = event_of(EVENT_REDEEM);
    event.redeem.value.minor = -1;
    event.redeem.points.value = 120;
    expect(&event, CHAPTER_REDEEM, 120, NULL);
    event.redeem.points.value = 0;
    event.redeem.reward = view_of("cup");
    expect(&event, CHAPTER_REWARD, 0, "cup");
    event.redeem.value.minor = 0;
    expect(&event, CHAPTER_REWARD, 1, "cup");

    event = event_of(EVENT_STAMP);
    event.stamp.card = view_of("lunch");
    event.stamp.count = 3;
    expect(&event, CHAPTER_STAMP, 3, "lunch");
    event = event_of(EVENT_ACTIVITY);
    event.activity.name = view_of("survey");
    expect(&event, CHAPTER_ACTIVITY, 0, "survey");
    event = event_of(EVENT_JOIN);
    event.join.home_store = 12;
    expect(&event, CHAPTER_JOIN, 12, NULL);
    event.join.referrer = LIMIT_MEMBER;
    assert_int_equal(row_of(&event).goods, 1);
}

/* 10.00 and 5.00 with 3.00 off: two thirds of that come off the first. */
TEST(lines_stand_as_they_count)
{
    struct event event = event_of(EVENT_PURCHASE);
    const struct event_line lines[] = {
        { .amount = { 1000 }, .qty = 2, .category = view_of("tea") },
        { .amount = { 500 }, .qty = 1, .sku = view_of("0012") },
        { .amount = { -25 }, .qty = 1, .sku = view_of("12") },
    };
    static const int32_t AMOUNTS[] = { 800, 400, -25 };
    struct chapter_line line;

    event.sale.lines = lines;
    event.sale.line_count = 3;
    event.sale.off.minor = 300;
    event.sale.total.minor = 1175;
    struct chapter_row row = row_of(&event);
    assert_int_equal(chapter_key_kind(row.key), CHAPTER_LINES);
    assert_int_equal(row.goods, 3);
    for (uint32_t i = 0; i < 3; i++) {
        memcpy(&line, row.lines + i * sizeof line, sizeof line);
        assert_int_equal(line.amount, AMOUNTS[i]);
        assert_int_equal(line.qty, lines[i].qty);
        assert_int_equal(
            line.sku, lines[i].sku.size == 0 ? 0 : chapter_sku(lines[i].sku));
        assert_int_equal(line.goods,
                         i == 0 ? words_find(&words, view_of("tea")) : 0);
    }
}

TEST(what_does_not_fit_the_columns_is_not_plain)
{
    struct event event = event_of(EVENT_PURCHASE);
    struct event_line line = { .amount = { 500 }, .qty = 70000 };

    event.store = 1u << CHAPTER_STORE_BITS;
    assert_false(is_plain(&event));
    event.store--;
    assert_true(is_plain(&event));
    event.sale.total.minor = UINT32_MAX + INT64_C(1);
    assert_false(is_plain(&event));
    event.sale.total.minor = 500;
    event.sale.lines = &line;
    event.sale.line_count = 1;
    assert_false(is_plain(&event));
    line.qty = 65535;
    assert_true(is_plain(&event));
    line.amount.minor = event.sale.total.minor = INT64_C(1) << 31;
    assert_false(is_plain(&event));
    event = event_of(EVENT_REDEEM);
    event.redeem.points.value = 5;
    event.redeem.value.minor = 0;
    assert_false(is_plain(&event));
    event = event_of(EVENT_RETURN);
    assert_false(is_plain(&event));
}

TEST(order_is_canonical)
{
    const struct chapter_row row = { .key = UINT64_C(7) << 22 | 5,
                                     .identity = { 1, 2, 3 },
                                     .position = 9 };
    struct chapter_row other = row;

    assert_int_equal(chapter_row_compare(&row, &other), 0);
    other.position = 10;
    assert_true(chapter_row_compare(&row, &other) < 0);
    other.identity.seq = 1;
    assert_true(chapter_row_compare(&row, &other) > 0);
    other.key = UINT64_C(7) << 22 | 9; /* another store plays no part */
    assert_true(chapter_row_compare(&row, &other) > 0);
    other.key = UINT64_C(8) << 22;
    assert_true(chapter_row_compare(&row, &other) < 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

RUN(CASE(columns_say_what_rules_ask_for), CASE(lines_stand_as_they_count),
    CASE(what_does_not_fit_the_columns_is_not_plain), CASE(order_is_canonical))
