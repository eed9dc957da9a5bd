/*
 * hash.c - XXH3, the only file that knows xxHash
 *
 * It is compiled in here: most of what is hashed are keys of a few bytes, for
 * which the way into a library takes as long as the hash.
 */
#include "core/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t
hash_64(view bytes, uint64_t seed)
{
    assert(bytes.bytes != NULL || bytes.size == 0);
    return XXH3_64bits_withSeed(bytes.bytes, bytes.size, seed);
}

/* The hash takes its nine bytes as two numbers of eight that overlap.  Written
 * one after the other they would have to reach the cache before they can be
 * read like that; in one stroke they stay in registers. */
uint64_t
hash_tagged(uint8_t tag, uint64_t number)
{
    typedef uint64_t stroke __attribute__((vector_size(16)));
    uint64_t bytes = __builtin_bswap64(number);
    const stroke all = { tag | bytes << 8, bytes >> 56 };
    uint8_t room[sizeof all];

    memcpy(room, &all, sizeof all);
    return XXH3_64bits_withSeed(room, 9, 0);
}

bool
hash128_equal(hash128 a, hash128 b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

int
hash128_compare(hash128 a, hash128 b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

uint64_t
hash_number(uint64_t value, uint64_t seed)
{
    return XXH3_64bits_withSeed(&value, sizeof value, seed);
}
