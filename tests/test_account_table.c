/*
 * test_account_table.c - the table keeps the blob put last under each key, and
 * knows what has changed
 */
#include "core/account_table.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit.h"

enum { ACCOUNTS = 300 };

static view
blob_of(uint32_t i, uint32_t round, char text[static 128])
{
    int size = snprintf(text, 128, "%u/%u", i, round);
    uint32_t extra = (i * 7 + round * 31) % 90;

    memset(text + size, '.', extra);
    return (view) { (const uint8_t *)text, (uint32_t)size + extra };
}

TEST(the_last_blob_of_a_key_is_kept)
{
    struct account_table table = { .seed = 3 };
    char text[128];
    view blob;

    for (uint32_t round = 0; round < 6; round++)
        for (uint32_t i = 1; i <= ACCOUNTS; i++) {
            runs_key key = runs_key_of((account_id) { .member = i });
            assert_int_equal(account_table_put(&table, runs_key_view(&key),
                                               blob_of(i, round, text)),
                             OK);
        }
    assert_int_equal(table.count, ACCOUNTS);
    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        assert_true(account_table_get(&table, runs_key_view(&key), &blob));
        assert_true(view_equal(blob, blob_of(i, 5, text)));
    }
    assert_int_equal(table.changed_count, ACCOUNTS);
    runs_key key = runs_key_of((account_id) { .member = ACCOUNTS + 1 });
    assert_false(account_table_get(&table, runs_key_view(&key), &blob));
    assert_int_equal(
        account_table_put(&table, runs_key_view(&key), (view) { 0 }), OK);
    assert_true(account_table_get(&table, runs_key_view(&key), &blob));
    assert_int_equal(blob.size, 0);
    account_table_close(&table);
    assert_false(account_table_get(&table, runs_key_view(&key), &blob));
}

/* What a purchase adds to a state is a small part of it.  A new one takes no
 * more than it needs. */
TEST(what_grows_a_little_stays_where_it_is)
{
    enum { UNIT = 16 };
    static const uint8_t text[512];
    struct account_table table = { .seed = 6 };

    for (uint32_t size = 40; size <= sizeof text / 2; size += 27) {
        runs_key key = runs_key_of((account_id) { .member = size });
        view blob = { text, size };
        const uint64_t before = table.size;
        assert_int_equal(account_table_put(&table, runs_key_view(&key), blob),
                         OK);
        assert_true(table.size - before < key.size + size + UNIT);
        blob.size += UNIT;
        assert_int_equal(account_table_put(&table, runs_key_view(&key), blob),
                         OK);
        uint64_t taken = table.size;
        blob.size += size / 8;
        assert_int_equal(account_table_put(&table, runs_key_view(&key), blob),
                         OK);
        assert_int_equal(table.size, taken);
    }
    account_table_close(&table);
}

TEST(what_was_loaded_has_not_changed)
{
    struct account_table table = { .seed = 4 };
    char text[128];

    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        assert_int_equal(account_table_load(&table, runs_key_view(&key),
                                            blob_of(i, 0, text)),
                         OK);
    }
    assert_int_equal(table.changed_count, 0);
    for (uint32_t i = 1; i <= 9; i++) {
        runs_key key = runs_key_of((account_id) { .member = i % 5 + 1 });
        assert_int_equal(
            account_table_put(&table, runs_key_view(&key), blob_of(i, 1, text)),
            OK);
    }
    assert_int_equal(table.changed_count, 5);
    account_table_settle(&table);
    assert_int_equal(table.changed_count, 0);
    assert_int_equal(table.count, ACCOUNTS);
    account_table_close(&table);
}

/* Who has found an entry puts more there, or less, though the list of what has
 * changed and the bytes grow under it. */
TEST(an_entry_that_was_found_is_set)
{
    struct account_table table = { .seed = 7 };
    char text[128];

    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        assert_int_equal(account_table_load(&table, runs_key_view(&key),
                                            blob_of(i, 1, text)),
                         OK);
    }
    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        view bytes = runs_key_view(&key);
        uint64_t hash = account_table_hash(&table, bytes);
        struct account_entry *entry = account_table_find(&table, hash, bytes);
        assert_non_null(entry);
        view blob = { (const uint8_t *)"0123456789abcdefghijklmnopqrst",
                      i % 31 };
        assert_int_equal(
            account_table_set(&table, entry, view_of("head"), blob), OK);
        assert_true(view_equal(account_table_key(&table, entry), bytes));
        assert_int_equal(account_table_blob(&table, entry).size, 4 + i % 31);
        assert_memory_equal(account_table_blob(&table, entry).bytes, "head", 4);
    }
    assert_int_equal(table.changed_count, ACCOUNTS);
    runs_key other = runs_key_of((account_id) { .member = ACCOUNTS + 1 });
    assert_null(account_table_find(
        &table, account_table_hash(&table, runs_key_view(&other)),
        runs_key_view(&other)));
    account_table_close(&table);
}

/* Each leaves rooms of a size that nobody wants any more. */
TEST(what_grows_together_leaves_no_more_than_it_takes)
{
    static uint8_t bytes[1000];
    struct account_table table = { .seed = 8 };
    view blob;

    for (uint32_t size = 40; size <= sizeof bytes; size += 8) {
        for (uint32_t i = 1; i <= ACCOUNTS; i++) {
            runs_key key = runs_key_of((account_id) { .member = i });
            memset(bytes, (int)(i + size), size);
            assert_int_equal(account_table_put(&table, runs_key_view(&key),
                                               (view) { bytes, size }),
                             OK);
        }
        assert_true(table.size <= UINT64_C(4) * ACCOUNTS * (size + 16));
    }
    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        memset(bytes, (int)(i + sizeof bytes), sizeof bytes);
        assert_true(account_table_get(&table, runs_key_view(&key), &blob));
        assert_true(view_equal(blob, (view) { bytes, sizeof bytes }));
    }
    account_table_close(&table);
}

TEST(rooms_are_used_again)
{
    struct account_table table = { .seed = 6 };
    static const uint8_t bytes[3000];
    uint64_t memory = 0;

    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 1; i <= ACCOUNTS; i++) {
            runs_key key = runs_key_of((account_id) { .member = i });
            uint32_t size = 20 + (i + round) % 7 * 400;
            account_table_prefetch(
                &table, account_table_hash(&table, runs_key_view(&key)),
                (enum account_table_step)(round % ACCOUNT_TABLE_STEPS));
            assert_int_equal(account_table_put(&table, runs_key_view(&key),
                                               (view) { bytes, size }),
                             OK);
        }
        if (round == 7)
            memory = account_table_memory(&table);
    }
    assert_int_equal(account_table_memory(&table), memory);
    account_table_close(&table);
}

RUN(cmocka_unit_test(the_last_blob_of_a_key_is_kept),
    cmocka_unit_test(what_grows_a_little_stays_where_it_is),
    cmocka_unit_test(what_was_loaded_has_not_changed),
    cmocka_unit_test(an_entry_that_was_found_is_set),
    cmocka_unit_test(what_grows_together_leaves_no_more_than_it_takes),
    cmocka_unit_test(rooms_are_used_again))
