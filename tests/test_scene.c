/*
 * test_scene.c - a scene moved elsewhere has that store's partner and that
 * instant's day
 */
#include "core/scene.h"

#include "tests/story.h"
#include "tests/unit.h"

TEST(a_scene_moves_with_store_instant_and_version)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "ends: 2025-01-31\n");
    const struct timeline *timeline = story_timeline(story);
    const struct version *version = scene_version(timeline, 0);
    const struct scene nowhere = { .timeline = timeline };
    /* 31 January 2025 22:00Z is local midnight of 1 February. */
    const int64_t midnight_ms = INT64_C(1738360800000);

    assert_null(scene_version(timeline, PROGRAM_NONE));
    struct scene before = scene_move(&nowhere, version, midnight_ms - 1, 30);
    struct scene after = scene_move(&before, version, midnight_ms, 999);
    assert_int_equal(after.moment.day, before.moment.day + 1);
    assert_false(scene_ended(&before));
    assert_true(scene_ended(&after));
    view cafe = timeline_name(timeline, NAME_PARTNER, before.partner);
    assert_true(view_equal(cafe, view_of("cafe")));
    assert_int_equal(after.partner, timeline->partner_none);
    struct scene none = scene_move(&nowhere, NULL, midnight_ms - 1, 30);
    assert_int_equal(none.partner, timeline->partner_none);
    assert_true(scene_ended(&none));
    story_close(story);
}

RUN(cmocka_unit_test(a_scene_moves_with_store_instant_and_version))
