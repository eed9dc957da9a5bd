/*
 * test_quick_flow.c - points that are used up in the order in which they were
 * earned expire, are redeemed and owed as the ordinary fold says, also where
 * their life changes with the version, longer or shorter
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#define POINTS(life) "points: {" life ", value: 0.01}\n"
#define EARN(points) "earn: [{id: base, per: 3.00, points: " #points "}]\n"

static void
compare(struct stage_same *same, int64_t seed_end)
{
    same->events = 250;
    same->tables = 5;
    for (; (int64_t)same->seed < seed_end; same->seed++) {
        stage_same(same);
        assert_true(same->figures.baseline.amounts[MEASURE_EXPIRED] > 0);
        assert_true(same->figures.baseline.amounts[MEASURE_OVERDRAWN] > 0);
    }
}

TEST(points_end_after_months_on_dates_or_never)
{
    static const char *const LIVES[] = {
        POINTS("expire_months: 1") EARN(1),
        POINTS("expire_months: 2") EARN(7),
        POINTS("expire_dates: [03-31, 08-09]") EARN(1),
        POINTS("expire_dates: [03-31, 08-09]") EARN(2),
        POINTS("expire_dates: [03-31, 08-10]") EARN(1),
        EARN(1),
    };

    for (uint32_t i = 0; i + 1 < COUNT_OF(LIVES); i++) {
        struct stage_same same = { .published = { { "2000-01-01", LIVES[i] } },
                                   .candidate = LIVES[i + 1],
                                   .seed = 101 + i };
        compare(&same, (int64_t)same.seed + 1);
    }
}

TEST(versions_change_the_life_of_points)
{
    struct stage_same longer = {
        .published = { { "2025-01-10", POINTS("expire_months: 1") EARN(3) },
                       { "2025-03-17", POINTS("expire_months: 3") EARN(1) },
                       { "2025-06-01", "ends: 2025-09-20\n" POINTS(
                                           "expire_months: 3") EARN(5) },
                       { "2025-11-05", EARN(1) } },
        .candidate = POINTS("expire_months: 3") EARN(1),
        .seed = 111,
    };
    struct stage_same shorter = {
        .published = { { "2025-01-10", POINTS("expire_months: 4") EARN(3) },
                       { "2025-03-17", POINTS("expire_months: 1") EARN(1) } },
        .candidate = POINTS("expire_dates: [02-10, 06-20]") EARN(1),
        .seed = 121,
    };

    compare(&longer, 113);
    compare(&shorter, 123);
}

RUN(cmocka_unit_test(points_end_after_months_on_dates_or_never),
    cmocka_unit_test(versions_change_the_life_of_points))
