/*
 * test_ledger.c - a ledger directory is made once and shared by processes; what
 * is asked is answered as of a time and as it was known
 */
#include "core/ledger.h"

#include "core/closing_write.h"
#include "core/ledger_parts.h"
#include "core/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/book.h"
#include "tests/story.h"
#include "tests/synced.h"
#include "tests/unit.h"

static const char RULES[] = "earn:\n  - {id: base, per: 1.00, points: 1}\n";

/* Else a power cut takes a ledger away with all that it has acknowledged. */
TEST(where_a_new_ledger_lies_is_durable)
{
    const struct ledger_identity who = { .node = 3 };
    struct place place = place_make();
    struct complaint complaint;
    char dir[PLACE_SIZE], path[PLACE_SIZE];

    place_join(&place, "ledger", dir);
    synced_count = 0;
    assert_int_equal(ledger_create(dir, &who, BOOK_NOW, &complaint), OK);
    assert_true(was_synced(place.path));
    assert_true(was_synced(dir));
    place_join(&place, "ledger/journal", path);
    assert_true(was_synced(path));
    place_remove(&place);
}

/* Who hears that another runs on it looks for one. */
TEST(a_lock_that_can_not_be_opened_is_nobody_s)
{
    struct ledger *ledger = NULL;
    struct complaint complaint;
    char path[PLACE_SIZE];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    place_join(&book.place, "owner", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(
        ledger_open(book.place.path, LEDGER_OWN, &complaint, &ledger), ERR_IO);
    book_has(complaint.text, "owner: Is a directory");
    assert_int_equal(rmdir(path), 0);
    book_close(&book);
}

/* Who is told that it failed begins anew, in the same place. */
TEST(a_ledger_whose_place_is_not_durable_is_none)
{
    const struct ledger_identity who = { .node = 3 };
    struct ledger *ledger = NULL;
    struct complaint complaint;
    enum err err = ERR_IO;
    int folders = 0;

    for (; err != OK && folders < 10; folders++) {
        struct place place = place_make();
        char dir[PLACE_SIZE];
        place_join(&place, "ledger", dir);
        synced_left = folders;
        err = ledger_create(dir, &who, BOOK_NOW, &complaint);
        synced_left = -1;
        if (err != OK) {
            assert_int_equal(err, ERR_IO);
            assert_int_equal(ledger_open(dir, LEDGER_READ, NULL, &ledger),
                             ERR_NOT_FOUND);
            assert_int_equal(ledger_create(dir, &who, BOOK_NOW, NULL), OK);
        }
        place_remove(&place);
    }
    assert_true(folders > 3);
}

/* After a fault of the disk nobody can know; a full one is refused before. */
TEST(a_fault_of_the_disk_promises_nothing)
{
    struct complaint complaint;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(ledger_fault(book.ledger, ERR_IO, &complaint), ERR_IO);
    book_has(complaint.text, "may be there or not");
    assert_int_equal(ledger_fault(book.ledger, ERR_FULL, &complaint), ERR_FULL);
    book_has(complaint.text, "nothing has changed");
    book_close(&book);
}

TEST(a_ledger_is_made_once)
{
    const struct ledger_identity who = { .node = 3 };
    const struct ledger_identity wrong = { .node = 0 };
    struct complaint complaint;
    struct ledger *ledger;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(ledger_who(book.ledger).node, 1);
    assert_int_equal(ledger_who(book.ledger).store, 10);
    assert_int_equal(ledger_create(book.place.path, &who, BOOK_NOW, &complaint),
                     ERR_EXISTS);
    assert_int_equal(ledger_create("/tmp", &wrong, BOOK_NOW, &complaint),
                     ERR_INPUT);
    assert_int_equal(ledger_create("/tmp", &who, BOOK_NOW, &complaint),
                     ERR_EXISTS);
    assert_int_equal(
        ledger_open("/tmp/no-ledger-here", LEDGER_READ, &complaint, &ledger),
        ERR_NOT_FOUND);
    book_has(complaint.text, "leima init");
    book_close(&book);
}

/* --- examples --- */

static void
expect_example(struct book *book, const char *folder)
{
    static char lines[1 << 18];
    char account[ACCOUNT_SIZE];
    char time[64];

    snprintf(time, sizeof time, "%s",
             (const char *)book_example(folder, "at").bytes);
    time[strcspn(time, "\r\n")] = '\0';
    snprintf(lines, sizeof lines, "%s",
             (const char *)book_example(folder, "balance.jsonl").bytes);
    for (char *line = lines; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        bool last = line[size] == '\0';
        line[size] = '\0';
        assert_int_equal(sscanf(line, "{\"account\": \"%70[^\"]", account), 1);
        story_same_json(
            book_balance(book, account, book_ms(time), LEDGER_KNOWN_ALL), line);
        line += size + !last;
    }
}

TEST(examples_hold_through_a_ledger)
{
    static const char *const folders[] = { "01-stacking", "03-partial-returns",
                                           "13-referral", "18-void-and-off" };

    for (uint32_t i = 0; i < COUNT_OF(folders); i++) {
        struct book book;
        book_open(&book, LEDGER_OWN);
        book_load_example(&book, folders[i]);
        expect_example(&book, folders[i]);
        assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
        expect_example(&book, folders[i]);
        book_reopen(&book, LEDGER_READ);
        expect_example(&book, folders[i]);
        book_close(&book);
    }
}

TEST(what_was_known_is_answered_as_it_was)
{
    struct book book;
    struct ledger_entry entry;
    uint64_t known = 0;
    int64_t at_ms = book_ms("2025-12-31T00:00:00Z");

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01", RULES);
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": "
                    "\"1\", \"total\": 1200, \"at\": "
                    "\"2025-06-01T12:00:00Z\", \"id\": \"p\"}",
                    &entry, NULL),
        OK);
    known = entry.position;
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"void\", \"member\": 42, "
                                 "\"voids_id\": \"p\"}",
                                 NULL, NULL),
                     OK);
    book_has(book_balance(&book, "42", at_ms, known), "\"available\": 12,");
    book_has(book_balance(&book, "42", at_ms, LEDGER_KNOWN_ALL),
             "\"available\": 0,");
    book_has(book_balance(&book, "42", at_ms, 0), "\"purchases\": 0,");
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 3}\n");
    book_has(book_balance(&book, "42", at_ms, known), "\"available\": 12,");
    assert_int_equal(ledger_known_at(book.ledger, BOOK_NOW - 1, &known), OK);
    assert_int_equal(known, 0);
    assert_int_equal(ledger_known_at(book.ledger, BOOK_NOW, &known), OK);
    assert_int_equal(known, 4);
    book_close(&book);
}

