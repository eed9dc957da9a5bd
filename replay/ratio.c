#include "replay/ratio.h"

static uint64_t
common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool
ratio_make(uint64_t factor, uint64_t divisor, struct ratio *ret_ratio)
{
    uint64_t common = common_divisor(factor, divisor);
    uint64_t whole = factor / divisor;

    factor /= common;
    divisor /= common;
    if (divisor > UINT32_MAX || whole > UINT32_MAX / 2)
        return false;
    unsigned __int128 rest = (unsigned __int128)(factor % divisor) << 64;
    *ret_ratio = (struct ratio) {
        .whole = whole,
        .fraction = (uint64_t)((rest + divisor - 1) / divisor),
    };
    return true;
}
