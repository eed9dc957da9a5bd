/*
 * test_account_table.c - the table keeps the blob put last under each key
 */
#include "core/account_table.h"

#include <stdio.h>
#include <stdlib.h>
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
    const struct account_entry **sorted;
    char text[128];
    uint32_t count;
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
    assert_int_equal(
        account_table_sort(&table, LIMIT_PARTITIONS, &sorted, &count), OK);
    assert_int_equal(count, ACCOUNTS);
    assert_int_equal(table.changed_count, ACCOUNTS);
    for (uint32_t i = 1; i < table.count; i++)
        assert_true(view_compare(account_table_key(&table, sorted[i - 1]),
                                 account_table_key(&table, sorted[i])) < 0);
    free(sorted);
    runs_key key = runs_key_of((account_id) { .member = ACCOUNTS + 1 });
    assert_false(account_table_get(&table, runs_key_view(&key), &blob));
    assert_int_equal(
        account_table_put(&table, runs_key_view(&key), (view) { 0 }), OK);
    assert_true(account_table_get(&table, runs_key_view(&key), &blob));
    assert_int_equal(blob.size, 0);
    account_table_close(&table);
    assert_false(account_table_get(&table, runs_key_view(&key), &blob));
}

RUN(cmocka_unit_test(the_last_blob_of_a_key_is_kept))
