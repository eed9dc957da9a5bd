/*
 * test_state_fold.c - an account folded forward event by event has the bytes of
 * one folded from its history; and how large it may be
 */
#include "core/state_fold.h"

#include "core/list.h"

#include <stdlib.h>
#include <string.h>

#include "tests/book.h"
#include "tests/unit.h"

static const char LINES[] =
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"1\", \"total\": "
    "5000, \"at\": \"2025-01-10T12:00:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 42, \"card\": \"card\", \"count\": 4, "
    "\"at\": \"2025-02-10T12:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"2\", \"total\": "
    "7000, \"at\": \"2025-05-10T12:00:00Z\"}\n"
    "{\"kind\": \"return\", \"member\": 42, \"receipt\": \"1\", \"at\": "
    "\"2025-05-11T12:00:00Z\"}\n";

TEST(forward_is_the_same_as_afresh)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const account_id member = { .member = 42 };
    const struct timeline *timeline;
    struct history_account history;
    struct state_folded forward, fresh;
    struct state_fold one, other;
    struct book book;
    uint8_t *packed = malloc(65536);

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "points: {expire_months: 1}\n"
               "earn:\n  - {id: base, per: 1.00, points: 1}\n"
               "rewards:\n  - {id: cup, value: 3.00, valid_days: 9}\n"
               "stamps:\n  - {id: card, need: 3, reward: cup}\n");
    assert_int_equal(book_append(&book, LINES, NULL, NULL), OK);
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, NULL), OK);
    assert_int_equal(state_fold_open(&one, book.ledger, timeline), OK);
    assert_int_equal(state_fold_open(&other, NULL, timeline), OK);
    assert_int_equal(ledger_account(book.ledger, member, &question, &book.arena,
                                    &history, NULL),
                     OK);
    assert_int_equal(state_fold_account(&one, member, 1, &fresh), OK);
    assert_true(fresh.packed.size == 0);
    assert_int_equal(state_fold_account(&one, member, 2, &fresh), OK);
    for (uint32_t i = 1; i < 3; i++) {
        memcpy(packed, fresh.packed.bytes, fresh.packed.size);
        assert_int_equal(
            state_fold_forward(&other, (view) { packed, fresh.packed.size },
                               history.events[i], &forward),
            OK);
        assert_int_equal(state_fold_account(&one, member, 2 + i, &fresh), OK);
        assert_true(view_equal(forward.packed, fresh.packed));
    }
    /* A return looks back at what a packed state has left behind. */
    memcpy(packed, fresh.packed.bytes, fresh.packed.size);
    view last = { packed, fresh.packed.size };
    assert_int_equal(
        state_fold_forward(&other, last, history.events[3], &forward),
        ERR_NOT_FOUND);
    assert_int_equal(
        state_fold_forward(&other, last, history.events[0], &forward),
        ERR_NOT_FOUND);
    last.size--;
    assert_int_equal(
        state_fold_forward(&other, last, history.events[2], &forward),
        ERR_CORRUPT);
    state_fold_close(&one);
    state_fold_close(&other);
    book_close(&book);
    free(packed);
}

/* The state of an account with one voucher, made that of one with many. */
static view
give_many(view packed, uint32_t count, const struct timeline *timeline,
          struct arena *arena)
{
    enum { ROOM = 1 << 28 };
    const account_id member = { .member = 42 };
    struct account account;

    assert_int_equal(account_unpack(packed, member, timeline, arena, &account),
                     OK);
    assert_int_equal(account.vouchers.count, 1);
    for (uint32_t i = 1; i < count; i++) {
        const struct voucher voucher = account.vouchers.items[0];
        struct voucher *added = LIST_ADD(arena, &account.vouchers);
        *added = voucher;
        added->order = ++account.voucher_order;
    }
    uint8_t *bytes = ARENA_NEW(arena, uint8_t, ROOM);
    size_t size = account_pack(&account, timeline, bytes, ROOM);
    assert_true(size > 0);
    return (view) { bytes, (uint32_t)size };
}

/* A card that a shop holds up for all who have none gathers a voucher with
 * each receipt.  What room such a state might take, were all its numbers long,
 * is more than a run has for it; what it takes is not.  Of millions it is: then
 * nothing is kept, and the next event asks for the history. */
TEST(an_account_may_hold_very_many_vouchers)
{
    static const char GRANTS[] =
        "{\"kind\": \"grant\", \"member\": 42, \"reward\": \"cup\", "
        "\"at\": \"2025-01-10T12:00:00Z\"}\n"
        "{\"kind\": \"grant\", \"member\": 42, \"reward\": \"cup\", "
        "\"at\": \"2025-01-11T12:00:00Z\"}\n";
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const account_id member = { .member = 42 };
    const struct timeline *timeline;
    struct history_account history;
    struct state_folded folded;
    struct state_fold fold;
    struct account account;
    struct arena arena;
    struct book book;

    assert_true(arena_open(&arena, LIMIT_ARENA_SIZE));
    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01", "rewards: [{id: cup, value: 3.00}]\n");
    assert_int_equal(book_append(&book, GRANTS, NULL, NULL), OK);
    assert_int_equal(
        ledger_timeline(book.ledger, LEDGER_KNOWN_ALL, &timeline, NULL), OK);
    assert_int_equal(ledger_account(book.ledger, member, &question, &book.arena,
                                    &history, NULL),
                     OK);
    assert_int_equal(state_fold_open(&fold, NULL, timeline), OK);
    assert_int_equal(
        state_fold_forward(&fold, (view) { 0 }, history.events[0], &folded),
        OK);
    const view many = give_many(folded.packed, 200000, timeline, &arena);
    assert_int_equal(
        state_fold_forward(&fold, many, history.events[1], &folded), OK);
    assert_int_equal(
        account_unpack(folded.packed, member, timeline, &arena, &account), OK);
    assert_int_equal(account.vouchers.count, 200001);
    assert_int_equal(
        state_fold_forward(&fold, (view) { 0 }, history.events[0], &folded),
        OK);
    const view millions = give_many(folded.packed, 2000000, timeline, &arena);
    assert_true(millions.size > RUNS_BLOB_SIZE_MAX);
    assert_int_equal(
        state_fold_forward(&fold, millions, history.events[1], &folded), OK);
    assert_int_equal(folded.packed.size, 0);
    state_fold_close(&fold);
    book_close(&book);
    arena_close(&arena);
}

RUN(cmocka_unit_test(forward_is_the_same_as_afresh),
    cmocka_unit_test(an_account_may_hold_very_many_vouchers))
