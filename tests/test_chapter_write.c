/*
 * test_chapter_write.c - rows come out in canonical order and items behind
 * them by arrival; where there are too many streams, some events become items
 * and none is lost
 */
#include "tests/unit.h"

#include "core/chapter_write.h"
#include "core/codec.h"

enum { ROWS = 700, STREAMS = 300 };

static const account_id ACCOUNT = { .member = 42 };
static struct arena arena;
static struct words words;
static struct chapter_row rows[ROWS];
static struct chapter_cursor cursor;

static struct event
event_of(uint32_t i)
{
    return (struct event) { .kind = EVENT_PURCHASE,
                            .store = 1 + i % 9,
                            .at_ms = LIMIT_AT_MS_MIN + (int64_t)(i * 7 % ROWS),
                            .recorded_ms = i % 3 == 0 ? 0 : 1 + (int64_t)i / 9,
                            .identity = { 5, 1 + i, 1 + i % STREAMS },
                            .account = ACCOUNT,
                            .sale = { .receipt = view_of("x"),
                                      .total = { (int64_t)i },
                                      .bought_on = EVENT_NO_DAY } };
}

static void
make_rows(void)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        struct event event = event_of(i);
        assert_true(chapter_row_of(&event, ROWS - i, &words, &arena, &rows[i]));
    }
}

static void
check_event(const struct chapter_row *row)
{
    struct event from = event_of((uint32_t)(ROWS - row->position));
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
    assert_true(identity_equal(event.identity, from.identity));
    assert_true(codec_same_content(&event, &from, true));
    assert_int_equal(event.recorded_ms, from.recorded_ms);
}

TEST(too_many_streams_lose_nothing)
{
    struct chapter chapter;
    struct chapter_row row, last = { 0 };
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    make_rows();
    chapter_sort(rows, ROWS);
    chapter_write(rows, ROWS, ACCOUNT, &words, arena, &text);
    assert_true(text_ok(&text));
    assert_int_equal(chapter_open(text_view(&text), &chapter), OK);
    assert_int_equal(chapter.stream_count, CHAPTER_STREAMS_MAX);
    assert_true(chapter.other_count >= STREAMS - CHAPTER_STREAMS_MAX);
    assert_int_equal(chapter.plain_count + chapter.other_count, ROWS);
    chapter_start(&chapter, &cursor);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(chapter_next(&cursor, &row), OK);
        check_event(&row);
        if (i > chapter.plain_count)
            assert_true(last.position < row.position);
        else if (i > 0 && i < chapter.plain_count)
            assert_true(chapter_row_compare(&last, &row) < 0);
        last = row;
    }
    assert_int_equal(chapter_next(&cursor, &row), ERR_NOT_FOUND);
    text_close(&text);
    arena_close(&arena);
}

TEST(a_row_takes_no_more_than_is_said)
{
    struct text text = { 0 };
    size_t bound = 13 + 12;

    assert_true(arena_open(&arena, 1 << 26));
    make_rows();
    chapter_sort(rows, 50);
    for (uint32_t i = 0; i < 50; i++) {
        rows[i].identity = (identity) { INT64_MAX, INT64_MAX - i * 99, 7 };
        rows[i].recorded_ms = i % 2 == 0 ? INT64_MIN : INT64_MAX;
        bound += chapter_write_size(&rows[i]);
    }
    chapter_write(rows, 50, ACCOUNT, &words, arena, &text);
    assert_true(text.size <= bound);
    text_close(&text);
    words_close(&words);
    arena_close(&arena);
}

RUN(cmocka_unit_test(too_many_streams_lose_nothing),
    cmocka_unit_test(a_row_takes_no_more_than_is_said))
