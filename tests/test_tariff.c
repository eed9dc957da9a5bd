/*
 * test_tariff.c - a tariff gives for every total what the rules give
 */
#include "core/tariff.h"

#include "tests/story.h"
#include "tests/unit.h"

static const char RULES[] =
    "earn:\n"
    "  - {id: base, per: 7.00, points: 3}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 1.7}\n"
    "  - {id: cafe, when: {partners: [cafe]}, per: 2.00, points: 1}\n"
    "  - {id: gold, when: {tiers: [gold]}, per: 9.99, points: 1}\n"
    "  - {id: tea, when: {categories: [tea], min_total: 5.00}, points: 9}\n"
    "tiers: {window: year, valid_for: 12 months, levels: [{id: basic}, {id: "
    "gold, from: 500.00, multiply: 1.25}]}\n";

static struct basket basket;
static struct earn_outcome outcome;

static struct event
buy(int64_t total)
{
    return (struct event) { .kind = EVENT_PURCHASE,
                            .account = { .member = 42 },
                            .sale = { .total = { total },
                                      .bought_on = EVENT_NO_DAY } };
}

static void
assert_same(const struct earn_input *input, const struct tariff *tariff,
            int64_t total)
{
    const struct event event = buy(total);

    basket_fill(&basket, input->version, &event, NULL);
    earn_purchase(input, &basket, &outcome);
    assert_int_equal(tariff_points(tariff, event.sale.total),
                     outcome.points.value);
    if (outcome.share_count > 0)
        assert_int_equal(outcome.shares[0].issuer, tariff->issuer);
    assert_int_equal(tariff->eligible, basket.eligible.minor > 0);
}

TEST(totals_of_all_sizes)
{
    static const uint32_t stores[] = { 10, 30, 999 };
    struct story *story = story_open();

    story_rules(story, "2000-01-01", RULES);
    const struct timeline *timeline = story_timeline(story);
    assert_true(tariff_fits(&timeline->versions[0]));
    for (uint32_t i = 0; i < 3 * 7 * 2; i++) {
        struct earn_context context = { .moment = { .day = (int32_t)i },
                                        .store = stores[i % 3],
                                        .level = (int32_t)(i / 21) };
        const struct earn_input input = { .timeline = timeline,
                                          .version = &timeline->versions[0],
                                          .context = &context };
        const struct event event = buy(1);
        struct tariff tariff;
        tariff_make(&input, &event, &basket, &outcome, &tariff);
        assert_true(tariff.fits);
        for (int64_t total = 1; total <= LIMIT_MONEY_MINOR;
             total += 1 + total * 3 / 100)
            assert_same(&input, &tariff, total);
    }
    story_close(story);
}

TEST(rules_that_ask_for_more)
{
    static const char *const all[] = {
        "earn: [{id: a, when: {min_total: 1.00}, per: 1.00, points: 1}]\n",
        "earn: [{id: a, when: {first_purchase: true}, per: 1.00, points: 1}]\n",
        "earn: [{id: a, per: 1.00, points: 1, best_of: g}]\n",
        "earn: [{id: a, points: 5}]\n",
    };

    for (uint32_t i = 0; i < COUNT_OF(all); i++) {
        struct story *story = story_open();
        story_rules(story, "2000-01-01", all[i]);
        assert_false(tariff_fits(&story_timeline(story)->versions[0]));
        story_close(story);
    }
}

/* Points that a funder pays beside the store's partner are two lots. */
TEST(two_issuers)
{
    struct story *story = story_open();
    struct earn_context context = { .store = 10, .level = PROGRAM_NONE };
    const struct event event = buy(1);
    struct tariff tariff;

    story_rules(story, "2000-01-01",
                "earn:\n  - {id: a, per: 1.00, points: 1}\n"
                "  - {id: b, per: 1.00, points: 1, funder: cafe}\n");
    const struct timeline *timeline = story_timeline(story);
    const struct earn_input input = { .timeline = timeline,
                                      .version = &timeline->versions[0],
                                      .context = &context };
    assert_true(tariff_fits(input.version));
    tariff_make(&input, &event, &basket, &outcome, &tariff);
    assert_false(tariff.fits);
    story_close(story);
}

RUN(cmocka_unit_test(totals_of_all_sizes),
    cmocka_unit_test(rules_that_ask_for_more), cmocka_unit_test(two_issuers))
