/*
 * test_runset.c - the note names whole files, at whatever step a process dies;
 * many runs become few
 */
#include "core/runset.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/descriptors.h"
#include "tests/place.h"
#include "tests/run_kit.h"
#include "tests/unit.h"

static struct place place;
static struct journal *journal;
static const uint8_t TAG[RUNSET_TAG_SIZE] = { 7 };

static int
set_up(void **state)
{
    const struct journal_identity who = { .node = 1, .incarnation = 1 };
    char path[PLACE_SIZE];

    (void)state;
    place = place_make();
    place_join(&place, "journal", path);
    return mkdir(path, 0777) != 0 || journal_create(path, &who) != OK ||
           journal_open(path, NULL, &journal) != OK;
}

static int
tear_down(void **state)
{
    (void)state;
    journal_close(journal);
    place_remove(&place);
    return 0;
}

static struct runset
open_set(uint32_t format)
{
    struct runset set = { .name = "history",
                          .kind = RUNS_HISTORY,
                          .rule = RUNS_JOIN,
                          .joiner = run_kit_joiner,
                          .format = format };

    assert_int_equal(runset_init(&set, place.path, journal), OK);
    return set;
}

static struct runs_writer *
begin(struct runset *set, uint64_t member, uint32_t blob_count)
{
    struct runs_writer *writer;
    runs_key key = runs_key_of((account_id) { .member = member });

    assert_int_equal(runset_begin(set, &writer), OK);
    for (uint32_t i = 0; i < blob_count; i++)
        runs_add(writer, runs_key_view(&key), view_of("blob"));
    return writer;
}

static uint64_t
count_entries(const struct runset *set)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < set->run_count; i++) {
        struct runs_cursor cursor = { .runs = set->runs[i] };
        while (runs_next(&cursor) == OK)
            count++;
    }
    return count;
}

TEST(a_loaded_set_is_the_one_committed)
{
    struct runset set = open_set(1);
    struct runset other = open_set(1);
    struct runset later = open_set(2);
    bool changed;

    assert_int_equal(runset_load(&set, &changed), OK);
    assert_false(changed);
    assert_int_equal(runset_commit(&set, begin(&set, 1, 3), 10, TAG), OK);
    assert_int_equal(runset_load(&other, &changed), OK);
    assert_true(changed);
    assert_int_equal(other.position, 10);
    assert_int_equal(other.run_count, 1);
    assert_memory_equal(other.tag, TAG, sizeof TAG);
    assert_int_equal(runset_load(&other, &changed), OK);
    assert_false(changed);
    /* Another format counts as empty and does not use a number again. */
    assert_int_equal(runset_load(&later, &changed), OK);
    assert_int_equal(later.position, 0);
    assert_int_equal(later.run_count, 0);
    assert_int_equal(later.next_number, 2);
    assert_int_equal(runset_reset(&set), OK);
    assert_int_equal(runset_load(&other, &changed), OK);
    assert_true(changed);
    assert_int_equal(other.run_count, 0);
    runset_close(&set);
    runset_close(&other);
    runset_close(&later);
}

TEST(many_runs_become_few_and_lose_nothing)
{
    struct runset set = open_set(1);
    uint32_t most = 0;

    for (uint32_t i = 1; i <= 60; i++) {
        assert_int_equal(runset_commit(&set, begin(&set, i % 7 + 1, i), i, TAG),
                         OK);
        assert_int_equal(runset_compact(&set), OK);
        most = set.run_count > most ? set.run_count : most;
    }
    assert_int_equal(count_entries(&set), 60 * 61 / 2);
    assert_true(most <= RUNSET_RUNS_KEEP);
    assert_int_equal(set.position, 60);
    assert_int_equal(runset_verify(&set), OK);
    runset_close(&set);
}

/* Runs of one size become one at once: merged by twos the oldest blobs would be
 * copied each time. */
TEST(a_merge_takes_all_that_are_no_greater_than_it_comes_to)
{
    struct runset set = open_set(1);

    for (uint32_t i = 1; i <= RUNSET_RUNS_KEEP + 1; i++)
        assert_int_equal(runset_commit(&set, begin(&set, 1, 9), i, TAG), OK);
    assert_int_equal(runset_compact(&set), OK);
    assert_int_equal(set.run_count, 1);
    /* One that is far greater than those behind it stays. */
    for (uint32_t i = 2; i <= RUNSET_RUNS_KEEP + 1; i++)
        assert_int_equal(
            runset_commit(&set, begin(&set, 1, i == 2 ? 9000 : 1), 20 + i, TAG),
            OK);
    assert_int_equal(runset_compact(&set), OK);
    assert_int_equal(set.run_count, 3);
    runset_close(&set);
}

/* Published, and never named: the old files stay in force. */
TEST(a_death_before_the_note_changes_nothing)
{
    struct runset set = open_set(1);
    struct runset again = open_set(1);
    char path[PLACE_SIZE];
    uint64_t check;
    bool changed;

    assert_int_equal(runset_commit(&set, begin(&set, 1, 3), 10, TAG), OK);
    assert_int_equal(runs_publish(begin(&set, 2, 5), &check), OK);
    assert_int_equal(runset_load(&again, &changed), OK);
    assert_int_equal(again.position, 10);
    assert_int_equal(count_entries(&again), 3);
    place_join(&place, "history/0000000000000002.run", path);
    assert_int_equal(access(path, F_OK), 0);
    runset_clean(&again);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(runset_commit(&again, begin(&again, 2, 5), 11, TAG), OK);
    assert_int_equal(count_entries(&again), 8);
    runset_close(&set);
    runset_close(&again);
}

TEST(a_missing_file_is_noticed)
{
    struct runset set = open_set(1);
    struct runset again = open_set(1);
    char path[PLACE_SIZE];
    bool changed;

    assert_int_equal(runset_commit(&set, begin(&set, 1, 3), 10, TAG), OK);
    place_join(&place, "history/0000000000000001.run", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(runset_load(&again, &changed), ERR_CORRUPT);
    assert_int_equal(again.run_count, 0);
    assert_int_equal(again.position, 0);
    assert_int_equal(runset_reset(&again), OK);
    assert_int_equal(runset_load(&again, &changed), OK);
    runset_close(&set);
    runset_close(&again);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* What can't be opened for want of a descriptor is there all the same, and is
 * opened at the next look. */
TEST(a_process_without_descriptors_finds_no_damage)
{
    struct runset set = open_set(1);
    struct runset other = open_set(1);
    bool changed;

    assert_int_equal(runset_load(&other, &changed), OK);
    assert_int_equal(runset_commit(&set, begin(&set, 1, 3), 10, TAG), OK);
    const rlim_t before = descriptors_allow(0);
    enum err err = runset_load(&other, &changed);
    descriptors_allow(before);
    assert_int_equal(err, ERR_IO);
    assert_int_equal(runset_load(&other, &changed), OK);
    assert_true(changed);
    assert_int_equal(other.position, 10);
    assert_int_equal(count_entries(&other), 3);
    runset_close(&set);
    runset_close(&other);
}

RUN(IN_PLACE(a_loaded_set_is_the_one_committed),
    IN_PLACE(many_runs_become_few_and_lose_nothing),
    IN_PLACE(a_merge_takes_all_that_are_no_greater_than_it_comes_to),
    IN_PLACE(a_death_before_the_note_changes_nothing),
    IN_PLACE(a_missing_file_is_noticed),
    IN_PLACE(a_process_without_descriptors_finds_no_damage))
