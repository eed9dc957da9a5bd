/*
 * test_liability.c - points owed: each month's closing follows from its
 * opening, and is what lies in the lots
 *
 * Worked by hand: 100 points of market in January, 40 of them redeemed at the
 * cafe in February, 90 asked for in March (30 become debt), 12 earned at the
 * cafe in April pay debt; 20 given by hand in May pay the rest, and 2 remain.
 */
#include "tests/unit.h"

#include "core/liability.h"
#include "tests/shop.h"

#define EVENT(id, kind, at, store, more)                                       \
    "{\"event\": \"" id "\", \"kind\": \"" kind "\", \"at\": \"" at "\", "     \
    "\"store\": " store ", \"member\": 42, " more                              \
    ", \"recorded\": \"2026-06-01T00:00:00Z\"}\n"
#define HISTORY                                                                \
    EVENT("110.1.1", "purchase", "2026-01-10T12:00:00Z", "10",                 \
          "\"receipt\": \"A\", \"total\": 10000")                              \
    EVENT("130.1.1", "redeem", "2026-02-12T12:00:00Z", "30",                   \
          "\"id\": \"x\", \"points\": 40")                                     \
    EVENT("130.1.2", "redeem", "2026-03-12T12:00:00Z", "30",                   \
          "\"id\": \"y\", \"points\": 90")                                     \
    EVENT("130.1.3", "purchase", "2026-04-12T12:00:00Z", "30",                 \
          "\"receipt\": \"B\", \"total\": 1200")                               \
    EVENT("110.1.2", "adjust", "2026-05-12T12:00:00Z", "10",                   \
          "\"points\": 20, \"reason\": \"r\", \"by\": \"b\"")
#define RULES                                                                  \
    "points: {expire_months: 12}\n"                                            \
    "earn:\n  - {id: base, per: 1.00, points: 1}\n"

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */
enum { JAN = 2026 * 12 };

static struct liability
ask(struct shop *shop, int32_t through)
{
    struct liability_question question = { .through = through,
                                           .known = LEDGER_KNOWN_ALL,
                                           .now_ms = NOW_MS };
    struct complaint complaint;
    struct liability report;

    assert_int_equal(liability_make(shop->ledger, &question, &shop->arena,
                                    &report, &complaint),
                     OK);
    return report;
}

static const struct liability_row *
row_of(const struct liability *report, int32_t month, const char *partner)
{
    for (uint32_t i = 0; i < report->row_count; i++)
        if (report->rows[i].month == month &&
            view_equal(report->rows[i].partner, view_of(partner)))
            return &report->rows[i];
    fail_msg("no row of %s", partner);
    return NULL;
}

static void
start(struct shop *shop)
{
    shop_open(shop);
    shop_rules(shop, "2000-01-01", RULES);
    shop_import(shop, HISTORY);
}

TEST(each_closing_follows_from_its_opening)
{
    struct shop shop;

    start(&shop);
    struct liability report = ask(&shop, JAN + 4);
    assert_int_equal(row_of(&report, JAN, "market")->issued, 100);
    assert_int_equal(row_of(&report, JAN + 1, "market")->redeemed, 40);
    assert_int_equal(row_of(&report, JAN + 1, "market")->closing, 60);
    assert_int_equal(row_of(&report, JAN + 2, "market")->redeemed, 60);
    assert_int_equal(row_of(&report, JAN + 2, "debt")->redeemed, 30);
    assert_int_equal(row_of(&report, JAN + 2, "debt")->closing, -30);
    assert_int_equal(row_of(&report, JAN + 3, "cafe")->issued, 12);
    assert_int_equal(row_of(&report, JAN + 3, "cafe")->redeemed, 12);
    assert_int_equal(row_of(&report, JAN + 3, "debt")->closing, -18);
    assert_int_equal(row_of(&report, JAN + 4, "market")->adjusted, 20);
    assert_int_equal(row_of(&report, JAN + 4, "market")->closing, 2);
    assert_int_equal(row_of(&report, JAN + 4, "debt")->closing, 0);
    assert_int_equal(report.total, 2);
    shop_close(&shop);
}

