/*
 * test_settlement.c - what each partner owes: rounding once, stores that add
 * up, adjustments of closed months, nets that come to zero, refusal of what is
 * too large
 *
 * Numbers worked by hand from SETTLEMENT.md.
 */
#include "tests/unit.h"

#include "core/limits.h"
#include "core/settlement.h"

enum { NOVEMBER = 2026 * 12 + 10, MARKET = 2, CAFE = 0 };

static struct arena arena;
static struct complaint complaint;

/* Partners "market" and "cafe"; with "debt" and "none" the numbers are cafe 0,
 * debt 1, market 2, none 3. */
static const struct timeline *
two_partners(void)
{
    static const struct program_partner partners[] = {
        { .id = { (const uint8_t *)"market", 6 } },
        { .id = { (const uint8_t *)"cafe", 4 } },
    };
    static const struct program program = { .partners = partners,
                                            .partner_count = 2,
                                            .ends = INT32_MAX };
    static const struct zone_transition utc = { INT64_MIN, 0 };
    struct timeline_input input = {
        .program = &program,
        .zone = { { (const uint8_t *)"UTC", 3 }, 1, &utc },
    };

    return timeline_build(&input, 1, &arena);
}

static void
book(struct totals *totals, int32_t month, enum measure measure,
     struct effect effect)
{
    struct effect_list list = { .arena = &arena };

    *effect_add(&list, measure) = effect;
    list.items[0].measure = measure;
    totals_add(totals, month, &list);
}

static struct effect
at(int32_t partner, uint32_t store, int64_t amount, int64_t cost)
{
    return (struct effect) {
        .partner = partner, .store = store, .amount = amount, .money = { cost }
    };
}

static enum err
try_make(struct totals *totals, int32_t period, int32_t next,
         const struct settled_list *settled,
         const struct statement **ret_statement)
{
    static const struct settled_list nothing;
    struct settlement_input input = {
        .timeline = two_partners(),
        .totals = totals,
        .period = period,
        .next_period = next,
        .settled = settled == NULL ? &nothing : settled,
        .currency = view_of("EUR"),
    };

    return settlement_make(&input, &arena, ret_statement, &complaint);
}

static const struct statement *
make(struct totals *totals, int32_t period, int32_t next,
     const struct settled_list *settled)
{
    const struct statement *statement = NULL;

    assert_int_equal(try_make(totals, period, next, settled, &statement), OK);
    return statement;
}

/* Three stores with 0.4 cents of cost each: 1.2 cents round to 1, and the cent
 * goes to the lowest number, for the remainders are equal. */
TEST(a_partner_is_rounded_once_and_its_stores_add_up)
{
    struct totals *totals = totals_open(&arena);

    for (uint32_t store = 10; store < 13; store++)
        book(totals, NOVEMBER, MEASURE_ISSUED, at(MARKET, store, 4, 4000));
    const struct statement *s = make(totals, NOVEMBER, -1, NULL);
    assert_int_equal(s->partner_count, 2);
    const struct statement_partner *market = &s->partners[1];
    assert_int_equal(market->line.amounts[MEASURE_ISSUED], 12);
    assert_int_equal(market->line.issue_cost.minor, 1);
    assert_int_equal(market->line.net.minor, -1);
    assert_int_equal(market->stores[0].line.issue_cost.minor, 1);
    assert_int_equal(market->stores[1].line.issue_cost.minor, 0);
    assert_int_equal(market->stores[2].line.net.minor, 0);
    assert_int_equal(s->program_net.minor, 1);
}

/* -0.5 cents round away from zero to -1; its floor is -1 as well. */
TEST(half_a_cent_is_rounded_away_from_zero_on_both_sides)
{
    struct totals *totals = totals_open(&arena);

    book(totals, NOVEMBER, MEASURE_REVERSED, at(MARKET, 10, 5, -5000));
    book(totals, NOVEMBER, MEASURE_REDEEMED, at(CAFE, 30, 5, 5000));
    const struct statement *s = make(totals, NOVEMBER, -1, NULL);
    assert_int_equal(s->partners[0].line.redeem_credit.minor, 1);
    assert_int_equal(s->partners[1].line.issue_cost.minor, -1);
    assert_int_equal(s->partners[1].stores[0].line.issue_cost.minor, -1);
    assert_int_equal(s->program_net.minor, -2);
}

