/*
 * test_ledger_append.c - what comes in is completed, checked and kept once, all
 * of a batch or none of it
 */
#include "core/ledger_append.h"

#include <stdio.h>

#include "tests/book.h"
#include "tests/unit.h"

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
    book_has(complaint.text, "line 2: at: future");
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
    assert_int_equal(entries[0].event.at_ms, book_ms("2025-12-01T00:00:00Z"));
    assert_int_equal(entries[2].event.identity.seq, 2);
    assert_int_equal(book_append(&book, REDEEM("6", ""), NULL, &complaint),
                     ERR_CONFLICT);
    book_has(complaint.text, "line 1: id \"r1\": conflict");
    book_has(complaint.text, "1.1.1");
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
    book_has(complaint.text, "voids_id");
    book_close(&book);
}

static struct ledger_entry
stamp_of(const char *id)
{
    return (struct ledger_entry) { .event = { .kind = EVENT_STAMP,
                                              .account = { .member = 1 },
                                              .id = view_of(id),
                                              .stamp = { view_of("c"), 1 } } };
}

/* A request that is refused does not keep the others out; one that must be
 * planned finds what the others have stored. */
TEST(requests_of_one_commit_are_answered_one_by_one)
{
    struct complaint words[6] = { { .text = "" } };
    struct ledger_entry entries[6] = { stamp_of("a"), stamp_of("b"),
                                       stamp_of("a"), stamp_of(""),
                                       stamp_of("c"), stamp_of("d") };
    struct ledger_request requests[6];
    struct book book;

    entries[1].event.at_ms = BOOK_NOW + LIMIT_FUTURE_MS + 1;
    entries[1].at_given = true;
    entries[3].event.kind = EVENT_VOID;
    entries[3].voids_id = view_of("a");
    entries[4].event.identity = (identity) { 1, 1, 1 };
    for (uint32_t i = 0; i < 6; i++)
        requests[i] = (struct ledger_request) { .entries = &entries[i],
                                                .count = 1,
                                                .complaint = &words[i] };
    requests[5].err = ERR_INPUT;
    book_open(&book, LEDGER_WRITE);
    ledger_append_each(book.ledger, requests, 6, BOOK_NOW);
    assert_int_equal(requests[0].err, OK);
    assert_int_equal(entries[0].event.identity.seq, 1);
    assert_int_equal(requests[1].err, ERR_INPUT);
    book_has(words[1].text, "at: future");
    assert_int_equal(requests[2].err, OK);
    assert_true(entries[2].known);
    assert_int_equal(entries[2].event.identity.seq, 1);
    assert_int_equal(requests[3].err, OK);
    assert_int_equal(entries[3].event.identity.seq, 2);
    assert_int_equal(entries[3].event.annul.voids.seq, 1);
    assert_int_equal(requests[4].err, ERR_INPUT);
    book_has(words[4].text, "only import takes an identity");
    assert_int_equal(requests[5].err, ERR_INPUT);
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), 2);

    /* Another process may have begun an incarnation since. */
    assert_int_equal(
        journal_renew(ledger_journal(book.ledger), 2, REASON_RESTORE, NULL),
        OK);
    struct ledger_entry pair[2] = { stamp_of("e"), stamp_of("") };
    pair[1].event.kind = EVENT_VOID;
    pair[1].voids_id = view_of("e");
    requests[0] = (struct ledger_request) { .entries = pair,
                                            .count = 2,
                                            .complaint = &words[0] };
    ledger_append_each(book.ledger, requests, 1, BOOK_NOW);
    assert_int_equal(requests[0].err, OK);
    assert_int_equal(pair[0].event.identity.incarnation, 2);
    assert_int_equal(pair[1].event.annul.voids.incarnation, 2);
    book_close(&book);
}

/* What was decided by what is there is appended together or not at all, and
 * only if nobody was faster; who shares the commit is not kept out by that. */
