/*
 * test_judge.c - accounts with returns, vouchers, consents and whatever else
 * tables don't know come to the same whether their purchases are judged by
 * tables or not
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

static void
compare(struct stage_same same)
{
    for (same.seed = 301; same.seed < 304; same.seed++) {
        same.events = 500;
        same.odd = 6;
        stage_same(&same);
        assert_true(same.figures.baseline.amounts[MEASURE_REVERSED] > 0);
    }
}

/* The second program asks for consents, which some accounts have. */
TEST(conditions_of_all_kinds)
{
    compare((struct stage_same) {
        .published = { { "2000-01-01", stage_rules } },
        .candidate = stage_other_rules,
    });
    compare((struct stage_same) {
        .published = { { "2000-01-01", stage_other_rules } },
        .candidate = stage_rules,
    });
}

/* Some purchases lie before the first version and after `ends`. */
TEST(versions_follow_each_other)
{
    compare((struct stage_same) {
        .published = { { "2025-02-20", stage_rules },
                       { "2025-06-01", stage_other_rules },
                       { "2025-11-01", stage_rules } },
        .candidate = stage_other_rules,
    });
}

/* A purchase of a sku that some rule names is left to the evaluation. */
TEST(rules_name_skus)
{
    static const char SKUS[] =
        "excluded: {skus: [\"4006381333931\"]}\n"
        "earn: [{id: base, per: 1.00, points: 1}, {id: dig, when: {skus: "
        "[spade]}, multiply: 2}]\n";

    compare((struct stage_same) { .published = { { "2000-01-01", SKUS } },
                                  .candidate = stage_rules });
}

RUN(cmocka_unit_test(conditions_of_all_kinds),
    cmocka_unit_test(versions_follow_each_other),
    cmocka_unit_test(rules_name_skus))
