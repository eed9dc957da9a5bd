/*
 * luck.h - everything that is left to chance, from one seed
 */
#ifndef TESTS_SIM_LUCK_H
#define TESTS_SIM_LUCK_H

#include "core/crypto.h"

struct luck {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t
luck_draw(struct luck *luck)
{
    uint64_t z = luck->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From 0 to count - 1. */
static inline uint32_t
luck_below(struct luck *luck, uint32_t count)
{
    assert(count > 0);
    return (uint32_t)(luck_draw(luck) % count);
}

/* From `least` to `most`. */
static inline int64_t
luck_between(struct luck *luck, int64_t least, int64_t most)
{
    assert(least <= most);
    return least + (int64_t)(luck_draw(luck) % (uint64_t)(most - least + 1));
}

/* True once in `per_million` of a million times. */
static inline bool
luck_hits(struct luck *luck, uint32_t per_million)
{
    return luck_draw(luck) % 1000000 < per_million;
}

static inline digest
luck_digest(struct luck *luck)
{
    digest drawn;

    for (uint32_t i = 0; i < sizeof drawn.bytes; i++)
        drawn.bytes[i] = (uint8_t)luck_draw(luck);
    return drawn;
}

#endif
