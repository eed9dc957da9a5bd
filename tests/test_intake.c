/*
 * test_intake.c - what is kept of an event, and what is counted
 */
#include "core/intake.h"

#include "core/codec.h"
#include "tests/unit.h"

static struct arena arena;
static struct history_counts counts;
static struct text core;

static struct words words;
static struct ordinary ordinary;
static const struct intake_tools tools = { &words, &counts, &arena, &ordinary };

static uint32_t
take(const struct event *event, bool copy, struct intake *ret_intakes)
{
    struct record_event stored = { .copy = copy, .origin = { 9, 8, 7 } };

    text_clear(&core);
    codec_encode(event, CODEC_NO_IDENTITY, &core);
    stored.core = text_view(&core);
    return intake_event(&stored, 55, &tools, ret_intakes);
}

static struct item
item_of(const struct intake *intake)
{
    struct item item;

    assert_true(intake->row.item);
    assert_int_equal(item_decode(intake->row.codes, &item), OK);
    assert_int_equal(item.position, 55);
    return item;
}

TEST(events_are_kept_odd_ones_too)
{
    struct event join = { .kind = EVENT_JOIN,
                          .store = 3,
                          .at_ms = LIMIT_AT_MS_MIN,
                          .account = { .member = 42 },
                          .join = { .referrer = 41 } };
    const struct record_event junk = { .core = view_of("junk") };
    struct intake taken[INTAKE_MAX];

    assert_true(arena_open(&arena, 1 << 20));
    assert_int_equal(take(&join, true, taken), 2);
    assert_int_equal(taken[0].account.member, 42);
    struct item item = item_of(&taken[0]);
    assert_int_equal(item.kind, ITEM_EVENT);
    assert_true(item.copy);
    assert_true(identity_equal(item.identity, (identity) { 9, 8, 7 }));
    assert_int_equal(taken[1].account.member, 41);
    item = item_of(&taken[1]);
    assert_int_equal(item.kind, ITEM_POINTER);
    assert_int_equal(item.referred, 42);

    /* What is plain and no copy is a row. */
    assert_int_equal(take(&join, false, taken), 2);
    assert_false(taken[0].row.item);
    assert_int_equal(taken[0].row.position, 55);
    assert_int_equal(chapter_key_kind(taken[0].row.key), CHAPTER_JOIN);

    join.join.referrer = 42; /* nobody recommends himself */
    assert_int_equal(take(&join, false, taken), 1);
    item = item_of(&taken[0]);
    assert_int_equal(item.kind, ITEM_ODD);
    join.join.referrer = 0;
    assert_int_equal(take(&join, false, taken), 1);
    assert_int_equal(intake_event(&junk, 56, &tools, taken), 0);
    assert_int_equal(counts.events, 5);
    assert_int_equal(counts.copies, 1);
    assert_int_equal(counts.odd, 2);
    text_close(&core);
    words_close(&words);
    arena_close(&arena);
}

TEST(a_clock_that_went_back_is_flagged)
{
    struct record record = { .flags = RECORD_FIRST };

    assert_false(intake_is_flagged(&record));
    record.flags |= RECORD_CLOCK_BACK;
    assert_true(intake_is_flagged(&record));
}

RUN(cmocka_unit_test(events_are_kept_odd_ones_too),
    cmocka_unit_test(a_clock_that_went_back_is_flagged))
