/*
 * test_amount.c - sums are exact, roundings go where their names say, and a
 * split adds up and favours the largest remainder
 */
#include "tests/unit.h"

#include "core/amount.h"

TEST(points_and_money_add_and_compare)
{
    assert_int_equal(points_add((points) { 3 }, (points) { -5 }).value, -2);
    assert_int_equal(points_sub((points) { 3 }, (points) { -5 }).value, 8);
    assert_int_equal(points_min((points) { 3 }, (points) { -5 }).value, -5);
    assert_int_equal(money_add((money) { 3 }, (money) { -5 }).minor, -2);
    assert_int_equal(money_sub((money) { 3 }, (money) { -5 }).minor, 8);
    assert_int_equal(money_min((money) { 3 }, (money) { -5 }).minor, -5);
    assert_int_equal(money_max((money) { 3 }, (money) { -5 }).minor, 3);
}

TEST(what_is_measured_stays_below_its_bound)
{
    int64_t volume = 0;

    assert_true(amount_measure(&volume, -60, 100));
    assert_true(amount_measure(&volume, 0, 100));
    assert_false(amount_measure(&volume, 41, 100));
    assert_false(amount_measure(&volume, -41, 100));
    assert_false(amount_measure(&volume, INT64_MIN, 100));
    assert_false(amount_measure(&volume, INT64_MAX, 100));
    assert_int_equal(volume, 60);
    assert_true(amount_measure(&volume, 40, 100));
    assert_false(amount_measure(&volume, 1, 100));
    assert_int_equal(volume, 100);
}

TEST(a_sum_of_cents_and_prices_is_exact)
{
    micro cost = micro_of_points((points) { 333 }, (price) { 12345 });
    micro paid = micro_of_money((money) { 411 });

    assert_true(cost.value == 4110885);
    assert_true(paid.value == 4110000);
    assert_true(micro_sub(cost, paid).value == 885);
    assert_true(micro_add(paid, micro_sub(cost, paid)).value == cost.value);
    micro most = micro_of_points((points) { INT64_MAX }, (price) { INT64_MAX });
    assert_true(most.value / INT64_MAX == INT64_MAX);
}

TEST(rounding_to_cents_goes_half_away_from_zero)
{
    static const int64_t CASES[][2] = {
        { 0, 0 },       { 4999, 0 },    { 5000, 1 },  { 9999, 1 },
        { 14999, 1 },   { 15000, 2 },   { -4999, 0 }, { -5000, -1 },
        { -14999, -1 }, { -15000, -2 }, { 10000, 1 }, { -10000, -1 },
    };

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(micro_round_half_away((micro) { CASES[i][0] }).minor,
                         CASES[i][1]);
}

TEST(scaling_goes_to_the_floor_also_below_zero)
{
    assert_int_equal(amount_scale_floor(7, 3, 2), 10);
    assert_int_equal(amount_scale_floor(-7, 3, 2), -11);
    assert_int_equal(amount_scale_floor(-8, 3, 2), -12);
    assert_int_equal(amount_scale_floor(0, 3, 2), 0);
    /* The product does not fit 64 bits, the result does. */
    assert_int_equal(amount_scale_floor(INT64_MAX, 1000000000, 1000000000),
                     INT64_MAX);
}

TEST(a_split_gives_the_rest_to_the_largest_remainders)
{
    static const struct {
        int64_t total;
        int64_t weights[4];
        int64_t parts[4];
    } CASES[] = {
        { 100, { 0, 3, 3, 1 }, { 0, 43, 43, 14 } },
        { 1, { 1, 1, 1, 1 }, { 1, 0, 0, 0 } },
        { 3, { 1, 1, 1, 1 }, { 1, 1, 1, 0 } },
        { 10, { 1, 2, 0, 0 }, { 3, 7, 0, 0 } },
        { 0, { 5, 0, 7, 0 }, { 0, 0, 0, 0 } },
        /* 1001 off 3000 + 1500 + 500: 600.6, 300.3, 100.1 */
        { 1001, { 3000, 1500, 500, 0 }, { 601, 300, 100, 0 } },
    };
    int64_t parts[4];

    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        amount_split(CASES[i].total, CASES[i].weights, 4, parts);
        assert_memory_equal(parts, CASES[i].parts, sizeof parts);
    }
}

enum { WEIGHTS_MAX = 64 };

/* The rule word by word: floors, then one by one to the largest remainder. */
static void
split_slowly(int64_t total, const int64_t *weights, uint32_t count,
             int64_t *parts)
{
    int64_t remainders[WEIGHTS_MAX];
    int64_t sum = 0;
    int64_t left = total;

    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = total * weights[i] / sum;
        remainders[i] = total * weights[i] % sum;
        left -= parts[i];
    }
    for (; left > 0; left--) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            best = remainders[i] > remainders[best] ? i : best;
        parts[best]++;
        remainders[best] = -1;
    }
}

TEST(a_split_is_what_the_rule_says_word_by_word)
{
    uint64_t seed = 42;

    for (int round = 0; round < 20000; round++) {
        uint32_t count = round % 4 == 0 ? WEIGHTS_MAX : 8;
        int64_t weights[WEIGHTS_MAX];
        int64_t expected[WEIGHTS_MAX];
        int64_t parts[WEIGHTS_MAX];
        for (uint32_t i = 0; i < count; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            weights[i] = (int64_t)(seed >> 33) % (round % 50 + 1);
        }
        weights[round % 8]++;
        int64_t total = (int64_t)(seed >> 40) % 1000;
        split_slowly(total, weights, count, expected);
        amount_split(total, weights, count, parts);
        assert_memory_equal(parts, expected, count * sizeof *parts);
    }
}

RUN(cmocka_unit_test(points_and_money_add_and_compare),
    cmocka_unit_test(what_is_measured_stays_below_its_bound),
    cmocka_unit_test(a_sum_of_cents_and_prices_is_exact),
    cmocka_unit_test(rounding_to_cents_goes_half_away_from_zero),
    cmocka_unit_test(scaling_goes_to_the_floor_also_below_zero),
    cmocka_unit_test(a_split_gives_the_rest_to_the_largest_remainders),
    cmocka_unit_test(a_split_is_what_the_rule_says_word_by_word))
