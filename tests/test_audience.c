/*
 * test_audience.c - whom a condition holds for: all of them, nobody else, and
 * in account order, whatever thread found them
 */
#include "core/audience.h"
#include "tests/book.h"
#include "tests/unit.h"

#include <stdio.h>

enum { MEMBERS = 300, BEARERS = 40, BIG = 5000 };

/* Every third account buys much, every second comes back for a little. */
static void
append_account(struct book *book, const char *account, int number)
{
    char lines[512];

    snprintf(lines, sizeof lines,
             "{\"kind\": \"purchase\", %s, \"receipt\": \"R%d\", \"total\": "
             "%d, \"at\": \"2025-01-15T10:00:00Z\"}\n",
             account, number, number % 3 == 0 ? BIG : 1);
    assert_int_equal(book_append(book, lines, NULL, NULL), OK);
    snprintf(lines, sizeof lines,
             "{\"kind\": \"purchase\", %s, \"receipt\": \"S%d\", \"total\": 1, "
             "\"at\": \"2025-01-16T10:00:00Z\"}\n",
             account, number);
    if (number % 2 == 0)
        assert_int_equal(book_append(book, lines, NULL, NULL), OK);
}

static void
open_shop(struct book *book)
{
    char account[32];

    book_open(book, LEDGER_WRITE);
    book_rules(book, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    for (int i = MEMBERS; i >= 1; i--) {
        snprintf(account, sizeof account, "\"member\": %d", i);
        append_account(book, account, i);
    }
    for (int i = BEARERS; i >= 1; i--) {
        snprintf(account, sizeof account, "\"bearer\": \"B%03d\"", i);
        append_account(book, account, i);
    }
}

static void
find(struct book *book, const char *const *texts, uint32_t count,
     struct audience *ret_audience)
{
    struct census_options options = { .known = LEDGER_KNOWN_ALL };
    const struct segment *segments[2];
    struct complaint complaint;

    assert_int_equal(ledger_timeline(book->ledger, LEDGER_KNOWN_ALL,
                                     &options.timeline, NULL),
                     OK);
    assert_true(
        calendar_parse_time(view_of("2025-03-30T10:00:00Z"), &options.at_ms));
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(segment_read(view_of(texts[i]), options.timeline,
                                      &book->arena, &segments[i], &complaint),
                         OK);
    assert_int_equal(audience_find(book->ledger, &options, segments, count,
                                   &complaint, ret_audience),
                     OK);
}

/* Those of 1 to `count` that `step` divides, as `format` writes them. */
static uint32_t
expect(const struct audience *audience, uint32_t at, const char *format,
       int count, int step)
{
    for (int i = step; i <= count; i += step, at++) {
        char name[ACCOUNT_SIZE], wanted[32];
        assert_true(at < audience->count);
        account_format(audience->items[at], name);
        snprintf(wanted, sizeof wanted, format, i);
        assert_string_equal(name, wanted);
    }
    return at;
}

/* Whom all conditions hold for: each `step`th member, then bearer. */
static void
expect_each(const char *const *texts, uint32_t count, int step)
{
    struct audience audience;
    struct book book;

    open_shop(&book);
    find(&book, texts, count, &audience);
    uint32_t at = expect(&audience, 0, "%d", MEMBERS, step);
    at = expect(&audience, at, "bearer:B%03d", BEARERS, step);
    assert_int_equal(audience.count, at);
    audience_close(&audience);
    book_close(&book);
}

TEST(all_are_found_members_first_each_in_their_order)
{
    const char *const rich[] = { "points=50.." };

    expect_each(rich, COUNT_OF(rich), 3);
}

TEST(of_two_conditions_both_hold)
{
    const char *const both[] = { "points=50..", "purchases=2.." };

    expect_each(both, COUNT_OF(both), 6);
}

/* A step beyond all of them. */
TEST(nobody_is_an_empty_list)
{
    const char *const none[] = { "points=51.." };

    expect_each(none, COUNT_OF(none), MEMBERS + 1);
}

RUN(cmocka_unit_test(all_are_found_members_first_each_in_their_order),
    cmocka_unit_test(of_two_conditions_both_hold),
    cmocka_unit_test(nobody_is_an_empty_list))
