/*
 * test_account.c - the state's own lists: consents, months, stamps, counts
 */
#include "core/account.h"

#include "tests/unit.h"

TEST(of_two_consents_at_one_instant_the_withdrawal_holds)
{
    struct arena arena;
    struct account account;

    assert_true(arena_open(&arena, 1 << 20));
    account_open(&account, (account_id) { .member = 1 }, &arena);
    account_consent(&account, view_of("sms"), true, 10);
    account_consent(&account, view_of("email"), false, 10);
    assert_int_equal(account.granted.count, 1);
    account_consent(&account, view_of("sms"), false, 10);
    account_consent(&account, view_of("sms"), true, 10);
    assert_int_equal(account.granted.count, 0);
    account_consent(&account, view_of("sms"), true, 11);
    assert_int_equal(account.granted.count, 1);
    assert_int_equal(account.consents.count, 2);
    assert_true(
        view_equal(account.consents.items[0].channel, view_of("email")));
    arena_close(&arena);
}

/* Stores of a month apart, months in order whatever order they come in. */
TEST(months_add_up_over_stores_and_windows)
{
    struct arena arena;
    struct account account;

    assert_true(arena_open(&arena, 1 << 20));
    account_open(&account, (account_id) { .member = 1 }, &arena);
    account_add_spend(&account, 105, 10, (money) { 100 });
    account_add_spend(&account, 107, 30, (money) { 1 });
    account_add_spend(&account, 105, 30, (money) { 20 });
    account_add_spend(&account, 105, 10, (money) { -40 });
    account_add_spend(&account, 104, 10, (money) { 1000 });
    assert_int_equal(account.months.count, 4);
    assert_int_equal(account.months.items[0].month, 104);
    assert_int_equal(account.months.items[1].spend.minor, 60);
    assert_int_equal(account_spend(&account, 105, 105).minor, 80);
    assert_int_equal(account_spend(&account, 104, 106).minor, 1080);
    assert_int_equal(account_spend(&account, 106, 106).minor, 0);
    assert_int_equal(account.spend.minor, 1081);
    arena_close(&arena);
}

/* Clocks may go back over midnight: a period that has begun goes on. */
TEST(a_later_period_counts_from_0)
{
    struct arena arena;
    struct account account;

    assert_true(arena_open(&arena, 1 << 20));
    account_open(&account, (account_id) { .member = 1 }, &arena);
    account_count(&account, 5, LIMIT_PER_DAY, 100);
    account_count(&account, 3, LIMIT_PER_DAY, 100);
    account_count(&account, 5, LIMIT_PER_WEEK, 14);
    account_count(&account, 5, LIMIT_PER_DAY, 100);
    const struct earn_counts counts = { account.counts.items,
                                        account.counts.count };
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_DAY, 100), 2);
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_WEEK, 14), 1);
    account_count(&account, 5, LIMIT_PER_DAY, 101);
    assert_int_equal(account.counts.count, 3);
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_DAY, 101), 1);
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_DAY, 102), 0);
    account_count(&account, 5, LIMIT_PER_DAY, 100);
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_DAY, 100), 2);
    assert_int_equal(earn_count_of(&counts, 5, LIMIT_PER_DAY, 101), 2);
    arena_close(&arena);
}

RUN(cmocka_unit_test(of_two_consents_at_one_instant_the_withdrawal_holds),
    cmocka_unit_test(months_add_up_over_stores_and_windows),
    cmocka_unit_test(a_later_period_counts_from_0))
