/*
 * test_compare.c - rules, partners and months of either side, each with both
 * figures, which add up
 */
#include "tests/unit.h"

#include "tests/stage.h"

TEST(figures_stand_side_by_side)
{
    struct shop shop;
    struct stage stage = { .candidate = "earn: [{id: base, per: 1.00, points: "
                                        "2}, {id: new, points: 1}]\n" };
    int64_t months[2] = { 0 }, nets[2] = { 0 };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}, {id: old, points: "
               "1}]\n");
    stage_fill(&shop, 9, 120, 0);
    stage_run(&shop, &stage);
    const struct comparison *comparison = &stage.comparison;
    assert_int_equal(comparison->rule_count, 3);
    assert_true(view_equal(comparison->rules[0].name, view_of("base")));
    assert_true(comparison->rules[0].baseline < comparison->rules[0].candidate);
    assert_int_equal(comparison->rules[1].baseline, 0);
    assert_int_equal(comparison->rules[2].candidate, 0);
    for (uint32_t i = 0; i < comparison->month_count; i++) {
        months[0] += comparison->months[i].baseline.issued;
        months[1] += comparison->months[i].candidate.issued;
    }
    for (uint32_t i = 0; i < comparison->partner_count; i++) {
        nets[0] += comparison->partners[i].baseline;
        nets[1] += comparison->partners[i].candidate;
    }
    assert_int_equal(months[0], comparison->baseline.amounts[MEASURE_ISSUED]);
    assert_int_equal(months[1], comparison->candidate.amounts[MEASURE_ISSUED]);
    assert_int_equal(nets[0], -comparison->baseline.program_net.minor);
    assert_int_equal(nets[1], -comparison->candidate.program_net.minor);
    shop_close(&shop);
}

/* Store 77 has no partner: what is given back there leaves nothing to tell. */
TEST(a_partner_without_figures_is_not_told)
{
    static const char *const LINES[] = {
        "{\"at\": \"2025-03-01T12:00:00Z\", \"store\": 10, \"member\": 1, "
        "\"kind\": \"purchase\", \"receipt\": \"1\", \"total\": 900}\n",
        "{\"at\": \"2025-03-02T12:00:00Z\", \"store\": 77, \"member\": 1, "
        "\"kind\": \"redeem\", \"id\": \"r\", \"reward\": \"cup\"}\n",
        "{\"at\": \"2025-03-03T12:00:00Z\", \"store\": 77, \"member\": 1, "
        "\"kind\": \"reverse\", \"redemption\": \"r\"}\n",
    };
    struct stage stage = { .candidate = "rewards: [{id: cup, value: 2.00}]\n" };
    struct shop shop;

    for (uint32_t lines = 2; lines <= COUNT_OF(LINES); lines++) {
        shop_open(&shop);
        shop_rules(&shop, "2000-01-01", stage.candidate);
        for (uint32_t i = 0; i < lines; i++)
            shop_import(&shop, LINES[i]);
        stage_run(&shop, &stage);
        bool told = false;
        for (uint32_t i = 0; i < stage.comparison.partner_count; i++)
            told |=
                view_equal(stage.comparison.partners[i].name, view_of("none"));
        assert_int_equal(told, lines == 2);
        shop_close(&shop);
    }
}

RUN(cmocka_unit_test(figures_stand_side_by_side),
    cmocka_unit_test(a_partner_without_figures_is_not_told))
