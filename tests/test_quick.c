/*
 * test_quick.c - accounts folded by tables come to what the ordinary fold
 * comes to: programs that use most of what there is, published one after the
 * other too
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static void
compare(uint64_t seed, uint32_t odd, uint32_t tables)
{
    struct stage_same same = {
        .published = { { "2000-01-01", stage_rules } },
        .candidate = stage_other_rules,
        .seed = seed,
        .events = 700,
        .odd = odd,
        .tables = tables,
    };

    stage_same(&same);
}

TEST(plain_histories_come_to_the_same)
{
    compare(11, 0, 10);
    compare(12, 0, 10);
}

TEST(mixed_histories_come_to_the_same)
{
    compare(13, 100, 1);
    compare(14, 12, 0);
}

/* All accounts have voids, and go by tables all the same. */
TEST(voided_events_have_never_been)
{
    struct stage_same same = {
        .published = { { "2000-01-01", stage_rules } },
        .candidate = stage_other_rules,
        .events = 200,
        .voids = 12,
        .tables = 6,
    };

    for (same.seed = 61; same.seed < 64; same.seed++)
        stage_same(&same);
}

/* The first version takes effect within the history, the others at the
 * beginning and in the middle of a month. */
TEST(versions_follow_each_other)
{
    static const char *const DAYS[][3] = {
        { "2000-01-01", "2025-05-01", "2025-08-17" },
        { "2025-02-20", "2025-06-01", "2025-11-01" },
    };

    for (uint32_t i = 0; i < COUNT_OF(DAYS); i++)
        for (uint64_t seed = 31; seed < 34; seed++) {
            struct stage_same same = {
                .published = { { DAYS[i][0], stage_rules },
                               { DAYS[i][1], stage_other_rules },
                               { DAYS[i][2], stage_rules } },
                .candidate = stage_other_rules,
                .seed = seed,
                .events = 400,
                .tables = 5,
            };
            stage_same(&same);
        }
}

RUN(cmocka_unit_test(plain_histories_come_to_the_same),
    cmocka_unit_test(mixed_histories_come_to_the_same),
    cmocka_unit_test(voided_events_have_never_been),
    cmocka_unit_test(versions_follow_each_other))
