/*
 * test_served.c - cashiers and entries by the positions at which events arrived
 */
#include "core/served.h"
#include "tests/book.h"
#include "tests/unit.h"

static const char LINES[] =
    "{\"kind\": \"stamp\", \"member\": 9, \"card\": \"c\", \"cashier\": "
    "\"eve\", "
    "\"entry\": \"key\", \"at\": \"2025-03-01T00:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 9, \"card\": \"c\", "
    "\"at\": \"2025-03-02T00:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 8, \"card\": \"c\", \"cashier\": "
    "\"bob\", "
    "\"at\": \"2025-03-01T00:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 7, \"card\": \"c\", \"cashier\": "
    "\"eve\", "
    "\"entry\": \"app\", \"at\": \"2025-03-01T00:00:00Z\"}\n";

static void
expect(const struct served *served, uint64_t position, const char *cashier,
       enum event_entry entry)
{
    assert_true(view_equal(served_cashier(served, position), view_of(cashier)));
    assert_int_equal(served_entry(served, position), entry);
}

TEST(each_event_by_its_position)
{
    struct book book;
    struct served served;
    struct ledger_entry entries[4];
    struct arena arena;

    book_open(&book, LEDGER_WRITE);
    assert_true(arena_open(&arena, 1 << 24));
    assert_int_equal(book_append(&book, LINES, entries, NULL), OK);
    assert_int_equal(served_load(ledger_journal(book.ledger), LEDGER_KNOWN_ALL,
                                 3, &arena, &served),
                     OK);
    expect(&served, entries[0].position, "eve", ENTRY_KEY);
    expect(&served, entries[1].position, "", ENTRY_NONE);
    expect(&served, entries[2].position, "bob", ENTRY_NONE);
    expect(&served, entries[3].position, "eve", ENTRY_APP);
    expect(&served, entries[3].position + 1, "", ENTRY_NONE);
    expect(&served, UINT64_MAX, "", ENTRY_NONE);
    expect(&served, 0, "", ENTRY_NONE);

    /* What was not known yet is not told. */
    assert_int_equal(served_load(ledger_journal(book.ledger),
                                 entries[0].position, 3, &arena, &served),
                     OK);
    expect(&served, entries[0].position, "eve", ENTRY_KEY);
    expect(&served, entries[2].position, "", ENTRY_NONE);
    arena_close(&arena);
    book_close(&book);
}

RUN(cmocka_unit_test(each_event_by_its_position))
