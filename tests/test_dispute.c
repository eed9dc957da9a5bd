/*
 * test_dispute.c - the rows behind a figure add up to it: of an open month, of
 * a closed one as it was known, and of an adjustment
 */
#include "tests/unit.h"

#include "core/closing.h"
#include "core/dispute.h"
#include "core/statement.h"
#include "tests/shop.h"

#define EVENT(id, kind, at, store, more)                                       \
    "{\"event\": \"" id "\", \"kind\": \"" kind "\", \"at\": \"" at "\", "     \
    "\"store\": " store ", \"member\": 42, " more                              \
    ", \"recorded\": \"2026-03-01T00:00:00Z\"}\n"
#define JANUARY                                                                \
    EVENT("110.1.1", "purchase", "2026-01-10T12:00:00Z", "10",                 \
          "\"receipt\": \"A\", \"total\": 10000")                              \
    EVENT("130.1.1", "redeem", "2026-01-12T12:00:00Z", "30",                   \
          "\"id\": \"x\", \"points\": 40")
#define LATE                                                                   \
    EVENT("110.1.2", "purchase", "2026-01-11T12:00:00Z", "11",                 \
          "\"receipt\": \"B\", \"total\": 700")                                \
    EVENT("110.1.3", "return", "2026-01-13T12:00:00Z", "11",                   \
          "\"receipt\": \"B\"")
#define RULES "earn:\n  - {id: base, per: 1.00, points: 1}\n"

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */
enum { JAN = 2026 * 12 };

struct sums {
    int64_t amounts[MEASURE_COUNT];
    micro money;
    uint32_t count;
};

static void
take(void *context, const struct dispute_row *row)
{
    struct sums *sums = context;

    sums->amounts[row->measure] += row->amount;
    sums->money = micro_add(sums->money, row->money);
    sums->count++;
}

static struct sums
ask(struct shop *shop, const struct dispute_question *question)
{
    struct complaint complaint;
    struct sums sums = { 0 };

    assert_int_equal(
        dispute_list(shop->ledger, question, take, &sums, &complaint), OK);
    return sums;
}

static struct dispute_question
about(int measure)
{
    return (struct dispute_question) { .period = JAN,
                                       .partner = view_of("market"),
                                       .measure = measure,
                                       .known = LEDGER_KNOWN_ALL,
                                       .now_ms = NOW_MS };
}

static void
start(struct shop *shop)
{
    shop_open(shop);
    shop_rules(shop, "2000-01-01", RULES);
    shop_import(shop, JANUARY);
}

TEST(rows_add_up_to_the_figure)
{
    struct shop shop;

    start(&shop);
    struct dispute_question question = about(MEASURE_ISSUED);
    struct sums sums = ask(&shop, &question);
    assert_int_equal(sums.count, 1);
    assert_int_equal(sums.amounts[MEASURE_ISSUED], 100);
    assert_int_equal(sums.money.value, 1000000);
    question = about(DISPUTE_REDEEM_CREDIT);
    question.partner = view_of("cafe");
    sums = ask(&shop, &question);
    assert_int_equal(sums.amounts[MEASURE_REDEEMED], 40);
    assert_int_equal(sums.money.value, 360000);
    question = about(DISPUTE_CLEARING);
    assert_int_equal(ask(&shop, &question).amounts[MEASURE_CLEARING], 40);
    shop_close(&shop);
}

TEST(filters_leave_the_rest_out)
{
    struct shop shop;

    start(&shop);
    struct dispute_question question = about(DISPUTE_ALL);
    assert_int_equal(ask(&shop, &question).count, 3);
    question.by_store = true;
    question.store = 11;
    assert_int_equal(ask(&shop, &question).count, 0);
    question = about(DISPUTE_ALL);
    question.period = JAN + 1;
    assert_int_equal(ask(&shop, &question).count, 0);
    question = about(DISPUTE_ALL);
    question.partner = view_of("nobody");
    assert_int_equal(ask(&shop, &question).count, 0);
    shop_close(&shop);
}

/* B comes and goes late: seven points in, seven out; the sales and the refund
 * are new to January, and that is what the rows say. */
TEST(an_adjustment_is_the_difference_to_what_was_known)
{
    struct shop shop;

    start(&shop);
    uint64_t before = ledger_position(shop.ledger);
    shop_import(&shop, LATE);
    struct dispute_question question = about(DISPUTE_ALL);
    question.is_difference = true;
    question.known_before = before;
    struct sums sums = ask(&shop, &question);
    assert_int_equal(sums.amounts[MEASURE_ISSUED], 7);
    assert_int_equal(sums.amounts[MEASURE_REVERSED], 7);
    assert_int_equal(sums.amounts[MEASURE_REFUNDS], 700);
    assert_int_equal(sums.amounts[MEASURE_REDEEMED], 0);
    assert_int_equal(sums.money.value, 0);
    question.is_difference = false;
    question.known = before;
    assert_int_equal(ask(&shop, &question).amounts[MEASURE_ISSUED], 100);
    shop_close(&shop);
}

TEST(names_of_figures)
{
    struct mistake_guess guess = mistake_guess_start(view_of("isued"));
    int measure;

    assert_true(dispute_parse(view_of("issued"), &measure, &guess));
    assert_int_equal(measure, MEASURE_ISSUED);
    assert_true(dispute_parse(view_of("issue_cost"), &measure, &guess));
    assert_int_equal(measure, DISPUTE_ISSUE_COST);
    assert_true(dispute_parse(view_of("clearing"), &measure, &guess));
    assert_int_equal(measure, DISPUTE_CLEARING);
    assert_false(dispute_parse(view_of("isued"), &measure, &guess));
    assert_true(view_equal(guess.best, view_of("issued")));
}

TEST(members_are_masked)
{
    char text[ACCOUNT_SIZE];

    dispute_mask((account_id) { .member = 4194305 }, text);
    assert_string_equal(text, "***05");
    dispute_mask((account_id) { .member = 42 }, text);
    assert_string_equal(text, "***");
    dispute_mask((account_id) { .bearer = view_of("ABCDEF") }, text);
    assert_string_equal(text, "bearer:***EF");
}

RUN(cmocka_unit_test(rows_add_up_to_the_figure),
    cmocka_unit_test(filters_leave_the_rest_out),
    cmocka_unit_test(an_adjustment_is_the_difference_to_what_was_known),
    cmocka_unit_test(names_of_figures), cmocka_unit_test(members_are_masked))
