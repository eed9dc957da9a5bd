/*
 * test_draft.c - items and older chapters of an account become one chapter
 * with each of them once; what is no item is refused
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "core/draft.h"
#include "tests/place.h"

#include <string.h>

enum { EVENTS = 90 };

static struct place place;
static struct words words;
static struct draft draft;

static view
item_of(uint32_t i, struct text *text)
{
    struct event event = { .kind = i % 9 == 0 ? EVENT_CONSENT : EVENT_PURCHASE,
                           .store = 3,
                           .at_ms = LIMIT_AT_MS_MIN + i * 31 % EVENTS,
                           .account = { .member = 42 } };
    struct item item = { .kind = ITEM_EVENT,
                         .copy = i % 10 == 1,
                         .position = 1 + i,
                         .identity = { 8, 1 + i, 2 } };
    uint8_t head[ITEM_HEAD_SIZE];
    struct text core = { 0 };

    if (event.kind == EVENT_CONSENT) {
        event.consent.channel = view_of("sms");
    } else {
        event.sale.receipt = view_of("r1");
        event.sale.bought_on = EVENT_NO_DAY;
    }
    text_clear(text);
    codec_encode(&event, CODEC_NO_IDENTITY, &core);
    item_encode_head(&item, head);
    text_bytes(text, head, sizeof head);
    text_bytes(text, core.bytes, core.size);
    text_close(&core);
    return text_view(text);
}

static struct runs *
publish(uint64_t number, struct runs_writer *writer)
{
    struct runs *runs;
    uint64_t check;

    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(runs_open(place.path, RUNS_HISTORY, number, check, &runs),
                     OK);
    return runs;
}

/* The events from `first` on, and behind them what a run has. */
static struct runs *
write_run(uint64_t number, uint32_t first, uint32_t count,
          const struct runs *before)
{
    runs_key key = runs_key_of((account_id) { .member = 42 });
    static struct text items[EVENTS];
    struct runs_writer *writer;
    struct runs_cursor cursor = { .runs = before };

    assert_int_equal(runs_create(place.path, RUNS_HISTORY, number, &writer),
                     OK);
    assert_int_equal(draft_begin(&draft, runs_key_view(&key)), OK);
    for (uint32_t i = first; i < first + count; i++)
        assert_int_equal(draft_item(&draft, item_of(i, &items[i])), OK);
    while (before != NULL && runs_next(&cursor) == OK)
        assert_int_equal(draft_chapter(&draft, cursor.blob), OK);
    assert_int_equal(draft_end(&draft, writer), OK);
    struct runs *runs = publish(number, writer);
    for (uint32_t i = first; i < first + count; i++)
        text_close(&items[i]);
    return runs;
}

TEST(what_is_gathered_becomes_one_chapter)
{
    static struct chapter_cursor chapter_cursor;
    struct chapter chapter;
    struct chapter_row row;
    bool seen[EVENTS + 1] = { false };
    enum err err;

    place = place_make();
    assert_true(draft_open(&draft, &words));
    struct runs *older = write_run(1, 0, 50, NULL);
    struct runs *all = write_run(2, 50, EVENTS - 50, older);
    struct runs_cursor cursor = { .runs = all };
    assert_int_equal(runs_entry_count(all), 1);
    assert_int_equal(runs_next(&cursor), OK);
    assert_int_equal(chapter_open(cursor.blob, &chapter), OK);
    assert_int_equal(chapter.plain_count, 72); /* no consents, no copies */
    chapter_start(&chapter, &chapter_cursor);
    while ((err = chapter_next(&chapter_cursor, &row)) == OK) {
        assert_false(seen[row.position]);
        seen[row.position] = true;
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    for (uint32_t i = 1; i <= EVENTS; i++)
        assert_true(seen[i]);
    runs_close(older);
    runs_close(all);
    draft_close(&draft);
    words_close(&words);
    place_remove(&place);
}

TEST(what_is_no_item_is_refused)
{
    runs_key key = runs_key_of((account_id) { .member = 42 });
    struct text text = { 0 };

    assert_true(draft_open(&draft, &words));
    assert_int_equal(draft_begin(&draft, view_of("x")), ERR_CORRUPT);
    assert_int_equal(draft_begin(&draft, runs_key_view(&key)), OK);
    assert_int_equal(draft_item(&draft, view_of("no item")), ERR_CORRUPT);
    assert_int_equal(draft_chapter(&draft, view_of("no chapter")), ERR_CORRUPT);
    view item = item_of(2, &text);
    assert_int_equal(draft_item(&draft, (view) { item.bytes, item.size - 1 }),
                     ERR_CORRUPT);
    text_close(&text);
    draft_close(&draft);
}

RUN(cmocka_unit_test(what_is_gathered_becomes_one_chapter),
    cmocka_unit_test(what_is_no_item_is_refused))
