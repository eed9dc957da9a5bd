/*
 * test_census.c - every account that has begun by the time asked for, once, in
 * account order, with every step of its walk
 */
#include "core/census.h"

#include "core/text.h"
#include "tests/book.h"
#include "tests/unit.h"

static void
count_steps(void *context, const struct walk *walk)
{
    uint32_t *count = context;

    assert_non_null(walk->step.effects);
    *count += 1;
}

static const char LINES[] =
    "{\"kind\": \"join\", \"member\": 43, \"referrer\": 7, \"at\": "
    "\"2025-02-01T00:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"bearer\": \"A\", \"card\": \"c\", \"at\": "
    "\"2025-02-01T00:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 9, \"card\": \"c\", \"at\": "
    "\"2025-03-01T00:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 43, \"receipt\": \"1\", \"total\": "
    "2000, \"at\": \"2025-04-01T00:00:00Z\"}\n";

static void
expect(struct book *book, const char *time, const char *accounts)
{
    struct census_options options = { .known = LEDGER_KNOWN_ALL };
    struct census *census;
    const struct walk *walk;
    uint32_t step_count = 0;
    char name[ACCOUNT_SIZE];
    struct text all = { 0 };
    enum err err;

    options.step = count_steps;
    options.context = &step_count;
    assert_true(calendar_parse_time(view_of(time), &options.at_ms));
    assert_int_equal(census_open(book->ledger, &options, NULL, &census), OK);
    while ((err = census_next(census, &walk)) == OK) {
        account_format(walk->account.id, name);
        text_format(&all, "%s ", name);
        assert_true(
            account_equal(census_history(census)->account, walk->account.id));
        assert_int_equal(walk->account.clock_ms, options.at_ms);
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    text_char(&all, '\0');
    assert_string_equal((const char *)all.bytes, accounts);
    assert_true(step_count >= all.size / 8);
    text_close(&all);
    census_close(census);
}

/* Member 7 is an account by a referral alone. */
TEST(accounts_come_in_order_once_they_have_begun)
{
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 1}\n"
               "referral: {on: purchase, min_total: 10.00, referrer_points: "
               "5}\n");
    assert_int_equal(book_append(&book, LINES, NULL, NULL), OK);
    expect(&book, "2025-01-31T00:00:00Z", "");
    expect(&book, "2025-02-01T00:00:00Z", "43 bearer:A ");
    expect(&book, "2025-03-01T00:00:00Z", "9 43 bearer:A ");
    expect(&book, "2025-04-01T00:00:00Z", "7 9 43 bearer:A ");
    book_close(&book);
}

RUN(cmocka_unit_test(accounts_come_in_order_once_they_have_begun))