TEST(a_request_that_comes_too_late)
{
    struct complaint words[2];
    struct basis basis;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_true(basis_open(&basis));
    for (uint64_t known = 0; known <= 1; known++) {
        struct ledger_entry pair[2] = { stamp_of("a"), stamp_of("b") };
        struct ledger_entry other = stamp_of("");
        struct ledger_request requests[2] = {
            { .entries = pair,
              .count = 2,
              .basis = &basis,
              .complaint = &words[0] },
            { .entries = &other, .count = 1, .complaint = &words[1] },
        };
        basis_begin(&basis, known);
        basis_add(&basis, &(struct history_account) { .account = { 1 } });
        ledger_append_each(book.ledger, requests, 2, BOOK_NOW);
        assert_int_equal(requests[0].err, known == 0 ? OK : ERR_BUSY);
        assert_int_equal(requests[1].err, OK);
    }
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    assert_int_equal(ledger_position(book.ledger), 4);
    basis_close(&basis);
    book_close(&book);
}

/* An import looks nothing up but this. */
TEST(a_void_by_id_is_imported)
{
    struct ledger_entry entry = { .event = { .kind = EVENT_VOID,
                                             .account = { .member = 1 },
                                             .at_ms = BOOK_NOW },
                                  .at_given = true,
                                  .voids_id = view_of("a") };
    struct ledger_import import = { .now_ms = BOOK_NOW };
    struct complaint complaint = { .text = "" };
    uint32_t refused;
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(
        ledger_import(book.ledger, &entry, 1, &import, &refused, &complaint),
        ERR_NOT_FOUND);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"stamp\", \"member\": 1, "
                                 "\"card\": \"c\", \"id\": \"a\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(
        ledger_import(book.ledger, &entry, 1, &import, &refused, &complaint),
        OK);
    assert_int_equal(entry.event.annul.voids.seq, 1);
    book_close(&book);
}

struct told {
    uint32_t count;
    uint32_t index; /* of the last */
    char why[200];
};

static void
take_conflict(void *context, uint32_t index, const char *why)
{
    struct told *told = context;

    told->count++;
    told->index = index;
    snprintf(told->why, sizeof told->why, "%s", why);
}

/* In the order of one commit: what conflicts is told, the others are there. */
TEST(a_conflict_of_an_import_keeps_nobody_out)
{
    static const char lines[] =
        REDEEM("5", ", \"at\": \"2025-12-01T00:00:00Z\"") "\n" REDEEM(
            "6", "") "\n"
                     "{\"kind\": \"stamp\", \"member\": 1, "
                     "\"card\": \"c\"}";
    struct told told = { 0 };
    struct ledger_import import = { .conflict = take_conflict,
                                    .context = &told };
    struct complaint complaint = { .text = "" };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    assert_int_equal(book_import(&book, lines, &import, &complaint), OK);
    assert_string_equal(complaint.text, "");
    assert_int_equal(import.stored, 2);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.index, 1);
    book_has(told.why, "line 2: id \"r1\": conflict: event 1.1.1");
    assert_int_equal(ledger_position(book.ledger), 2);
    assert_int_equal(book_import(&book, lines, &import, NULL), OK);
    assert_int_equal(told.count, 2);
    assert_int_equal(ledger_position(book.ledger), 3);
    import.conflict = NULL;
    assert_int_equal(book_import(&book, lines, &import, &complaint),
                     ERR_CONFLICT);
    assert_int_equal(ledger_position(book.ledger), 3);
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
    book_has(complaint.text, "9.5.1");
    assert_int_equal(import.stored, 1);
    book_close(&book);
}

RUN(cmocka_unit_test(what_is_left_out_is_completed),
    cmocka_unit_test(a_batch_with_one_bad_event_is_refused),
    cmocka_unit_test(an_id_is_stored_once),
    cmocka_unit_test(a_void_by_id_finds_stored_events_and_those_of_its_batch),
    cmocka_unit_test(requests_of_one_commit_are_answered_one_by_one),
    cmocka_unit_test(a_request_that_comes_too_late),
    cmocka_unit_test(a_void_by_id_is_imported),
    cmocka_unit_test(a_conflict_of_an_import_keeps_nobody_out),
    cmocka_unit_test(a_dry_run_stores_nothing_and_says_what_would_be),
    cmocka_unit_test(an_import_that_differs_is_refused))
