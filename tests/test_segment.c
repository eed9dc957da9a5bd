/*
 * test_segment.c - conditions on accounts: how they are read, and judged
 */
#include "tests/unit.h"

#include "core/segment.h"
#include "tests/story.h"

#include <stdio.h>
#include <string.h>

#define RULES                                                                  \
    "store_groups: [{id: turku, stores: [10-14]}]\n"                           \
    "earn: [{id: base, per: 1.00, points: 1}]\n"                               \
    "rewards: [{id: cup, value: 8.00}]\n"                                      \
    "tiers: {window: 12 months, valid_for: 12 months,\n"                       \
    "        levels: [{id: basic}, {id: gold, from: 100.00}]}\n"

static struct story *
customer(void)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", RULES);
    story_event(story, "{\"kind\": \"join\", \"at\": \"2025-01-01T12:00\", "
                       "\"home_store\": 30}");
    story_event(story, "{\"kind\": \"purchase\", \"at\": \"2025-01-02T12:00\", "
                       "\"receipt\": \"1\", \"total\": 12000, \"lines\": "
                       "[{\"amount\": 12000, \"category\": \"garden.tools\", "
                       "\"sku\": \"X1\"}]}");
    story_event(story, "{\"kind\": \"grant\", \"at\": \"2025-01-02T13:00\", "
                       "\"reward\": \"cup\"}");
    story_event(story, "{\"kind\": \"consent\", \"at\": \"2025-01-02T13:00\", "
                       "\"channel\": \"email\", \"granted\": true}");
    return story;
}

/* Whether the condition holds on 12 January; -1: it can't be read. */
static int
judge(struct story *story, const char *text, struct complaint *complaint)
{
    const int64_t at_ms = INT64_C(1736676000000); /* 2025-01-12T10:00:00Z */
    struct walk *walk = story_walk(story, "42", "2025-01-12T12:00", false);
    const struct segment *segment;
    struct arena arena;

    story_finish(story);
    assert_true(arena_open(&arena, 1 << 24));
    int holds = -1;
    if (segment_read(view_of(text), story_timeline(story), &arena, &segment,
                     complaint) == OK)
        holds = segment_holds(segment, &walk->account, at_ms);
    arena_close(&arena);
    return holds;
}

TEST(each_field_holds_and_fails)
{
    static const struct {
        const char *text;
        int holds;
    } CASES[] = {
        { "tier=gold", 1 },
        { "tier=basic", 0 },
        { "inactive_days=10", 1 },
        { "inactive_days=11..", 0 },
        { "inactive_days=..9", 0 },
        { "inactive_days=0..10", 1 },
        { "bought=garden", 1 },
        { "bought=garden.tools", 1 },
        { "bought=gard", 0 },
        { "sku=X1", 1 },
        { "sku=X", 0 },
        { "stores=10", 1 },
        { "stores=11-14", 0 },
        { "stores=turku", 1 },
        { "partners=market", 1 },
        { "partners=cafe", 0 },
        { "home_store=30", 1 },
        { "home_store=turku", 0 },
        { "consent=email", 1 },
        { "consent=sms", 0 },
        { "reward=cup", 1 },
        { "points=120", 1 },
        { "points=..119", 0 },
        { "purchases=1", 1 },
        { "purchases=2..", 0 },
        { "spend=119.99..120.00", 1 },
        { "spend=120.01..", 0 },
    };
    struct story *story = customer();

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++)
        if (judge(story, CASES[i].text, NULL) != CASES[i].holds)
            fail_msg("%s", CASES[i].text);
    story_close(story);
}

TEST(and_binds_before_or_and_not_before_both)
{
    struct story *story = customer();

    assert_int_equal(judge(story, "sku=X,sku=X1|tier=gold", NULL), 1);
    assert_int_equal(judge(story, "sku=X,(sku=X1|tier=gold)", NULL), 0);
    assert_int_equal(judge(story, "!sku=X,tier=gold", NULL), 1);
    assert_int_equal(judge(story, "!(sku=X|tier=gold)", NULL), 0);
    assert_int_equal(judge(story, "!!sku=X1", NULL), 1);
    story_close(story);
}

TEST(what_can_t_be_read_is_told_with_its_place)
{
    static const char *const BAD[][2] = {
        { "", "end" },
        { "colour=red", "character 1" },
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
    };
    struct story *story = customer();

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++) {
        struct complaint complaint = { 0 };
        assert_int_equal(judge(story, BAD[i][0], &complaint), -1);
        if (strstr(complaint.text, BAD[i][1]) == NULL)
            fail_msg("%s: %s", BAD[i][0], complaint.text);
    }
    story_close(story);
}

TEST(depth_and_length_are_bounded)
{
    struct story *story = customer();
    char text[1000];
    size_t size = 0;

    memset(text, '(', 500);
    memcpy(text + 500, "sku=X", 6);
    assert_int_equal(judge(story, text, NULL), -1);
    for (int i = 0; i < 120; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "sku=X|");
    text[size - 1] = '\0';
    assert_int_equal(judge(story, text, NULL), -1);
    story_close(story);
}

RUN(cmocka_unit_test(each_field_holds_and_fails),
    cmocka_unit_test(and_binds_before_or_and_not_before_both),
    cmocka_unit_test(what_can_t_be_read_is_told_with_its_place),
    cmocka_unit_test(depth_and_length_are_bounded))
