#include "core/amount.h"

enum { MICRO_PER_MINOR = 10000 };

bool
amount_measure(int64_t *volume, int64_t value, int64_t max)
{
    const int64_t left = max - *volume;

    assert(left >= 0);
    if (value < -left || value > left)
        return false;
    *volume += value < 0 ? -value : value;
    return true;
}

money
money_min(money a, money b)
{
    return a.minor < b.minor ? a : b;
}

money
money_max(money a, money b)
{
    return a.minor > b.minor ? a : b;
}

micro
micro_of_money(money amount)
{
    return (micro) { (int128)amount.minor * MICRO_PER_MINOR };
}

int128
micro_cents_half_away(micro exact)
{
    int128 minor = exact.value / MICRO_PER_MINOR;
    int128 rest = exact.value % MICRO_PER_MINOR;

    if (rest >= MICRO_PER_MINOR / 2)
        minor++;
    else if (rest <= -MICRO_PER_MINOR / 2)
        minor--;
    return minor;
}

money
micro_round_half_away(micro exact)
{
    int128 minor = micro_cents_half_away(exact);

    assert(minor >= INT64_MIN);
    assert(minor <= INT64_MAX);
    return (money) { (int64_t)minor };
}

int64_t
amount_scale_floor(int64_t amount, int64_t multiplier, int64_t divisor)
{
    int64_t small;

    assert(divisor > 0);
    assert(multiplier >= 0);
    /* Dividing 128 bits takes ten times as long, and is hardly ever needed. */
    if (!__builtin_mul_overflow(amount, multiplier, &small))
        return small / divisor - (small % divisor < 0);
    int128 product = (int128)amount * multiplier;
    int128 quotient = product / divisor;

    if (product % divisor < 0)
        quotient--; /* C truncates towards zero */
    assert(quotient >= INT64_MIN);
    assert(quotient <= INT64_MAX);
    return (int64_t)quotient;
}

int64_t
amount_scale_floor_max(int64_t amount, int64_t multiplier, int64_t divisor,
                       int64_t max)
{
    int64_t small;

    assert(divisor > 0);
    assert(multiplier >= 0);
    if (__builtin_mul_overflow(amount, multiplier, &small) && amount > 0 &&
        (int128)amount * multiplier / divisor > max)
        return max;
    int64_t floor = amount_scale_floor(amount, multiplier, divisor);
    return floor < max ? floor : max;
}

/* The greatest of the remainders below `limit`, and how many there are. */
static int64_t
greatest_below(const int64_t *remainders, uint32_t count, int64_t limit,
               int64_t *ret_times)
{
    int64_t greatest = 0, times = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (remainders[i] >= limit || remainders[i] < greatest)
            continue;
        times = remainders[i] > greatest ? 1 : times + 1;
        greatest = remainders[i];
    }
    *ret_times = times;
    return greatest;
}

/* A threshold that at most `left` of the remainders exceed, and that as many
 * as are left over reach; `sum` is above every remainder.  For a few, as of
 * the stores of a month, it is looked for from the greatest down; else it is
 * bisected over the values, for sorting would need memory that a hot path does
 * not have. */
static int64_t
find_threshold(const int64_t *remainders, uint32_t count, int64_t left,
               int64_t sum)
{
    enum { FEW = 16 };
    int64_t low = 0;
    int64_t high = sum;

    if (left <= FEW) {
        int64_t times, threshold = sum;
        do {
            threshold = greatest_below(remainders, count, threshold, &times);
            left -= times;
        } while (left > 0);
        return threshold;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int64_t above = 0;
        for (uint32_t i = 0; i < count; i++)
            above += remainders[i] > middle;
        if (above <= left)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* total * weight / sum; mostly the product fits 64 bits. */
static int64_t
divide_part(int64_t total, int64_t weight, int64_t sum, int64_t *ret_remainder)
{
    if (total <= UINT32_MAX && weight <= INT32_MAX) {
        int64_t product = total * weight;
        *ret_remainder = product % sum;
        return product / sum;
    }
    int128 product = (int128)total * weight;
    *ret_remainder = (int64_t)(product % sum);
    return (int64_t)(product / sum);
}

void
amount_split(int64_t total, const int64_t *weights, uint32_t count,
             int64_t *ret_parts)
{
    int64_t sum = 0;
    int64_t left = total;

    assert(total >= 0);
    for (uint32_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        sum = amount_add(sum, weights[i]);
    }
    assert(sum > 0);

    /* The parts hold the remainders until the threshold is known. */
    for (uint32_t i = 0; i < count; i++)
        left -= divide_part(total, weights[i], sum, &ret_parts[i]);
    assert(left >= 0);
    assert(left < count);
    int64_t threshold = find_threshold(ret_parts, count, left, sum);
    int64_t ties = left;
    for (uint32_t i = 0; i < count; i++)
        ties -= ret_parts[i] > threshold;

    for (uint32_t i = 0; i < count; i++) {
        int64_t remainder = ret_parts[i];
        int64_t unused;
        ret_parts[i] = divide_part(total, weights[i], sum, &unused);
        if (remainder > threshold) {
            ret_parts[i]++;
        } else if (remainder == threshold && ties > 0) {
            ret_parts[i]++;
            ties--;
        }
    }
    assert(ties == 0);
}
