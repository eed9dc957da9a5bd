/*
 * test_earn.c - what a receipt, a join, an activity and an absence earn
 *
 * Every shape of rule, limits, groups, caps, the tier, and the two ways in
 * which a return looks at a purchase again; test_conditions.c has the
 * conditions.  The numbers are worked by hand from RULES.md; those of examples
 * 01, 02 and 19 stand in their READMEs.
 */
#include "core/earn.h"

#include <string.h>

#include "tests/till.h"
#include "tests/unit.h"

/* --- example 01: stacking and floors --- */

static const struct program STACKING = {
    PARTNERS,
    ENDLESS,
    .excluded.categories = { LIST(view, NAME("tobacco")) },
    .earn_count = 5,
    .earn =
        (const struct earn_rule[]) {
            { BASE },
            { RULE, .id = NAME("weekend"), .shape = EARN_MULTIPLY, .of = 0,
              .multiply = 2000,
              .when = { .given = GIVEN(WEEKDAYS),
                        .weekdays = 1 << 5 | 1 << 6 } },
            { RULE, .id = NAME("coffee3"), .shape = EARN_MULTIPLY, .of = 0,
              .multiply = 3000, .best_of = 0,
              .when = { CATEGORIES(NAME("coffee")) } },
            { RULE, .id = NAME("big"), .shape = EARN_FIXED, .points = { 50 },
              .best_of = 0,
              .when = { .given = GIVEN(MIN_TOTAL), .min_total = { 10000 } } },
            { RULE, .id = NAME("tools"), .shape = EARN_MULTIPLY, .of = 0,
              .multiply = 1500, .when = { CATEGORIES(NAME("tools")) } },
        },
};

TEST(contributions_are_floored_once_and_added)
{
    struct till *till = till_open(&STACKING);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_int_equal(BUY(till, LINE("food", 1299), LINE("coffee", 450),
                         LINE("tobacco", 800)),
                     26);
    assert_int_equal(till->basket.eligible.minor, 1749);
    assert_int_equal(till_points(till, "base"), 17);
    assert_int_equal(till_points(till, "coffee3"), 9);
    assert_string_equal(till_why(till, "weekend"), "weekdays");
    assert_string_equal(till_why(till, "big"), "min_total");
    assert_string_equal(till_why(till, "tools"), "categories");

    till_set_time(till, "2025-01-18T12:00:00+02:00");
    assert_int_equal(BUY(till, LINE("food", 6075), LINE("coffee", 4580)), 303);
    assert_int_equal(till_points(till, "weekend"), 106);
    assert_int_equal(till_points(till, "coffee3"), 91);
    assert_string_equal(till_why(till, "big"), "best_of");

    till_set_time(till, "2025-01-19T23:59:59.999+02:00");
    assert_int_equal(BUY(till, LINE("food", 9900), LINE("coffee", 200)), 252);
    assert_int_equal(till_points(till, "big"), 50);
    assert_string_equal(till_why(till, "coffee3"), "best_of");

    till_set_time(till, "2025-01-20T00:00:00+02:00");
    assert_int_equal(BUY(till, LINE("food", 50), LINE("tools", 199)), 2);
    assert_string_equal(till_why(till, "tools"), "amount");
    assert_int_equal(till->outcome.share_count, 1);
    assert_int_equal(till_share(till, "market"), 2);
}

/* A rule of other days is passed over; who asks why hears of it. */
TEST(campaigns_earn_on_their_days_and_on_those_of_what_they_multiply)
{
    const struct program program = {
        PARTNERS,
        ENDLESS,
        .earn_count = 3,
        .earn =
            (const struct earn_rule[]) {
                { BASE, .when = { .given = GIVEN(DATES),
                                  .date_from = rules_day("2026-01-10"),
                                  .date_to = rules_day("2026-01-20") } },
                { RULE, .id = NAME("week"), .shape = EARN_MULTIPLY,
                  .multiply = 3000, .of = 0,
                  .when = { .given = GIVEN(DATES),
                            .date_from = rules_day("2026-01-05"),
                            .date_to = rules_day("2026-01-15") } },
                { RULE, .id = NAME("monday"), .shape = EARN_MULTIPLY,
                  .multiply = 2000, .of = 0,
                  .when = { .given = GIVEN(WEEKDAYS), .weekdays = 1 } },
            },
    };
    static const struct {
        const char *time;
        int64_t points;
        const char *base, *week, *monday; /* why not */
    } days[] = {
        { "2026-01-09T12:00:00+02:00", 0, "dates", "dates", "weekdays" },
        { "2026-01-10T00:00:00+02:00", 30, "", "", "weekdays" },
        { "2026-01-12T12:00:00+02:00", 40, "", "", "" },
        { "2026-01-15T23:59:59+02:00", 30, "", "", "weekdays" },
        { "2026-01-16T00:00:00+02:00", 10, "", "dates", "weekdays" },
        { "2026-01-19T12:00:00+02:00", 20, "", "dates", "" },
        { "2026-01-21T00:00:00+02:00", 0, "dates", "dates", "weekdays" },
        { "2026-01-26T12:00:00+02:00", 0, "dates", "dates", "dates" },
    };
    struct till *till = till_open(&program);

    for (uint32_t i = 0; i < COUNT_OF(days); i++) {
        till_set_time(till, days[i].time);
        till->input.why = false;
        assert_int_equal(BUY(till, LINE("food", 1000)), days[i].points);
        assert_int_equal(till->outcome.miss_count, 0);
        till->input.why = true;
        assert_int_equal(BUY(till, LINE("food", 1000)), days[i].points);
        assert_string_equal(till_why(till, "base"), days[i].base);
        assert_string_equal(till_why(till, "week"), days[i].week);
        assert_string_equal(till_why(till, "monday"), days[i].monday);
    }
}

