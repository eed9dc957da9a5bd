/*
 * test_chapter.c - what goes into a chapter comes out of it, plain or not, in
 * canonical order; an ordinary purchase takes at most 22 bytes; bytes that are
 * no chapter are refused
 */
#include "tests/unit.h"

#include "core/chapter_write.h"
#include "core/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 200 };

static const int64_t START_MS = INT64_C(1735689600000);

static struct arena arena;
static struct words words;
static const account_id ACCOUNT = { .member = 42 };

/* Codes of every form. */
static view
code(uint32_t i)
{
    static const char *const FORMS[] = { "%u", "R%u", "0%u", "r1-%u", "R0%u" };
    char text[32];

    snprintf(text, sizeof text, FORMS[i % COUNT_OF(FORMS)], i * 131);
    return arena_copy(&arena, view_of(text));
}

static struct event *
sale(uint32_t i)
{
    struct event *event = ARENA_NEW(&arena, struct event, 1);

    event->kind = EVENT_PURCHASE;
    event->store = 10 + i % 3;
    event->at_ms = START_MS + (int64_t)(i * 7919 % 1000) * 3600000;
    event->recorded_ms = i % 5 == 0 ? 0 : event->at_ms + i % 3000;
    event->identity =
        (identity) { .node = 1 + i % 2, .incarnation = 9, .seq = 1 + i };
    event->account.member = 42;
    event->sale.receipt = code(i);
    event->sale.total.minor = 100 + i;
    event->sale.bought_on = EVENT_NO_DAY;
    return event;
}

static void
add_line(struct event *event, uint32_t i)
{
    struct event_line *line = ARENA_NEW(&arena, struct event_line, 1);

    line->amount = event->sale.total;
    line->qty = i % 13 == 0 ? 2 : 1;
    if (i % 11 != 0)
        line->category = view_of(i % 2 == 0 ? "coffee" : "garden.tools");
    if (i % 17 == 0)
        line->sku = view_of("X1");
    event->sale.lines = line;
    event->sale.line_count = 1;
}

/* Several lines, a deposit handed back, and something off all. */
static void
add_lines(struct event *event, uint32_t i)
{
    uint32_t count = 2 + i % 5;
    struct event_line *lines = ARENA_NEW(&arena, struct event_line, count);

    event->sale.total.minor = -25;
    for (uint32_t k = 0; k < count; k++) {
        lines[k].amount.minor = k == 1 ? -25 : (int64_t)(100 + 10 * k + i);
        lines[k].qty = 1 + k * i % 4;
        lines[k].category = view_of(k % 2 == 0 ? "coffee" : "garden.tools");
        if (k != 1)
            event->sale.total.minor += lines[k].amount.minor;
        if (k % 3 == 0)
            lines[k].sku = view_of(i / 8 % 2 == 0 ? "4006381333931" : "A-7/b");
    }
    if (i % 3 == 0) {
        event->sale.off.minor = 17;
        event->sale.total.minor -= 17;
    }
    event->sale.lines = lines;
    event->sale.line_count = count;
}

static void
make_other_kind(struct event *event, uint32_t i)
{
    static const enum event_kind KINDS[] = { EVENT_STAMP, EVENT_ACTIVITY,
                                             EVENT_CONSENT };

    event->kind = KINDS[i / 8 % COUNT_OF(KINDS)];
    memset(&event->sale, 0, sizeof event->sale);
    if (event->kind == EVENT_STAMP) {
        event->stamp.card = view_of("lunch");
        event->stamp.count = 1 + i % 3;
    } else if (event->kind == EVENT_ACTIVITY) {
        event->activity.name = view_of("survey");
    } else {
        event->consent.channel = view_of("sms");
        event->consent.granted = true;
    }
}

static struct event *
any(uint32_t i)
{
    struct event *event = sale(i);

    if (i % 8 == 1)
        add_line(event, i);
    if (i % 8 == 5)
        add_lines(event, i);
    if (i % 4 < 2)
        return event;
    event->id = code(i + 1);
    if (i % 8 == 6) {
        make_other_kind(event, i);
        return event;
    }
    memset(&event->sale, 0, sizeof event->sale);
    if (i % 8 == 2) {
        event->kind = EVENT_JOIN;
        event->join.home_store = i;
        event->join.referrer = i % 16 == 2 ? 7 : 0;
        return event;
    }
    event->kind = EVENT_REDEEM;
    event->redeem.receipt = i % 3 == 0 ? code(i) : (view) { 0 };
    event->redeem.value.minor = -1;
    event->redeem.points.value = 5 + i;
    if (i % 5 == 0) {
        event->redeem.points.value = 0;
        event->redeem.reward = view_of("cup");
        event->redeem.value.minor = i % 10 == 0 ? (int64_t)i : -1;
    }
    return event;
}

/* The rows as they went in. */
static struct chapter_row made[ENTRIES];

static struct chapter_row
row_of(const struct event *event, uint64_t position)
{
    struct chapter_row row;
    struct text core = { 0 };
    uint8_t head[ITEM_HEAD_SIZE];

    if (chapter_row_of(event, position, &words, &arena, &row))
        return row;
    const struct item item = { .kind = ITEM_EVENT,
                               .position = position,
                               .identity = event->identity };
    item_encode_head(&item, head);
    text_bytes(&core, head, sizeof head);
    codec_encode(event, CODEC_NO_IDENTITY, &core);
    assert_int_equal(
        chapter_row_of_item(arena_copy(&arena, text_view(&core)), &row), OK);
    text_close(&core);
    return row;
}

