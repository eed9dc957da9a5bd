/*
 * test_runs_merge.c - merging keeps what its rule says
 */
#include "core/runs_merge.h"

#include "tests/run_kit.h"
#include "tests/unit.h"

enum { RUNS = 20, FIRST = 10 };

/* Run r has each (r + 1)th key from some on: the newest begins first. */
static uint32_t
start(uint32_t run)
{
    return (RUNS - 1 - run) * 10;
}

static bool
has(uint32_t run, uint32_t key)
{
    return key >= start(run) && key % (run + 1) == 0;
}

static struct runs *
write_run(uint32_t run)
{
    struct runs_writer *writer;

    assert_int_equal(
        runs_create(run_kit.place.path, RUNS_HISTORY, FIRST + run, &writer),
        OK);
    run_kit_add(writer, FIRST + run, start(run), RUN_KIT_ACCOUNTS, run + 1);
    return run_kit_publish(writer, FIRST + run);
}

static struct runs *
merge(struct runs *const *runs, enum runs_rule rule)
{
    const uint32_t number = FIRST + RUNS + rule;
    struct runs_writer *writer;

    assert_int_equal(
        runs_create(run_kit.place.path, RUNS_HISTORY, number, &writer), OK);
    assert_int_equal(runs_merge((const struct runs *const *)runs, RUNS, rule,
                                &run_kit_joiner, writer),
                     OK);
    return run_kit_publish(writer, number);
}

static void
expect(struct runs_cursor *cursor, enum runs_rule rule, uint32_t key)
{
    uint32_t newest = RUNS;

    for (uint32_t r = 0; r < RUNS; r++) {
        if (has(r, key) && rule == RUNS_JOIN)
            run_kit_expect(cursor, FIRST + r, key);
        newest = has(r, key) ? r : newest;
    }
    if (rule == RUNS_NEWEST && newest < RUNS)
        run_kit_expect(cursor, FIRST + newest, key);
}

TEST(merging_joins_or_keeps_the_newest)
{
    struct runs *runs[RUNS];

    for (uint32_t r = 0; r < RUNS; r++)
        runs[r] = write_run(r);
    for (uint32_t rule = RUNS_NEWEST; rule <= RUNS_JOIN; rule++) {
        struct runs *merged = merge(runs, (enum runs_rule)rule);
        struct runs_cursor cursor = { .runs = merged };
        for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
            expect(&cursor, (enum runs_rule)rule, i);
        assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
        runs_close(merged);
    }
    for (uint32_t r = 0; r < RUNS; r++)
        runs_close(runs[r]);
}

RUN(cmocka_unit_test_setup_teardown(merging_joins_or_keeps_the_newest,
                                    run_kit_open, run_kit_close))