#define SALE(receipt, member)                                                  \
    "{\"kind\": \"purchase\", \"member\": " member ", \"receipt\": \"" receipt \
    "\", \"total\": 1200, \"at\": \"2025-06-01T12:00:00Z\"}"

/* Damage is named and served to nobody, before and after what is asked for. */
TEST(a_damaged_record_is_named_and_refused)
{
    struct book book;
    struct complaint complaint = { .text = "" };
    struct history_account account;
    struct ledger *strict = NULL;
    const struct timeline *timeline;
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const account_id member = { .member = 1 };

    book_open(&book, LEDGER_WRITE);
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const sales[] = { SALE("first", "1"),
                                             SALE("second", "2"),
                                             SALE("third", "3") };
        assert_int_equal(book_append(&book, sales[i], NULL, NULL), OK);
    }
    book_damage(&book, "second", LEDGER_CHECK);
    assert_non_null(ledger_damage(book.ledger));
    assert_int_equal(ledger_damage(book.ledger)->position, 2);
    assert_int_equal(ledger_damage(book.ledger)->next, 3);
    assert_int_equal(ledger_account(book.ledger, member, &question, &book.arena,
                                    &account, &complaint),
                     ERR_CORRUPT);
    book_has(complaint.text,
             "position 2 (stream 1.1, events, seq 2) is damaged");
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, &complaint),
        ERR_CORRUPT);
    assert_int_equal(book_append(&book, SALE("fourth", "1"), NULL, NULL), OK);
    ledger_close(book.ledger);
    assert_int_equal(
        ledger_open(book.place.path, LEDGER_READ, &complaint, &strict),
        ERR_CORRUPT);
    book_has(complaint.text,
             "position 2 (stream 1.1, events, seq 2) is damaged");
    assert_int_equal(
        ledger_open(book.place.path, LEDGER_CHECK, NULL, &book.ledger), OK);
    book_damage(&book, "fourth", LEDGER_CHECK);
    assert_int_equal(book_append(&book, SALE("fifth", "1"), NULL, &complaint),
                     ERR_CORRUPT);
    book_has(complaint.text, "is damaged");
    book_close(&book);
}

