/*
 * test_runs_merge.c - merging keeps what its rule says
 */
#include "core/runs_merge.h"

#include "tests/run_kit.h"
#include "tests/unit.h"

TEST(merging_joins_or_keeps_the_newest)
{
    const uint32_t steps[] = { 1, 2, 3 };
    struct runs *runs[3];
    struct runs *merged[2];
    struct runs_cursor cursor;

    for (uint32_t r = 0; r < 3; r++)
        runs[r] = run_kit_write(10 + r, steps[r]);
    for (uint32_t rule = 0; rule < 2; rule++) {
        struct runs_writer *writer;
        uint64_t check;
        assert_int_equal(
            runs_create(run_kit.place.path, RUNS_HISTORY, 20 + rule, &writer),
            OK);
        assert_int_equal(runs_merge((const struct runs *const *)runs, 3,
                                    (enum runs_rule)rule, &run_kit_joiner,
                                    writer),
                         OK);
        assert_int_equal(runs_publish(writer, &check), OK);
        assert_int_equal(runs_open(run_kit.place.path, RUNS_HISTORY, 20 + rule,
                                   check, &merged[rule]),
                         OK);
    }
    cursor = (struct runs_cursor) { .runs = merged[RUNS_JOIN] };
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
        for (uint32_t r = 0; r < 3; r++)
            if (i % steps[r] == 0)
                run_kit_expect(&cursor, 10 + r, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    cursor = (struct runs_cursor) { .runs = merged[RUNS_NEWEST] };
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
        run_kit_expect(&cursor, i % 3 == 0 ? 12 : i % 2 == 0 ? 11 : 10, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    for (uint32_t r = 0; r < 3; r++)
        runs_close(runs[r]);
    runs_close(merged[0]);
    runs_close(merged[1]);
}

RUN(cmocka_unit_test_setup_teardown(merging_joins_or_keeps_the_newest,
                                    run_kit_open, run_kit_close))
