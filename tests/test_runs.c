/*
 * test_runs.c - a run gives back what was put in, in order, and notices when
 * a byte of it has changed
 */
#include "core/runs_write.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/run_kit.h"
#include "tests/unit.h"

TEST(a_key_names_its_account)
{
    char code[32];
    account_id account;

    for (uint32_t i = 0; i < 100; i++) {
        account_id wanted = run_kit_account(i, code);
        runs_key key = runs_key_of(wanted);
        assert_true(runs_key_account(runs_key_view(&key), &account));
        assert_true(account_equal(account, wanted));
        assert_int_equal(key.bytes[0], runs_partition(wanted));
    }
    assert_false(runs_key_account((view) { 0 }, &account));
    assert_false(
        runs_key_account((view) { (const uint8_t *)"\1\3x", 3 }, &account));
    assert_false(
        runs_key_account((view) { (const uint8_t *)"\1\1x", 3 }, &account));
}

/* Frozen: state, history, totals and threads of every ledger go by it. */
TEST(partitions_never_change)
{
    assert_int_equal(runs_partition((account_id) { .member = 1 }), 152);
    assert_int_equal(runs_partition((account_id) { .member = 42 }), 70);
    assert_int_equal(
        runs_partition((account_id) { .bearer = view_of("COUPON-1") }), 210);
}

TEST(members_come_before_bearers_within_a_partition)
{
    runs_key a = runs_key_of((account_id) { .member = UINT64_C(1) << 40 });
    runs_key b = runs_key_of((account_id) { .bearer = view_of("!") });

    b.bytes[0] = a.bytes[0];
    assert_true(view_compare(runs_key_view(&a), runs_key_view(&b)) < 0);
    runs_key floor = runs_key_floor(a.bytes[0]);
    assert_true(view_compare(runs_key_view(&floor), runs_key_view(&a)) < 0);
    floor = runs_key_floor(LIMIT_PARTITIONS);
    a.bytes[0] = 255;
    assert_true(view_compare(runs_key_view(&floor), runs_key_view(&a)) > 0);
}

TEST(a_run_gives_back_what_was_put_in)
{
    struct runs *runs = run_kit_write(1, 1);
    struct runs_cursor cursor = { .runs = runs };

    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
        run_kit_expect(&cursor, 1, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    assert_int_equal(runs_verify(runs), OK);
    runs_close(runs);
}

TEST(seeking_finds_every_key_and_the_one_after_a_gap)
{
    struct runs *runs = run_kit_write(1, 2);
    struct runs_cursor cursor;

    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++) {
        view key = runs_key_view(&run_kit.keys[i]);
        assert_int_equal(runs_seek(runs, key, &cursor), OK);
        if (i + i % 2 < RUN_KIT_ACCOUNTS)
            run_kit_expect(&cursor, 1, i + i % 2);
        else
            assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    }
    runs_close(runs);
}

/* From key to key, near and far, whichever of them are left out. */
TEST(reaching_on_finds_what_seeking_finds)
{
    struct runs *runs = run_kit_write(1, 2);
    struct runs_cursor sought;

    for (uint32_t step = 1; step < RUN_KIT_ACCOUNTS; step += step / 2 + 1) {
        struct runs_cursor cursor = { .runs = runs };
        for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i += step) {
            view key = runs_key_view(&run_kit.keys[i]);
            assert_int_equal(runs_seek(runs, key, &sought), OK);
            enum err err = runs_next(&sought);
            for (uint32_t k = 0; k < 2; k++) /* it stays there */
                assert_int_equal(runs_reach(&cursor, key), err);
            assert_true(err != OK || cursor.blob.bytes == sought.blob.bytes);
        }
    }
    runs_close(runs);
}