/* Shares of -0.3 and -0.3 cents: -0.6 rounds to -1; floors are -1 and -1, so
 * one cent comes back to the first. */
TEST(negative_shares_add_up_too)
{
    struct totals *totals = totals_open(&arena);

    book(totals, NOVEMBER, MEASURE_REVERSED, at(MARKET, 10, 3, -3000));
    book(totals, NOVEMBER, MEASURE_REVERSED, at(MARKET, 11, 3, -3000));
    const struct statement *s = make(totals, NOVEMBER, -1, NULL);
    assert_int_equal(s->partners[1].line.issue_cost.minor, -1);
    assert_int_equal(s->partners[1].stores[0].line.issue_cost.minor, 0);
    assert_int_equal(s->partners[1].stores[1].line.issue_cost.minor, -1);
}

TEST(breakage_has_no_store_and_partners_without_figures_are_listed)
{
    struct totals *totals = totals_open(&arena);

    book(totals, NOVEMBER, MEASURE_EXPIRED, at(CAFE, 0, 20, 0));
    const struct statement *s = make(totals, NOVEMBER, -1, NULL);
    assert_int_equal(s->partner_count, 2);
    assert_int_equal(s->partners[0].line.amounts[MEASURE_EXPIRED], 20);
    assert_int_equal(s->partners[0].store_count, 0);
    assert_true(view_equal(s->partners[1].partner, view_of("market")));
}

/* October was settled at 100 and is 112 now; September came to light after
 * the first close; both stand in November only while it is the next. */
TEST(what_came_to_light_later_is_adjusted_in_the_next_period_only)
{
    struct totals *totals = totals_open(&arena);
    struct settled october = {
        NOVEMBER - 1, view_of("market"), { 100 }, { 0 }, { 0 }
    };
    struct settled_list settled = { .items = &october, .count = 1, .room = 1 };

    book(totals, NOVEMBER - 1, MEASURE_ISSUED, at(MARKET, 10, 112, 1120000));
    book(totals, NOVEMBER - 2, MEASURE_ISSUED, at(MARKET, 10, 7, 70000));
    const struct statement *s = make(totals, NOVEMBER, NOVEMBER, &settled);
    const struct statement_partner *market = &s->partners[1];
    assert_int_equal(market->adjustment_count, 2);
    assert_int_equal(market->adjustments[0].period, NOVEMBER - 2);
    assert_int_equal(market->adjustments[0].issue_cost.minor, 7);
    assert_int_equal(market->adjustments[1].issue_cost.minor, 12);
    assert_int_equal(market->line.net.minor, -19);
    assert_int_equal(s->program_net.minor, 19);
    s = make(totals, NOVEMBER + 1, NOVEMBER, &settled);
    assert_int_equal(s->partners[1].adjustment_count, 0);
}

TEST(closing_settles_the_adjustments_too)
{
    struct totals *totals = totals_open(&arena);
    struct settled october = {
        NOVEMBER - 1, view_of("market"), { 100 }, { 0 }, { 0 }
    };
    struct settled_list settled = { .items = &october, .count = 1, .room = 1 };

    book(totals, NOVEMBER - 1, MEASURE_ISSUED, at(MARKET, 10, 112, 1120000));
    const struct statement *s = make(totals, NOVEMBER, NOVEMBER, &settled);
    assert_true(settlement_settle(s, &settled, &arena));
    s = make(totals, NOVEMBER + 1, NOVEMBER + 1, &settled);
    assert_int_equal(s->partners[0].adjustment_count, 0);
    assert_int_equal(s->partners[1].adjustment_count, 0);
}

TEST(entries_of_the_matrix_that_cancel_out_are_left_out)
{
    struct totals *totals = totals_open(&arena);
    struct effect effect = { .partner = MARKET, .other = CAFE, .amount = 40 };

    book(totals, NOVEMBER, MEASURE_CLEARING, effect);
    effect.other = MARKET;
    book(totals, NOVEMBER, MEASURE_CLEARING, effect);
    effect.amount = -40;
    book(totals, NOVEMBER, MEASURE_CLEARING, effect);
    const struct statement *s = make(totals, NOVEMBER, -1, NULL);
    assert_int_equal(s->pair_count, 1);
    assert_true(view_equal(s->pairs[0].acceptor, view_of("cafe")));
}

