/*
 * test_outcome.c - outcomes of parts add up to that of all; the greatest
 * changes first; every change has its band
 */
#include "tests/unit.h"

#include "replay/outcome.h"

#include <string.h>

static void
count(struct outcome *outcome, uint64_t member, int64_t change)
{
    const struct side_account a = { .begun = true, .net = { 100 } };
    const struct side_account b = { .begun = true,
                                    .net = { 100 + change },
                                    .level_place = change > 50 };

    outcome_count(outcome, (account_id) { .member = member }, &a, &b);
}

TEST(parts_add_up)
{
    struct outcome whole = { 0 }, parts[3] = { 0 }, sum = { 0 };

    for (uint64_t i = 0; i < 300; i++) {
        int64_t change = (int64_t)(i * 7919 % 401) - 200;
        count(&whole, i + 1, change);
        count(&parts[i % 3], i + 1, change);
    }
    for (int i = 2; i >= 0; i--)
        outcome_merge(&sum, &parts[i]);
    assert_int_equal(sum.up + sum.down + sum.same, 300);
    assert_int_equal(sum.tier_up, whole.tier_up);
    assert_memory_equal(sum.bands, whole.bands, sizeof sum.bands);
    assert_int_equal(sum.gain.count, OUTCOME_TOP);
    for (uint32_t i = 0; i < OUTCOME_TOP; i++) {
        assert_int_equal(sum.gain.items[i].account.member,
                         whole.gain.items[i].account.member);
        assert_int_equal(sum.loss.items[i].candidate.value,
                         whole.loss.items[i].candidate.value);
    }
    assert_true(sum.gain.items[0].candidate.value >=
                sum.gain.items[1].candidate.value);
}

TEST(bearers_are_kept)
{
    struct outcome outcome = { 0 };
    const struct side_account a = { .begun = true },
                              b = { .begun = true, .net = { 5 } };
    char code[] = "B-7";

    outcome_count(&outcome, (account_id) { .bearer = view_of(code) }, &a, &b);
    memset(code, 'x', 3);
    count(&outcome, 9, 50);
    assert_true(
        view_equal(outcome.gain.items[1].account.bearer, view_of("B-7")));
}

TEST(every_change_has_its_band)
{
    static const int64_t CHANGES[] = { 0,   1,    -1,   9,       10,
                                       -10, 2499, 2500, 5000000, -5000000 };

    for (uint32_t i = 0; i < COUNT_OF(CHANGES); i++) {
        struct outcome outcome = { 0 };
        uint32_t band = 0;
        count(&outcome, 1, CHANGES[i]);
        while (outcome.bands[band] == 0)
            band++;
        int64_t from = outcome_band_from(band);
        if (CHANGES[i] >= 0)
            assert_true(from <= CHANGES[i] &&
                        (band + 1 == OUTCOME_BANDS ||
                         CHANGES[i] < outcome_band_from(band + 1)));
        else
            assert_true(
                from >= CHANGES[i] &&
                (band == 0 || CHANGES[i] > outcome_band_from(band - 1)));
    }
}

RUN(cmocka_unit_test(parts_add_up), cmocka_unit_test(bearers_are_kept),
    cmocka_unit_test(every_change_has_its_band))
