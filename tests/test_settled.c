/*
 * test_settled.c - what has been settled: sums by period and partner, in
 * whatever order they come
 */
#include "tests/unit.h"

#include "core/limits.h"
#include "core/settled.h"

static struct arena arena;

static struct settled
one(int32_t period, const char *partner, int64_t cents)
{
    return (struct settled) {
        period, view_of(partner), { cents }, { 2 * cents }, { -cents }
    };
}

static void
check(const struct settled_list *list, int32_t period, const char *partner,
      int64_t cents)
{
    struct settled found = settled_find(list, period, view_of(partner));

    assert_int_equal(found.period, period);
    assert_true(view_equal(found.partner, view_of(partner)));
    assert_int_equal(found.issue_cost.minor, cents);
    assert_int_equal(found.redeem_credit.minor, 2 * cents);
    assert_int_equal(found.voucher_credit.minor, -cents);
}

TEST(a_month_of_a_partner_is_one_sum)
{
    const struct settled added[] = { one(5, "market", 100), one(4, "cafe", 7),
                                     one(5, "cafe", 30),    one(4, "market", 1),
                                     one(5, "market", -40), one(4, "cafe", 3) };
    struct settled_list list = { 0 };

    for (uint32_t i = 0; i < COUNT_OF(added); i++)
        assert_true(settled_add(&list, &added[i], &arena));
    assert_int_equal(list.count, 4);
    check(&list, 4, "cafe", 10);
    check(&list, 4, "market", 1);
    check(&list, 5, "cafe", 30);
    check(&list, 5, "market", 60);
}

TEST(of_what_was_never_settled_nothing_was)
{
    struct settled_list list = { 0 };
    struct settled added = one(5, "market", 100);

    check(&list, 5, "market", 0);
    assert_true(settled_add(&list, &added, &arena));
    check(&list, 5, "cafe", 0);
    check(&list, 5, "none", 0);
    check(&list, 6, "market", 0);
}

/* The first month of all is where adjustments are looked for from. */
TEST(the_list_is_in_order)
{
    struct settled_list list = { 0 };

    for (int32_t i = 0; i < 100; i++) {
        struct settled added = one(i * 37 % 100, i % 2 ? "b" : "a", 1);
        assert_true(settled_add(&list, &added, &arena));
    }
    assert_int_equal(list.count, 100);
    for (int32_t i = 0; i < 100; i++)
        assert_int_equal(list.items[i].period, i);
}

/* Who made the figures up may not stop whoever adds them. */
TEST(no_sum_is_too_large)
{
    static const int64_t TOO_MUCH[] = { INT64_MIN, INT64_MAX,
                                        LIMIT_SETTLED_VOLUME + 1,
                                        -LIMIT_SETTLED_VOLUME - 1 };
    const struct settled half = { 5,
                                  view_of("market"),
                                  { LIMIT_SETTLED_VOLUME / 2 },
                                  { 0 },
                                  { -LIMIT_SETTLED_VOLUME / 2 } };
    const struct settled cent = { 6, view_of("cafe"), { 0 }, { -1 }, { 0 } };
    struct settled_list list = { 0 };

    for (uint32_t i = 0; i < COUNT_OF(TOO_MUCH); i++) {
        const struct settled all = {
            5, view_of("market"), { 1 }, { 1 }, { TOO_MUCH[i] }
        };
        assert_false(settled_add(&list, &all, &arena));
        assert_int_equal(list.count, 0);
    }
    assert_true(settled_add(&list, &half, &arena));
    assert_false(settled_add(&list, &cent, &arena));
    assert_int_equal(list.count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_of_a_partner_is_one_sum),
        cmocka_unit_test(of_what_was_never_settled_nothing_was),
        cmocka_unit_test(the_list_is_in_order),
        cmocka_unit_test(no_sum_is_too_large),
    };

    if (!arena_open(&arena, 1 << 20))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed;
}
