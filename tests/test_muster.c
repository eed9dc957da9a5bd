/*
 * test_muster.c - accounts stand in the order of keys, each with the places of
 * its rows as they came
 */
#include "core/muster.h"
#include "core/runs.h"
#include "tests/gen.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 30000, CODES = 300, FIRST_PLACE = 77 };

static char codes[CODES][16];
static account_id accounts[ROWS];

static account_id
random_account(struct gen *gen)
{
    static const uint32_t SHIFTS[] = { 0, 0, 12, 22, 43 };
    uint32_t code = gen_below(gen, CODES);

    if (gen_chance(gen, 10))
        return (account_id) { .bearer = view_of(codes[code]) };
    return (account_id) { .member =
                              (uint64_t)(1 + gen_below(gen, 1000))
                              << SHIFTS[gen_below(gen, COUNT_OF(SHIFTS))] };
}

static int
compare(const void *a, const void *b)
{
    const account_id *x = a, *y = b;

    return account_compare(*x, *y);
}

/* Each account with as many rows as it has, in order. */
static void
check(const struct muster *muster, uint32_t count)
{
    account_id *sorted = malloc(count * sizeof *sorted);
    uint32_t row = 0;

    assert_non_null(sorted);
    memcpy(sorted, accounts, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    for (uint32_t i = 0; i < muster->account_count; i++) {
        const struct muster_account *account = muster_at(muster, i);
        assert_true(account->rows > 0);
        for (uint32_t k = 0; k < account->rows; k++, row++) {
            uint32_t place = muster->places[row];
            assert_in_range(place, FIRST_PLACE, FIRST_PLACE + count - 1);
            assert_true(k == 0 || place > muster->places[row - 1]);
            assert_true(account_equal(sorted[row], account->account));
            assert_true(
                account_equal(accounts[place - FIRST_PLACE], sorted[row]));
        }
    }
    assert_int_equal(row, count);
    free(sorted);
}

TEST(accounts_are_counted_and_put_in_order)
{
    static const uint32_t COUNTS[] = { 10, ROWS, 1, 500, 0, 9000 };
    struct gen gen = { .state = 7 };
    struct muster muster = { .seed = UINT64_C(0x9e3779b97f4a7c15) };

    for (uint32_t i = 0; i < CODES; i++)
        snprintf(codes[i], sizeof codes[i], "B%u", i * 37 % 100);
    for (uint32_t k = 0; k < COUNT_OF(COUNTS); k++) {
        assert_true(muster_begin(&muster, COUNTS[k]));
        for (uint32_t i = 0; i < COUNTS[k]; i++) {
            accounts[i] = random_account(&gen);
            assert_true(muster_add(&muster, &accounts[i], FIRST_PLACE + i));
        }
        assert_true(muster_sort(&muster));
        if (COUNTS[k] > 0)
            check(&muster, COUNTS[k]);
        else
            assert_int_equal(muster.account_count, 0);
    }
    muster_close(&muster);
}

RUN(cmocka_unit_test(accounts_are_counted_and_put_in_order))
