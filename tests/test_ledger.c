/*
 * test_ledger.c - a ledger directory: what comes in is completed, checked and
 * kept once; what is asked is answered as of a time and as it was known; what
 * can be deleted or damaged is built again
 */
#include "core/ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/ledger_check.h"
#include "core/ledger_publish.h"
#include "tests/book.h"
#include "tests/story.h"
#include "tests/unit.h"

static const char RULES[] = "earn:\n  - {id: base, per: 1.00, points: 1}\n";

static int64_t
ms(const char *time)
{
    int64_t at_ms = 0;

    assert_true(calendar_parse_time(view_of(time), &at_ms));
    return at_ms;
}

static void
has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("expected %s in %s", part, text);
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
    has(complaint.text, "leima init");
    book_close(&book);
}

TEST(what_is_left_out_is_completed)
{
    struct ledger_entry entry;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"purchase\", \"member\": 42, "
                                 "\"receipt\": \"1\", \"total\": 1200}",
                                 &entry, NULL),
                     OK);
    assert_int_equal(entry.event.at_ms, BOOK_NOW);
    assert_int_equal(entry.event.recorded_ms, BOOK_NOW);
    assert_int_equal(entry.event.store, 10);
    assert_int_equal(entry.event.identity.node, 1);
    assert_int_equal(entry.event.identity.seq, 1);
    assert_int_equal(entry.position, 1);
    assert_false(entry.known);
    book_close(&book);
}

/* All or none, and the complaint names the line. */
TEST(a_batch_with_one_bad_event_is_refused)
{
    struct complaint complaint;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\"}\n"
                    "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\", "
                    "\"at\": \"2026-01-02T00:00:00.001Z\"}",
                    NULL, &complaint),
        ERR_INPUT);
    has(complaint.text, "line 2: at: future");
    assert_int_equal(ledger_position(book.ledger), 0);
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\", "
                    "\"at\": \"2026-01-02T00:00:00.000Z\"}",
                    NULL, &complaint),
        OK);
    book_close(&book);
}

#define REDEEM(points, at)                                                     \
    "{\"kind\": \"redeem\", \"member\": 1, \"id\": \"r1\", "                   \
    "\"points\": " points at "}"

TEST(an_id_is_stored_once)
{
    struct ledger_entry entries[3];
    struct complaint complaint;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        book_append(&book, REDEEM("5", ", \"at\": \"2025-12-01T00:00:00Z\""),
                    entries, NULL),
        OK);
    assert_int_equal(
        book_append(&book,
                    REDEEM("5", "") "\n" REDEEM(
                        "5", "") "\n"
                                 "{\"kind\": \"stamp\", \"member\": 1, "
                                 "\"card\": \"c\"}",
                    entries, NULL),
        OK);
    assert_true(entries[0].known && entries[1].known && !entries[2].known);
    assert_int_equal(entries[0].event.identity.seq, 1);
    assert_int_equal(entries[1].event.identity.seq, 1);
    assert_int_equal(entries[0].event.at_ms, ms("2025-12-01T00:00:00Z"));
    assert_int_equal(entries[2].event.identity.seq, 2);
    assert_int_equal(book_append(&book, REDEEM("6", ""), NULL, &complaint),
                     ERR_CONFLICT);
    has(complaint.text, "line 1: id \"r1\": conflict");
    has(complaint.text, "1.1.1");
    assert_int_equal(
        book_append(&book, REDEEM("5", ", \"at\": \"2025-12-02T00:00:00Z\""),
                    NULL, &complaint),
        ERR_CONFLICT);
    assert_int_equal(ledger_position(book.ledger), 2);
    book_close(&book);
}

TEST(a_void_by_id_finds_stored_events_and_those_of_its_batch)
{
    static const char first[] =
        "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\", \"id\": "
        "\"a\"}";
    static const char second[] =
        "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\", \"id\": "
        "\"b\"}\n"
        "{\"kind\": \"void\", \"member\": 1, \"voids_id\": \"b\"}\n"
        "{\"kind\": \"void\", \"member\": 1, \"voids_id\": \"a\"}";
    struct ledger_entry entries[3];
    struct complaint complaint;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_append(&book, first, NULL, NULL), OK);
    assert_int_equal(book_append(&book, second, entries, NULL), OK);
    assert_int_equal(entries[0].event.identity.seq, 2);
    assert_int_equal(entries[1].event.annul.voids.seq, 2);
    assert_int_equal(entries[2].event.annul.voids.seq, 1);
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"void\", \"member\": 1, \"voids_id\": "
                    "\"nobody\"}",
                    NULL, &complaint),
        ERR_NOT_FOUND);
    has(complaint.text, "voids_id");
    book_close(&book);
}

