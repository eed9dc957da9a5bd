/*
 * test_tail.c - the tail gives back each account's rows in their order, and its
 * accounts in the order of their keys
 */
#include "core/tail.h"

#include <stdio.h>

#include "core/runs.h"
#include "tests/unit.h"

enum { ACCOUNTS = 700, ROUNDS = 5, CODES = 50 };

static char codes[CODES][8];

/* Members, and a few bearers. */
static account_id
account_of(uint64_t i)
{
    if (i > CODES)
        return (account_id) { .member = i };
    snprintf(codes[i - 1], sizeof codes[0], "c%llu", (unsigned long long)i);
    return (account_id) { .bearer = view_of(codes[i - 1]) };
}

static void
fill(struct tail *tail)
{
    static const uint8_t lines[3 * 12] = "twelve bytes";

    for (uint64_t round = 0; round < ROUNDS; round++)
        for (uint64_t i = 1; i <= ACCOUNTS; i++) {
            const struct chapter_row row = {
                .key = i % 2 == 0 ? CHAPTER_LINES : CHAPTER_PURCHASE,
                .position = round * ACCOUNTS + i,
                .identity = { i, round, 7 },
                .recorded_ms = -(int64_t)i,
                .amount = (uint32_t)i,
                .goods = i % 2 == 0 ? 3 : 0,
                .tag = CHAPTER_TAG_MORE,
                .item = i % 5 == 0 && i % 2 != 0,
                .lines = i % 2 == 0 ? lines : NULL,
                .skus = { (const uint8_t *)"skus", i % 2 == 0 ? 4 : 0 },
                .codes = { (const uint8_t *)"code and more", (uint32_t)i % 13 },
            };
            assert_int_equal(tail_add(tail, account_of(i), &row), OK);
        }
}

static void
check_row(const struct docket *docket, uint64_t i, uint64_t round)
{
    struct chapter_row row;

    docket_row(docket, &row);
    assert_int_equal(row.position, round * ACCOUNTS + i);
    assert_true(identity_equal(row.identity, (identity) { i, round, 7 }));
    assert_int_equal(row.recorded_ms, -(int64_t)i);
    assert_int_equal(row.amount, i);
    assert_int_equal(row.item, i % 5 == 0 && i % 2 != 0);
    assert_int_equal(row.tag, row.item ? 0 : CHAPTER_TAG_MORE);
    assert_int_equal(row.goods, i % 2 == 0 ? 3 : 0);
    assert_int_equal(row.lines != NULL, i % 2 == 0);
    if (i % 2 == 0)
        assert_memory_equal(row.lines, "twelve bytes", 12);
    assert_int_equal(row.skus.size, i % 2 == 0 ? 4 : 0);
    assert_int_equal(row.codes.size, i % 13);
    assert_memory_equal(row.codes.bytes, "code and more", i % 13);
}

TEST(rows_come_back_in_order)
{
    static struct tail tail = { .seed = 5 };
    struct tail_cursor cursor;
    const struct docket *docket;

    for (uint32_t again = 0; again < 2; again++) {
        fill(&tail);
        assert_int_equal(tail.item_count, ACCOUNTS * ROUNDS);
        for (uint64_t i = 1; i <= ACCOUNTS; i++) {
            uint64_t round = 0;
            tail_seek(&tail, account_of(i), &cursor);
            for (; (docket = tail_next(&cursor)) != NULL; round++)
                check_row(docket, i, round);
            assert_int_equal(round, ROUNDS);
        }
        tail_seek(&tail, (account_id) { .member = ACCOUNTS + 1 }, &cursor);
        assert_null(tail_next(&cursor));
        tail_clear(&tail);
        tail_seek(&tail, account_of(60), &cursor);
        assert_null(tail_next(&cursor));
    }
    tail_close(&tail);
}

TEST(what_was_added_last_can_be_taken_back)
{
    static struct tail tail = { .seed = 9 };
    struct tail_cursor cursor;
    const struct docket *docket;

    fill(&tail);
    uint64_t size = tail.size;
    fill(&tail);
    tail_cut(&tail, size);
    assert_int_equal(tail.item_count, ACCOUNTS * ROUNDS);
    assert_int_equal(tail.size, size);
    for (uint64_t i = 1; i <= ACCOUNTS; i++) {
        uint64_t round = 0;
        tail_seek(&tail, account_of(i), &cursor);
        for (; (docket = tail_next(&cursor)) != NULL; round++)
            check_row(docket, i, round);
        assert_int_equal(round, ROUNDS);
    }
    tail_close(&tail);
}

TEST(accounts_are_sorted_in_each_partition)
{
    static struct tail tail = { .seed = 77 };
    const struct tail *tails[] = { &tail };
    uint32_t sum = 0;

    fill(&tail);
    for (uint32_t p = 0; p < LIMIT_PARTITIONS; p++) {
        struct docket_list list;
        uint32_t end;
        runs_key last = runs_key_floor(p);
        assert_int_equal(tail_sort(tails, 1, p, &list), OK);
        for (uint32_t at = 0; at < list.count; at = end, sum++) {
            runs_key key = runs_key_of(docket_account(list.items[at].docket));
            end = docket_list_next(&list, at);
            assert_int_equal(end - at, ROUNDS);
            assert_int_equal(key.bytes[0], p);
            assert_true(
                view_compare(runs_key_view(&last), runs_key_view(&key)) < 0);
            for (uint32_t i = at + 1; i < end; i++)
                assert_true(list.items[i - 1].docket->position <
                            list.items[i].docket->position);
            last = key;
        }
        docket_list_close(&list);
    }
    assert_int_equal(sum, ACCOUNTS);
    tail_close(&tail);
}

RUN(cmocka_unit_test(rows_come_back_in_order),
    cmocka_unit_test(what_was_added_last_can_be_taken_back),
    cmocka_unit_test(accounts_are_sorted_in_each_partition))
