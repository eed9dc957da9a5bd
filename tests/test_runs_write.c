/*
 * test_runs_write.c - a run exists when it is published, and is the same
 * whether written at once or in parts, or parts of these
 */
#include "core/runs_write.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/run_kit.h"
#include "tests/unit.h"

/* A writer that is killed leaves a file that nobody takes for a run. */
TEST(an_unpublished_run_does_not_exist)
{
    struct runs_writer *writer;
    struct runs *runs;
    const uint64_t live = 1;

    runs_close(run_kit_write(1, 9));
    assert_int_equal(runs_create(run_kit.place.path, RUNS_HISTORY, 2, &writer),
                     OK);
    runs_add(writer, runs_key_view(&run_kit.keys[0]), view_of("x"));
    assert_int_equal(runs_open(run_kit.place.path, RUNS_HISTORY, 2, 0, &runs),
                     ERR_CORRUPT);
    runs_clean(run_kit.place.path, &live, 1);
    char path[512];
    snprintf(path, sizeof path, "%s/%016x.tmp", run_kit.place.path, 2);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/%016x.run", run_kit.place.path, 1);
    assert_int_equal(access(path, F_OK), 0);
    runs_abandon(writer);
}

/* Also empty parts, parts of one entry and what is not in a part. */
TEST(parts_make_a_run)
{
    static const uint32_t ENDS[] = { 100, 100, 101, 1500, 2000, 3000 };
    struct runs_writer *writer, *part;
    uint32_t from = 0;

    assert_int_equal(runs_create(run_kit.place.path, RUNS_HISTORY, 1, &writer),
                     OK);
    assert_int_equal(runs_create_part(&part), OK);
    for (uint32_t i = 0; i < COUNT_OF(ENDS); i++) {
        if (i == 4) {
            run_kit_add(writer, 1, from, ENDS[i], 1);
        } else {
            run_kit_add(part, 1, from, ENDS[i], 1);
            runs_add_part(writer, part);
        }
        from = ENDS[i];
    }
    runs_abandon(part);
    struct runs *runs = run_kit_publish(writer, 1);
    struct runs_cursor cursor = { .runs = runs };
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
        run_kit_expect(&cursor, 1, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    assert_int_equal(runs_verify(runs), OK);
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i += 97) {
        assert_int_equal(
            runs_seek(runs, runs_key_view(&run_kit.keys[i]), &cursor), OK);
        run_kit_expect(&cursor, 1, i);
    }
    runs_close(runs);
}

/* The sum covers the sums of all blocks. */
static uint64_t
write_by_blocks(uint32_t every)
{
    struct runs_writer *writer, *part;
    uint64_t check;
    size_t handed = 0;

    assert_int_equal(runs_create(run_kit.place.path, RUNS_HISTORY, 1, &writer),
                     OK);
    assert_int_equal(runs_create_part(&part), OK);
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++) {
        run_kit_add(part, 1, i, i + 1, 1);
        if (i % every != every - 1)
            continue;
        handed += runs_part_size(part);
        runs_add_blocks(writer, part);
        assert_int_equal(runs_part_size(part), 0);
    }
    assert_true(handed > 0 || every > RUN_KIT_ACCOUNTS);
    runs_add_part(writer, part);
    runs_abandon(part);
    assert_int_equal(runs_publish(writer, &check), OK);
    return check;
}

TEST(a_part_can_be_appended_block_by_block)
{
    uint64_t whole = write_by_blocks(RUN_KIT_ACCOUNTS + 1);

    assert_int_equal(write_by_blocks(1), whole);
    assert_int_equal(write_by_blocks(300), whole);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, run_kit_open, run_kit_close)

RUN(CASE(an_unpublished_run_does_not_exist), CASE(parts_make_a_run),
    CASE(a_part_can_be_appended_block_by_block))