TEST(a_dry_run_stores_nothing_and_says_what_would_be)
{
    struct ledger_entry entry = {
        .event = { .kind = EVENT_STAMP,
                   .account = { .member = 1 },
                   .stamp = { view_of("c"), 1 } },
    };
    const struct ledger_append dry = { .now_ms = BOOK_NOW, .dry_run = true };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"stamp\", \"member\": 1, "
                                 "\"card\": \"c\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(ledger_append(book.ledger, &entry, 1, &dry, NULL), OK);
    assert_int_equal(entry.event.identity.seq, 2);
    assert_int_equal(entry.position, 0);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), 1);
    book_close(&book);
}

/* --- examples --- */

static void
load_example(struct book *book, const char *folder)
{
    struct ledger_import import = { 0 };
    struct complaint complaint = { .text = "" };
    view file = book_example(folder, "program.yaml");

    assert_int_equal(book_publish(book, "2000-01-01", file, &complaint), OK);
    const char *lines =
        (const char *)book_example(folder, "events.jsonl").bytes;
    assert_int_equal(book_import(book, lines, &import, &complaint), OK);
    assert_true(import.stored > 0);
    assert_int_equal(import.known, 0);
    uint64_t stored = import.stored;
    import = (struct ledger_import) { 0 };
    assert_int_equal(book_import(book, lines, &import, &complaint), OK);
    assert_int_equal(import.known, stored);
    assert_int_equal(import.stored, 0);
}

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
        story_same_json(book_balance(book, account, ms(time), LEDGER_KNOWN_ALL),
                        line);
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
        load_example(&book, folders[i]);
        expect_example(&book, folders[i]);
        assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
        expect_example(&book, folders[i]);
        book_reopen(&book, LEDGER_READ);
        expect_example(&book, folders[i]);
        book_close(&book);
    }
}

static void
count_damage(void *context, bool damage, const char *line)
{
    int *count = context;

    if (damage)
        print_message("%s\n", line);
    *count += damage;
}

static void
change_byte(const struct book *book, const char *name, off_t at)
{
    char path[PLACE_SIZE];
    uint8_t byte;

    place_join(&book->place, name, path);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

/* The digest depends on events and rules only: not on the order of arrival,
 * on merges, or on what was lost and built again. */
TEST(the_digest_survives_damage_and_verify_finds_it)
{
    struct complaint complaint;
    digest before, after;
    int64_t at_ms = ms("2025-06-01T00:00:00Z");
    int damage = 0;
    struct book book;

    book_open(&book, LEDGER_OWN);
    load_example(&book, "13-referral");
    assert_int_equal(
        digest_accounts(book.ledger, LEDGER_KNOWN_ALL, at_ms, &before, NULL),
        OK);
    assert_int_equal(ledger_verify(book.ledger, count_damage, &damage, NULL),
                     OK);
    assert_int_equal(damage, 0);
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    change_byte(&book, "history/0000000000000001.run", 60);
    assert_int_equal(
        digest_accounts(book.ledger, LEDGER_KNOWN_ALL, at_ms, &after, NULL),
        OK);
    assert_true(digest_equal(before, after));
    assert_int_equal(history_merge(ledger_history(book.ledger)), OK);
    change_byte(&book, "history/0000000000000002.run", 60);
    assert_int_equal(
        ledger_verify(book.ledger, count_damage, &damage, &complaint),
        ERR_CORRUPT);
    assert_int_equal(damage, 1);
    damage = 0;
    assert_int_equal(ledger_verify(book.ledger, count_damage, &damage, NULL),
                     OK);
    assert_int_equal(damage, 0);
    book_close(&book);
}

TEST(what_was_known_is_answered_as_it_was)
{
    struct book book;
    struct ledger_entry entry;
    uint64_t known = 0;
    int64_t at_ms = ms("2025-12-31T00:00:00Z");

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
    has(book_balance(&book, "42", at_ms, known), "\"available\": 12,");
    has(book_balance(&book, "42", at_ms, LEDGER_KNOWN_ALL),
        "\"available\": 0,");
    has(book_balance(&book, "42", at_ms, 0), "\"purchases\": 0,");
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 3}\n");
    has(book_balance(&book, "42", at_ms, known), "\"available\": 12,");
    assert_int_equal(ledger_known_at(book.ledger, BOOK_NOW - 1, &known), OK);
    assert_int_equal(known, 0);
    assert_int_equal(ledger_known_at(book.ledger, BOOK_NOW, &known), OK);
    assert_int_equal(known, 4);
    book_close(&book);
}

