/*
 * test_rfm.c - scores by rank and by limits, with figures worked by hand
 */
#include "core/rfm.h"
#include "tests/book.h"
#include "tests/unit.h"

#include <stdio.h>

/* Member 1 bought three times in the window for 60.00, of which 10.00 came
 * back; 2 once for 50.00; 3 long ago, 4 never.  Bearer X as 2. */
static const char LINES[] =
    "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": \"1\", \"total\": "
    "1000, \"at\": \"2025-01-15T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": \"2\", \"total\": "
    "2000, \"at\": \"2025-02-15T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 1, \"receipt\": \"3\", \"total\": "
    "3000, \"at\": \"2025-03-10T10:00:00Z\"}\n"
    "{\"kind\": \"return\", \"member\": 1, \"receipt\": \"3\", \"lines\": "
    "[{\"line\": 0, \"amount\": 1000}], \"at\": \"2025-03-11T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 2, \"receipt\": \"4\", \"total\": "
    "5000, \"at\": \"2025-03-20T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 3, \"receipt\": \"5\", \"total\": "
    "9000, \"at\": \"2024-12-31T10:00:00Z\"}\n"
    "{\"kind\": \"join\", \"member\": 4, \"at\": \"2025-01-01T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"bearer\": \"X\", \"receipt\": \"6\", "
    "\"total\": "
    "5000, \"at\": \"2025-03-20T21:00:00Z\"}\n";

struct case_row {
    const char *name;
    int64_t days, frequency, cents;
    int r, f, m;
};

static void
expect(struct book *book, const struct rfm_options *asked,
       const struct case_row *rows, uint32_t count)
{
    struct rfm_options options = *asked;
    struct rfm rfm;

    options.known = LEDGER_KNOWN_ALL;
    assert_int_equal(ledger_timeline(book->ledger, LEDGER_KNOWN_ALL,
                                     &options.timeline, NULL),
                     OK);
    assert_true(
        calendar_parse_time(view_of("2025-03-30T10:00:00Z"), &options.at_ms));
    assert_int_equal(rfm_make(book->ledger, &options, &rfm, NULL), OK);
    assert_int_equal(rfm.count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct rfm_buyer *buyer = &rfm.buyers[i];
        assert_string_equal(buyer->name, rows[i].name);
        assert_int_equal(buyer->values[RFM_RECENCY], rows[i].days);
        assert_int_equal(buyer->values[RFM_FREQUENCY], rows[i].frequency);
        assert_int_equal(buyer->values[RFM_MONETARY], rows[i].cents);
        assert_int_equal(buyer->scores[RFM_RECENCY], rows[i].r);
        assert_int_equal(buyer->scores[RFM_FREQUENCY], rows[i].f);
        assert_int_equal(buyer->scores[RFM_MONETARY], rows[i].m);
    }
    rfm_close(&rfm);
}

static void
open_shop(struct book *book)
{
    book_open(book, LEDGER_WRITE);
    book_rules(book, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    assert_int_equal(book_append(book, LINES, NULL, NULL), OK);
}

/* n = 4: nobody worse 1, one worse 1 + floor(5/4) = 2, two 1 + floor(10/4) = 3,
 * three 1 + floor(15/4) = 4. */
TEST(scores_by_rank_and_equals_are_equal)
{
    static const struct case_row ROWS[] = {
        { "1", 20, 3, 5000, 2, 4, 2 },
        { "2", 10, 1, 5000, 3, 2, 2 },
        { "3", 89, 0, 0, 1, 1, 1 },
        { "bearer:X", 10, 1, 5000, 3, 2, 2 },
    };
    struct book book;

    open_shop(&book);
    expect(&book, &(struct rfm_options) { .window = 3 }, ROWS, COUNT_OF(ROWS));
    book_close(&book);
}

/* The average of 50.00 over three purchases is 16.66, floored; the window of
 * four months holds December, too. */
TEST(averages_and_windows)
{
    static const struct case_row ROWS[] = {
        { "1", 20, 3, 1666, 2, 4, 1 },
        { "2", 10, 1, 5000, 3, 1, 2 },
        { "3", 89, 1, 9000, 1, 1, 4 },
        { "bearer:X", 10, 1, 5000, 3, 1, 2 },
    };
    struct book book;

    open_shop(&book);
    expect(&book, &(struct rfm_options) { .window = 4, .average = true }, ROWS,
           COUNT_OF(ROWS));
    book_close(&book);
}

/* A refund that belongs to no purchase is money, but no purchase's average. */
TEST(no_purchases_have_no_average)
{
    static const struct case_row TOTALS[] = {
        { "1", 20, 3, 5000, 2, 4, 2 },
        { "2", 10, 1, 5000, 3, 2, 2 },
        { "3", 89, 0, -700, 1, 1, 1 },
        { "bearer:X", 10, 1, 5000, 3, 2, 2 },
    };
    static const struct case_row AVERAGES[] = {
        { "1", 20, 3, 1666, 2, 4, 2 },
        { "2", 10, 1, 5000, 3, 2, 3 },
        { "3", 89, 0, 0, 1, 1, 1 },
        { "bearer:X", 10, 1, 5000, 3, 2, 3 },
    };
    struct book book;

    open_shop(&book);
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"return\", \"member\": 3, \"total\": 700, "
                    "\"at\": \"2025-02-01T10:00:00Z\"}\n",
                    NULL, NULL),
        OK);
    expect(&book, &(struct rfm_options) { .window = 3 }, TOTALS,
           COUNT_OF(TOTALS));
    expect(&book, &(struct rfm_options) { .window = 3, .average = true },
           AVERAGES, COUNT_OF(AVERAGES));
    book_close(&book);
}

TEST(limits_of_one_s_own)
{
    static const struct rfm_limits LIMITS = { {
        { 80, 40, 20, 10 },
        { 1, 2, 3, 4 },
        { 1, 4999, 5000, 5001 },
    } };
    static const struct case_row ROWS[] = {
        { "1", 20, 3, 5000, 4, 4, 4 },
        { "2", 10, 1, 5000, 5, 2, 4 },
        { "3", 89, 0, 0, 1, 1, 1 },
        { "bearer:X", 10, 1, 5000, 5, 2, 4 },
    };
    struct book book;

    open_shop(&book);
    expect(&book, &(struct rfm_options) { .window = 3, .limits = &LIMITS },
           ROWS, COUNT_OF(ROWS));
    book_close(&book);
}

/* Of one hundred different ones there are twenty of each score. */
TEST(fifths)
{
    struct rfm_buyer buyers[100] = { 0 };
    struct rfm rfm = { .buyers = buyers, .count = COUNT_OF(buyers) };

    for (int i = 0; i < 100; i++)
        for (int k = 0; k < RFM_WHATS; k++)
            buyers[i].values[k] = (i * 37) % 100;
    assert_int_equal(rfm_score(&rfm, NULL), OK);
    for (int i = 0; i < 100; i++) {
        int64_t value = buyers[i].values[RFM_MONETARY];
        assert_int_equal(buyers[i].scores[RFM_MONETARY], 1 + value / 20);
        assert_int_equal(buyers[i].scores[RFM_RECENCY], 1 + (99 - value) / 20);
    }
}

RUN(cmocka_unit_test(scores_by_rank_and_equals_are_equal),
    cmocka_unit_test(averages_and_windows),
    cmocka_unit_test(no_purchases_have_no_average),
    cmocka_unit_test(limits_of_one_s_own), cmocka_unit_test(fifths))
