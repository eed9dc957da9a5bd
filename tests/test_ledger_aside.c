/*
 * test_ledger_aside.c - what is damaged, flagged and quarantined is told, each
 * with its reason
 */
#include "core/ledger_aside.h"

#include <string.h>

#include "core/ledger_check.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { HEARD_MAX = 16 };

struct heard {
    uint32_t count;
    struct aside list[HEARD_MAX];
};

static void
hear(void *context, const struct aside *aside)
{
    struct heard *heard = context;

    assert_true(heard->count < HEARD_MAX);
    heard->list[heard->count++] = *aside;
}

static void
expect(const struct aside *aside, enum aside_kind kind, uint64_t position,
       const char *words)
{
    assert_int_equal(aside->kind, kind);
    assert_int_equal(aside->position, position);
    if (strstr(aside->reason, words) == NULL)
        fail_msg("expected \"%s\", heard \"%s\"", words, aside->reason);
}

/* Bytes that no event of this version is, by a clock that went back. */
static void
append_odd(struct book *book)
{
    const struct journal_entry entry = { .core = { (const uint8_t *)"\x80",
                                                   1 } };
    const struct journal_append append = { .entries = &entry,
                                           .count = 1,
                                           .now_ms = BOOK_NOW - 50000 };
    struct journal_result result;

    assert_int_equal(
        journal_append(ledger_journal(book->ledger), &append, &result), OK);
    assert_int_equal(ledger_refresh(book->ledger, NULL), OK);
}

#define COPY(identity, store, receipt)                                         \
    "{\"event\": \"" identity "\", \"recorded\": "                             \
    "\"2025-01-01T00:00:00Z\", \"at\": \"2025-01-01T00:00:00Z\", "             \
    "\"kind\": \"purchase\", \"store\": " store ", \"member\": 42, "           \
    "\"receipt\": \"" receipt "\", \"total\": 100}"

TEST(each_thing_aside_is_told_with_its_reason)
{
    struct ledger_import import = { 0 };
    struct ledger_status status;
    struct heard heard = { 0 };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_false(ledger_aside_may(book.ledger));
    book_enrol(&book, 421, 30, ENROL_STORE);
    assert_int_equal(
        book_import(&book, COPY("421.5.1", "30", "good"), &import, NULL), OK);
    assert_int_equal(
        book_import(&book, COPY("421.5.2", "31", "alien"), &import, NULL), OK);
    append_odd(&book);
    assert_int_equal(ledger_get_status(book.ledger, hear, &heard, &status), OK);
    assert_int_equal(heard.count, 3);
    expect(&heard.list[0], ASIDE_QUARANTINED, 3,
           "store 31 is not one of node 421's");
    assert_int_equal(heard.list[0].identity.seq, 2);
    assert_int_equal(heard.list[0].identity.node, 421);
    assert_int_equal(heard.list[0].node, ledger_who(book.ledger).node);
    expect(&heard.list[1], ASIDE_FLAGGED, 4, "a clock that had gone back");
    expect(&heard.list[2], ASIDE_QUARANTINED, 4, "");
    assert_int_equal(status.event_count, 3);
    assert_int_equal(status.position, 4);
    assert_int_equal(status.quarantined, 2);
    assert_int_equal(status.flagged, 1);
    assert_int_equal(status.damaged, 0);
    book_damage(&book, "good", LEDGER_CHECK);
    heard = (struct heard) { 0 };
    assert_int_equal(ledger_get_status(book.ledger, hear, &heard, &status), OK);
    assert_int_equal(heard.count, 4);
    expect(&heard.list[0], ASIDE_DAMAGED, 2, "positions up to 2 are lost");
    assert_int_equal(status.damaged, 1);
    assert_int_equal(status.position, 4);
    book_close(&book);
}

RUN(cmocka_unit_test(each_thing_aside_is_told_with_its_reason))
