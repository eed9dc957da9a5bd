/*
 * ratio.h - floor(amount * factor / divisor) of amounts below 2^32 by two
 * multiplications
 *
 * The factor's whole part, and the fraction that is left, in 1/2^64 and
 * rounded up.  What the rounding adds stays below 1/divisor, since amount and
 * divisor are both below 2^32: the floor is exact.
 */
#ifndef REPLAY_RATIO_H
#define REPLAY_RATIO_H

#include "core/base.h"

struct ratio {
    uint64_t whole;
    uint64_t fraction;
};

/* False: it doesn't fit. */
NODISCARD bool ratio_make(uint64_t factor, uint64_t divisor,
                          struct ratio *ret_ratio);

/* Of the fraction alone. */
static inline uint64_t
ratio_of_fraction(uint64_t fraction, uint32_t amount)
{
    return (uint64_t)((unsigned __int128)fraction * amount >> 64);
}

/* The same of two products of 32 bits, which vectors of processors have. */
static inline uint64_t
ratio_of_fraction_by_halves(uint64_t fraction, uint32_t amount)
{
    uint64_t low = (fraction & UINT32_MAX) * amount;

    return ((fraction >> 32) * amount + (low >> 32)) >> 32;
}

/* Of both: the floor that the ratio was made for. */
static inline uint64_t
ratio_of(struct ratio ratio, uint32_t amount)
{
    return amount * ratio.whole + ratio_of_fraction(ratio.fraction, amount);
}

#endif
