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

/* When the same conditions hold depends on levels, on what is eligible, and on
 * when earning ends. */
TEST(what_conditions_ask_about_counts)
{
#define ASKS                                                                   \
    "earn: [{id: a, per: 1.00, points: 1}, {id: b, points: 9, when: {tiers: "  \
    "[gold]}}, {id: c, points: 5, when: {min_total: 20.00}}]\n"                \
    "tiers: {window: 2 months, valid_for: 2 months, levels: [{id: basic}, "    \
    "{id: gold, from: "
    static const char *const RULES[] = {
        "ends: 2025-06-30\nexcluded: {categories: [coffee]}\n" ASKS
        "90.00}]}\n",
        "excluded: {categories: [coffee]}\n" ASKS "90.00}]}\n",
        ASKS "90.00}]}\n",
        ASKS "60.00}]}\n",
    };

    for (uint32_t i = 0; i + 1 < COUNT_OF(RULES); i++)
        compare(RULES[i], RULES[i + 1]);
}

/* Of accounts that begin later than both programs, all but the points is the
 * same; the first version that was published says other things. */
TEST(accounts_that_begin_later_are_the_same)
{
#define RULES(points, category)                                                \
    "points: {expire_months: 2}\n"                                             \
    "earn: [{id: a, per: 1.00, points: " points "}, {id: b, multiply: 2, "     \
    "when: {categories: [" category "], tiers: [gold]}}]\n"                    \
    "tiers: {window: 2 months, valid_for: 2 months, levels: [{id: basic}, "    \
    "{id: gold, from: 60.00, multiply: 2}]}\n"
    static const char *const FROM[] = { "2025-01-09", "2025-03-03",
                                        "2025-06-30" };

    for (uint32_t i = 0; i < COUNT_OF(FROM); i++) {
        struct stage_same same = {
            .published = { { FROM[i], RULES("1", "coffee") } },
            .candidate = RULES("2", "coffee"),
            .seed = 141 + i,
            .events = 150,
            .tables = 5,
        };
        struct stage_same after = same;
        after.published[0] =
            (struct stage_version) { "2024-12-20", RULES("1", "garden") };
        after.published[1] = same.published[0];
        stage_same(&same);
        stage_same(&after);
    }
}

RUN(cmocka_unit_test(each_condition_counts), cmocka_unit_test(partners_count),
    cmocka_unit_test(what_conditions_ask_about_counts),
    cmocka_unit_test(accounts_that_begin_later_are_the_same))
