/*
 * test_hub_state.c - a node's own events stand on top of what the hub sent, and
 * what the hub has folded does not count twice
 */
#include "core/hub_state.h"

#include <string.h>

#include "tests/book.h"
#include "tests/unit.h"

#define BUY(receipt, time)                                                     \
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"" receipt         \
    "\", \"total\": 1000, \"at\": \"" time "\"}\n"

static int64_t
available(struct state_fold *fold, const struct hub_state *base, uint32_t own)
{
    const account_id member = { .member = 42 };
    struct account account;
    uint32_t counted = 99;

    assert_int_equal(
        hub_state_read(fold, member, base, BOOK_NOW, &account, &counted), OK);
    assert_int_equal(counted, own);
    assert_int_equal(account.clock_ms, BOOK_NOW);
    return lot_available(&account.lots, BOOK_NOW).value - account.debt.value;
}

TEST(own_events_stand_on_the_hubs_state)
{
    const account_id member = { .member = 42 };
    struct hub_state_seq folded = { .incarnation = 1 };
    struct hub_state base = { .folded = &folded, .folded_count = 1 };
    const struct timeline *timeline;
    struct state_folded sent;
    struct state_fold fold;
    uint8_t packed[4096];
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "earn:\n  - {id: base, per: 1.00, points: 1}\n");
    assert_int_equal(book_append(&book,
                                 BUY("1", "2025-03-01T00:00:00Z")
                                     BUY("2", "2025-05-01T00:00:00Z"),
                                 NULL, NULL),
                     OK);
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, NULL), OK);
    assert_int_equal(state_fold_open(&fold, book.ledger, timeline), OK);
    assert_int_equal(available(&fold, &base, 2), 20);

    assert_int_equal(state_fold_account(&fold, member, LEDGER_KNOWN_ALL, &sent),
                     OK);
    memcpy(packed, sent.packed.bytes, sent.packed.size);
    base.packed = (view) { packed, sent.packed.size };
    folded.seq = 2;
    assert_int_equal(available(&fold, &base, 0), 20);

    /* A late sale, a redemption before what the hub knows, a void of our own
     * sale, and a return of one that only the hub has. */
    assert_int_equal(
        book_append(
            &book,
            BUY("3",
                "2025-04-01T00:00:00Z") "{\"kind\": \"redeem\", \"member\": "
                                        "42, \"id\": "
                                        "\"r\", \"points\": 7, \"at\": "
                                        "\"2025-04-02T00:00:00Z\"}\n" BUY(
                                            "4",
                                            "2025-06-01T00:00:00Z") "{\"kind\":"
                                                                    " \"void\","
                                                                    " \"member"
                                                                    "\": 42, "
                                                                    "\"voids\":"
                                                                    " \"1.1."
                                                                    "5\"}\n"
                                                                    "{\"kind\":"
                                                                    " \"return"
                                                                    "\", "
                                                                    "\"member\""
                                                                    ": 42, "
                                                                    "\"receipt"
                                                                    "\": "
                                                                    "\"1\"}",
            NULL, NULL),
        OK);
    assert_int_equal(available(&fold, &base, 2), 23);
    base.packed.size--;
    struct account account;
    uint32_t own;
    assert_int_equal(
        hub_state_read(&fold, member, &base, BOOK_NOW, &account, &own),
        ERR_CORRUPT);
    state_fold_close(&fold);
    book_close(&book);
}

/* A full list says nothing of those before its first: they are folded, too. */
TEST(what_lies_before_a_full_list_is_folded)
{
    struct hub_state_seq list[HUB_STATE_SEQS_MAX];
    const uint32_t full = HUB_STATE_SEQS_MAX;

    for (uint32_t i = 0; i < full; i++)
        list[i] =
            (struct hub_state_seq) { .incarnation = 100 + 2 * i, .seq = 7 + i };
    assert_int_equal(hub_state_folded(list, full, 100), 7);
    assert_int_equal(hub_state_folded(list, full, 98 + 2 * full), 6 + full);
    assert_int_equal(hub_state_folded(list, full, 101), 0);
    assert_int_equal(hub_state_folded(list, full, 100 + 2 * full), 0);
    assert_true(hub_state_folded(list, full, 99) == UINT64_MAX);
    assert_int_equal(hub_state_folded(list, full - 1, 99), 0);
    assert_int_equal(hub_state_folded(NULL, 0, 99), 0);
}

RUN(cmocka_unit_test(own_events_stand_on_the_hubs_state),
    cmocka_unit_test(what_lies_before_a_full_list_is_folded))
