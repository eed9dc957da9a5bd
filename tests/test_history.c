/*
 * test_history.c - every account's events in canonical order, each once,
 * whatever arrived when, however often, and however much of it was merged
 *
 * The model is plain: an array of all events that were ever handed in.  The
 * history is compared with it after random appends, merges, restarts and
 * damage.
 */
#include "core/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/codec.h"
#include "core/facts.h"
#include "core/history_places.h"
#include "core/history_scan.h"
#include "core/runs_write.h"
#include "tests/place.h"
#include "tests/unit.h"

#define NOW INT64_C(1700000000000)
enum { EVENTS_MAX = 4000, ACCOUNTS = 23, ARENA_SIZE = 1 << 26 };

static struct place place;
static struct journal *journal;
static struct history *history;
static struct arena arena;
static uint64_t seed;

/* What the ledger was told: an event, and where it arrived first. */
struct told {
    struct event event;
    uint64_t position;
};
static struct told told[EVENTS_MAX];
static uint32_t told_count;
static char codes[ACCOUNTS][8];

static uint32_t
draw(uint32_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % bound;
}

static account_id
account_of(uint32_t i)
{
    if (i % 5 != 0)
        return (account_id) { .member = 100 + i };
    snprintf(codes[i], sizeof codes[i], "B%u", i);
    return (account_id) { .bearer = view_of(codes[i]) };
}

/* --- the ledger's side --- */

static void
open_all(bool owner)
{
    char path[PLACE_SIZE];

    place_join(&place, "journal", path);
    assert_int_equal(journal_open(path, facts_describe, &journal), OK);
    assert_int_equal(history_open(place.path, journal, owner, &history), OK);
}

static void
close_all(void)
{
    history_close(history);
    journal_close(journal);
    history = NULL;
    journal = NULL;
}

static int
set_up(void **state)
{
    const struct journal_identity who = { .node = 7,
                                          .store = 70,
                                          .incarnation = 100 };
    char path[PLACE_SIZE];

    (void)state;
    seed = 20261121;
    told_count = 0;
    place = place_make();
    place_join(&place, "journal", path);
    if (mkdir(path, 0777) != 0 || journal_create(path, &who) != OK ||
        !arena_open(&arena, ARENA_SIZE))
        return 1;
    open_all(true);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    close_all();
    arena_close(&arena);
    place_remove(&place);
    return 0;
}

/* Appends one event: of this node, or a copy where it has an identity. */
static struct journal_result
append(struct event *event)
{
    struct text core = { 0 };
    struct text scratch = { 0 };
    struct journal_entry entry = { .copy_of = event->identity };
    struct journal_result result;

    if (event->recorded_ms == 0)
        event->recorded_ms = NOW;
    codec_encode(event, CODEC_NO_IDENTITY, &core);
    assert_true(facts_print(event, &scratch, &entry.print));
    entry.core = text_view(&core);
    const struct journal_append call = {
        .entries = &entry, .count = 1, .now_ms = NOW, .skip_bad = true
    };
    assert_int_equal(journal_append(journal, &call, &result), OK);
    text_close(&core);
    text_close(&scratch);
    return result;
}

static struct event
purchase(uint32_t account, int64_t at_ms)
{
    return (struct event) {
        .kind = EVENT_PURCHASE,
        .store = 70,
        .at_ms = at_ms,
        .account = account_of(account),
        .sale = { .receipt = view_of("r1"), .total = { 100 } },
    };
}

/* A random event of this node or of one of two others, sometimes one that was
 * told before. */
static void
tell_one(void)
{
    bool again = told_count > 0 && draw(5) == 0;
    struct event event =
        purchase(draw(ACCOUNTS), NOW - 1000000 + draw(50) * 1000);
    struct told *place_of = &told[told_count];

    if (again) {
        place_of = &told[draw(told_count)];
        event = place_of->event;
    } else if (draw(2) == 0) {
        event.identity = (identity) { 5, told_count + 1, 1 + draw(2) };
    }
    struct journal_result result = append(&event);
    if (again) {
        assert_int_equal(result.outcome, JOURNAL_THERE);
        return;
    }
    assert_int_equal(result.outcome, JOURNAL_APPENDED);
    event.identity = result.identity;
    *place_of = (struct told) { event, result.position };
    told_count++;
}

/* --- comparing --- */

static int
compare_told(const void *a, const void *b)
{
    const struct told *const *x = a;
    const struct told *const *y = b;

    return event_compare(&(*x)->event, &(*y)->event);
}

static uint32_t
model_of(account_id account, uint64_t known, const struct told **ret_model)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < told_count; i++)
        if (account_equal(told[i].event.account, account) &&
            told[i].position <= known)
            ret_model[count++] = &told[i];
    qsort(ret_model, count, sizeof *ret_model, compare_told);
    return count;
}

