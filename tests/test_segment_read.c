/*
 * test_segment_read.c - expressions of segments: each mistake is told at its
 * place with what was expected, and nothing without bounds is read
 */
#include "core/segment.h"
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static struct story *
rules(void)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "store_groups: [{id: turku, stores: [10-14]}]\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "rewards: [{id: cup, value: 8.00}]\n"
                "stamps: [{id: lunch, need: 10, reward: cup}]\n"
                "passes: [{id: gym, uses: 3}]\n"
                "tiers: {window: 12 months, valid_for: 12 months,\n"
                "        levels: [{id: basic}, {id: gold, from: 100.00}]}\n");
    return story;
}

static enum err
read(struct story *story, const char *text, struct complaint *complaint)
{
    const struct segment *segment;
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    enum err err = segment_read(view_of(text), story_timeline(story), &arena,
                                &segment, complaint);
    arena_close(&arena);
    return err;
}

TEST(blanks_may_stand_between_the_parts)
{
    struct story *story = rules();

    assert_int_equal(
        read(story, " tier = gold , ( ! sku=X | points = 5.. ) ", NULL), OK);
    assert_int_equal(read(story, "tier=gold,stamps=lunch:..3|pass=gym", NULL),
                     OK);
    story_close(story);
}

TEST(what_can_t_be_read_is_told_with_its_place)
{
    static const char *const BAD[][2] = {
        { "", "end" },
        { "colour=red", "character 1" },
        { "sku=X,tire=gold",
          "character 7, found \"tire\"; did you mean \"tier\"?" },
        { "tier", "expected =" },
        { "tier=silver", "character 6" },
        { "sku=X,", "end" },
        { "sku=X,,sku=Y", "character 7" },
        { "(sku=X", "parenthesis" },
        { "sku=X)", "character 6" },
        { "points=9..5", "range" },
        { "points=..", "range" },
        { "spend=1.234", "range" },
        { "stores=nowhere", "store group" },
        { "bought=Garden", "name" },
        { "sku=", "code" },
        { "member=maybe", "yes or no" },
        { "joined=2025-02-30", "dates" },
        { "joined=2025-01-02..2025-01-01", "dates" },
        { "stamps=lunch:", "card" },
        { "stamps=brunch:5", "card" },
        { "reward=cup:x", "reward" },
        { "pass=pool", "pass" },
        { "sku=X  sku=Y", "character 8" },
    };
    struct story *story = rules();

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++) {
        struct complaint complaint = { 0 };
        assert_int_equal(read(story, BAD[i][0], &complaint), ERR_INPUT);
        if (strstr(complaint.text, BAD[i][1]) == NULL)
            fail_msg("%s: %s", BAD[i][0], complaint.text);
    }
    story_close(story);
}

TEST(depth_and_length_are_bounded)
{
    struct story *story = rules();
    char text[1000];
    size_t size = 0;

    memset(text, '(', 500);
    memcpy(text + 500, "sku=X", 6);
    assert_int_equal(read(story, text, NULL), ERR_INPUT);
    for (int i = 0; i < 120; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "sku=X|");
    text[size - 1] = '\0';
    assert_int_equal(read(story, text, NULL), ERR_INPUT);
    story_close(story);
}

RUN(cmocka_unit_test(blanks_may_stand_between_the_parts),
    cmocka_unit_test(what_can_t_be_read_is_told_with_its_place),
    cmocka_unit_test(depth_and_length_are_bounded))
