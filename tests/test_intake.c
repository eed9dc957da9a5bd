/*
 * test_intake.c - what is kept of an event, and what is counted
 */
#include "core/intake.h"

#include "core/codec.h"
#include "tests/unit.h"

static struct arena arena;
static struct history_counts counts;
static struct text core;

static bool
take(const struct event *event, bool copy, struct event *ret_event,
     struct item *ret_item)
{
    struct record_event stored = { .copy = copy, .origin = { 9, 8, 7 } };

    text_clear(&core);
    codec_encode(event, CODEC_NO_IDENTITY, &core);
    stored.core = text_view(&core);
    return intake_event(&stored, 55, &arena, &counts, ret_event, ret_item);
}

TEST(events_are_kept_odd_ones_too)
{
    struct event join = { .kind = EVENT_JOIN,
                          .store = 3,
                          .at_ms = LIMIT_AT_MS_MIN,
                          .account = { .member = 42 },
                          .join = { .referrer = 41 } };
    const struct record_event junk = { .core = view_of("junk") };
    struct event event;
    struct item item, pointer;
    account_id referrer;

    assert_true(arena_open(&arena, 1 << 20));
    assert_true(take(&join, true, &event, &item));
    assert_int_equal(item.kind, ITEM_EVENT);
    assert_true(item.copy);
    assert_int_equal(item.position, 55);
    assert_true(identity_equal(event.identity, (identity) { 9, 8, 7 }));
    assert_true(identity_equal(item.identity, event.identity));
    assert_true(intake_pointer(&event, &item, &referrer, &pointer));
    assert_int_equal(referrer.member, 41);
    assert_int_equal(pointer.kind, ITEM_POINTER);
    assert_int_equal(pointer.referred, 42);
    assert_int_equal(pointer.position, 55);

    join.join.referrer = 42; /* nobody recommends himself */
    assert_true(take(&join, false, &event, &item));
    assert_int_equal(item.kind, ITEM_ODD);
    assert_false(intake_pointer(&event, &item, &referrer, &pointer));
    join.join.referrer = 0;
    assert_true(take(&join, false, &event, &item));
    assert_false(intake_pointer(&event, &item, &referrer, &pointer));
    assert_false(intake_event(&junk, 56, &arena, &counts, &event, &item));
    assert_int_equal(counts.events, 4);
    assert_int_equal(counts.copies, 1);
    assert_int_equal(counts.odd, 2);
    text_close(&core);
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
