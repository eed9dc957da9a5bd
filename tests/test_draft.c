/*
 * test_draft.c - rows and older chapters of an account become one chapter with
 * each of them once; what is no chapter is refused
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "core/draft.h"
#include "core/intake.h"
#include "core/tail.h"
#include "tests/place.h"

enum { EVENTS = 90 };

static struct place place;
static struct words words;
static struct draft draft;

/* Into the tail, as from a journal. */
static void
take(struct tail *tail, uint32_t i)
{
    struct event event = { .kind = i % 9 == 0 ? EVENT_CONSENT : EVENT_PURCHASE,
                           .store = 3,
                           .at_ms = LIMIT_AT_MS_MIN + i * 31 % EVENTS,
                           .account = { .member = 42 } };
    struct record_event stored = { .copy = i % 10 == 1,
                                   .origin = { 8, 1 + i, 2 } };
    struct history_counts counts = { 0 };
    struct text core = { 0 };
    struct arena arena;
    struct ordinary ordinary;
    const struct intake_tools tools = { &words, &counts, &arena, &ordinary };
    struct intake taken[INTAKE_MAX];

    if (event.kind == EVENT_CONSENT) {
        event.consent.channel = view_of("sms");
    } else {
        event.sale.receipt = view_of("r1");
        event.sale.bought_on = EVENT_NO_DAY;
    }
    assert_true(arena_open(&arena, 1 << 16));
    codec_encode(&event, CODEC_NO_IDENTITY, &core);
    stored.core = text_view(&core);
    assert_int_equal(intake_event(&stored, 1 + i, &tools, taken), 1);
    assert_int_equal(tail_add(tail, taken[0].account, &taken[0].row), OK);
    text_close(&core);
    arena_close(&arena);
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
    static struct tail tail;
    const struct tail *tails[] = { &tail };
    struct docket_list list;
    struct runs_writer *writer;
    struct runs_cursor cursor = { .runs = before };

    assert_int_equal(runs_create(place.path, RUNS_HISTORY, number, &writer),
                     OK);
    assert_int_equal(draft_begin(&draft, runs_key_view(&key)), OK);
    for (uint32_t i = first; i < first + count; i++)
        take(&tail, i);
    assert_int_equal(tail_sort(tails, 1, key.bytes[0], &list), OK);
    assert_int_equal(list.count, count);
    draft_dockets(&draft, list.items, list.count);
    while (before != NULL && runs_next(&cursor) == OK)
        assert_int_equal(draft_chapter(&draft, cursor.blob), OK);
    assert_int_equal(draft_end(&draft, writer), OK);
    struct runs *runs = publish(number, writer);
    docket_list_close(&list);
    tail_close(&tail);
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
    assert_int_equal(runs_next(&cursor), OK);
    assert_int_equal(chapter_open(cursor.blob, &chapter), OK);
    assert_int_equal(chapter.plain_count, 72); /* no consents, no copies */
    chapter_start(&chapter, &chapter_cursor);
    while ((err = chapter_next(&chapter_cursor, &row)) == OK) {
        assert_false(seen[row.position]);
        seen[row.position] = true;
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    for (uint32_t i = 1; i <= EVENTS; i++)
        assert_true(seen[i]);
    runs_close(older);
    runs_close(all);
    draft_close(&draft);
    words_close(&words);
    place_remove(&place);
}

TEST(what_is_no_chapter_is_refused)
{
    runs_key key = runs_key_of((account_id) { .member = 42 });

    assert_true(draft_open(&draft, &words));
    assert_int_equal(draft_begin(&draft, view_of("x")), ERR_CORRUPT);
    assert_int_equal(draft_begin(&draft, runs_key_view(&key)), OK);
    assert_int_equal(draft_chapter(&draft, view_of("no chapter")), ERR_CORRUPT);
    draft_close(&draft);
}

RUN(cmocka_unit_test(what_is_gathered_becomes_one_chapter),
    cmocka_unit_test(what_is_no_chapter_is_refused))
