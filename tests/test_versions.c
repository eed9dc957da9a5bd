/*
 * test_versions.c - versions come in the order of publishing, and a question
 * gets those that were known
 */
#include "core/versions.h"

#include "core/ledger.h"
#include "tests/book.h"
#include "tests/unit.h"

#include <string.h>

static const char FIRST[] = "program: A\ncurrency: EUR\ntimezone: UTC\n";
static const char SECOND[] = "program: B\ncurrency: EUR\ntimezone: UTC\n";

TEST(a_question_gets_the_versions_that_were_known)
{
    const struct ledger_version *list;
    const struct timeline *none, *one, *both, *again;
    struct versions *versions;
    uint32_t count;
    bool changed;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_publish(&book, "2025-01-01", view_of(FIRST), NULL),
                     OK);
    assert_int_equal(book_publish(&book, "2024-01-01", view_of(SECOND), NULL),
                     OK);
    assert_int_equal(versions_open(ledger_journal(book.ledger), &versions), OK);
    assert_int_equal(versions_refresh(versions, &changed), OK);
    assert_true(changed);
    assert_int_equal(versions_refresh(versions, &changed), OK);
    assert_false(changed);
    assert_int_equal(versions_position(versions), 2);
    assert_int_equal(versions_list(versions, UINT64_MAX, &list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(list[1].number, 2);
    assert_true(view_equal(list[1].file, view_of(SECOND)));
    assert_true(view_equal(list[1].program->program, view_of("B")));
    assert_int_equal(list[1].position, 2);
    assert_int_equal(versions_timeline(versions, UINT64_MAX, &both), OK);
    assert_int_equal(both->version_count, 2);
    assert_int_equal(versions_timeline(versions, 1, &one), OK);
    assert_int_equal(one->version_count, 1);
    assert_int_equal(versions_timeline(versions, 0, &none), OK);
    assert_int_equal(none->version_count, 0);
    /* An adjustment is asked by two pasts at once: each stays. */
    assert_int_equal(one->version_count, 1);
    assert_true(view_equal(one->versions[0].program->program, view_of("A")));
    assert_int_equal(versions_timeline(versions, 1, &again), OK);
    assert_ptr_equal(again, one);
    assert_int_equal(versions_timeline(versions, 2, &one), OK);
    assert_ptr_equal(one, both);
    versions_close(versions);
    book_close(&book);
}

/* A version made by a later program can't be folded by, and is listed. */
TEST(a_later_program_is_unknown)
{
    static const uint8_t body[] = { 0x87, 1,    9, 2, 1,    3,   0,
                                    4,    0xc4, 0, 5, 0xa1, 'Z', 6,
                                    0x92, 0xc0, 0, 7, 0xc0 };
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_VERSION,
                                             .body = { body, sizeof body },
                                             .now_ms = BOOK_NOW };
    const struct ledger_version *list;
    const struct timeline *timeline;
    struct journal_result result;
    uint32_t count;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        journal_append_control(ledger_journal(book.ledger), &control, &result),
        OK);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(
        ledger_versions(book.ledger, LEDGER_KNOWN_ALL, &list, &count), OK);
    assert_int_equal(count, 1);
    assert_null(list[0].program);
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, NULL),
        ERR_UNKNOWN);
    book_close(&book);
}

static void
say(struct book *book, const uint8_t *body, uint32_t size, int64_t now_ms)
{
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_VERSION,
                                             .body = { body, size },
                                             .now_ms = now_ms };
    struct journal_result result;

    assert_int_equal(
        journal_append_control(ledger_journal(book->ledger), &control, &result),
        OK);
}

static uint32_t
count_of(struct book *book)
{
    const struct ledger_version *list;
    uint32_t count;

    assert_int_equal(ledger_refresh(book->ledger, NULL), OK);
    assert_int_equal(
        ledger_versions(book->ledger, LEDGER_KNOWN_ALL, &list, &count), OK);
    return count;
}

/* A hub that was rolled back says in its new epoch what a branch of the old one
 * has: nodes that have it, and those that have not, know the same rules. */
TEST(what_is_said_again_in_a_later_stream_counts_once)
{
    static const uint8_t one[] = { 0x87, 1,    9, 2, 1,    3,   0,
                                   4,    0xc4, 0, 5, 0xa1, 'Z', 6,
                                   0x92, 0xc0, 0, 7, 0xc0 };
    uint8_t other[sizeof one];
    struct journal_identity who;
    struct book book;

    memcpy(other, one, sizeof one);
    other[12] = 'Y';
    book_open(&book, LEDGER_WRITE);
    struct journal *journal = ledger_journal(book.ledger);
    say(&book, one, sizeof one, BOOK_NOW);
    say(&book, one, sizeof one, BOOK_NOW);
    assert_int_equal(count_of(&book), 2); /* published twice */
    assert_int_equal(journal_get_identity(journal, &who), OK);
    assert_int_equal(
        journal_renew(journal, who.incarnation + 1, REASON_REWOUND, NULL), OK);
    say(&book, one, sizeof one, BOOK_NOW);
    assert_int_equal(count_of(&book), 2);
    say(&book, one, sizeof one, BOOK_NOW + 1);
    assert_int_equal(count_of(&book), 3); /* another time */
    say(&book, other, sizeof other, BOOK_NOW);
    assert_int_equal(count_of(&book), 4); /* another one */
    book_close(&book);
}

/* Whichever arrives first, and whatever its place in its stream. */
TEST(versions_stand_in_the_order_of_their_times)
{
    static const uint8_t body[] = { 0x87, 1,    9, 2, 1,    3,   0,
                                    4,    0xc4, 0, 5, 0xa1, 'Z', 6,
                                    0x92, 0xc0, 0, 7, 0xc0 };
    const struct ledger_version *list;
    uint32_t count;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    say(&book, body, sizeof body, BOOK_NOW + 5);
    say(&book, body, sizeof body, BOOK_NOW);
    say(&book, body, sizeof body, BOOK_NOW + 5);
    assert_int_equal(count_of(&book), 3);
    assert_int_equal(
        ledger_versions(book.ledger, LEDGER_KNOWN_ALL, &list, &count), OK);
    assert_int_equal(list[0].position, 2);
    assert_int_equal(list[1].position, 1);
    assert_int_equal(list[2].position, 3);
    book_close(&book);
}

RUN(cmocka_unit_test(a_question_gets_the_versions_that_were_known),
    cmocka_unit_test(a_later_program_is_unknown),
    cmocka_unit_test(what_is_said_again_in_a_later_stream_counts_once),
    cmocka_unit_test(versions_stand_in_the_order_of_their_times))
