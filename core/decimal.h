/*
 * decimal.h - numbers of up to eight digits, read in one stroke
 *
 * Receipts are such numbers, tens of millions of them.
 */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include "core/base.h"

enum { DECIMAL_MAX = 8 };

/* The number whose digits are the last `size` bytes, at least one, of eight;
 * `bytes` has them as memory has them, the last one highest.  What comes before
 * them is anything.  False: they are no digits. */
static inline bool
decimal_read(uint64_t bytes, uint32_t size, uint64_t *ret_number)
{
    const uint64_t zeros = 0x3030303030303030, highs = 0xf0f0f0f0f0f0f0f0;
    uint64_t kept = UINT64_MAX << 8 * (DECIMAL_MAX - size);
    uint64_t text = (bytes & kept) | (zeros & ~kept);

    /* A byte above '9' is carried into its upper half by six more. */
    if ((text & highs) != zeros ||
        ((text + 0x0606060606060606) & highs) != zeros)
        return false;
    text = (text & 0x0f0f0f0f0f0f0f0f) * (10 * 256 + 1) >> 8;
    text = (text & 0x00ff00ff00ff00ff) * (100 * 65536 + 1) >> 16;
    *ret_number =
        (text & 0x0000ffff0000ffff) * (10000 * (UINT64_C(1) << 32) + 1) >> 32;
    return true;
}

#endif