TEST(a_receipt_without_lines_is_one_line_of_no_category)
{
    struct till *till = till_open(&STACKING);

    till_set_time(till, "2025-01-21T10:00:00+02:00");
    till_set_lines(till, NULL, 0);
    till->event.sale.total = (money) { 199 };
    assert_int_equal(till_evaluate(till, NULL), 1);
    assert_int_equal(till->basket.eligible.minor, 199);
    assert_int_equal(till->basket.qty, 1);
}

TEST(misses_come_in_the_order_of_the_file)
{
    struct till *till = till_open(&STACKING);

    till_set_time(till, "2025-01-20T12:00:00+02:00");
    BUY(till, LINE("food", 9900), LINE("coffee", 200));
    assert_int_equal(till->outcome.miss_count, 3);
    assert_int_equal(till->outcome.misses[0].place, 1);
    assert_int_equal(till->outcome.misses[1].place, 2); /* lost to big */
    assert_int_equal(till->outcome.misses[2].place, 4);
    till->input.why = false;
    till_evaluate(till, NULL);
    assert_int_equal(till->outcome.miss_count, 0);
}

/* --- shapes --- */

static const struct program SHAPES = {
    PARTNERS,
    ENDLESS,
    .reward_count = 2,
    .rewards = (const struct program_reward[]) { { .id = NAME("tea") },
                                                 { .id = NAME("cup") } },
    .earn_count = 8,
    .earn =
        (const struct earn_rule[]) {
            { BASE, .when = { CATEGORIES(NAME("food"), NAME("tea")) } },
            { RULE, .id = NAME("packs"), .shape = EARN_PER_ITEM,
              .points = { 20 }, .funder = 2,
              .when = { CATEGORIES(NAME("tea")) } },
            { RULE, .id = NAME("double"), .shape = EARN_MULTIPLY, .of = 0,
              .multiply = 2000, .funder = 1,
              .when = { CATEGORIES(NAME("tea"), NAME("shoes")) } },
            { RULE, .id = NAME("cup"), .shape = EARN_FIXED, .reward = 1,
              .when = { CATEGORIES(NAME("shoes")) } },
            { RULE, .id = NAME("both"), .shape = EARN_FIXED, .reward = 0,
              .points = { 7 }, .when = { CATEGORIES(NAME("shoes")) } },
            { RULE, .id = NAME("cut"), .shape = EARN_FIXED, .points = { 500 },
              .max_points = 300 },
            { RULE, .id = NAME("zero"), .shape = EARN_FIXED, .reward = 0,
              .points = { 9 }, .max_points = 0,
              .when = { CATEGORIES(NAME("shoes")) } },
            { RULE, .id = NAME("nothing"), .shape = EARN_FIXED },
        },
};