static void
expect_account(const struct history_account *account, uint64_t known)
{
    static const struct told *model[EVENTS_MAX];
    uint32_t count = model_of(account->account, known, model);

    assert_int_equal(account->event_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(identity_equal(account->events[i]->identity,
                                   model[i]->event.identity));
        assert_int_equal(account->events[i]->at_ms, model[i]->event.at_ms);
        assert_int_equal(account->positions[i], model[i]->position);
    }
}

/* Where all that was told of the account arrived. */
static void
expect_places(account_id account)
{
    struct history_places places;
    uint32_t count = 0;

    assert_int_equal(history_places(history, account, &arena, &places), OK);
    for (uint32_t i = 0; i < told_count; i++) {
        if (!account_equal(told[i].event.account, account))
            continue;
        assert_true(count < places.count);
        assert_int_equal(places.items[count++], told[i].position);
    }
    assert_int_equal(places.count, count);
}

static void
expect_all(uint64_t known)
{
    struct history_account account;
    struct history_scan *scan;
    account_id last = { 0 };
    uint32_t count = 0;
    enum err err;

    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        arena_reset(&arena);
        assert_int_equal(
            history_read(history, account_of(i), known, &arena, &account), OK);
        expect_account(&account, known);
        expect_places(account_of(i));
    }
    arena_reset(&arena);
    assert_int_equal(history_scan_all(history, known, &scan), OK);
    while ((err = history_scan_next(scan, &arena, &account)) == OK) {
        assert_true(count == 0 || account_compare(last, account.account) < 0);
        expect_account(&account, known);
        last = account.account;
        count += account.event_count;
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    history_scan_close(scan);
    uint32_t expected = 0;
    for (uint32_t i = 0; i < told_count; i++)
        expected += told[i].position <= known;
    assert_int_equal(count, expected);
}

