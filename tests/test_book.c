/*
 * test_book.c - points in and out: debt first, then lots; each with its cost
 * and its entries of the clearing matrix
 */
#include "core/book.h"

#include "tests/story.h"
#include "tests/unit.h"

static const char until[] = "2026-01-01";

/* M[partner][other] over the whole history. */
static int64_t
matrix(struct story *story, const char *partner, const char *other)
{
    const struct timeline *timeline = story_timeline(story);
    int32_t row = timeline_find(timeline, NAME_PARTNER, view_of(partner));
    int32_t column = timeline_find(timeline, NAME_PARTNER, view_of(other));
    struct walk *walk = story_walk(story, "42", until, false);
    int64_t sum = 0;

    while (story_next(story)) {
        const struct effect_list *effects = walk->step.effects;
        for (uint32_t i = 0; i < effects->count; i++) {
            const struct effect *effect = &effects->items[i];
            if (effect->measure == MEASURE_CLEARING && effect->partner == row &&
                effect->other == column)
                sum += effect->amount;
        }
    }
    return sum;
}

/* 30 of market; 50 asked at the cafe: 20 overdrawn.  The roaster's 12 and the
 * cafe's 9 pay 20 of debt in byte order of their ids: cafe 9, roaster 11, and
 * 1 is left.  Reversed at last: 20 overdrawn exceed the debt of 0 and become
 * points of the cafe, 30 go back to market's lot. */
TEST(debt_is_paid_in_the_order_of_issuers)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn:\n"
                "  - {id: beans, points: 12, funder: roaster, when: "
                "{stores: [30]}}\n"
                "  - {id: base, per: 1.00, points: 1, when: {stores: [30]}}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 30, \"reason\": \"r\", \"by\": \"b\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"redeem\", "
                       "\"store\": 31, \"id\": \"x\", \"points\": 50}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"purchase\", "
                       "\"store\": 30, \"receipt\": \"A\", \"total\": 900}");
    story_has(story_balance(story, "42", "2025-01-13"),
              "\"debt\": 0, \"balance\": 1, \"lots\": [{\"available_at\": "
              "null, \"expires_at\": null, \"partner\": \"roaster\", "
              "\"points\": 1}]");
    assert_int_equal(matrix(story, "market", "cafe"), 30);
    assert_int_equal(matrix(story, "debt", "cafe"), 20);
    assert_int_equal(matrix(story, "cafe", "debt"), 9);
    assert_int_equal(matrix(story, "roaster", "debt"), 11);
    story_event(story, "{\"at\": \"2025-01-14T12:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"x\"}");
    story_has(
        story_balance(story, "42", "2025-01-15"),
        "\"partner\": \"cafe\", \"points\": 20}, {\"available_at\": null, "
        "\"expires_at\": null, \"partner\": \"market\", \"points\": 30}, "
        "{\"available_at\": null, \"expires_at\": null, \"partner\": "
        "\"roaster\", \"points\": 1}]");
    assert_int_equal(matrix(story, "market", "cafe"), 0);
    assert_int_equal(matrix(story, "debt", "cafe"), 0);
    assert_int_equal(matrix(story, "cafe", "debt"), -11);
    assert_int_equal(matrix(story, "roaster", "debt"), 11);
    story_close(story);
}

/* The issuer pays its price of that time; adjust - is reversed at the store of
 * the event, whosever lots it takes. */
TEST(costs_are_those_of_the_issuer)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "earn: [{id: beans, points: 12, funder: roaster}]\n");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 900}");
    story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": \"adjust\", "
                       "\"store\": 31, \"points\": -5, \"reason\": \"r\", "
                       "\"by\": \"b\"}");
    struct story_figure issued =
        story_figure(story, "42", until, MEASURE_ISSUED, "roaster", 10);
    assert_int_equal(issued.amount, 12);
    assert_int_equal(issued.micro, 12 * 8000);
    struct story_figure reversed =
        story_figure(story, "42", until, MEASURE_REVERSED, "cafe", 31);
    assert_int_equal(reversed.amount, 5);
    assert_int_equal(reversed.micro, -5 * 12000);
    assert_int_equal(
        story_figure(story, "42", until, MEASURE_WITHDRAWN, "roaster", 0)
            .amount,
        5);
    story_close(story);
}

TEST(many_times_a_few_points_do_not_overflow)
{
    const points most = { LIMIT_POINTS };

    assert_int_equal(book_times(3, (points) { 7 }, most).value, 21);
    assert_int_equal(book_times(INT64_MAX, (points) { 7 }, most).value,
                     LIMIT_POINTS);
    assert_int_equal(book_times(INT64_MAX, (points) { 0 }, most).value, 0);
    assert_int_equal(book_times(5, (points) { 7 }, (points) { 34 }).value, 34);
}

RUN(cmocka_unit_test(debt_is_paid_in_the_order_of_issuers),
    cmocka_unit_test(costs_are_those_of_the_issuer),
    cmocka_unit_test(many_times_a_few_points_do_not_overflow))
