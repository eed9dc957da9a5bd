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

hash128
hash_128(view bytes, uint64_t seed)
{
    assert(bytes.bytes != NULL || bytes.size == 0);
    XXH128_canonical_t canonical;
    hash128 hash;

    XXH128_canonicalFromHash(
        &canonical, XXH3_128bits_withSeed(bytes.bytes, bytes.size, seed));
    static_assert(sizeof canonical == sizeof hash, "16 bytes each");
    memcpy(&hash, &canonical, sizeof hash);
    return hash;
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
