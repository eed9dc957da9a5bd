/*
 * test_blake.c - four digests at once are those that libsodium makes
 */
#include "core/blake.h"

#include "tests/unit.h"

enum { SIZE_MAX_HERE = 700 };

static void
compare(const uint8_t *bytes, const uint32_t sizes[static BLAKE_LANES])
{
    view views[BLAKE_LANES];
    digest digests[BLAKE_LANES];

    for (uint32_t i = 0; i < BLAKE_LANES; i++)
        views[i] = (view) { sizes[i] > 0 ? bytes + i : NULL, sizes[i] };
    blake_digests(views, digests);
    for (uint32_t i = 0; i < BLAKE_LANES; i++)
        assert_true(digest_equal(digests[i], crypto_digest(views[i])));
}

TEST(four_of_any_sizes)
{
    static uint8_t bytes[SIZE_MAX_HERE + BLAKE_LANES];

    crypto_random(bytes, sizeof bytes);
    for (uint32_t size = 0; size <= SIZE_MAX_HERE; size++) {
        compare(bytes, (uint32_t[]) { size, size, size, size });
        compare(bytes, (uint32_t[]) { size, 0, 128, SIZE_MAX_HERE - size });
        compare(bytes, (uint32_t[]) { 1, SIZE_MAX_HERE, size, size * 7 % 129 });
    }
}

TEST(large_ones)
{
    static uint8_t bytes[(1 << 18) + BLAKE_LANES];

    crypto_random(bytes, sizeof bytes);
    compare(bytes, (uint32_t[]) { 1 << 18, 4096, (1 << 18) - 1, 127 });
}

RUN(cmocka_unit_test(four_of_any_sizes), cmocka_unit_test(large_ones))
