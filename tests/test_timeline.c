/*
 * test_timeline.c - versions compiled together: which one holds when, one
 * table of names over all of them, stores and prices of each
 *
 * The two versions are those of example 16, with the cards, levels and rewards
 * that the tables of names need added.
 */
#include "core/timeline.h"

#include "tests/rules.h"
#include "tests/unit.h"

static const struct program FIRST = {
    .program = NAME("first"),
    .partner_count = 2,
    .partners =
        (const struct program_partner[]) {
            { .id = NAME("market"),
              .stores = { LIST(struct store_range, { 1, 2 }, { 10, 19 }) },
              .issue_price = { 10000 },
              .redeem_price = { 9000 } },
            { .id = NAME("cafe"),
              .stores = { LIST(struct store_range, { 30, 39 }) },
              .issue_price = { 12000 },
              .redeem_price = { 9000 } },
        },
    .earn_count = 4,
    .earn =
        (const struct earn_rule[]) {
            { RULE, .id = NAME("wake"), .on = EARN_ON_INACTIVE,
              .shape = EARN_FIXED, .after_days = 90 },
            { RULE, .id = NAME("items"), .shape = EARN_PER_ITEM },
            { RULE, .id = NAME("base"), .shape = EARN_PER_AMOUNT,
              .per = { 100 }, .points = { 1 } },
            { RULE, .id = NAME("early"), .on = EARN_ON_INACTIVE,
              .shape = EARN_FIXED, .after_days = 30 },
        },
    .stamp_count = 1,
    .stamps = (const struct stamp_card[]) { { .id = NAME("coffee") } },
    .tiers = { .count = 2,
               .levels =
                   (const struct tier_level[]) { { .id = NAME("basic") },
                                                 { .id = NAME("gold") } } },
    .ends = INT32_MAX,
};

static const struct program SECOND = {
    .program = NAME("second"),
    .partner_count = 3,
    .partners =
        (const struct program_partner[]) {
            { .id = NAME("roaster") },
            { .id = NAME("cafe"),
              .stores = { LIST(struct store_range, { 12, 12 }, { 30, 39 }) },
              .issue_price = { 12000 },
              .redeem_price = { 9000 } },
            { .id = NAME("market"),
              .stores = { LIST(struct store_range, { 1, 2 }, { 10, 11 }) },
              .issue_price = { 20000 },
              .redeem_price = { 9000 } },
        },
    .earn_count = 1,
    .earn =
        (const struct earn_rule[]) {
            { RULE, .id = NAME("base"), .shape = EARN_PER_AMOUNT,
              .per = { 100 }, .points = { 2 } },
        },
    .reward_count = 1,
    .rewards = (const struct program_reward[]) { { .id = NAME("cup") } },
    .spend_reward_count = 1,
    .spend_rewards = (const struct spend_reward[]) { { .id = NAME("k") } },
    .pass_count = 1,
    .passes = (const struct program_pass[]) { { .id = NAME("gym") } },
    .ends = 20300, /* 2025-07-31 */
};

static const struct timeline *
both(void)
{
    return rules_timeline((const struct program *const[]) { &FIRST, &SECOND },
                          (const char *const[]) { "2000-01-01", "2025-07-01" },
                          2);
}

static const struct program *
program_at(const struct timeline *timeline, const char *time)
{
    const struct version *version = timeline_at(timeline, rules_ms(time));

    return version == NULL ? NULL : version->program;
}

TEST(a_version_holds_from_local_midnight_of_its_date)
{
    const struct timeline *timeline = both();

    assert_int_equal(timeline->version_count, 2);
    assert_null(program_at(timeline, "1999-12-31T23:59:59.999+02:00"));
    assert_ptr_equal(program_at(timeline, "2000-01-01T00:00:00+02:00"), &FIRST);
    assert_ptr_equal(program_at(timeline, "2025-06-30T23:59:59.999+03:00"),
                     &FIRST);
    assert_ptr_equal(program_at(timeline, "2025-07-01T00:00:00+03:00"),
                     &SECOND);
    assert_ptr_equal(program_at(timeline, "2099-12-31T00:00:00Z"), &SECOND);

    const struct version *first = &timeline->versions[0];
    const struct version *second = &timeline->versions[1];
    assert_int_equal(first->until_ms, second->from_ms);
    assert_int_equal(second->until_ms, INT64_MAX);
}