TEST(each_shape_gives_what_its_lines_come_to)
{
    struct till *till = till_open(&SHAPES);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    BUY(till, LINE("food", 1050),
        { .category = NAME("tea.green"), .amount = { 299 }, .qty = 3 },
        { .category = NAME("tea"), .amount = { 0 }, .qty = 5 },
        LINE("shoes", 5000));
    assert_int_equal(till_points(till, "base"), 13); /* 13.49, shoes left out */
    assert_int_equal(till_points(till, "packs"), 60);
    assert_int_equal(till_points(till, "double"), 2); /* 2.99: lines of both */
    assert_int_equal(till_points(till, "cup"), 0);
    assert_int_equal(till_points(till, "both"), 7);
    assert_int_equal(till_points(till, "cut"), 300);
    assert_int_equal(till_points(till, "zero"), 0);
    assert_string_equal(till_why(till, "nothing"), "amount");
    assert_int_equal(till_gain(till, "cup")->reward,
                     timeline_find(till->timeline, NAME_REWARD, VIEW("cup")));
    assert_int_equal(till_gain(till, "both")->reward,
                     timeline_find(till->timeline, NAME_REWARD, VIEW("tea")));
    assert_int_equal(till_gain(till, "base")->reward, PROGRAM_NONE);

    /* One lot for each issuer, in byte order of their ids. */
    assert_int_equal(till->outcome.points.value, 13 + 60 + 2 + 7 + 300);
    assert_int_equal(till->outcome.share_count, 3);
    assert_int_equal(till_share(till, "cafe"), 2);
    assert_int_equal(till_share(till, "market"), 320);
    assert_int_equal(till_share(till, "roaster"), 60);
    assert_int_equal(till->outcome.shares[0].points.value, 2);
    assert_int_equal(till->outcome.shares[2].points.value, 60);
}

TEST(nothing_is_fixed_about_a_receipt_of_nothing)
{
    struct till *till = till_open(&SHAPES);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_int_equal(BUY(till, LINE("shoes", 0)), 0);
    assert_int_equal(till->outcome.gain_count, 0);
    assert_int_equal(till->outcome.stopped_count, 0);
    assert_string_equal(till_why(till, "cut"), "amount");
    assert_string_equal(till_why(till, "cup"), "categories");
}

TEST(a_store_of_nobody_issues_as_none)
{
    struct till *till = till_open(&SHAPES);

    till->context.store = 77;
    till_set_time(till, "2025-01-15T12:00:00+02:00");
    BUY(till, LINE("food", 100));
    assert_int_equal(till_share(till, "none"), 301);
}

TEST(no_rule_gives_more_than_a_thousand_million)
{
    const struct program great = {
        PARTNERS,
        ENDLESS,
        .earn_count = 3,
        .earn =
            (const struct earn_rule[]) {
                { RULE, .id = NAME("base"), .shape = EARN_PER_AMOUNT,
                  .per = { 1 }, .points = { 1000000 } },
                { RULE, .id = NAME("more"), .shape = EARN_MULTIPLY, .of = 0,
                  .multiply = 1000000 },
                { RULE, .id = NAME("items"), .shape = EARN_PER_ITEM,
                  .points = { 1000000 } },
            },
    };
    struct till *till = till_open(&great);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    BUY(till, { .amount = { 100000000000 }, .qty = 1000000 });
    assert_int_equal(till_points(till, "base"), 1000000000);
    assert_int_equal(till_points(till, "more"), 1000000000);
    assert_int_equal(till_points(till, "items"), 1000000000);
    BUY(till, { .amount = { 1000 }, .qty = 1000 });
    assert_int_equal(till_points(till, "base"), 1000000000); /* just so */
    assert_int_equal(till_points(till, "items"), 1000000000);
    BUY(till, { .amount = { 999 }, .qty = 999 });
    assert_int_equal(till_points(till, "base"), 999000000);
}

/* --- limits --- */

static const struct program LIMITS = {
    PARTNERS,
    ENDLESS,
    .earn_count = 5,
    .earn =
        (const struct earn_rule[]) {
            { BASE },
            { RULE, .id = NAME("morning"), .shape = EARN_FIXED,
              .points = { 10 }, .limit_per = LIMIT_PER_WEEK, .limit_times = 2,
              .when = { .given = GIVEN(HOURS),
                        .hours_from_ms = 7 * 3600000,
                        .hours_to_ms = 9 * 3600000 } },
            { RULE, .id = NAME("treats"), .shape = EARN_MULTIPLY, .of = 0,
              .multiply = 2000, .max_points = 15,
              .when = { CATEGORIES(NAME("treats")) } },
            { RULE, .id = NAME("survey"), .on = EARN_ON_ACTIVITY,
              .activity = NAME("survey"), .shape = EARN_FIXED,
              .points = { 100 }, .limit_per = LIMIT_PER_MONTH,
              .limit_times = 1 },
            { RULE, .id = NAME("visits"), .on = EARN_ON_ACTIVITY,
              .shape = EARN_FIXED, .points = { 1 } },
        },
};

