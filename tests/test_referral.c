/*
 * test_referral.c - which event of a referred member pays, and whom
 *
 * Examples 13 and 20, and what they leave out: a join without a referrer, two
 * events of one instant, versions without referral, the last day.
 */
#include "core/referral.h"

#include "core/basket.h"
#include "tests/rules.h"
#include "tests/unit.h"

static const struct program BY_PURCHASE = {
    .ends = INT32_MAX,
    .excluded.categories = { LIST(view, NAME("tobacco")) },
    .referral = { .on = REFERRAL_PURCHASE,
                  .min_total = { 2000 },
                  .referrer_points = { 1000 } },
};

static const struct program BY_STAMP = {
    .ends = INT32_MAX,
    .stamp_count = 1,
    .stamps = (const struct stamp_card[]) { { .id = NAME("lunch") } },
    .referral = { .on = REFERRAL_STAMP, .referrer_points = { 200 } },
};

static const struct program WITHOUT = { .ends = INT32_MAX };

static struct event
join(const char *time, uint64_t referrer)
{
    return (struct event) { .kind = EVENT_JOIN,
                            .at_ms = rules_ms(time),
                            .join.referrer = referrer };
}

static struct event
purchase(const char *time, int64_t total)
{
    return (struct event) { .kind = EVENT_PURCHASE,
                            .at_ms = rules_ms(time),
                            .sale.total = { total } };
}

static struct event
stamp(const char *time, const char *card)
{
    return (struct event) { .kind = EVENT_STAMP,
                            .at_ms = rules_ms(time),
                            .stamp = { view_of(card), 1 } };
}

enum { NOBODY = -1, HISTORY_MAX = 8 };

/* Which event of the history pays; `ret_referrer` whom. */
static int
pays(const struct timeline *timeline, struct event *events, uint32_t count,
     uint64_t *ret_referrer)
{
    static struct basket scratch;
    const struct event *pointers[HISTORY_MAX];
    struct referral referral;

    assert_true(count <= HISTORY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        events[i].identity = (identity) { 1, i + 1, 110 };
        events[i].account.member = 43;
        pointers[i] = &events[i];
    }
    if (!referral_find(timeline, pointers, count, &scratch, &referral))
        return NOBODY;
    *ret_referrer = referral.referrer;
    assert_ptr_equal(referral.version,
                     timeline_at(timeline, referral.event->at_ms));
    return (int)(referral.event - events);
}

#define PAYS(program, ...)                                                     \
    pays(rules_single(program), (struct event[]) { __VA_ARGS__ },              \
         COUNT_OF(((struct event[]) { __VA_ARGS__ })), &referrer)

TEST(the_first_purchase_that_is_great_enough_pays_the_referrer)
{
    uint64_t referrer = 0;

    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-01-02T12:00:00+02:00", 42),
                          purchase("2025-01-03T12:00:00+02:00", 1500),
                          purchase("2025-01-04T12:00:00+02:00", 2500),
                          purchase("2025-01-05T12:00:00+02:00", 9900)),
                     2);
    assert_int_equal(referrer, 42);
    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-01-02T12:00:00+02:00", 42),
                          purchase("2025-01-03T12:00:00+02:00", 1999)),
                     NOBODY);
    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-01-02T12:00:00+02:00", 42),
                          purchase("2025-01-03T12:00:00+02:00", 2000)),
                     1);
}

TEST(only_the_first_join_says_who_it_was)
{
    uint64_t referrer = 0;

    assert_int_equal(PAYS(&BY_PURCHASE,
                          purchase("2025-01-01T12:00:00+02:00", 5000),
                          join("2025-01-02T12:00:00+02:00", 0),
                          join("2025-01-03T12:00:00+02:00", 42),
                          purchase("2025-01-04T12:00:00+02:00", 5000)),
                     NOBODY);
    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-01-02T12:00:00+02:00", 42),
                          join("2025-01-03T12:00:00+02:00", 44),
                          purchase("2025-01-04T12:00:00+02:00", 5000)),
                     2);
    assert_int_equal(referrer, 42);
}

TEST(what_comes_before_the_join_does_not_qualify)
{
    uint64_t referrer = 0;

    assert_int_equal(PAYS(&BY_PURCHASE,
                          purchase("2025-01-01T12:00:00+02:00", 5000),
                          join("2025-01-02T12:00:00+02:00", 42)),
                     NOBODY);
    /* Canonical order, also at one instant: here the purchase is first. */
    assert_int_equal(PAYS(&BY_PURCHASE,
                          purchase("2025-01-02T12:00:00+02:00", 5000),
                          join("2025-01-02T12:00:00+02:00", 42),
                          purchase("2025-01-02T12:00:00+02:00", 2000)),
                     2);
}

