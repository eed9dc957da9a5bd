/*
 * test_chapter.c - what goes into a chapter comes out of it, plain or not, in
 * canonical order; an ordinary purchase takes at most 24 bytes; bytes that are
 * no chapter are refused
 */
#include "tests/unit.h"

#include "core/chapter.h"
#include "core/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 200 };

static const int64_t START_MS = INT64_C(1735689600000);

static struct arena arena;
static struct words words;

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

static struct event *
any(uint32_t i)
{
    struct event *event = sale(i);

    if (i % 4 == 1)
        add_line(event, i);
    if (i % 4 < 2)
        return event;
    event->id = code(i + 1);
    if (i % 8 == 2) {
        event->kind = EVENT_JOIN;
        event->join.home_store = i;
        event->join.referrer = i % 16 == 2 ? 7 : 0;
        return event;
    }
    event->kind = EVENT_REDEEM;
    event->redeem.receipt = i % 3 == 0 ? code(i) : (view) { 0 };
    event->redeem.reward = (view) { 0 };
    event->redeem.value.minor = -1;
    event->redeem.points.value = 5 + i;
    if (i % 5 == 0) {
        event->redeem.points.value = 0;
        event->redeem.reward = view_of("cup");
    }
    return event;
}

static void
write_some(struct chapter_entry *entries, uint32_t count, struct text *text)
{
    for (uint32_t i = 0; i < count; i++)
        entries[i] = (struct chapter_entry) { .event = any(i),
                                              .position = 1000 + 3 * i };
    chapter_write(entries, count, &words, arena, text);
    assert_true(text_ok(text));
}

static void
check_entry(const struct chapter_entry *entry, const struct chapter_entry *from)
{
    struct event decoded;
    const struct event *event = entry->event;
    struct item item;

    if (event == NULL) {
        assert_int_equal(item_decode(entry->item, &item), OK);
        assert_int_equal(codec_decode(item.core, &arena, &decoded), OK);
        decoded.identity = item.identity;
        event = &decoded;
    }
    assert_int_equal(entry->position, from->position);
    assert_true(identity_equal(event->identity, from->event->identity));
    assert_true(codec_same_content(event, from->event, true));
    assert_int_equal(event->recorded_ms, from->event->recorded_ms);
}

TEST(what_goes_in_comes_out)
{
    struct chapter_entry entries[ENTRIES], entry;
    struct chapter chapter;
    struct chapter_cursor cursor;
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    write_some(entries, ENTRIES, &text);
    assert_int_equal(chapter_open(text_view(&text), &chapter), OK);
    assert_true(chapter.plain_count > ENTRIES / 2);
    assert_true(chapter.other_count > 10);
    assert_int_equal(chapter.plain_count + chapter.other_count, ENTRIES);
    chapter_start(&chapter, &words, (account_id) { .member = 42 }, &cursor);
    const struct event *last = NULL;
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(chapter_next(&cursor, &arena, &entry), OK);
        check_entry(&entry, &entries[i]);
        if (i > 0 && i < chapter.plain_count)
            assert_true(event_compare(last, entry.event) < 0);
        last = entry.event;
    }
    assert_int_equal(chapter_next(&cursor, &arena, &entry), ERR_NOT_FOUND);
    text_close(&text);
    words_close(&words);
    arena_close(&arena);
}

TEST(an_ordinary_purchase_is_small)
{
    struct chapter_entry entries[50];
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    for (uint32_t i = 0; i < 50; i++) {
        struct event *event = sale(2 * i);
        event->sale.receipt = code(5 * i);
        event->recorded_ms = event->at_ms + 900;
        entries[i] = (struct chapter_entry) { .event = event,
                                              .position = 100000 * (i + 1) };
        event->identity.seq = entries[i].position - 1;
    }
    chapter_write(entries, 50, &words, arena, &text);
    assert_true(text.size <= 50 * 24);
    text_close(&text);
    arena_close(&arena);
}

/* Reads all there is; any answer but a crash is right for damaged bytes, and
 * a chapter that was cut is never whole. */
static enum err
read_all(view bytes)
{
    struct chapter chapter;
    struct chapter_cursor cursor;
    struct chapter_entry entry;
    struct arena kept = arena;
    enum err err = chapter_open(bytes, &chapter);

    if (err == OK)
        chapter_start(&chapter, &words, (account_id) { .member = 42 }, &cursor);
    while (err == OK)
        err = chapter_next(&cursor, &kept, &entry);
    return err;
}

TEST(what_is_no_chapter_is_refused)
{
    struct chapter_entry entries[40];
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    write_some(entries, 40, &text);
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
    cmocka_unit_test(an_ordinary_purchase_is_small),
    cmocka_unit_test(what_is_no_chapter_is_refused))