/* Example 02. */
TEST(a_limit_holds_for_its_local_period)
{
    static const struct {
        const char *time;
        int64_t points;
    } DAYS[] = {
        { "2025-02-03T07:00:00+02:00", 11 },
        { "2025-02-04T08:59:59.999+02:00", 11 },
        { "2025-02-05T08:00:00+02:00", 1 },
        { "2025-02-09T08:00:00+02:00", 1 },
        { "2025-02-10T08:00:00+02:00", 11 },
        { "2025-02-10T09:00:00+02:00", 1 },
    };
    struct till *till = till_open(&LIMITS);
    struct earn_count counts[TILL_COUNTS];

    till->input.counts.list = counts;
    for (uint32_t i = 0; i < COUNT_OF(DAYS); i++) {
        till_set_time(till, DAYS[i].time);
        assert_int_equal(BUY(till, LINE("food", 100)), DAYS[i].points);
        assert_int_equal(till->outcome.stopped_count, i == 2 || i == 3);
        if (i == 2)
            assert_string_equal(till_why(till, "morning"), "limit");
        if (i == 5)
            assert_string_equal(till_why(till, "morning"), "hours");
        till_book_limits(till, counts);
    }
    till_set_time(till, "2025-02-12T12:00:00+02:00");
    assert_int_equal(BUY(till, LINE("treats", 2000)), 35);
    assert_int_equal(till_points(till, "treats"), 15);
}

TEST(activities_earn_by_name_or_any)
{
    struct till *till = till_open(&LIMITS);
    struct earn_count counts[TILL_COUNTS];

    till->input.counts.list = counts;
    till_set_time(till, "2025-02-28T23:59:59.999+02:00");
    earn_activity(&till->input, VIEW("survey"), &till->outcome);
    assert_int_equal(till->outcome.points.value, 101);
    till_book_limits(till, counts);
    till_set_time(till, "2025-03-01T00:00:00+02:00");
    earn_activity(&till->input, VIEW("survey"), &till->outcome);
    assert_int_equal(till->outcome.points.value, 101);
    till_book_limits(till, counts);
    till_set_time(till, "2025-03-31T12:00:00+03:00");
    earn_activity(&till->input, VIEW("survey"), &till->outcome);
    assert_int_equal(till->outcome.points.value, 1);
    assert_string_equal(till_why(till, "survey"), "limit");
    earn_activity(&till->input, VIEW("visit"), &till->outcome);
    assert_int_equal(till->outcome.points.value, 1);
    assert_int_equal(till->outcome.miss_count, 0);
    earn_join(&till->input, &till->outcome);
    assert_int_equal(till->outcome.gain_count, 0);
}

TEST(a_limit_counts_by_rule_and_period_of_its_own_kind)
{
    const struct earn_count list[] = { { 3, LIMIT_PER_WEEK, 20, 2 },
                                       { 3, LIMIT_PER_MONTH, 20, 5 } };
    const struct earn_counts counts = { list, 2 };

    assert_int_equal(earn_count_of(&counts, 3, LIMIT_PER_WEEK, 20), 2);
    assert_int_equal(earn_count_of(&counts, 3, LIMIT_PER_MONTH, 20), 5);
    assert_int_equal(earn_count_of(&counts, 3, LIMIT_PER_MONTH, 21), 0);
    assert_int_equal(earn_count_of(&counts, 3, LIMIT_PER_DAY, 20), 0);
    assert_int_equal(earn_count_of(&counts, 4, LIMIT_PER_WEEK, 20), 0);
}

/* --- groups --- */

TEST(of_a_group_the_most_points_count_and_the_first_on_a_tie)
{
    const struct program groups = {
        PARTNERS,
        ENDLESS,
        .reward_count = 1,
        .rewards = (const struct program_reward[]) { { .id = NAME("tea") } },
        .earn_count = 6,
        .earn =
            (const struct earn_rule[]) {
                { RULE, .id = NAME("gift"), .shape = EARN_FIXED, .reward = 0,
                  .best_of = 0 },
                { RULE, .id = NAME("one"), .shape = EARN_FIXED,
                  .points = { 30 }, .best_of = 0 },
                { RULE, .id = NAME("apart"), .shape = EARN_FIXED,
                  .points = { 1 }, .best_of = 1 },
                { RULE, .id = NAME("two"), .shape = EARN_FIXED,
                  .points = { 40 }, .max_points = 30, .best_of = 0 },
                { RULE, .id = NAME("best"), .shape = EARN_FIXED,
                  .points = { 50 }, .best_of = 0, .limit_per = LIMIT_PER_EVER,
                  .limit_times = 1 },
                { RULE, .id = NAME("gift2"), .shape = EARN_FIXED, .reward = 0,
                  .best_of = 1 },
            },
    };
    struct till *till = till_open(&groups);
    struct earn_count counts[TILL_COUNTS];

    till->input.counts.list = counts;
    till_set_time(till, "2025-01-15T12:00:00+02:00");
    assert_int_equal(BUY(till, LINE("food", 1)), 51);
    assert_int_equal(till->outcome.gain_count, 2);
    assert_int_equal(till_points(till, "best"), 50);
    assert_int_equal(till_points(till, "apart"), 1);
    assert_string_equal(till_why(till, "gift"), "best_of");
    assert_string_equal(till_why(till, "gift2"), "best_of");
    till_book_limits(till, counts);
    /* The group is asked after limits and max_points. */
    assert_int_equal(till_evaluate(till, NULL), 31);
    assert_int_equal(till_points(till, "one"), 30);
    assert_string_equal(till_why(till, "best"), "limit");
    assert_string_equal(till_why(till, "two"), "best_of");
}

