/*
 * test_ratio.c - what two multiplications say is the floor, on both sides of
 * every step
 */
#include "tests/unit.h"

#include "replay/ratio.h"

TEST(floors_are_exact)
{
    static const uint64_t DIVISORS[] = {
        1,   2,    3,     7,      70,         100,
        128, 1000, 99999, 100000, UINT32_MAX, UINT64_C(1) << 46
    };
    uint64_t seed = 7;

    for (uint32_t i = 0; i < COUNT_OF(DIVISORS); i++)
        for (uint32_t k = 0; k < 20000; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            struct ratio ratio;
            uint64_t divisor = DIVISORS[i];
            uint64_t factor = (seed >> 40) + 1;
            uint32_t amount = (uint32_t)(seed >> 8) >> k % 32;
            if (!ratio_make(factor, divisor, &ratio)) {
                assert_true(divisor > UINT32_MAX);
                continue;
            }
            assert_true(ratio.whole == factor / divisor);
            for (int near = -1; near <= 1; near++) {
                uint32_t value = amount + (uint32_t)near;
                assert_true(ratio_of(ratio, value) ==
                            (unsigned __int128)factor * value / divisor);
                assert_true(
                    ratio_of_fraction_by_halves(ratio.fraction, value) ==
                    ratio_of_fraction(ratio.fraction, value));
            }
        }
}

TEST(what_does_not_fit_is_refused)
{
    struct ratio ratio;

    assert_false(ratio_make(1, (uint64_t)UINT32_MAX + 1, &ratio));
    assert_false(ratio_make(UINT32_MAX, 1, &ratio));
    assert_true(ratio_make(UINT64_C(1) << 40, UINT64_C(1) << 50, &ratio));
    assert_int_equal(ratio_of(ratio, 2048), 2);
}

RUN(cmocka_unit_test(floors_are_exact),
    cmocka_unit_test(what_does_not_fit_is_refused))
