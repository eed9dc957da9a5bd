/*
 * test_conditions.c - when the conditions of `when` hold (core/earn.c)
 *
 * Each condition of RULES.md at its edges: the first and the last instant, the
 * account that has nothing yet, the store of nobody.
 */
#include "tests/till.h"
#include "tests/unit.h"

static const struct program PLAIN = { PARTNERS, ENDLESS };

/* Whether a fixed rule with that condition gives its points. */
static bool
passes(const struct till *from, const struct condition *when)
{
    const struct earn_rule rule = { RULE, .id = NAME("r"), .shape = EARN_FIXED,
                                    .points = { 1 }, .when = *when };
    const struct tier_level levels[] = { { .id = NAME("basic") },
                                         { .id = NAME("gold") } };
    const struct program program = {
        PARTNERS, ENDLESS, .earn_count = 1, .earn = &rule,
        .tiers = { .count = 2, .levels = levels }
    };
    const struct earn_context context = from->context;
    struct till *till = till_open(&program);

    till->context = context;
    return BUY(till, LINE("food", 5000)) == 1;
}

TEST(hours_begin_inclusive_end_exclusive_and_may_pass_midnight)
{
    struct till *till = till_open(&PLAIN);
    struct condition night = { .given = GIVEN(HOURS),
                               .hours_from_ms = 22 * 3600000,
                               .hours_to_ms = 6 * 3600000 };
    struct condition late = { .given = GIVEN(HOURS),
                              .hours_from_ms = 22 * 3600000,
                              .hours_to_ms = 24 * 3600000 };

    till_set_time(till, "2025-01-15T22:00:00+02:00");
    assert_true(passes(till, &night));
    assert_true(passes(till, &late));
    till_set_time(till, "2025-01-15T23:59:59.999+02:00");
    assert_true(passes(till, &night));
    assert_true(passes(till, &late));
    till_set_time(till, "2025-01-16T00:00:00+02:00");
    assert_true(passes(till, &night));
    assert_false(passes(till, &late));
    till_set_time(till, "2025-01-16T05:59:59.999+02:00");
    assert_true(passes(till, &night));
    till_set_time(till, "2025-01-16T06:00:00+02:00");
    assert_false(passes(till, &night));
    till_set_time(till, "2025-01-15T21:59:59.999+02:00");
    assert_false(passes(till, &night));
    /* The weekday is that of the event itself: Saturday after midnight. */
    night.given |= GIVEN(WEEKDAYS);
    night.weekdays = 1 << 4;
    till_set_time(till, "2025-01-17T23:00:00+02:00");
    assert_true(passes(till, &night));
    till_set_time(till, "2025-01-18T01:00:00+02:00");
    assert_false(passes(till, &night));
}

TEST(dates_are_inclusive_and_local)
{
    struct till *till = till_open(&PLAIN);
    struct condition when = { .given = GIVEN(DATES),
                              .date_from = rules_day("2025-03-01"),
                              .date_to = rules_day("2025-03-02") };

    till_set_time(till, "2025-02-28T21:59:59.999Z");
    assert_false(passes(till, &when));
    till_set_time(till, "2025-02-28T22:00:00Z");
    assert_true(passes(till, &when));
    till_set_time(till, "2025-03-02T21:59:59.999Z");
    assert_true(passes(till, &when));
    till_set_time(till, "2025-03-02T22:00:00Z");
    assert_false(passes(till, &when));
}

TEST(stores_partners_and_the_home_store)
{
    struct till *till = till_open(&PLAIN);
    const int32_t cafe = 1;
    struct condition stores = { .given = GIVEN(STORES),
                                .stores = { LIST(struct store_range, { 5, 10 },
                                                 { 30, 30 }) } };
    struct condition partners = { .given = GIVEN(PARTNERS),
                                  .partners = &cafe,
                                  .partner_count = 1 };
    struct condition home = { .given = GIVEN(HOME_STORE), .home_store = true };
    struct condition away = { .given = GIVEN(HOME_STORE) };

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_true(passes(till, &stores));
    assert_false(passes(till, &partners));
    assert_false(passes(till, &home)); /* it has none */
    assert_true(passes(till, &away));
    till->context.home_store = 31;
    till->context.store = 31;
    assert_false(passes(till, &stores));
    assert_true(passes(till, &partners));
    assert_true(passes(till, &home));
    assert_false(passes(till, &away));
    till->context.store = 77; /* nobody's */
    assert_false(passes(till, &partners));
    assert_true(passes(till, &away));
}

