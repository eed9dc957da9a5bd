/*
 * test_quick_level.c - levels reached, kept, extended and lost, and what a new
 * version makes of them, are what the ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#define EARN "earn: [{id: base, per: 1.00, points: 1}]\n"
#define TIERS EARN "tiers: {window: 2 months, valid_for: 2 months, levels: ["

static const char NONE[] = EARN;
static const char THREE[] = TIERS "{id: basic}, {id: silver, from: 60.00, "
                                  "multiply: 1.25}, {id: gold, from: 110.00, "
                                  "multiply: 2}]}\n";
/* Gold has another place, silver is not known. */
static const char OTHERS[] =
    EARN "tiers: {window: 2 months, valid_for: 2 months, downgrade: one_level, "
         "levels: [{id: none, multiply: 1.1}, {id: gold, from: 40.00, "
         "multiply: 1.5}, {id: "
         "top, from: 140.00, reward: cup}]}\n"
         "rewards: [{id: cup, value: 1.00, valid_days: 300}]\n";
static const char YEARLY[] =
    EARN "excluded: {categories: [coffee]}\n"
         "tiers: {window: year, valid_for: next_year_end, downgrade: "
         "one_level, levels: [{id: basic}, {id: gold, from: 300.00, multiply: "
         "3}]}\n";

static void
compare(struct stage_same *same, int64_t seed_end)
{
    same->events = 500;
    same->tables = 6;
    for (; (int64_t)same->seed < seed_end; same->seed++)
        stage_same(same);
    assert_true(same->figures.baseline.tier_count > 1);
}

TEST(levels_come_and_go)
{
    struct stage_same same = { .published = { { "2000-01-01", THREE } },
                               .candidate = OTHERS,
                               .seed = 51 };

    compare(&same, 54);
    assert_true(same.figures.candidate.vouchers_outstanding > 0);
}

TEST(versions_take_levels_over)
{
    struct stage_same same = { .published = { { "2025-01-15", NONE },
                                              { "2025-03-01", THREE },
                                              { "2025-05-20", OTHERS },
                                              { "2025-10-01", YEARLY } },
                               .candidate = THREE,
                               .seed = 61 };
    struct stage_same back = { .published = { { "2025-02-15", OTHERS },
                                              { "2025-05-01", YEARLY },
                                              { "2025-06-30", NONE },
                                              { "2025-08-01", THREE } },
                               .candidate = YEARLY,
                               .seed = 71 };

    compare(&same, 64);
    compare(&back, 74);
}

RUN(cmocka_unit_test(levels_come_and_go),
    cmocka_unit_test(versions_take_levels_over))
