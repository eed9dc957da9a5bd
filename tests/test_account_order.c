/*
 * test_account_order.c - what has changed in a table comes in the order of the
 * bytes of its keys, however many there are in a partition
 */
#include "core/account_order.h"

#include <stdio.h>

#include "tests/unit.h"

enum { ACCOUNTS = 40000 };

/* Members near and far, bearers that begin alike. */
static runs_key
odd_key(uint32_t i, char code[static LIMIT_CODE_SIZE + 1])
{
    account_id account = { .member = i % 3 == 0 ? i + 1 : LIMIT_MEMBER - i };

    if (i % 3 == 2) {
        snprintf(code, LIMIT_CODE_SIZE + 1, "loyalty-card-%u", i);
        account = (account_id) { .bearer = view_of(code) };
    }
    if (i % 30 == 29) {
        snprintf(code, LIMIT_CODE_SIZE + 1, "%u", i);
        account = (account_id) { .bearer = view_of(code) };
    }
    return runs_key_of(account);
}

static uint32_t
expect_sorted(const struct account_table *table)
{
    struct account_order order;
    view last = { 0 };

    assert_int_equal(account_order_open(table, &order), OK);
    for (uint32_t i = 0; i < order.count; i++) {
        const struct account_entry *entry = account_order_at(&order, i);
        view key = account_table_key(table, entry);
        assert_true(entry->changed);
        assert_true(view_compare(last, key) < 0);
        last = key;
    }
    uint32_t count = order.count;
    account_order_close(&order);
    return count;
}

TEST(keys_are_sorted_as_their_bytes_are)
{
    struct account_table table = { .seed = 8 };
    char code[LIMIT_CODE_SIZE + 1];

    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        runs_key key = odd_key(i, code);
        assert_int_equal(
            account_table_put(&table, runs_key_view(&key), view_of("x")), OK);
    }
    assert_int_equal(expect_sorted(&table), ACCOUNTS);
    account_table_settle(&table);
    assert_int_equal(expect_sorted(&table), 0);
    for (uint32_t i = 0; i < ACCOUNTS; i += 7) {
        runs_key key = odd_key(i, code);
        assert_int_equal(
            account_table_put(&table, runs_key_view(&key), view_of("y")), OK);
    }
    assert_int_equal(expect_sorted(&table), (ACCOUNTS + 6) / 7);
    account_table_close(&table);
}

RUN(cmocka_unit_test(keys_are_sorted_as_their_bytes_are))
