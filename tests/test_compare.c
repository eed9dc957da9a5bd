/*
 * test_compare.c - rules, partners and months of either side, each with both
 * figures, which add up
 */
#include "tests/unit.h"

#include "core/text.h"
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

/* A voucher of the greatest value for each of 65,535 items a line. */
TEST(vouchers_worth_more_than_there_are_numbers_for_are_told)
{
    enum { LINES = 800, RECEIPTS = 2 };
    const int64_t items = INT64_C(65535) * LINES * RECEIPTS;
    struct stage stage = {
        .candidate = "rewards: [{id: cup, value: 1000000000.00}]\n"
                     "stamps: [{id: slip, per: item, need: 1, reward: cup}]\n"
    };
    struct text line = { 0 };
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage.candidate);
    for (int i = 0; i < RECEIPTS; i++) {
        text_format(&line,
                    "{\"kind\": \"purchase\", \"at\": \"2025-03-0%dT12:00:00Z"
                    "\", \"store\": 10, \"member\": 1, \"receipt\": \"%d\", "
                    "\"total\": %d, \"lines\": [",
                    i + 1, i, LINES);
        for (int k = 0; k < LINES; k++)
            text_format(&line, "%s{\"amount\": 1, \"qty\": 65535}",
                        k > 0 ? ", " : "");
        text_string(&line, "]}\n");
    }
    text_char(&line, '\0');
    shop_import(&shop, (const char *)line.bytes);
    stage_merge(&shop);
    for (int i = 0; i < 2; i++) {
        stage.options.fold_only = i == 1;
        stage_run(&shop, &stage);
        const struct compare_side *found = &stage.comparison.candidate;
        assert_int_equal(stage.simulation.table_count, i == 0);
        assert_int_equal(found->vouchers_outstanding, items);
        assert_int_equal(found->vouchers_outstanding_value.minor,
                         COMPARE_MONEY_MAX);
    }
    text_close(&line);
    shop_close(&shop);
}

/* Hundreds of rules that give as many points as can be, of the greatest value.
 */
TEST(points_worth_more_than_there_are_numbers_for_are_told)
{
    enum { RULES = 400, RECEIPTS = 300 };
    struct text rules = { 0 }, lines = { 0 };
    struct shop shop;

    text_string(&rules,
                "program: Dear\ncurrency: EUR\ntimezone: Europe/Helsinki\n"
                "partners:\n"
                "  - {id: cafe, stores: [30], issue_price: 0, "
                "redeem_price: 0}\n"
                "  - {id: market, stores: [10], issue_price: 1000, "
                "redeem_price: 0}\n"
                "points: {value: 1000}\nearn:\n");
    for (int i = 0; i < RULES; i++)
        text_format(&rules, "  - {id: r%d, per: 0.01, points: 1000000}\n", i);
    text_char(&rules, '\0');
    for (int i = 0; i < RECEIPTS; i++)
        text_format(&lines,
                    "{\"kind\": \"purchase\", \"at\": \"2025-03-01T12:00:00Z"
                    "\", \"store\": 10, \"member\": 1, \"receipt\": \"%d\", "
                    "\"total\": 100000}\n",
                    i);
    text_char(&lines, '\0');
    struct stage stage = { .candidate = (const char *)rules.bytes };
    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", "earn: []\n");
    shop_import(&shop, (const char *)lines.bytes);
    stage_run(&shop, &stage);
    const struct comparison *found = &stage.comparison;
    assert_int_equal(found->candidate.outstanding.value,
                     LIMIT_POINTS * RULES * RECEIPTS);
    assert_int_equal(found->candidate.accrual_cost.minor, COMPARE_MONEY_MAX);
    assert_int_equal(found->candidate.liability.minor, COMPARE_MONEY_MAX);
    assert_int_equal(found->months[0].candidate.accrual_cost.minor,
                     COMPARE_MONEY_MAX);
    assert_int_equal(found->candidate.program_net.minor, COMPARE_MONEY_MAX);
    assert_int_equal(found->partners[0].candidate, 0);
    assert_int_equal(found->partners[1].candidate, -COMPARE_MONEY_MAX);
    assert_int_equal(found->partners[1].baseline, 0);
    text_close(&rules);
    text_close(&lines);
    shop_close(&shop);
}

RUN(cmocka_unit_test(points_worth_more_than_there_are_numbers_for_are_told),
    cmocka_unit_test(vouchers_worth_more_than_there_are_numbers_for_are_told),
    cmocka_unit_test(figures_stand_side_by_side),
    cmocka_unit_test(a_partner_without_figures_is_not_told))
