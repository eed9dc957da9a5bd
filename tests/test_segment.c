/*
 * test_segment.c - which accounts a condition holds for
 */
#include "tests/unit.h"

#include "core/segment.h"
#include "tests/story.h"

#include <stdio.h>

#define RULES                                                                  \
    "store_groups: [{id: turku, stores: [10-14]}]\n"                           \
    "earn: [{id: base, per: 1.00, points: 1}]\n"                               \
    "rewards: [{id: cup, value: 8.00}, {id: mug, value: 8.00}]\n"              \
    "stamps: [{id: lunch, need: 10, reward: cup}]\n"                           \
    "passes: [{id: gym, uses: 3}]\n"                                           \
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
    story_event(story, "{\"kind\": \"stamp\", \"at\": \"2025-01-02T13:00\", "
                       "\"card\": \"lunch\", \"count\": 4}");
    story_event(story,
                "{\"kind\": \"pass_sale\", \"at\": \"2025-01-02T13:00\", "
                "\"pass\": \"gym\", \"price\": 3000}");
    story_event(story, "{\"kind\": \"pass_use\", \"at\": \"2025-01-04T13:00\", "
                       "\"pass\": \"gym\"}");
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
        { "tier=none", 0 },
        { "member=yes", 1 },
        { "member=no", 0 },
        { "joined=2025-01-01", 1 },
        { "joined=2025-01-02..", 0 },
        { "joined=..2025-01-01", 1 },
        { "window_spend=120.00", 1 },
        { "window_spend=..119.99", 0 },
        { "inactive_days=8", 1 }, /* since the use of the pass */
        { "inactive_days=9..", 0 },
        { "inactive_days=..7", 0 },
        { "inactive_days=0..8", 1 },
        { "recency=10", 1 },
        { "recency=..9", 0 },
        { "first_purchase=2025-01-02..2025-01-02", 1 },
        { "first_purchase=..2025-01-01", 0 },
        { "last_purchase=2025-01-02..", 1 },
        { "last_purchase=2025-01-03..", 0 },
        { "frequency=1", 1 },
        { "frequency=2..", 0 },
        { "pending=0", 1 },
        { "pending=1..", 0 },
        { "debt=0", 1 },
        { "debt=1..", 0 },
        { "stamps=lunch", 1 },
        { "stamps=lunch:4", 1 },
        { "stamps=lunch:5..", 0 },
        { "reward=cup:1", 1 },
        { "reward=cup:2..", 0 },
        { "reward=mug", 0 },
        { "reward=mug:0", 1 },
        { "pass=gym", 1 },
        { "pass=gym:2", 1 },
        { "pass=gym:3..", 0 },
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

/* Who never did a thing did not do it any number of days ago. */
TEST(what_never_happened_is_neither_long_ago_nor_recent)
{
    static const char *const NEVER[] = { "recency=0..",
                                         "inactive_days=0..",
                                         "joined=2000-01-01..",
                                         "first_purchase=2000-01-01..",
                                         "last_purchase=2000-01-01..",
                                         "home_store=1-2147483647" };
    struct story *story = story_open();

    story_rules(story, "2000-01-01", RULES);
    story_event(story, "{\"kind\": \"consent\", \"at\": \"2025-01-02T13:00\", "
                       "\"channel\": \"email\", \"granted\": false}");
    for (uint32_t i = 0; i < COUNT_OF(NEVER); i++)
        if (judge(story, NEVER[i], NULL) != 0)
            fail_msg("%s", NEVER[i]);
    assert_int_equal(judge(story, "consent=email", NULL), 0);
    assert_int_equal(judge(story, "purchases=0,frequency=0,spend=0", NULL), 1);
    story_close(story);
}

/* The month of the question and the 11 before it. */
TEST(frequency_looks_at_twelve_months)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", RULES);
    for (int year = 2023; year <= 2025; year++)
        for (int month = 1; month <= 2; month++) {
            char line[200];
            snprintf(line, sizeof line,
                     "{\"kind\": \"purchase\", \"at\": \"%d-%02d-01T09:00\", "
                     "\"receipt\": \"1\", \"total\": 100}",
                     year, month);
            story_event(story, line);
        }
    assert_int_equal(judge(story, "purchases=5,frequency=2", NULL), 1);
    story_close(story);
}

/* What rules play no part in can be judged without them. */
TEST(some_fields_ask_no_rules)
{
    static const struct {
        const char *text;
        bool asks;
    } CASES[] = {
        { "member=yes", false },
        { "joined=2025-01-01", false },
        { "home_store=30", false },
        { "inactive_days=1..", false },
        { "recency=1..", false },
        { "first_purchase=2025-01-01", false },
        { "last_purchase=2025-01-01", false },
        { "purchases=1", false },
        { "frequency=1", false },
        { "bought=garden,sku=X1|!stores=turku,consent=email", false },
        { "tier=gold", true },
        { "window_spend=1..", true },
        { "spend=1..", true },
        { "partners=none", true },
        { "points=1..", true },
        { "pending=1..", true },
        { "debt=1..", true },
        { "stamps=lunch", true },
        { "reward=cup", true },
        { "pass=gym", true },
        { "member=yes,!(purchases=1|debt=1..)", true },
    };
    struct story *story = customer();
    struct complaint complaint = { "" };
    const struct segment *segment;
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(segment_read(view_of(CASES[i].text),
                                      story_timeline(story), &arena, &segment,
                                      &complaint),
                         OK);
        if (segment_asks_rules(segment) != CASES[i].asks)
            fail_msg("%s", CASES[i].text);
    }
    arena_close(&arena);
    story_close(story);
}

RUN(cmocka_unit_test(each_field_holds_and_fails),
    cmocka_unit_test(what_never_happened_is_neither_long_ago_nor_recent),
    cmocka_unit_test(frequency_looks_at_twelve_months),
    cmocka_unit_test(and_binds_before_or_and_not_before_both),
    cmocka_unit_test(some_fields_ask_no_rules))