/* --- tiers --- */

static const struct program TIERS = {
    PARTNERS,
    ENDLESS,
    .earn_count = 2,
    .earn =
        (const struct earn_rule[]) {
            { RULE, .id = NAME("items"), .shape = EARN_PER_ITEM,
              .points = { 3 } },
            { BASE, .limit_per = LIMIT_PER_EVER, .limit_times = 1,
              .max_points = 5, .funder = 2,
              .when = { .given = GIVEN(CATEGORIES) | GIVEN(STORES),
                        .stores = { LIST(struct store_range, { 10, 10 }) },
                        .goods.categories = { LIST(view, NAME("food")) } } },
        },
    .tiers = { .count = 3,
               .levels =
                   (const struct tier_level[]) {
                       { .id = NAME("basic"), .multiply = 1000 },
                       { .id = NAME("silver"), .multiply = 1250 },
                       { .id = NAME("gold"), .multiply = 1500 } } },
};

TEST(a_tier_multiplies_the_first_per_rule_and_that_alone)
{
    struct till *till = till_open(&TIERS);
    const int32_t base = 1;
    struct earn_count used = { .per = LIMIT_PER_EVER, .times = 1 };

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    till->context.level = 2;
    BUY(till, LINE("food", 3000), LINE("shoes", 9900));
    assert_int_equal(till_points(till, "items"), 6);
    assert_int_equal(till_points(till, "base"), 5);
    assert_int_equal(till_points(till, "tier.gold"),
                     15); /* no max_points of base */
    assert_int_equal(till_share(till, "roaster"), 5);
    assert_int_equal(till_share(till, "market"), 21); /* nor its funder */
    assert_int_equal(till_gain(till, "tier.gold")->place, PROGRAM_NONE);

    used.rule = version_number(till->input.version, NAME_RULE, base);
    till->input.counts = (struct earn_counts) { &used, 1 };
    till->context.level = 1;
    BUY(till, LINE("food", 399));
    assert_string_equal(till_why(till, "base"), "limit");
    assert_string_equal(till_why(till, "tier.silver"), "amount"); /* 0.9975 */
    BUY(till, LINE("food", 400));
    assert_int_equal(till_points(till, "tier.silver"), 1); /* nor its limit */

    till->context.level = 0;
    BUY(till, LINE("food", 400));
    assert_int_equal(till_points(till, "tier.basic"), -1);
    assert_string_equal(till_why(till, "tier.basic"), ""); /* none to give */
    /* But its conditions must hold. */
    till->context.level = 2;
    till->context.store = 11;
    BUY(till, LINE("food", 3000));
    assert_string_equal(till_why(till, "tier.gold"), "stores");
    assert_int_equal(till->outcome.misses[1].place, PROGRAM_NONE);
}

/* --- returns --- */

static const struct program FUNDED = {
    PARTNERS,
    ENDLESS,
    .earn_count = 3,
    .earn =
        (const struct earn_rule[]) {
            { BASE },
            { RULE, .id = NAME("roast"), .shape = EARN_PER_ITEM,
              .points = { 20 }, .funder = 2, .best_of = 0,
              .when = { CATEGORIES(NAME("coffee.beans")) } },
            { RULE, .id = NAME("big"), .shape = EARN_FIXED, .points = { 45 },
              .best_of = 0,
              .when = { .given = GIVEN(MIN_TOTAL) | GIVEN(STORES),
                        .min_total = { 3000 },
                        .stores = { LIST(struct store_range, { 10, 10 },
                                         { 30, 30 }) } } },
        },
};

