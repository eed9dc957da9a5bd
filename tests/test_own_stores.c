/*
 * test_own_stores.c - a node takes events of its own stores, once it knows them
 */
#include "core/own_stores.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

static struct own_stores
stores_of(struct book *book)
{
    struct own_stores stores;

    assert_int_equal(own_stores_load(ledger_journal(book->ledger), &stores),
                     OK);
    return stores;
}

static void
add(struct book *book, const uint32_t *stores, uint32_t count)
{
    assert_int_equal(
        own_stores_add(ledger_journal(book->ledger), stores, count), OK);
}

TEST(the_stores_of_all_enrolments_count)
{
    struct book book;

    book_open(&book, LEDGER_WRITE);
    struct own_stores stores = stores_of(&book);
    assert_int_equal(stores.count, 0);
    assert_true(own_stores_admit(&stores, 7));
    add(&book, (const uint32_t[]) { 12, 10, 12 }, 3);
    add(&book, (const uint32_t[]) { 11 }, 1);
    stores = stores_of(&book);
    assert_true(own_stores_admit(&stores, 10));
    assert_true(own_stores_admit(&stores, 11));
    assert_false(own_stores_admit(&stores, 9));
    assert_false(own_stores_admit(&stores, 13));
    assert_int_equal(own_stores_forget(ledger_journal(book.ledger)), OK);
    stores = stores_of(&book);
    assert_true(own_stores_admit(&stores, 9));
    book_close(&book);
}

TEST(the_first_of_many_are_named)
{
    struct own_stores stores = { .count = OWN_STORES_MAX };
    struct complaint why = { .text = "" };

    for (uint32_t i = 0; i < stores.count; i++)
        stores.items[i] = LIMIT_STORE - OWN_STORES_MAX + i;
    assert_int_equal(own_stores_check(&stores, 3, LIMIT_STORE, &why),
                     ERR_INPUT);
    book_has(why.text, "2147482623, 2147482624, ");
    book_has(why.text, "2147482630, ...; say one of them");
    assert_int_equal(own_stores_check(&stores, 3, stores.items[9], &why), OK);
}

#define STAMP(store)                                                           \
    "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\", \"store\": " store  \
    "}"
#define COPY                                                                   \
    "{\"event\": \"9.5.1\", \"recorded\": \"2025-01-01T00:00:00Z\", "          \
    "\"at\": \"2025-01-01T00:00:00Z\", \"kind\": \"stamp\", \"store\": 77, "   \
    "\"member\": 7, \"card\": \"c\"}"

/* As if it had joined a hub. */
static void
join(const struct book *book)
{
    char path[512];

    snprintf(path, sizeof path, "%s/keys/hubs", ledger_dir(book->ledger));
    fclose(fopen(path, "w"));
}

TEST(an_event_of_another_store_is_refused)
{
    struct complaint why = { .text = "" };
    struct ledger_import import = { 0 };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    add(&book, (const uint32_t[]) { 10, 11 }, 2);
    assert_int_equal(book_append(&book, STAMP("12"), NULL, NULL), OK);
    join(&book);
    assert_int_equal(
        book_append(&book, STAMP("11") "\n" STAMP("12"), NULL, &why),
        ERR_INPUT);
    book_has(why.text, "line 2: store: 12 is not one of node 1's, which its "
                       "hub has enrolled for 10, 11");
    assert_int_equal(ledger_position(book.ledger), 1);
    assert_int_equal(book_import(&book, STAMP("12"), &import, &why), ERR_INPUT);
    assert_int_equal(book_import(&book, COPY, &import, &why), OK);
    assert_int_equal(book_append(&book, STAMP("11"), NULL, NULL), OK);
    assert_int_equal(own_stores_forget(ledger_journal(book.ledger)), OK);
    assert_int_equal(book_append(&book, STAMP("12"), NULL, NULL), OK);
    book_close(&book);
}

RUN(cmocka_unit_test(the_stores_of_all_enrolments_count),
    cmocka_unit_test(the_first_of_many_are_named),
    cmocka_unit_test(an_event_of_another_store_is_refused))
