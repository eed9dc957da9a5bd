/*
 * test_clearing.c - what an account was given is accounted for; a number that
 * two nodes have enrolled is told, in account order
 */
#include "core/clearing.h"

#include <stdio.h>

#include "core/text.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { MEMBERS = 40 };

static void
take_line(void *context, bool damage, const char *line)
{
    struct text *lines = context;

    assert_false(damage);
    text_format(lines, "%s\n", line);
}

TEST(two_people_of_one_number_are_told_in_account_order)
{
    struct text found = { 0 }, wanted = { 0 };
    char lines[MEMBERS * 128];
    size_t size = 0;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 1}\n");
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"purchase\", \"bearer\": \"A\", "
                                 "\"receipt\": \"1\", \"total\": 2000}\n",
                                 NULL, NULL),
                     OK);
    for (uint32_t i = MEMBERS; i > 0; i--)
        size += (size_t)snprintf(lines + size, sizeof lines - size,
                                 "{\"kind\": \"join\", \"member\": %u, \"at\": "
                                 "\"2025-06-01T00:00:00Z\"}\n",
                                 i);
    book_hear(&book, 2, lines);
    book_hear(&book, 3, lines);
    for (uint32_t i = 1; i <= MEMBERS; i++)
        text_format(&wanted,
                    "member %u: joined at node 2 and at node 3: one number for "
                    "two people?\n",
                    i);
    assert_int_equal(clearing_check(book.ledger, take_line, &found, NULL), OK);
    assert_true(view_equal(text_view(&found), text_view(&wanted)));
    text_close(&found);
    text_close(&wanted);
    book_close(&book);
}

RUN(cmocka_unit_test(two_people_of_one_number_are_told_in_account_order))