/* What run files hold survives the record that it came from. */
TEST(a_damaged_tail_keeps_the_runs)
{
    struct book book;

    book_open(&book, LEDGER_OWN);
    assert_int_equal(book_append(&book, SALE("first", "1"), NULL, NULL), OK);
    assert_int_equal(book_append(&book,
                                 SALE("second", "2") "\n" SALE("third", "2"),
                                 NULL, NULL),
                     OK);
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    book_damage(&book, "third", LEDGER_CHECK);
    assert_int_equal(history_held(ledger_history(book.ledger)), 3);
    assert_int_equal(history_position(ledger_history(book.ledger)), 3);
    assert_int_equal(ledger_damage(book.ledger)->position, 2);
    assert_int_equal(ledger_damage(book.ledger)->next, 0);
    book_close(&book);
}

TEST(a_joined_ledger_publishes_nothing)
{
    struct complaint complaint = { .text = "" };
    char path[PLACE_SIZE];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_false(ledger_is_joined(book.ledger));
    place_join(&book.place, "keys/hubs", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_true(ledger_is_joined(book.ledger));
    assert_int_equal(
        book_publish(&book, "2026-01-01", view_of("currency: EUR"), &complaint),
        ERR_INPUT);
    book_has(complaint.text, "has joined a hub");
    assert_int_equal(
        closing_close(book.ledger, 2026 * 12, BOOK_NOW, &complaint), ERR_INPUT);
    book_has(complaint.text, "close at the hub");
    book_close(&book);
}

/* One process owns the ledger, another asks and appends. */
TEST(two_processes_share_a_ledger)
{
    const struct ledger_identity who = { .node = 1,
                                         .store = 10,
                                         .incarnation = 1 };
    struct place place = place_make();
    int to_child[2], to_parent[2];
    char byte = 0;
    struct book book = { .place = place };

    assert_int_equal(ledger_create(place.path, &who, BOOK_NOW, NULL), OK);
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    assert_true(arena_open(&book.arena, 1 << 30));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* The visitor: it waits until the owner has the ledger. */
        int status = 1;
        struct ledger *second = NULL;
        if (read(to_child[0], &byte, 1) == 1 &&
            ledger_open(place.path, LEDGER_OWN, NULL, &second) == ERR_BUSY &&
            ledger_open(place.path, LEDGER_WRITE, NULL, &book.ledger) == OK &&
            ledger_position(book.ledger) == 1 &&
            book_append(&book,
                        "{\"kind\": \"stamp\", \"member\": 2, \"card\": "
                        "\"c\"}",
                        NULL, NULL) == OK &&
            ledger_position(book.ledger) == 2)
            status = 0;
        ledger_close(book.ledger);
        _exit(status);
    }
    assert_int_equal(ledger_open(place.path, LEDGER_OWN, NULL, &book.ledger),
                     OK);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"stamp\", \"member\": 1, "
                                 "\"card\": \"c\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    assert_int_equal(write(to_child[1], &byte, 1), 1);
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), 2);
    book_close(&book);
}

RUN(cmocka_unit_test(where_a_new_ledger_lies_is_durable),
    cmocka_unit_test(a_ledger_whose_place_is_not_durable_is_none),
    cmocka_unit_test(a_lock_that_can_not_be_opened_is_nobody_s),
    cmocka_unit_test(a_fault_of_the_disk_promises_nothing),
    cmocka_unit_test(a_ledger_is_made_once),
    cmocka_unit_test(examples_hold_through_a_ledger),
    cmocka_unit_test(what_was_known_is_answered_as_it_was),
    cmocka_unit_test(a_damaged_record_is_named_and_refused),
    cmocka_unit_test(a_damaged_tail_keeps_the_runs),
    cmocka_unit_test(a_joined_ledger_publishes_nothing),
    cmocka_unit_test(two_processes_share_a_ledger))