TEST(visits_purchases_and_consents_before_this_one)
{
    struct till *till = till_open(&PLAIN);
    const view granted[] = { NAME("email"), NAME("sms") };
    struct condition back = { .given = GIVEN(INACTIVE_DAYS),
                              .inactive_days = 60 };
    struct condition first = { .given = GIVEN(FIRST_PURCHASE),
                               .first_purchase = true };
    struct condition later = { .given = GIVEN(FIRST_PURCHASE) };
    struct condition email = { .given = GIVEN(CONSENTS),
                               .consents = { granted, 1 } };
    struct condition both = { .given = GIVEN(CONSENTS),
                              .consents = { granted, 2 } };

    till_set_time(till, "2025-05-24T00:00:00+03:00");
    assert_false(passes(till, &back)); /* a first visit */
    till->context.last_visit_day = rules_day("2025-03-25");
    assert_true(passes(till, &back));
    till->context.last_visit_day = rules_day("2025-03-26");
    assert_false(passes(till, &back));

    assert_false(passes(till, &first));
    assert_true(passes(till, &later));
    till->context.first_purchase = true;
    assert_true(passes(till, &first));
    assert_false(passes(till, &later));

    assert_false(passes(till, &email));
    till->context.consents = (struct name_list) { granted, 1 };
    assert_true(passes(till, &email));
    assert_false(passes(till, &both));
    till->context.consents.count = 2;
    assert_true(passes(till, &both));
}

TEST(totals_goods_and_tiers)
{
    struct till *till = till_open(&PLAIN);
    const int32_t gold = 1;
    struct condition total = { .given = GIVEN(MIN_TOTAL),
                               .min_total = { 5000 } };
    struct condition tiers = { .given = GIVEN(TIERS),
                               .tiers = &gold,
                               .tier_count = 1 };
    struct condition sku = { .given = GIVEN(SKUS),
                             .goods.skus = { LIST(view, NAME("x")) } };
    struct condition food = { CATEGORIES(NAME("tea"), NAME("food")) };

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_true(passes(till, &total));
    total.min_total.minor = 5001;
    assert_false(passes(till, &total));
    assert_false(passes(till, &tiers)); /* holds none */
    till->context.level = 0;
    assert_false(passes(till, &tiers));
    till->context.level = 1;
    assert_true(passes(till, &tiers));
    assert_false(passes(till, &sku));
    assert_true(passes(till, &food));
}

TEST(a_line_must_match_the_categories_and_the_skus)
{
    const struct program goods = {
        PARTNERS,
        ENDLESS,
        .earn_count = 1,
        .earn =
            (const struct earn_rule[]) {
                { BASE, .when = { .given = GIVEN(CATEGORIES) | GIVEN(SKUS),
                                  .goods = { { LIST(view, NAME("a")) },
                                             { LIST(view, NAME("x")) } } } },
            },
    };
    struct till *till = till_open(&goods);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_int_equal(
        BUY(till,
            { .category = NAME("a.b"), .sku = NAME("x"), .amount = { 100 } },
            { .category = NAME("a.b"), .sku = NAME("y"), .amount = { 1000 } },
            { .category = NAME("b"), .sku = NAME("x"), .amount = { 10000 } }),
        1);
    assert_int_equal(
        BUY(till, LINE("a", 100),
            { .category = NAME("b"), .sku = NAME("x"), .amount = { 100 } }),
        0);
    assert_string_equal(till_why(till, "base"), "skus");
}

RUN(cmocka_unit_test(hours_begin_inclusive_end_exclusive_and_may_pass_midnight),
    cmocka_unit_test(dates_are_inclusive_and_local),
    cmocka_unit_test(stores_partners_and_the_home_store),
    cmocka_unit_test(visits_purchases_and_consents_before_this_one),
    cmocka_unit_test(totals_goods_and_tiers),
    cmocka_unit_test(a_line_must_match_the_categories_and_the_skus))