TEST(an_empty_run_is_a_run)
{
    struct runs *runs;
    struct runs_writer *writer;
    struct runs_cursor cursor;
    uint64_t check;

    assert_int_equal(runs_create(run_kit.place.path, RUNS_STATE, 7, &writer),
                     OK);
    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(runs_open(run_kit.place.path, RUNS_STATE, 7, check, &runs),
                     OK);
    assert_int_equal(runs_seek(runs, runs_key_view(&run_kit.keys[0]), &cursor),
                     OK);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    runs_close(runs);
    assert_int_equal(
        runs_open(run_kit.place.path, RUNS_HISTORY, 7, check, &runs),
        ERR_CORRUPT);
    assert_int_equal(
        runs_open(run_kit.place.path, RUNS_STATE, 7, check + 1, &runs),
        ERR_CORRUPT);
    assert_int_equal(runs_open(run_kit.place.path, RUNS_STATE, 8, check, &runs),
                     ERR_CORRUPT);
}

/* Whichever byte rots, opening or reading through says so. */
TEST(every_changed_byte_is_noticed)
{
    struct runs *runs = run_kit_write(3, 50);
    uint64_t check = runs_check(runs);
    uint64_t size = runs_size(runs);
    char path[512];

    runs_close(runs);
    snprintf(path, sizeof path, "%s/%016x.run", run_kit.place.path, 3);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    for (uint64_t at = 0; at<size; at += at> 64 && at + 200 < size ? 37 : 1) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
        uint8_t changed = byte ^ 0x10;
        assert_int_equal(pwrite(file, &changed, 1, (off_t)at), 1);
        enum err err =
            runs_open(run_kit.place.path, RUNS_HISTORY, 3, check, &runs);
        if (err == OK) {
            err = runs_verify(runs);
            runs_close(runs);
        }
        assert_int_equal(err, ERR_CORRUPT);
        assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    }
    assert_int_equal(ftruncate(file, (off_t)size - 1), 0);
    assert_int_equal(
        runs_open(run_kit.place.path, RUNS_HISTORY, 3, check, &runs),
        ERR_CORRUPT);
    close(file);
}

/* The first blob of key i has been found, or damage has. */
static void
expect_found(enum err err, const struct runs_cursor *cursor, uint32_t number,
             uint32_t i)
{
    char bytes[256];

    if (err == ERR_CORRUPT)
        return;
    assert_int_equal(err, OK);
    assert_true(view_equal(cursor->key, runs_key_view(&run_kit.keys[i])));
    assert_true(view_equal(cursor->blob, run_kit_blob(number, i, 0, bytes)));
}

/* Seeks each key, and reaches for it, as of a run with every tenth. */
static void
seek_all(const struct runs *runs, uint32_t number)
{
    struct runs_cursor cursor;

    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i += 10) {
        view key = runs_key_view(&run_kit.keys[i]);
        enum err err = runs_seek(runs, key, &cursor);
        expect_found(err == OK ? runs_next(&cursor) : err, &cursor, number, i);
        cursor = (struct runs_cursor) { .runs = runs };
        err = runs_reach(&cursor, key);
        expect_found(err, &cursor, number, i);
    }
}

/* A file that was sound when it was opened is not believed for ever. */
TEST(what_rots_while_it_is_open_misleads_nobody)
{
    struct runs *runs = run_kit_write(3, 10);
    uint64_t size = runs_size(runs);
    char path[512];

    snprintf(path, sizeof path, "%s/%016x.run", run_kit.place.path, 3);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    /* The index above all, which stands at the end. */
    for (uint64_t at = 32; at + 48 < size; at += at + 900 < size ? 211 : 1) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
        uint8_t changed = byte ^ (uint8_t)(1 << at % 8);
        assert_int_equal(pwrite(file, &changed, 1, (off_t)at), 1);
        seek_all(runs, 3);
        assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    }
    close(file);
    runs_close(runs);
}

#define IN_DIR(test)                                                           \
    cmocka_unit_test_setup_teardown(test, run_kit_open, run_kit_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_names_its_account),
        cmocka_unit_test(partitions_never_change),
        cmocka_unit_test(members_come_before_bearers_within_a_partition),
        IN_DIR(a_run_gives_back_what_was_put_in),
        IN_DIR(seeking_finds_every_key_and_the_one_after_a_gap),
        IN_DIR(reaching_on_finds_what_seeking_finds),
        IN_DIR(an_empty_run_is_a_run),
        IN_DIR(every_changed_byte_is_noticed),
        IN_DIR(what_rots_while_it_is_open_misleads_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