TEST(of_two_with_one_date_the_one_published_later_holds)
{
    const struct timeline *timeline = rules_timeline(
        (const struct program *const[]) { &SECOND, &FIRST, &SECOND, &FIRST },
        (const char *const[]) { "2025-07-01", "2025-07-01", "2020-01-01",
                                "2024-01-01" },
        4);

    assert_int_equal(timeline->version_count, 3);
    assert_int_equal(timeline->versions[0].input, 2);
    assert_int_equal(timeline->versions[1].input, 3);
    assert_int_equal(timeline->versions[2].input, 1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(timeline->versions[i].index, i);
    assert_int_equal(timeline->versions[1].until_ms,
                     timeline->versions[2].from_ms);
}

TEST(every_name_of_every_version_has_one_number_in_byte_order)
{
    static const char *const RULES[] = {
        "base",       "early",     "items",   "monthly_bonus",
        "pass.gym",   "referral",  "spend.k", "stamp.coffee",
        "tier.basic", "tier.gold", "wake",
    };
    static const char *const PARTNERS[] = { "cafe", "debt", "market", "none",
                                            "roaster" };
    const struct timeline *timeline = both();

    assert_int_equal(timeline->names[NAME_RULE].count, COUNT_OF(RULES));
    for (uint32_t i = 0; i < COUNT_OF(RULES); i++)
        assert_int_equal(timeline_find(timeline, NAME_RULE, view_of(RULES[i])),
                         i);
    assert_int_equal(timeline->names[NAME_PARTNER].count, COUNT_OF(PARTNERS));
    for (uint32_t i = 0; i < COUNT_OF(PARTNERS); i++)
        assert_true(
            view_equal(timeline_name(timeline, NAME_PARTNER, (int32_t)i),
                       view_of(PARTNERS[i])));
    assert_int_equal(timeline_find(timeline, NAME_PARTNER, view_of("marke")),
                     PROGRAM_NONE);
    assert_int_equal(timeline_find(timeline, NAME_REWARD, view_of("cup")), 0);
    assert_int_equal(timeline->partner_debt, 1);
    assert_int_equal(timeline->partner_none, 3);
    assert_int_equal(timeline->rule_referral, 5);
    assert_int_equal(timeline->rule_monthly_bonus, 3);
    assert_int_equal(timeline->rule_of[NAME_LEVEL][1], 9);
    assert_int_equal(timeline->rule_of[NAME_CARD][0], 7);
    assert_int_equal(timeline->rule_of[NAME_SPEND][0], 6);
    assert_int_equal(timeline->rule_of[NAME_PASS][0], 4);
}

TEST(places_and_numbers_lead_to_each_other)
{
    const struct timeline *timeline = both();
    const struct version *first = &timeline->versions[0];
    const struct version *second = &timeline->versions[1];
    int32_t roaster = timeline_find(timeline, NAME_PARTNER, VIEW("roaster"));
    int32_t market = timeline_find(timeline, NAME_PARTNER, VIEW("market"));
    int32_t base = timeline_find(timeline, NAME_RULE, VIEW("base"));

    assert_int_equal(version_place(first, NAME_PARTNER, roaster), PROGRAM_NONE);
    assert_int_equal(version_place(second, NAME_PARTNER, roaster), 0);
    assert_int_equal(version_place(first, NAME_PARTNER, market), 0);
    assert_int_equal(version_place(second, NAME_PARTNER, market), 2);
    assert_int_equal(version_number(second, NAME_PARTNER, 2), market);
    assert_int_equal(version_place(first, NAME_RULE, base), 2);
    assert_int_equal(version_number(first, NAME_RULE, 2), base);
    assert_int_equal(version_place(first, NAME_RULE, timeline->rule_referral),
                     PROGRAM_NONE);
    assert_int_equal(version_place(NULL, NAME_RULE, base), PROGRAM_NONE);
    assert_int_equal(version_number(first, NAME_RULE, PROGRAM_NONE),
                     PROGRAM_NONE);
    for (int32_t place = 0; place < (int32_t)FIRST.earn_count; place++)
        assert_int_equal(version_place(first, NAME_RULE,
                                       version_number(first, NAME_RULE, place)),
                         place);
}

static void
check_partner(const struct timeline *timeline, const struct version *version,
              uint32_t store, const char *partner)
{
    int32_t number = timeline_partner_of(timeline, version, store);

    assert_true(view_equal(timeline_name(timeline, NAME_PARTNER, number),
                           view_of(partner)));
}

TEST(stores_and_prices_are_those_of_the_version)
{
    const struct timeline *timeline = both();
    const struct version *first = &timeline->versions[0];
    const struct version *second = &timeline->versions[1];

    check_partner(timeline, first, 12, "market");
    check_partner(timeline, second, 12, "cafe");
    check_partner(timeline, first, 2, "market");
    check_partner(timeline, first, 3, "none");
    check_partner(timeline, first, 19, "market");
    check_partner(timeline, second, 19, "none");
    check_partner(timeline, second, 30, "cafe");
    check_partner(timeline, second, 39, "cafe");
    check_partner(timeline, second, 40, "none");
    check_partner(timeline, first, INT32_MAX, "none");
    check_partner(timeline, NULL, 10, "none");

    int32_t market = timeline_find(timeline, NAME_PARTNER, VIEW("market"));
    assert_int_equal(version_issue_price(first, market).micro, 10000);
    assert_int_equal(version_issue_price(second, market).micro, 20000);
    assert_int_equal(version_redeem_price(second, market).micro, 9000);
    assert_int_equal(version_issue_price(NULL, market).micro, 0);
    assert_int_equal(version_issue_price(first, timeline->partner_none).micro,
                     0);
    assert_int_equal(version_redeem_price(first, timeline->partner_debt).micro,
                     0);
}

TEST(nothing_is_earned_from_midnight_after_the_last_day)
{
    const struct timeline *timeline = both();
    const struct version *second = &timeline->versions[1];

    assert_int_equal(SECOND.ends, rules_day("2025-07-31"));
    assert_false(
        version_ended(second, rules_ms("2025-07-31T23:59:59.999+03:00")));
    assert_true(version_ended(second, rules_ms("2025-08-01T00:00:00+03:00")));
    assert_false(version_ended(&timeline->versions[0],
                               rules_ms("2099-12-31T00:00:00Z")));
    assert_true(version_ended(NULL, 0));
}

TEST(rules_are_listed_by_what_they_are_on)
{
    const struct version *first = &both()->versions[0];
    struct place_list bought = first->rules[EARN_ON_PURCHASE];

    assert_int_equal(bought.count, 2);
    assert_int_equal(bought.places[0], 1);
    assert_int_equal(bought.places[1], 2);
    assert_int_equal(first->rules[EARN_ON_INACTIVE].count, 2);
    assert_int_equal(first->rules[EARN_ON_JOIN].count, 0);
    assert_int_equal(first->tier_of, 2); /* per item is no rule to multiply */
    assert_int_equal(first->absence_count, 2);
    assert_int_equal(first->absence_days[0], 30);
    assert_int_equal(first->absence_days[1], 90);
}

TEST(the_digest_tells_versions_apart)
{
    const struct timeline *twice = both();
    const struct program *programs[] = { &FIRST, &SECOND };
    digest other;

    assert_true(digest_equal(both()->digest, twice->digest));
    other =
        rules_timeline(programs,
                       (const char *const[]) { "2000-01-01", "2025-07-02" }, 2)
            ->digest;
    assert_false(digest_equal(other, twice->digest));
    other = rules_single(&FIRST)->digest;
    assert_false(digest_equal(other, twice->digest));
}

TEST(without_a_version_nothing_holds_and_the_zone_is_utc)
{
    const struct timeline *timeline = rules_timeline(NULL, NULL, 0);

    assert_int_equal(timeline->version_count, 0);
    assert_null(timeline_at(timeline, INT64_MAX));
    assert_int_equal(zone_day(&timeline->zone, 0), 0);
    check_partner(timeline, NULL, 10, "none");
    assert_int_equal(timeline->names[NAME_RULE].count, 2);
}

RUN(cmocka_unit_test(a_version_holds_from_local_midnight_of_its_date),
    cmocka_unit_test(of_two_with_one_date_the_one_published_later_holds),
    cmocka_unit_test(every_name_of_every_version_has_one_number_in_byte_order),
    cmocka_unit_test(places_and_numbers_lead_to_each_other),
    cmocka_unit_test(stores_and_prices_are_those_of_the_version),
    cmocka_unit_test(nothing_is_earned_from_midnight_after_the_last_day),
    cmocka_unit_test(rules_are_listed_by_what_they_are_on),
    cmocka_unit_test(the_digest_tells_versions_apart),
    cmocka_unit_test(without_a_version_nothing_holds_and_the_zone_is_utc))