TEST(what_is_left_stands_under_the_month_of_its_end)
{
    struct shop shop;

    start(&shop);
    struct liability report = ask(&shop, JAN + 4);
    assert_int_equal(report.due_count, 1);
    assert_int_equal(report.due[0].month, JAN + 16); /* May 2027 */
    assert_int_equal(report.due[0].points, 2);
    report = ask(&shop, JAN + 2);
    assert_int_equal(report.due_count, 1);
    assert_int_equal(report.due[0].month, LIABILITY_NEVER);
    assert_int_equal(report.due[0].points, -30);
    assert_int_equal(report.total, -30);
    shop_close(&shop);
}

/* The January points would have gone on 1 February 2027. */
TEST(expiry_takes_what_is_left)
{
    struct liability_question question = {
        .through = JAN + 13,
        .known = LEDGER_KNOWN_ALL,
        .now_ms = INT64_C(1900000000000), /* 2030 */
    };
    struct complaint complaint;
    struct liability report;
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", RULES);
    shop_import(&shop, EVENT("110.1.1", "purchase", "2026-01-10T12:00:00Z",
                             "10", "\"receipt\": \"A\", \"total\": 10000"));
    assert_int_equal(liability_make(shop.ledger, &question, &shop.arena,
                                    &report, &complaint),
                     OK);
    assert_int_equal(row_of(&report, JAN + 12, "market")->closing, 100);
    assert_int_equal(row_of(&report, JAN + 13, "market")->expired, 100);
    assert_int_equal(report.total, 0);
    assert_int_equal(report.due_count, 0);
    shop_close(&shop);
}

/* What will have expired in a month to come nobody knows yet, so there is no
 * row for it. */
TEST(months_to_come_have_no_rows)
{
    struct liability_question question = {
        .through = JAN + 30,
        .known = LEDGER_KNOWN_ALL,
        .now_ms = INT64_C(1769900400000), /* 2026-01-31T23:00:00Z */
    };
    struct complaint complaint;
    struct liability report;
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", RULES);
    shop_import(&shop, EVENT("110.1.1", "purchase", "2026-01-10T12:00:00Z",
                             "10", "\"receipt\": \"A\", \"total\": 10000"));
    assert_int_equal(liability_make(shop.ledger, &question, &shop.arena,
                                    &report, &complaint),
                     OK);
    assert_int_equal(report.rows[report.row_count - 1].month, JAN + 1);
    assert_int_equal(report.rows[report.row_count - 1].closing, 100);
    assert_int_equal(report.total, 100);
    shop_close(&shop);
}

/* A wait of a hundred years and a term of another hundred, as a program may
 * have them: the end lies beyond the years in which anything happens. */
TEST(what_ends_after_the_last_year_of_events_is_told)
{
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01",
               "points: {pending_days: 36600, expire_months: 1200}\n"
               "earn:\n  - {id: base, per: 1.00, points: 1}\n");
    shop_import(&shop, EVENT("110.1.1", "purchase", "2026-01-10T12:00:00Z",
                             "10", "\"receipt\": \"A\", \"total\": 10000"));
    struct liability report = ask(&shop, JAN);
    assert_int_equal(report.due_count, 1);
    assert_int_equal(report.due[0].month, 2226 * 12 + 2); /* March */
    assert_int_equal(report.due[0].points, 100);
    assert_int_equal(report.total, 100);
    shop_close(&shop);
}

/* What other systems write for ever. */
TEST(the_last_date_that_there_is_has_a_month)
{
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", RULES);
    shop_import(&shop, EVENT("110.1.1", "adjust", "2026-01-10T12:00:00Z", "10",
                             "\"points\": 7, \"reason\": \"r\", \"by\": "
                             "\"b\", \"expires_on\": \"9999-12-31\""));
    struct liability report = ask(&shop, JAN);
    assert_int_equal(report.due_count, 1);
    assert_int_equal(report.due[0].month, 9999 * 12 + 11);
    assert_int_equal(report.due[0].points, 7);
    shop_close(&shop);
}

RUN(cmocka_unit_test(each_closing_follows_from_its_opening),
    cmocka_unit_test(what_is_left_stands_under_the_month_of_its_end),
    cmocka_unit_test(expiry_takes_what_is_left),
    cmocka_unit_test(months_to_come_have_no_rows),
    cmocka_unit_test(what_ends_after_the_last_year_of_events_is_told),
    cmocka_unit_test(the_last_date_that_there_is_has_a_month))
