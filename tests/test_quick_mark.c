/*
 * test_quick_mark.c - a candidate that differs from the baseline in one
 * condition, or in whose a store is, is not taken to be the same: all comes to
 * what the ordinary fold says, by which the two do differ
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#include <stdio.h>

static struct comparison
compare(const char *published, const char *candidate)
{
    struct stage_same same = {
        .published = { { "2000-01-01", published } },
        .candidate = candidate,
        .seed = 131,
        .events = 150,
        .tables = 5,
    };

    stage_same(&same);
    return same.figures;
}

TEST(each_condition_counts)
{
    static const char *const PAIRS[][2] = {
        { "weekdays: [mon, sat]", "weekdays: [mon, sun]" },
        { "hours: \"08:00-17:00\"", "hours: \"08:00-12:00\"" },
        { "dates: {from: 2025-02-01, to: 2025-08-09}",
          "dates: {from: 2025-03-01, to: 2025-08-09}" },
        { "stores: [5]", "stores: [5, 10-11]" },
        { "partners: [cafe]", "partners: [market]" },
        { "categories: [coffee]", "categories: [garden]" },
        { "tiers: [basic]", "tiers: [gold]" },
        { "min_total: 15.00", "min_total: 25.00" },
        { "inactive_days: 10", "inactive_days: 20" },
        { "first_purchase: true", "first_purchase: false" },
        { "home_store: true", "home_store: false" },
        { "consents: [email]", "weekdays: [mon]" },
    };

    for (uint32_t i = 0; i < COUNT_OF(PAIRS); i++) {
        char rules[2][600];
        for (uint32_t k = 0; k < 2; k++)
            snprintf(rules[k], sizeof rules[k],
                     "earn: [{id: a, per: 1.00, points: 1, when: {%s}}]\n"
                     "tiers: {window: 12 months, valid_for: 12 months, levels: "
                     "[{id: basic}, {id: gold, from: 200.00}]}\n",
                     PAIRS[i][k]);
        struct comparison figures = compare(rules[0], rules[1]);
        if (figures.baseline.amounts[MEASURE_ISSUED] ==
            figures.candidate.amounts[MEASURE_ISSUED])
            fail_msg("%s gives what %s gives", PAIRS[i][0], PAIRS[i][1]);
    }
}

/* Prices tell whose points they are. */
TEST(partners_count)
{
#define PRICED(id, price) "{id: " id ", redeem_price: 0.01, issue_price: " price
    static const char *const PARTNERS[] = {
        PRICED("cafe", "0.02, stores: [5]}, ") PRICED("market", "0.01}"),
        PRICED("cafe", "0.02}, ") PRICED("market", "0.01, stores: [5]}"),
        PRICED("market", "0.01}, ") PRICED("cafe", "0.02, stores: [5]}"),
        PRICED("bank", "0.01}, ") PRICED("cafe", "0.02, stores: [5]}"),
    };

    for (uint32_t i = 0; i + 1 < COUNT_OF(PARTNERS); i++) {
        char rules[2][600];
        for (uint32_t k = 0; k < 2; k++)
            snprintf(rules[k], sizeof rules[k],
                     "program: Shop\ncurrency: EUR\n"
                     "timezone: Europe/Helsinki\npartners: [%s]\n"
                     "earn: [{id: a, per: 1.00, points: 1}, {id: b, points: "
                     "3, when: {partners: [cafe]}}]\n",
                     PARTNERS[i + k]);
        compare(rules[0], rules[1]);
    }
}

RUN(cmocka_unit_test(each_condition_counts), cmocka_unit_test(partners_count))