/* Prices with a slip in them: what 64 bits would not hold is refused, and so is
 * what they would hold in one figure but not in all. */
TEST(a_statement_that_is_too_large_is_refused_by_partner_and_figure)
{
    struct totals *totals = totals_open(&arena);
    const struct statement *s = NULL;
    struct effect effect = at(MARKET, 10, 1, 0);

    effect.money.value = (int128)INT64_MAX * 20000;
    book(totals, NOVEMBER, MEASURE_ISSUED, effect);
    assert_int_equal(try_make(totals, NOVEMBER, -1, NULL, &s), ERR_INPUT);
    assert_null(s);
    assert_string_equal(
        complaint.text,
        "the statement of 2026-11 is too large: with issue_cost of market in "
        "2026-11 it comes to more than 576460752303423488 cents and points in "
        "all; see leima settle explain --period 2026-11 --partner market "
        "--measure issue_cost");
    totals = totals_open(&arena);
    effect.money.value = (int128)(LIMIT_STATEMENT_PARTS / 2) * 10000;
    book(totals, NOVEMBER, MEASURE_ISSUED, effect);
    (void)make(totals, NOVEMBER, -1, NULL);
    effect.partner = CAFE;
    book(totals, NOVEMBER, MEASURE_REDEEMED, effect);
    assert_int_equal(try_make(totals, NOVEMBER, -1, NULL, &s), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "with issue_cost of market"));
}

/* The figures of a month that was closed stand in no later statement, but what
 * they are more than was settled does. */
TEST(an_adjustment_that_is_too_large_is_refused_by_its_month)
{
    const int64_t half = LIMIT_SETTLED_VOLUME;
    struct totals *totals = totals_open(&arena);
    struct settled october = {
        NOVEMBER - 1, view_of("market"), { half }, { 0 }, { 0 }
    };
    struct settled_list settled = { .items = &october, .count = 1, .room = 1 };
    const struct statement *s = NULL;
    struct effect effect = at(MARKET, 10, 1, 0);

    effect.money.value = (int128)(half + 100) * 10000;
    book(totals, NOVEMBER - 1, MEASURE_ISSUED, effect);
    s = make(totals, NOVEMBER, NOVEMBER, &settled);
    assert_int_equal(s->partners[1].line.net.minor, -100);
    effect.money.value = (int128)half * 10000;
    book(totals, NOVEMBER - 1, MEASURE_ISSUED, effect);
    assert_int_equal(try_make(totals, NOVEMBER, NOVEMBER, &settled, &s),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "the statement of 2026-11"));
    assert_non_null(strstr(complaint.text, "issue_cost of market in 2026-10"));
    assert_int_equal(try_make(totals, NOVEMBER, -1, &settled, &s), OK);
}

TEST(entries_of_the_matrix_that_are_too_large_are_refused)
{
    struct totals *totals = totals_open(&arena);
    struct effect effect = { .partner = MARKET, .other = CAFE };
    const struct statement *s = NULL;

    effect.amount = LIMIT_STATEMENT_PARTS;
    book(totals, NOVEMBER, MEASURE_CLEARING, effect);
    (void)make(totals, NOVEMBER, -1, NULL);
    effect.other = MARKET;
    effect.amount = -1;
    book(totals, NOVEMBER, MEASURE_CLEARING, effect);
    assert_int_equal(try_make(totals, NOVEMBER, -1, NULL, &s), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "clearing of market"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partner_is_rounded_once_and_its_stores_add_up),
        cmocka_unit_test(half_a_cent_is_rounded_away_from_zero_on_both_sides),
        cmocka_unit_test(negative_shares_add_up_too),
        cmocka_unit_test(
            breakage_has_no_store_and_partners_without_figures_are_listed),
        cmocka_unit_test(
            what_came_to_light_later_is_adjusted_in_the_next_period_only),
        cmocka_unit_test(closing_settles_the_adjustments_too),
        cmocka_unit_test(entries_of_the_matrix_that_cancel_out_are_left_out),
        cmocka_unit_test(
            a_statement_that_is_too_large_is_refused_by_partner_and_figure),
        cmocka_unit_test(
            an_adjustment_that_is_too_large_is_refused_by_its_month),
        cmocka_unit_test(entries_of_the_matrix_that_are_too_large_are_refused),
    };

    if (!arena_open(&arena, (size_t)1 << 30))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