/* Example 19, receipts A and B. */
TEST(a_return_evaluates_what_is_left)
{
    struct till *till = till_open(&FUNDED);

    till_set_time(till, "2025-02-03T12:00:00+02:00");
    assert_int_equal(BUY(till,
                         { .category = NAME("coffee.beans.dark"),
                           .amount = { 2400 },
                           .qty = 3 },
                         LINE("food", 1050)),
                     94);
    assert_int_equal(till_share(till, "market"), 34);
    assert_int_equal(till_share(till, "roaster"), 60);
    till->input.mode = EARN_AGAIN;
    assert_int_equal(
        till_evaluate(till, (const money[]) { { 1600 }, { 1050 } }), 66);
    assert_int_equal(till->basket.lines[0].qty, 2);
    assert_int_equal(till_share(till, "market"), 26);
    assert_int_equal(till_share(till, "roaster"), 40);

    till->input.mode = EARN_BOUGHT;
    assert_int_equal(
        BUY(till,
            { .category = NAME("coffee.beans"), .amount = { 900 }, .qty = 3 },
            LINE("food", 3500)),
        104);
    assert_string_equal(till_why(till, "big"), "best_of");
    till->input.mode = EARN_AGAIN;
    assert_int_equal(till_evaluate(till, (const money[]) { { 600 }, { 3500 } }),
                     86);
    assert_int_equal(till_share(till, "market"), 86);
    assert_int_equal(till_share(till, "roaster"), 0);
    /* Nothing is left: nothing is earned. */
    assert_int_equal(till_evaluate(till, (const money[]) { { 0 }, { 0 } }), 0);
    assert_int_equal(till->basket.qty, 0);
}

TEST(evaluated_again_limits_stand_as_they_stood)
{
    struct till *till = till_open(&LIMITS);
    const int32_t morning = 1;
    struct earn_count full = { .per = LIMIT_PER_WEEK, .times = 2 };
    int32_t stopped[TILL_COUNTS];

    till_set_time(till, "2025-02-03T07:00:00+02:00");
    full.rule = version_number(till->input.version, NAME_RULE, morning);
    full.period = terms_period(LIMIT_PER_WEEK, till->context.moment.day);
    /* One that used its limit is not stopped by it, however full it is now. */
    assert_int_equal(BUY(till, LINE("food", 500)), 15);
    assert_int_equal(till_gain(till, "morning")->limit_per, LIMIT_PER_WEEK);
    till->input.mode = EARN_AGAIN;
    till->input.counts = (struct earn_counts) { &full, 1 };
    assert_int_equal(till_evaluate(till, (const money[]) { { 100 } }), 11);
    assert_int_equal(till_gain(till, "morning")->limit_per, LIMIT_PER_NONE);

    /* One that was stopped stays so, though it could give something now. */
    till->input.mode = EARN_BOUGHT;
    assert_int_equal(till_evaluate(till, NULL), 5);
    assert_int_equal(till->outcome.stopped_count, 1);
    assert_int_equal(till->outcome.stopped[0], morning);
    memcpy(stopped, till->outcome.stopped, sizeof(stopped[0]));
    till->input.mode = EARN_AGAIN;
    till->input.stopped = (struct place_list) { stopped, 1 };
    till->input.counts.count = 0;
    assert_int_equal(till_evaluate(till, (const money[]) { { 100 } }), 1);
}

TEST(a_blind_return_looks_at_per_and_multiply_and_the_tier)
{
    const struct program blind = {
        PARTNERS,
        ENDLESS,
        .reward_count = 1,
        .rewards = (const struct program_reward[]) { { .id = NAME("tea") } },
        .earn_count = 5,
        .earn =
            (const struct earn_rule[]) {
                { BASE, .max_points = 5, .limit_per = LIMIT_PER_EVER,
                  .limit_times = 1 },
                { RULE, .id = NAME("double"), .shape = EARN_MULTIPLY, .of = 0,
                  .multiply = 2000, .best_of = 0 },
                { RULE, .id = NAME("items"), .shape = EARN_PER_ITEM,
                  .points = { 4 }, .best_of = 0 },
                { RULE, .id = NAME("fixed"), .shape = EARN_FIXED,
                  .points = { 1000 }, .best_of = 0 },
                { RULE, .id = NAME("gift"), .shape = EARN_FIXED, .reward = 0 },
            },
        .tiers = { .count = 1,
                   .levels =
                       (const struct tier_level[]) {
                           { .id = NAME("gold"), .multiply = 1500 } } },
    };
    struct till *till = till_open(&blind);
    struct earn_count used = { .per = LIMIT_PER_EVER, .times = 1 };

    used.rule = timeline_find(till->timeline, NAME_RULE, VIEW("base"));
    till->input.counts = (struct earn_counts) { &used, 1 };
    till->input.mode = EARN_BLIND;
    till->context.level = 0;
    till_set_time(till, "2025-02-03T07:00:00+02:00");
    assert_int_equal(BUY(till, LINE("food", 1000)), 10 + 10 + 5);
    assert_int_equal(till_points(till, "base"), 10);
    assert_int_equal(till_points(till, "double"), 10);
    assert_string_equal(till_why(till, "items"), "best_of");
    assert_int_equal(till_points(till, "fixed"), -1);
    assert_int_equal(till_points(till, "gift"), -1);
    assert_int_equal(till_points(till, "tier.gold"), 5);
}