TEST(the_eligible_amount_counts)
{
    static const struct event_line LINES[] = {
        { .amount = { 1999 }, .qty = 1 },
        { .amount = { 5000 }, .qty = 1, .category = NAME("tobacco") },
    };
    uint64_t referrer = 0;
    struct event bought = purchase("2025-01-03T12:00:00+02:00", 6999);

    bought.sale.lines = LINES;
    bought.sale.line_count = COUNT_OF(LINES);
    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-01-02T12:00:00+02:00", 42),
                          bought, purchase("2025-01-04T12:00:00+02:00", 2000)),
                     2);
}

TEST(a_stamp_pays_on_a_card_that_the_version_knows)
{
    uint64_t referrer = 0;

    assert_int_equal(PAYS(&BY_STAMP, join("2025-02-01T12:00:00+02:00", 42),
                          purchase("2025-02-02T12:00:00+02:00", 5000),
                          stamp("2025-02-03T12:00:00+02:00", "dinner"),
                          stamp("2025-02-04T12:00:00+02:00", "lunch")),
                     3);
    assert_int_equal(referrer, 42);
    assert_int_equal(PAYS(&BY_PURCHASE, join("2025-02-01T12:00:00+02:00", 42),
                          stamp("2025-02-03T12:00:00+02:00", "lunch")),
                     NOBODY);
    struct program either = BY_STAMP;
    either.referral.on = REFERRAL_EITHER;
    assert_int_equal(PAYS(&either, join("2025-02-01T12:00:00+02:00", 42),
                          purchase("2025-02-02T12:00:00+02:00", 0)),
                     1);
    assert_int_equal(PAYS(&either, join("2025-02-01T12:00:00+02:00", 42),
                          stamp("2025-02-03T12:00:00+02:00", "lunch")),
                     1);
}

TEST(the_version_in_force_at_the_event_decides)
{
    const struct program *programs[] = { &WITHOUT, &BY_PURCHASE, &WITHOUT };
    const char *dates[] = { "2025-01-01", "2025-02-01", "2025-03-01" };
    const struct timeline *timeline = rules_timeline(programs, dates, 3);
    uint64_t referrer = 0;
    struct event events[] = {
        join("2024-12-31T12:00:00+02:00", 42), /* before the first version */
        purchase("2025-01-31T23:59:59.999+02:00", 5000),
        purchase("2025-02-01T00:00:00+02:00", 5000),
    };
    struct event late[] = {
        join("2025-02-02T12:00:00+02:00", 42),
        purchase("2025-03-01T00:00:00+02:00", 5000),
    };

    assert_int_equal(pays(timeline, events, 3, &referrer), 2);
    assert_int_equal(pays(timeline, late, 2, &referrer), NOBODY);
}

TEST(nothing_pays_after_the_last_day)
{
    struct program ended = BY_PURCHASE;
    uint64_t referrer = 0;

    ended.ends = rules_day("2025-07-31");
    assert_int_equal(PAYS(&ended, join("2025-07-01T12:00:00+03:00", 42),
                          purchase("2025-08-01T00:00:00+03:00", 5000)),
                     NOBODY);
    assert_int_equal(PAYS(&ended, join("2025-07-01T12:00:00+03:00", 42),
                          purchase("2025-07-31T23:59:59.999+03:00", 5000)),
                     1);
}

TEST(step_by_step_it_pays_once)
{
    struct referral_state state = { 0 };
    const struct version *version = &rules_single(&BY_PURCHASE)->versions[0];
    struct event first = join("2025-01-02T12:00:00+02:00", 42);
    struct event bought = purchase("2025-01-03T12:00:00+02:00", 5000);

    assert_false(referral_step(&state, version, &bought, (money) { 5000 }));
    assert_false(referral_step(&state, version, &first, (money) { 0 }));
    assert_false(referral_step(&state, NULL, &bought, (money) { 5000 }));
    assert_false(referral_step(&state, version, &bought, (money) { 1999 }));
    assert_true(referral_step(&state, version, &bought, (money) { 5000 }));
    assert_int_equal(state.referrer, 42);
    assert_false(referral_step(&state, version, &bought, (money) { 5000 }));
}

RUN(cmocka_unit_test(the_first_purchase_that_is_great_enough_pays_the_referrer),
    cmocka_unit_test(only_the_first_join_says_who_it_was),
    cmocka_unit_test(what_comes_before_the_join_does_not_qualify),
    cmocka_unit_test(the_eligible_amount_counts),
    cmocka_unit_test(a_stamp_pays_on_a_card_that_the_version_knows),
    cmocka_unit_test(the_version_in_force_at_the_event_decides),
    cmocka_unit_test(nothing_pays_after_the_last_day),
    cmocka_unit_test(step_by_step_it_pays_once))