static void
write_some(const struct event **events, uint32_t count, struct text *text)
{
    struct chapter_row rows[ENTRIES];

    for (uint32_t i = 0; i < count; i++) {
        events[i] = any(i);
        made[i] = rows[i] = row_of(events[i], 1000 + 3 * i);
    }
    chapter_sort(rows, count);
    chapter_write(rows, count, ACCOUNT, &words, arena, text);
    assert_true(text_ok(text));
}

/* The event that a row came from is known by its position. */
static void
check_row(const struct chapter_row *row, const struct event *const *events)
{
    const struct event *from = events[(row->position - 1000) / 3];
    struct event event;
    struct item item;

    if (row->item) {
        assert_int_equal(item_decode(row->codes, &item), OK);
        assert_int_equal(codec_decode(item.core, &arena, &event), OK);
        event.identity = item.identity;
    } else {
        assert_int_equal(
            chapter_row_event(row, ACCOUNT, &words, &arena, &event), OK);
    }
    assert_true(identity_equal(event.identity, from->identity));
    assert_true(codec_same_content(&event, from, true));
    assert_int_equal(event.recorded_ms, from->recorded_ms);
}

TEST(what_goes_in_comes_out)
{
    static struct chapter_cursor cursor;
    const struct event *events[ENTRIES];
    struct chapter chapter;
    struct chapter_row row, last = { 0 };
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    write_some(events, ENTRIES, &text);
    assert_int_equal(chapter_open(text_view(&text), &chapter), OK);
    assert_int_equal(chapter.kinds, 0xff); /* there is one of each kind */
    assert_int_equal(chapter.stream_count, 2);
    assert_true(chapter.other_count > 5);
    assert_int_equal(chapter.plain_count + chapter.other_count, ENTRIES);
    chapter_start(&chapter, &cursor);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(chapter_next(&cursor, &row), OK);
        check_row(&row, events);
        assert_int_equal(row.item, i >= chapter.plain_count);
        if (i > 0 && i < chapter.plain_count)
            assert_true(chapter_row_compare(&last, &row) < 0);
        if (i < chapter.plain_count)
            assert_int_equal(chapter_stream(&chapter, chapter.whose[i]).node,
                             row.identity.node);
        last = row;
    }
    assert_int_equal(chapter_next(&cursor, &row), ERR_NOT_FOUND);
    text_close(&text);
    words_close(&words);
    arena_close(&arena);
}

TEST(lines_are_read_in_place)
{
    const struct event *events[ENTRIES];
    struct chapter chapter;
    struct chapter_line line;
    struct text text = { 0 };
    uint32_t coffee = 0;

    assert_true(arena_open(&arena, 1 << 26));
    write_some(events, ENTRIES, &text);
    assert_int_equal(chapter_open(text_view(&text), &chapter), OK);
    assert_true(chapter.line_count > 20);
    for (uint32_t i = 0; i < chapter.line_count; i++) {
        memcpy(&line, chapter.lines + i * sizeof line, sizeof line);
        coffee += line.sku == chapter_sku(view_of("4006381333931"));
    }
    assert_true(coffee > 5);
    text_close(&text);
    words_close(&words);
    arena_close(&arena);
}

TEST(an_ordinary_purchase_is_small)
{
    struct chapter_row rows[50];
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    for (uint32_t i = 0; i < 50; i++) {
        struct event *event = sale(2 * i);
        event->sale.receipt = code(5 * i);
        event->recorded_ms = event->at_ms + 900;
        event->identity.seq = 100000 * (i + 1) - 1;
        rows[i] = row_of(event, 100000 * (i + 1));
    }
    chapter_sort(rows, 50);
    chapter_write(rows, 50, ACCOUNT, &words, arena, &text);
    assert_true(text.size <= 50 * 22);
    text_close(&text);
    arena_close(&arena);
}

/* Reads all there is; any answer but a crash is right for damaged bytes, and
 * a chapter that was cut is never whole. */
static enum err
read_all(view bytes)
{
    static struct chapter_cursor cursor;
    struct chapter chapter;
    struct chapter_row row;
    struct event event;
    struct arena kept = arena;
    enum err err = chapter_open(bytes, &chapter);

    if (err != OK)
        return err;
    chapter_start(&chapter, &cursor);
    while ((err = chapter_next(&cursor, &row)) == OK) {
        if (!row.item)
            err = chapter_row_event(&row, ACCOUNT, &words, &kept, &event);
        if (err != OK)
            return err;
    }
    return err;
}

TEST(what_is_no_chapter_is_refused)
{
    const struct event *events[40];
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    write_some(events, 40, &text);
    assert_int_equal(read_all(text_view(&text)), ERR_NOT_FOUND);
    for (uint32_t size = 0; size < text.size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, text.bytes, size);
        assert_int_equal(read_all((view) { cut, size }), ERR_CORRUPT);
        free(cut);
    }
    for (size_t i = 0; i < text.size; i++) {
        text.bytes[i] ^= 0x55;
        enum err err = read_all(text_view(&text));
        assert_true(err == ERR_CORRUPT || err == ERR_NOT_FOUND);
        text.bytes[i] ^= 0x55;
    }
    text_close(&text);
    words_close(&words);
    arena_close(&arena);
}

RUN(cmocka_unit_test(what_goes_in_comes_out),
    cmocka_unit_test(lines_are_read_in_place),
    cmocka_unit_test(an_ordinary_purchase_is_small),
    cmocka_unit_test(what_is_no_chapter_is_refused))
