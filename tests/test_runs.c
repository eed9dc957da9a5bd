/*
 * test_runs.c - a run gives back what was put in, in order, and notices when
 * a byte of it has changed; merging keeps what its rule says
 */
#include "core/runs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/unit.h"

static struct place place;
static const char *const dir = place.path;

static int
make_dir(void **state)
{
    (void)state;
    place = place_make();
    return 0;
}

static int
remove_dir(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static account_id
member(uint64_t number)
{
    return (account_id) { .member = number };
}

/* The account number i of the tests: every seventh is a bearer. */
static account_id
account_of(uint32_t i, char code[static 16])
{
    if (i % 7 != 0)
        return member(1 + i);
    snprintf(code, 16, "B-%05u", i);
    return (account_id) { .bearer = view_of(code) };
}

static int
compare_keys(const void *a, const void *b)
{
    return view_compare(runs_key_view(a), runs_key_view(b));
}

enum { ACCOUNTS = 3000 };
static runs_key keys[ACCOUNTS];

static void
make_keys(void)
{
    char code[16];

    for (uint32_t i = 0; i < ACCOUNTS; i++)
        keys[i] = runs_key_of(account_of(i, code));
    qsort(keys, ACCOUNTS, sizeof *keys, compare_keys);
}

/* Blob k of key i in run r. */
static view
blob_of(uint32_t r, uint32_t i, uint32_t k, char bytes[static 256])
{
    int size = snprintf(bytes, 256, "%u/%u/%u ", r, i, k);
    uint32_t extra = (i * 31 + k * 7) % 120;

    memset(bytes + size, 'x', extra);
    return (view) { (const uint8_t *)bytes, (uint32_t)size + extra };
}

/* A run with the keys i for which i % step == 0, each with 1 + i % 3 blobs. */
static struct runs *
write_run(uint32_t number, uint32_t step)
{
    struct runs_writer *writer;
    struct runs *runs;
    uint64_t check;
    char bytes[256];

    assert_int_equal(runs_create(dir, RUNS_HISTORY, number, &writer), OK);
    for (uint32_t i = 0; i < ACCOUNTS; i += step)
        for (uint32_t k = 0; k <= i % 3; k++)
            runs_add(writer, runs_key_view(&keys[i]),
                     blob_of(number, i, k, bytes));
    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(runs_open(dir, RUNS_HISTORY, number, check, &runs), OK);
    assert_int_equal(runs_number(runs), number);
    assert_int_equal(runs_check(runs), check);
    return runs;
}

static void
expect(struct runs_cursor *cursor, uint32_t run, uint32_t i)
{
    char bytes[256];

    for (uint32_t k = 0; k <= i % 3; k++) {
        assert_int_equal(runs_next(cursor), OK);
        assert_true(view_equal(cursor->key, runs_key_view(&keys[i])));
        assert_true(view_equal(cursor->blob, blob_of(run, i, k, bytes)));
    }
}

TEST(a_key_names_its_account)
{
    char code[16];
    account_id account;

    for (uint32_t i = 0; i < 100; i++) {
        account_id wanted = account_of(i, code);
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
    assert_int_equal(runs_partition(member(1)), 152);
    assert_int_equal(runs_partition(member(42)), 70);
    assert_int_equal(
        runs_partition((account_id) { .bearer = view_of("COUPON-1") }), 210);
}

TEST(members_come_before_bearers_within_a_partition)
{
    runs_key a = runs_key_of(member(UINT64_C(1) << 40));
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
    struct runs *runs = write_run(1, 1);
    struct runs_cursor cursor = { .runs = runs };

    for (uint32_t i = 0; i < ACCOUNTS; i++)
        expect(&cursor, 1, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    assert_int_equal(runs_verify(runs), OK);
    runs_close(runs);
}

TEST(seeking_finds_every_key_and_the_one_after_a_gap)
{
    struct runs *runs = write_run(1, 2);
    struct runs_cursor cursor;

    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        view key = runs_key_view(&keys[i]);
        assert_int_equal(runs_seek(runs, key, &cursor), OK);
        if (i + i % 2 < ACCOUNTS)
            expect(&cursor, 1, i + i % 2);
        else
            assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    }
    runs_close(runs);
}

TEST(an_empty_run_is_a_run)
{
    struct runs *runs;
    struct runs_writer *writer;
    struct runs_cursor cursor;
    uint64_t check;

    assert_int_equal(runs_create(dir, RUNS_STATE, 7, &writer), OK);
    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(runs_open(dir, RUNS_STATE, 7, check, &runs), OK);
    assert_int_equal(runs_seek(runs, runs_key_view(&keys[0]), &cursor), OK);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    assert_int_equal(runs_entry_count(runs), 0);
    runs_close(runs);
    assert_int_equal(runs_open(dir, RUNS_HISTORY, 7, check, &runs),
                     ERR_CORRUPT);
    assert_int_equal(runs_open(dir, RUNS_STATE, 7, check + 1, &runs),
                     ERR_CORRUPT);
    assert_int_equal(runs_open(dir, RUNS_STATE, 8, check, &runs), ERR_CORRUPT);
}

/* Whichever byte rots, opening or reading through says so. */
TEST(every_changed_byte_is_noticed)
{
    struct runs *runs = write_run(3, 50);
    uint64_t check = runs_check(runs);
    uint64_t size = runs_size(runs);
    char path[512];

    runs_close(runs);
    snprintf(path, sizeof path, "%s/%016x.run", dir, 3);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    for (uint64_t at = 0; at<size; at += at> 64 && at + 200 < size ? 37 : 1) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
        uint8_t changed = byte ^ 0x10;
        assert_int_equal(pwrite(file, &changed, 1, (off_t)at), 1);
        enum err err = runs_open(dir, RUNS_HISTORY, 3, check, &runs);
        if (err == OK) {
            err = runs_verify(runs);
            runs_close(runs);
        }
        assert_int_equal(err, ERR_CORRUPT);
        assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    }
    assert_int_equal(ftruncate(file, (off_t)size - 1), 0);
    assert_int_equal(runs_open(dir, RUNS_HISTORY, 3, check, &runs),
                     ERR_CORRUPT);
    close(file);
}

/* Seeks each key, as of a run with every tenth: it is found, or damage is. */
static void
seek_all(const struct runs *runs, uint32_t number)
{
    struct runs_cursor cursor;
    char bytes[256];

    for (uint32_t i = 0; i < ACCOUNTS; i += 10) {
        enum err err = runs_seek(runs, runs_key_view(&keys[i]), &cursor);
        if (err == OK)
            err = runs_next(&cursor);
        if (err == ERR_CORRUPT)
            continue;
        assert_int_equal(err, OK);
        assert_true(view_equal(cursor.key, runs_key_view(&keys[i])));
        assert_true(view_equal(cursor.blob, blob_of(number, i, 0, bytes)));
    }
}

/* A file that was sound when it was opened is not believed for ever. */
TEST(what_rots_while_it_is_open_misleads_nobody)
{
    struct runs *runs = write_run(3, 10);
    uint64_t size = runs_size(runs);
    char path[512];

    snprintf(path, sizeof path, "%s/%016x.run", dir, 3);
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

TEST(merging_concatenates_or_keeps_the_newest)
{
    const uint32_t steps[] = { 1, 2, 3 };
    struct runs *runs[3];
    struct runs *merged[2];
    struct runs_cursor cursor;

    for (uint32_t r = 0; r < 3; r++)
        runs[r] = write_run(10 + r, steps[r]);
    for (uint32_t rule = 0; rule < 2; rule++) {
        struct runs_writer *writer;
        uint64_t check;
        assert_int_equal(runs_create(dir, RUNS_HISTORY, 20 + rule, &writer),
                         OK);
        assert_int_equal(runs_merge((const struct runs *const *)runs, 3,
                                    (enum runs_rule)rule, NULL, writer),
                         OK);
        assert_int_equal(runs_publish(writer, &check), OK);
        assert_int_equal(
            runs_open(dir, RUNS_HISTORY, 20 + rule, check, &merged[rule]), OK);
    }
    cursor = (struct runs_cursor) { .runs = merged[RUNS_CONCATENATE] };
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        for (uint32_t r = 0; r < 3; r++)
            if (i % steps[r] == 0)
                expect(&cursor, 10 + r, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    cursor = (struct runs_cursor) { .runs = merged[RUNS_NEWEST] };
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        expect(&cursor, i % 3 == 0 ? 12 : i % 2 == 0 ? 11 : 10, i);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    for (uint32_t r = 0; r < 3; r++)
        runs_close(runs[r]);
    runs_close(merged[0]);
    runs_close(merged[1]);
}

/* A writer that is killed leaves a file that nobody takes for a run. */
TEST(an_unpublished_run_does_not_exist)
{
    struct runs_writer *writer;
    struct runs *runs;
    const uint64_t live = 1;

    runs_close(write_run(1, 9));
    assert_int_equal(runs_create(dir, RUNS_HISTORY, 2, &writer), OK);
    runs_add(writer, runs_key_view(&keys[0]), view_of("x"));
    assert_int_equal(runs_open(dir, RUNS_HISTORY, 2, 0, &runs), ERR_CORRUPT);
    runs_clean(dir, &live, 1);
    char path[512];
    snprintf(path, sizeof path, "%s/%016x.tmp", dir, 2);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/%016x.run", dir, 1);
    assert_int_equal(access(path, F_OK), 0);
    runs_abandon(writer);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_names_its_account),
        cmocka_unit_test(partitions_never_change),
        cmocka_unit_test(members_come_before_bearers_within_a_partition),
        IN_DIR(a_run_gives_back_what_was_put_in),
        IN_DIR(seeking_finds_every_key_and_the_one_after_a_gap),
        IN_DIR(an_empty_run_is_a_run),
        IN_DIR(every_changed_byte_is_noticed),
        IN_DIR(what_rots_while_it_is_open_misleads_nobody),
        IN_DIR(merging_concatenates_or_keeps_the_newest),
        IN_DIR(an_unpublished_run_does_not_exist),
    };

    make_keys();
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
