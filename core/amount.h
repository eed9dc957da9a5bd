/*
 * amount.h - points, money and prices, which can't be mixed
 *
 * Integers only.  `money` is hundredths of the program's currency (cents, and
 * so of any other, whatever its own coins are), `price` is millionths of it for
 * one point, `micro` is an exact sum of money in millionths.  Events are
 * bounded (limits.h): int64 sums of points and money can't overflow in less
 * than ninety million events of the greatest size, 128-bit sums of micro never
 * in practice; every addition is checked all the same.  Each rounding stands in
 * the name of its function.
 */
#ifndef CORE_AMOUNT_H
#define CORE_AMOUNT_H

#include "core/base.h"

typedef __int128 int128;

typedef struct {
    int64_t value;
} points;

typedef struct {
    int64_t minor; /* cents */
} money;

typedef struct {
    int64_t micro; /* millionths of the currency unit */
} price;

typedef struct {
    int128 value; /* millionths of the currency unit */
} micro;

/* Sums, differences and the lesser or greater of two.  An overflow is a bug and
 * stops the process.  They are asked many times an event, so they stand
 * here. */

static inline int64_t
amount_add(int64_t a, int64_t b)
{
    int64_t sum = 0;
    bool overflow = __builtin_add_overflow(a, b, &sum);

    assert(!overflow);
    return sum;
}

static inline int64_t
amount_sub(int64_t a, int64_t b)
{
    int64_t difference = 0;
    bool overflow = __builtin_sub_overflow(a, b, &difference);

    assert(!overflow);
    return difference;
}

/* Adds to `volume`, which is at most `max`, what the value is without its sign.
 * False: that would be more than `max`, and sums of such values need not fit;
 * for figures that come from outside. */
NODISCARD bool amount_measure(int64_t *volume, int64_t value, int64_t max);

static inline points
points_add(points a, points b)
{
    return (points) { amount_add(a.value, b.value) };
}

static inline points
points_sub(points a, points b)
{
    return (points) { amount_sub(a.value, b.value) };
}

static inline points
points_min(points a, points b)
{
    return a.value < b.value ? a : b;
}

static inline money
money_add(money a, money b)
{
    return (money) { amount_add(a.minor, b.minor) };
}

static inline money
money_sub(money a, money b)
{
    return (money) { amount_sub(a.minor, b.minor) };
}

money money_min(money a, money b);
money money_max(money a, money b);

static inline micro
micro_add(micro a, micro b)
{
    micro sum = { 0 };
    bool overflow = __builtin_add_overflow(a.value, b.value, &sum.value);

    assert(!overflow);
    return sum;
}

static inline micro
micro_sub(micro a, micro b)
{
    micro difference = { 0 };
    bool overflow = __builtin_sub_overflow(a.value, b.value, &difference.value);

    assert(!overflow);
    return difference;
}

/* Exact: what `count` points cost at `each`; two 64-bit factors always fit 128
 * bits. */
static inline micro
micro_of_points(points count, price each)
{
    return (micro) { (int128)count.value * each.micro };
}

/* Exact: the same money in millionths. */
micro micro_of_money(money amount);

/* To whole cents, half away from zero; of the second the result must fit 64
 * bits. */
int128 micro_cents_half_away(micro exact);
money micro_round_half_away(micro exact);

/* floor(amount * multiplier / divisor); divisor > 0, multiplier >= 0; the
 * product is taken in 128 bits, the result must fit 64. */
int64_t amount_scale_floor(int64_t amount, int64_t multiplier, int64_t divisor);

/* The lesser of amount_scale_floor() and `max`, also where the quotient itself
 * would not fit 64 bits. */
int64_t amount_scale_floor_max(int64_t amount, int64_t multiplier,
                               int64_t divisor, int64_t max);

/* Splits `total` in proportion to `weights` (each >= 0, at least one > 0):
 * the floors first, then what is left one by one by the largest remainder,
 * ties by the lower index.  `ret_parts` gets `count` numbers that add up to
 * `total`, which is >= 0.  Source: RULES.md, `off` and the monthly bonus. */
void amount_split(int64_t total, const int64_t *weights, uint32_t count,
                  int64_t *ret_parts);

#endif
