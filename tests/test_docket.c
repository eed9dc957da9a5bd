/*
 * test_docket.c - a docket holds the whole row and says whose it is; a list of
 * them is sorted by account, those of one as they came
 */
#include "core/docket.h"

#include <stdlib.h>

#include "tests/unit.h"

TEST(a_docket_is_the_whole_row)
{
    const struct chapter_row row = {
        .key = CHAPTER_LINES,
        .position = 8,
        .identity = { 1, 2, 3 },
        .recorded_ms = -4,
        .amount = 5,
        .goods = 2,
        .tag = CHAPTER_TAG_MORE,
        .lines = (const uint8_t *)"line of 12 .line of 12 ,",
        .skus = view_of("skus"),
        .codes = view_of("codes"),
    };
    const account_id account = { .bearer = view_of("bearer") };
    uint32_t size = docket_size(account, &row);
    struct docket *docket = malloc(size);
    struct chapter_row back;

    assert_non_null(docket);
    docket_write(account, &row, docket);
    assert_int_equal(docket->size, size);
    assert_true(account_equal(docket_account(docket), account));
    docket_row(docket, &back);
    assert_true(identity_equal(back.identity, row.identity));
    assert_int_equal(back.key, row.key);
    assert_int_equal(back.position, 8);
    assert_int_equal(back.recorded_ms, -4);
    assert_int_equal(back.amount, 5);
    assert_int_equal(back.goods, 2);
    assert_int_equal(back.tag, CHAPTER_TAG_MORE);
    assert_false(back.item);
    assert_memory_equal(back.lines, row.lines, 24);
    assert_true(view_equal(back.skus, row.skus));
    assert_true(view_equal(back.codes, row.codes));
    free(docket);
}

TEST(an_item_stays_one)
{
    const struct chapter_row row = { .item = true,
                                     .position = 9,
                                     .codes = view_of("an item") };
    struct docket room[2];
    struct chapter_row back;

    docket_write((account_id) { .member = 42 }, &row, room);
    docket_row(room, &back);
    assert_true(back.item);
    assert_int_equal(back.position, 9);
    assert_int_equal(docket_account(room).member, 42);
    assert_true(view_equal(back.codes, row.codes));
}

/* More than are sorted by inserting, in an order of their own. */
TEST(a_long_list_is_sorted)
{
    enum { COUNT = 5000 };
    static struct docket dockets[COUNT];
    struct docket_list list = { 0 };

    assert_int_equal(docket_list_open(&list, COUNT), OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        dockets[i] = (struct docket) {
            .member = 1 + (uint64_t)i * 7919 % 1000 * 0x100000001,
            .position = i,
            .size = sizeof dockets[0],
        };
        docket_list_add(&list, dockets[i].member, &dockets[i]);
    }
    docket_list_sort(&list);
    for (uint32_t i = 1; i < COUNT; i++) {
        const struct docket *a = list.items[i - 1].docket,
                            *b = list.items[i].docket;
        assert_true(a->member < b->member ||
                    (a->member == b->member && a->position < b->position));
    }
    docket_list_close(&list);
}

RUN(cmocka_unit_test(a_docket_is_the_whole_row),
    cmocka_unit_test(an_item_stays_one),
    cmocka_unit_test(a_long_list_is_sorted))