/* --- before the first version and after the last day --- */

TEST(before_the_first_version_nothing_is_earned)
{
    struct till *till = till_open(&SHAPES);

    till_set_time(till, "1999-12-31T12:00:00+02:00");
    till->input.version = NULL;
    assert_int_equal(BUY(till, LINE("food", 5000)), 0);
    assert_int_equal(till->basket.eligible.minor, 5000);
    assert_int_equal(till->outcome.gain_count, 0);
    assert_int_equal(till->outcome.miss_count, 0);
    assert_int_equal(earn_stamp(&till->input, &till->basket, NULL), 0);
}

TEST(after_the_last_day_every_rule_says_ends)
{
    struct program ended = TIERS;
    struct till *till;

    ended.ends = rules_day("2025-07-31");
    till = till_open(&ended);
    till->context.level = 2;
    till_set_time(till, "2025-07-31T23:59:59.999+03:00");
    assert_int_equal(BUY(till, LINE("food", 400)), 3 + 4 + 2);
    till_set_time(till, "2025-08-01T00:00:00+03:00");
    assert_int_equal(BUY(till, LINE("food", 400)), 0);
    assert_int_equal(till->basket.eligible.minor, 400);
    assert_string_equal(till_why(till, "items"), "ends");
    assert_string_equal(till_why(till, "base"), "ends");
    assert_string_equal(till_why(till, "tier.gold"), "ends");
    till->input.mode = EARN_BLIND;
    assert_int_equal(till_evaluate(till, NULL), 0);
}

/* --- joins, absences, stamps --- */

static const struct program OTHERS = {
    PARTNERS,
    ENDLESS,
    .reward_count = 1,
    .rewards = (const struct program_reward[]) { { .id = NAME("coffee") } },
    .earn_count = 5,
    .earn =
        (const struct earn_rule[]) {
            { RULE, .id = NAME("wake"), .on = EARN_ON_INACTIVE,
              .after_days = 30, .shape = EARN_FIXED, .reward = 0 },
            { RULE, .id = NAME("wake2"), .on = EARN_ON_INACTIVE,
              .after_days = 60, .shape = EARN_FIXED, .points = { 20 },
              .limit_per = LIMIT_PER_YEAR, .limit_times = 1,
              .when = { .given = GIVEN(CONSENTS),
                        .consents = { LIST(view, NAME("email")) } } },
            { RULE, .id = NAME("welcome"), .on = EARN_ON_JOIN,
              .shape = EARN_FIXED, .points = { 500 }, .funder = 2 },
            { RULE, .id = NAME("near"), .on = EARN_ON_JOIN, .shape = EARN_FIXED,
              .points = { 5 },
              .when = { .given = GIVEN(HOME_STORE), .home_store = true } },
            { RULE, .id = NAME("bought"), .shape = EARN_FIXED,
              .points = { 1 } },
        },
    .stamp_count = 4,
    .stamps =
        (const struct stamp_card[]) {
            { .id = NAME("lunch"), .need = 5 },
            { .id = NAME("coffee"),
              .per = STAMP_PER_ITEM,
              .need = 10,
              .when = { CATEGORIES(NAME("coffee")) } },
            { .id = NAME("all"), .per = STAMP_PER_RECEIPT, .need = 10 },
            { .id = NAME("big"),
              .per = STAMP_PER_RECEIPT,
              .need = 10,
              .when = { .given = GIVEN(MIN_TOTAL), .min_total = { 1000 } } },
        },
};

TEST(a_join_earns_by_the_rules_on_join)
{
    struct till *till = till_open(&OTHERS);

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    till->context.home_store = 30;
    earn_join(&till->input, &till->outcome);
    assert_int_equal(till->outcome.points.value, 500);
    assert_int_equal(till_share(till, "roaster"), 500);
    assert_string_equal(till_why(till, "near"), "home_store");
    till->context.home_store = 10;
    earn_join(&till->input, &till->outcome);
    assert_int_equal(till->outcome.points.value, 505);
    till->input.version = NULL;
    earn_join(&till->input, &till->outcome);
    assert_int_equal(till->outcome.gain_count, 0);
}