static void
damage(const char *name, off_t at)
{
    char path[PLACE_SIZE];
    uint8_t byte;

    place_join(&place, name, path);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

/* --- tests --- */

TEST(histories_equal_the_model_through_merges_and_restarts)
{
    for (uint32_t round = 0; round < 60; round++) {
        for (uint32_t i = draw(40); i > 0 && told_count < EVENTS_MAX; i--)
            tell_one();
        assert_int_equal(history_refresh(history), OK);
        switch (draw(4)) {
        case 0:
            assert_int_equal(history_merge(history), OK);
            break;
        case 1:
            close_all();
            open_all(draw(2) == 0);
            assert_int_equal(history_refresh(history), OK);
            history_set_owner(history, true);
            break;
        default:
            break;
        }
        expect_all(HISTORY_ALL);
        expect_all(draw((uint32_t)history_position(history) + 1));
    }
    assert_true(told_count > 500);
    assert_int_equal(history_verify(history), OK);
}

/* Everything but the journal may be deleted, or rot. */
TEST(damaged_and_missing_runs_are_built_anew)
{
    struct history_account account;
    char path[PLACE_SIZE];

    for (uint32_t i = 0; i < 300; i++)
        tell_one();
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    damage("history/0000000000000001.run", 100);
    arena_reset(&arena);
    enum err err = OK;
    for (uint32_t i = 0; i < ACCOUNTS && err == OK; i++)
        err =
            history_read(history, account_of(i), HISTORY_ALL, &arena, &account);
    assert_int_equal(err, ERR_CORRUPT);
    assert_int_equal(history_verify(history), ERR_CORRUPT);
    assert_int_equal(history_rebuild(history), OK);
    expect_all(HISTORY_ALL);
    assert_int_equal(history_merge(history), OK);

    close_all();
    place_join(&place, "history/0000000000000002.run", path);
    assert_int_equal(unlink(path), 0);
    open_all(false);
    assert_int_equal(history_refresh(history), OK);
    expect_all(HISTORY_ALL);
    close_all();
    open_all(true);
    assert_int_equal(history_refresh(history), OK);
    expect_all(HISTORY_ALL);
}

/* Killed after the run was published and before the note named it. */
TEST(a_run_that_no_note_names_is_removed)
{
    struct runs_writer *writer;
    runs_key key = runs_key_of(account_of(1));
    uint64_t check;
    char path[PLACE_SIZE];

    for (uint32_t i = 0; i < 100; i++)
        tell_one();
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    close_all();
    place_join(&place, "history", path);
    assert_int_equal(runs_create(path, RUNS_HISTORY, 2, &writer), OK);
    runs_add(writer, runs_key_view(&key), view_of("never named"));
    assert_int_equal(runs_publish(writer, &check), OK);
    open_all(true);
    assert_int_equal(history_refresh(history), OK);
    expect_all(HISTORY_ALL);
    place_join(&place, "history/0000000000000002.run", path);
    assert_int_not_equal(access(path, F_OK), 0);
    tell_one();
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    expect_all(HISTORY_ALL);
}

TEST(a_referrer_is_pointed_to)
{
    struct event join = {
        .kind = EVENT_JOIN,
        .store = 70,
        .at_ms = NOW,
        .account = { .member = 43 },
        .join.referrer = 42,
    };
    const account_id referrer = { .member = 42 };
    struct history_account account;

    append(&join);
    join.account.member = 41;
    append(&join);
    for (uint32_t round = 0; round < 2; round++) {
        arena_reset(&arena);
        assert_int_equal(history_refresh(history), OK);
        assert_int_equal(
            history_read(history, referrer, HISTORY_ALL, &arena, &account), OK);
        assert_int_equal(account.event_count, 0);
        assert_int_equal(account.referred_count, 2);
        assert_int_equal(account.referred[0], 41);
        assert_int_equal(account.referred[1], 43);
        assert_int_equal(history_read(history, referrer, 1, &arena, &account),
                         OK);
        assert_int_equal(account.referred_count, 1);
        assert_int_equal(history_merge(history), OK);
    }
}

/* The same event told by a new incarnation, which did not know that it had
 * been: it counts once, and its void voids it. */
TEST(an_event_told_by_two_incarnations_is_one)
{
    struct event event = purchase(1, NOW);
    struct event cancel = { .kind = EVENT_VOID,
                            .store = 70,
                            .at_ms = NOW + 1,
                            .account = account_of(1) };
    struct history_account account;

    event.id = view_of("sale-1");
    event.identity = (identity) { 200, 1, 3 };
    append(&event);
    cancel.identity = (identity) { 200, 2, 3 };
    cancel.annul.voids = event.identity;
    append(&cancel);
    event.identity = (identity) { 100, 9, 3 };
    append(&event);
    event.identity = (identity) { 100, 10, 3 };
    event.id = view_of("sale-2");
    append(&event);
    assert_int_equal(history_refresh(history), OK);
    arena_reset(&arena);
    assert_int_equal(
        history_read(history, account_of(1), HISTORY_ALL, &arena, &account),
        OK);
    assert_int_equal(account.event_count, 3);
    assert_int_equal(account.events[0]->identity.seq, 9);
    assert_int_equal(account.events[1]->identity.seq, 10);
    assert_int_equal(account.events[2]->annul.voids.seq, 9);
    assert_int_equal(account.events[2]->annul.voids.incarnation, 100);
}

TEST(a_dry_run_adds_events_and_pointers)
{
    struct history_account account;
    struct event extra[2] = { purchase(1, NOW - 5),
                              { .kind = EVENT_JOIN,
                                .store = 70,
                                .at_ms = NOW,
                                .account = { .member = 999 },
                                .join.referrer = 101 } };
    struct event stored = purchase(1, NOW);

    append(&stored);
    extra[0].identity = (identity) { 100, 50, 7 };
    assert_int_equal(history_refresh(history), OK);
    arena_reset(&arena);
    assert_int_equal(
        history_read(history, account_of(1), HISTORY_ALL, &arena, &account),
        OK);
    history_add(&account, extra, 2, &arena);
    assert_int_equal(account.event_count, 2);
    assert_int_equal(account.events[0]->identity.seq, 50);
    assert_int_equal(account.referred_count, 1);
    assert_int_equal(account.referred[0], 999);
}

static bool
admits_none(void *context, uint32_t node, uint32_t store)
{
    return context == NULL && node == 7 && store == 70;
}

TEST(a_node_speaks_for_its_stores_only)
{
    struct event own = purchase(1, NOW);
    struct event foreign = purchase(1, NOW);
    struct history_account account;

    append(&own);
    foreign.identity = (identity) { 5, 1, 8 };
    append(&foreign);
    history_set_admits(history, admits_none, NULL);
    assert_int_equal(history_refresh(history), OK);
    arena_reset(&arena);
    assert_int_equal(
        history_read(history, account_of(1), HISTORY_ALL, &arena, &account),
        OK);
    assert_int_equal(account.event_count, 1);
    assert_int_equal(account.events[0]->identity.node, 7);
}

#define WITH_LEDGER(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(histories_equal_the_model_through_merges_and_restarts),
        WITH_LEDGER(damaged_and_missing_runs_are_built_anew),
        WITH_LEDGER(a_run_that_no_note_names_is_removed),
        WITH_LEDGER(a_referrer_is_pointed_to),
        WITH_LEDGER(an_event_told_by_two_incarnations_is_one),
        WITH_LEDGER(a_dry_run_adds_events_and_pointers),
        WITH_LEDGER(a_node_speaks_for_its_stores_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