TEST(versions_keep_currency_and_zone)
{
    const struct ledger_version *versions;
    struct complaint complaint;
    uint32_t count;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: EUR\ntimezone: "
                             "Europe/Helsinki\n"),
                     &complaint),
        OK);
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: SEK\ntimezone: "
                             "Europe/Helsinki\n"),
                     &complaint),
        ERR_INPUT);
    has(complaint.text, "currency SEK: expected EUR");
    assert_int_equal(
        book_publish(&book, "2025-01-01",
                     view_of("program: A\ncurrency: EUR\ntimezone: "
                             "Europe/Stockholm\n"),
                     &complaint),
        ERR_INPUT);
    has(complaint.text, "timezone");
    assert_int_equal(book_publish(&book, "2025-01-01",
                                  view_of("program: A\ncurrency: EUR\n"),
                                  &complaint),
                     ERR_INPUT);
    has(complaint.text, "program.yaml:");
    book_reopen(&book, LEDGER_READ);
    assert_int_equal(
        ledger_versions(book.ledger, LEDGER_KNOWN_ALL, &versions, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(versions[0].number, 1);
    assert_non_null(versions[0].program);
    book_close(&book);
}

TEST(member_numbers_are_never_given_twice)
{
    uint64_t first = 0, second = 0, third = 0;
    char line[128];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(ledger_member_new(book.ledger, &first, NULL), OK);
    assert_int_equal(first >> 22, 1);
    assert_int_equal(ledger_member_new(book.ledger, &second, NULL), OK);
    assert_int_equal(second, first + 1);
    snprintf(line, sizeof line, "{\"kind\": \"join\", \"member\": %llu}",
             (unsigned long long)second + 1);
    assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    book_reopen(&book, LEDGER_WRITE);
    assert_int_equal(ledger_member_new(book.ledger, &third, NULL), OK);
    assert_int_equal(third, second + 2);
    assert_int_equal(
        journal_renew(ledger_journal(book.ledger), 2, REASON_RESTORE, NULL),
        OK);
    assert_int_equal(ledger_member_new(book.ledger, &second, NULL), OK);
    assert_int_equal(second, third + 4097);
    book_close(&book);
}

TEST(an_import_that_differs_is_refused)
{
    static const char line[] =
        "{\"event\": \"9.5.1\", \"recorded\": \"2025-01-01T00:00:00Z\", "
        "\"at\": \"2025-01-01T00:00:00Z\", \"kind\": \"purchase\", "
        "\"store\": 10, \"member\": 42, \"receipt\": \"1\", \"total\": ";
    struct ledger_import import = { 0 };
    struct complaint complaint;
    char text[512];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    snprintf(text, sizeof text, "%s100}", line);
    assert_int_equal(book_import(&book, text, &import, &complaint), OK);
    snprintf(text, sizeof text, "%s200}", line);
    assert_int_equal(book_import(&book, text, &import, &complaint),
                     ERR_CONFLICT);
    has(complaint.text, "9.5.1");
    assert_int_equal(import.stored, 1);
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

RUN(cmocka_unit_test(a_ledger_is_made_once),
    cmocka_unit_test(what_is_left_out_is_completed),
    cmocka_unit_test(a_batch_with_one_bad_event_is_refused),
    cmocka_unit_test(an_id_is_stored_once),
    cmocka_unit_test(a_void_by_id_finds_stored_events_and_those_of_its_batch),
    cmocka_unit_test(a_dry_run_stores_nothing_and_says_what_would_be),
    cmocka_unit_test(examples_hold_through_a_ledger),
    cmocka_unit_test(the_digest_survives_damage_and_verify_finds_it),
    cmocka_unit_test(what_was_known_is_answered_as_it_was),
    cmocka_unit_test(versions_keep_currency_and_zone),
    cmocka_unit_test(member_numbers_are_never_given_twice),
    cmocka_unit_test(an_import_that_differs_is_refused),
    cmocka_unit_test(two_processes_share_a_ledger))