/* Example 20. */
TEST(an_absence_earns_once_what_is_due_on_its_day)
{
    struct till *till = till_open(&OTHERS);
    const view email = NAME("email");
    int32_t wake = timeline_find(till->timeline, NAME_RULE, VIEW("wake"));
    int32_t wake2 = timeline_find(till->timeline, NAME_RULE, VIEW("wake2"));
    struct place_list none = { 0 }, given = { &wake, 1 };
    struct earn_count used = {
        wake2, LIMIT_PER_YEAR,
        terms_period(LIMIT_PER_YEAR, rules_day("2025-01-01")), 1
    };

    till_set_time(till, "2025-02-14T00:00:00+02:00");
    earn_absence(&till->input, 30, none, &till->outcome);
    assert_int_equal(till->outcome.gain_count, 1);
    assert_int_equal(till_gain(till, "wake")->reward, 0);
    earn_absence(&till->input, 30, given, &till->outcome);
    assert_int_equal(till->outcome.gain_count, 0);

    till_set_time(till, "2025-03-16T00:00:00+02:00");
    earn_absence(&till->input, 60, given, &till->outcome);
    assert_string_equal(till_why(till, "wake2"), "consents");
    till->context.consents = (struct name_list) { &email, 1 };
    earn_absence(&till->input, 60, given, &till->outcome);
    assert_int_equal(till->outcome.points.value, 20);
    till->input.counts = (struct earn_counts) { &used, 1 };
    earn_absence(&till->input, 60, given, &till->outcome);
    assert_string_equal(till_why(till, "wake2"), "limit");
    earn_absence(&till->input, 61, none, &till->outcome);
    assert_int_equal(till->outcome.gain_count, 0);
    assert_int_equal(till->outcome.miss_count, 0);
}

TEST(stamps_go_by_item_or_by_receipt)
{
    struct till *till = till_open(&OTHERS);
    struct earn_stamps stamps[4];

    till_set_time(till, "2025-01-15T12:00:00+02:00");
    BUY(till, { .category = NAME("coffee"), .amount = { 500 }, .qty = 3 },
        { .category = NAME("coffee"), .amount = { 0 }, .qty = 9 },
        LINE("coffee.beans", 400));
    assert_int_equal(earn_stamp(&till->input, &till->basket, stamps), 2);
    assert_int_equal(stamps[0].place, 1);
    assert_int_equal(stamps[0].count, 4);
    assert_int_equal(stamps[1].place, 2);
    assert_int_equal(stamps[1].count, 1);
    BUY(till, LINE("food", 1000));
    assert_int_equal(earn_stamp(&till->input, &till->basket, stamps), 2);
    assert_int_equal(stamps[0].place, 2);
    assert_int_equal(stamps[1].place, 3);
    BUY(till, LINE("coffee", 0));
    assert_int_equal(earn_stamp(&till->input, &till->basket, stamps), 0);
}

RUN(cmocka_unit_test(before_the_first_version_nothing_is_earned),
    cmocka_unit_test(contributions_are_floored_once_and_added),
    cmocka_unit_test(
        campaigns_earn_on_their_days_and_on_those_of_what_they_multiply),
    cmocka_unit_test(a_receipt_without_lines_is_one_line_of_no_category),
    cmocka_unit_test(misses_come_in_the_order_of_the_file),
    cmocka_unit_test(each_shape_gives_what_its_lines_come_to),
    cmocka_unit_test(nothing_is_fixed_about_a_receipt_of_nothing),
    cmocka_unit_test(a_store_of_nobody_issues_as_none),
    cmocka_unit_test(no_rule_gives_more_than_a_thousand_million),
    cmocka_unit_test(a_limit_holds_for_its_local_period),
    cmocka_unit_test(activities_earn_by_name_or_any),
    cmocka_unit_test(a_limit_counts_by_rule_and_period_of_its_own_kind),
    cmocka_unit_test(of_a_group_the_most_points_count_and_the_first_on_a_tie),
    cmocka_unit_test(a_tier_multiplies_the_first_per_rule_and_that_alone),
    cmocka_unit_test(a_return_evaluates_what_is_left),
    cmocka_unit_test(evaluated_again_limits_stand_as_they_stood),
    cmocka_unit_test(a_blind_return_looks_at_per_and_multiply_and_the_tier),
    cmocka_unit_test(after_the_last_day_every_rule_says_ends),
    cmocka_unit_test(a_join_earns_by_the_rules_on_join),
    cmocka_unit_test(an_absence_earns_once_what_is_due_on_its_day),
    cmocka_unit_test(stamps_go_by_item_or_by_receipt))
