/*
 * test_tail.c - the tail gives back each account's items in their order, and
 * its accounts in the order of their keys
 */
#include "core/tail.h"

#include <stdlib.h>

#include "tests/unit.h"

enum { ACCOUNTS = 700, ROUNDS = 5 };

static void
fill(struct tail *tail)
{
    for (uint64_t round = 0; round < ROUNDS; round++)
        for (uint64_t i = 1; i <= ACCOUNTS; i++) {
            const struct item item = {
                .kind = ITEM_EVENT,
                .position = round * ACCOUNTS + i,
                .core = { (const uint8_t *)"core and more", (uint32_t)i % 13 },
            };
            runs_key key = runs_key_of((account_id) { .member = i });
            assert_int_equal(tail_add(tail, runs_key_view(&key), &item), OK);
        }
}

TEST(items_come_back_in_order)
{
    struct tail tail = { .accounts.seed = 5 };

    fill(&tail);
    assert_int_equal(tail.item_count, ACCOUNTS * ROUNDS);
    for (uint64_t i = 1; i <= ACCOUNTS; i++) {
        runs_key key = runs_key_of((account_id) { .member = i });
        uint64_t round = 0;
        for (int32_t at = tail_find(&tail, runs_key_view(&key));
             at != TAIL_NONE; at = tail.items[at].next, round++) {
            struct item item;
            assert_int_equal(item_decode(tail_bytes(&tail, at), &item), OK);
            assert_int_equal(item.position, round * ACCOUNTS + i);
            assert_int_equal(item.core.size, i % 13);
        }
        assert_int_equal(round, ROUNDS);
    }
    runs_key key = runs_key_of((account_id) { .member = ACCOUNTS + 1 });
    assert_int_equal(tail_find(&tail, runs_key_view(&key)), TAIL_NONE);
    tail_close(&tail);
    assert_int_equal(tail_find(&tail, runs_key_view(&key)), TAIL_NONE);
}

TEST(accounts_are_sorted_whole_and_by_partition)
{
    const struct account_entry **sorted;
    struct tail tail = { .accounts.seed = 77 };
    uint32_t count, sum = 0;

    fill(&tail);
    assert_int_equal(tail_sort(&tail, LIMIT_PARTITIONS, &sorted, &count), OK);
    assert_int_equal(count, ACCOUNTS);
    for (uint32_t i = 1; i < count; i++)
        assert_true(view_compare(tail_key(&tail, sorted[i - 1]),
                                 tail_key(&tail, sorted[i])) < 0);
    free(sorted);
    for (uint32_t p = 0; p < LIMIT_PARTITIONS; p++) {
        assert_int_equal(tail_sort(&tail, p, &sorted, &count), OK);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(tail_key(&tail, sorted[i]).bytes[0], p);
        sum += count;
        free(sorted);
    }
    assert_int_equal(sum, ACCOUNTS);
    tail_close(&tail);
}

RUN(cmocka_unit_test(items_come_back_in_order),
    cmocka_unit_test(accounts_are_sorted_whole_and_by_partition))
