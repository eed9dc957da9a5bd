/*
 * test_reign.c - which ledger may become the hub
 *
 * Proved: a standby that was never given the books is not promoted, and stays
 * what it is; one that was is, also when that was long ago.  Its epoch comes
 * after that of whoever published before.  And a ledger says what it is to
 * others.
 */
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/ingest.h"
#include "core/reader.h"
#include "nodes/allow.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "tests/place.h"

#define NOW_MS INT64_C(1735725600000)

struct seat {
    struct place place;
    char dir[PLACE_SIZE + 8];
};

/* A standby's ledger. */
static void
open_seat(struct seat *seat)
{
    const struct ledger_identity who = { .node = 2, .incarnation = 7 };
    struct keys_hubs hubs = { .count = 1 };

    seat->place = place_make();
    snprintf(seat->dir, sizeof seat->dir, "%s/hq2", seat->place.path);
    assert_int_equal(ledger_create(seat->dir, &who, NOW_MS, NULL), OK);
    strcpy(hubs.list[0].endpoint, "tcp://10.0.0.1:7001");
    assert_int_equal(keys_store_hubs(seat->dir, &hubs, NULL), OK);
}

/* It stands by: as the process does when it begins, and, if `taught`, when the
 * books have come; they enrol a node or, like those of an older hub, nobody. */
static bool
stand_by(const struct seat *seat, bool taught, bool enrols)
{
    struct ledger *ledger = NULL;
    struct allow *allow = NULL;
    const struct enrolment enrolment = { .node = 11,
                                         .role = ENROL_STORE,
                                         .store_count = 1,
                                         .stores = { 11 },
                                         .joined = true };
    bool untaught = false;

    assert_int_equal(ledger_open(seat->dir, LEDGER_WRITE, NULL, &ledger), OK);
    struct journal *journal = ledger_journal(ledger);
    assert_int_equal(reign_stand_by(journal, &untaught), OK);
    assert_int_equal(allow_open(journal, &allow), OK);
    if (enrols)
        assert_int_equal(allow_enrol(allow, &enrolment), OK);
    if (taught)
        assert_int_equal(reign_is_taught(journal), OK);
    allow_close(allow);
    ledger_close(ledger);
    return untaught;
}

static enum err
promote(const struct seat *seat)
{
    struct complaint complaint = { 0 };
    uint64_t epoch = 0;
    enum err err = reign_promote(seat->dir, NOW_MS, &epoch, &complaint);

    if (err != OK)
        assert_non_null(strstr(complaint.text, "allow-list"));
    assert_int_equal(epoch > 7, err == OK);
    assert_int_equal(keys_has_hub(seat->dir), err != OK);
    return err;
}

TEST(a_standby_without_the_books_is_not_promoted)
{
    struct seat seat;

    open_seat(&seat);
    assert_int_equal(promote(&seat), ERR_CONFLICT); /* it never ran */
    assert_true(stand_by(&seat, false, true));      /* a part of them came */
    assert_int_equal(promote(&seat), ERR_CONFLICT);
    assert_true(stand_by(&seat, false, false)); /* it begins again */
    assert_int_equal(promote(&seat), ERR_CONFLICT);
    assert_true(stand_by(&seat, true, false));
    assert_int_equal(promote(&seat), OK);
    place_remove(&seat.place);
}

TEST(a_standby_of_long_ago_is_promoted)
{
    struct seat seat;

    open_seat(&seat);
    (void)stand_by(&seat, true, true);
    assert_false(stand_by(&seat, false, false));
    assert_int_equal(promote(&seat), OK);
    place_remove(&seat.place);
}

TEST(books_that_enrol_nobody_make_no_hub)
{
    struct seat seat;

    open_seat(&seat);
    assert_true(stand_by(&seat, true, false));
    assert_int_equal(promote(&seat), ERR_CONFLICT);
    place_remove(&seat.place);
}

/* Node 1 has published the list of hubs in that epoch, and the ledger got it.
 */
static void
hear_list(const struct seat *seat, uint64_t epoch)
{
    const struct journal_identity who = { .node = 1, .incarnation = epoch };
    const struct ingest_options options = { .now_ms = NOW_MS };
    const stream_id stream = { .incarnation = epoch,
                               .node = 1,
                               .channel = CHANNEL_PUBLIC };
    const struct hubs_own own = { .node = 1 };
    const struct hubs none = { 0 };
    struct place place = place_make();
    struct ledger *ledger = NULL;
    struct journal *journal = NULL;
    struct allow *allow = NULL;
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(journal_create(place.path, &who), OK);
    assert_int_equal(journal_open(place.path, NULL, &journal), OK);
    assert_int_equal(allow_open(journal, &allow), OK);
    assert_int_equal(hubs_publish(journal, allow, &none, &own), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_find(reader, stream, 1, &item), OK);
    struct ingest_batch batch = { .stream = stream,
                                  .bytes = item.record.bytes };
    assert_int_equal(ledger_open(seat->dir, LEDGER_WRITE, NULL, &ledger), OK);
    assert_int_equal(ingest_run(ledger_journal(ledger), &batch, 1, &options),
                     OK);
    ledger_close(ledger);
    reader_close(reader);
    allow_close(allow);
    journal_close(journal);
    place_remove(&place);
}

/* Whose clock was years ahead: his list would go on being the newest. */
TEST(the_epoch_comes_after_the_newest_list)
{
    const uint64_t far =
        journal_draw_incarnation(NOW_MS + INT64_C(4000) * 86400000);
    struct complaint complaint;
    struct seat seat;
    uint64_t epoch = 0;

    open_seat(&seat);
    (void)stand_by(&seat, true, true);
    hear_list(&seat, far);
    assert_int_equal(reign_promote(seat.dir, NOW_MS, &epoch, &complaint), OK);
    assert_true(epoch > far);
    place_remove(&seat.place);
}

static struct reign
look(const struct seat *seat)
{
    struct ledger *ledger = NULL;
    struct reign reign = { 0 };

    assert_int_equal(ledger_open(seat->dir, LEDGER_READ, NULL, &ledger), OK);
    assert_int_equal(reign_get(seat->dir, ledger_journal(ledger), &reign), OK);
    ledger_close(ledger);
    return reign;
}

/* Nothing but the books makes a standby of a ledger that has joined; and no
 * ledger is one that could be promoted when it could not. */
TEST(a_ledger_says_what_it_is)
{
    struct seat seat;

    open_seat(&seat);
    assert_int_equal(look(&seat).role, REIGN_STORE);
    assert_true(look(&seat).untaught);
    (void)stand_by(&seat, false, false);
    assert_int_equal(look(&seat).role, REIGN_STANDBY);
    assert_true(look(&seat).untaught);
    (void)stand_by(&seat, false, true);
    assert_true(look(&seat).untaught);
    (void)stand_by(&seat, true, false);
    assert_int_equal(look(&seat).role, REIGN_STANDBY);
    assert_false(look(&seat).untaught);
    assert_int_equal(promote(&seat), OK);
    assert_int_equal(look(&seat).role, REIGN_HUB);
    assert_false(look(&seat).untaught);
    place_remove(&seat.place);
}

TEST(a_hub_that_met_a_later_one_says_so)
{
    struct seat seat;
    struct ledger *ledger = NULL;
    const struct claim claim = { .epoch = 9, .node = 3 };

    open_seat(&seat);
    (void)stand_by(&seat, true, true);
    assert_int_equal(promote(&seat), OK);
    assert_int_equal(look(&seat).deposed, 0);
    assert_int_equal(ledger_open(seat.dir, LEDGER_WRITE, NULL, &ledger), OK);
    assert_true(reign_depose(ledger_journal(ledger), &claim, NOW_MS));
    ledger_close(ledger);
    assert_int_equal(look(&seat).role, REIGN_HUB);
    assert_int_equal(look(&seat).deposed, 9);
    assert_int_equal(promote(&seat), OK);
    assert_int_equal(look(&seat).deposed, 0);
    place_remove(&seat.place);
}

TEST(a_range_that_is_lost_is_counted_once)
{
    const stream_id streams[] = { { .incarnation = 5, .node = 11 },
                                  { .incarnation = 6, .node = 11 } };
    struct seat seat;
    struct ledger *ledger = NULL;

    open_seat(&seat);
    assert_int_equal(ledger_open(seat.dir, LEDGER_WRITE, NULL, &ledger), OK);
    struct journal *journal = ledger_journal(ledger);
    assert_int_equal(reign_lost(journal, streams[0], 4), OK);
    assert_int_equal(reign_lost(journal, streams[0], 3), OK);
    assert_int_equal(reign_lost(journal, streams[1], 4), OK);
    ledger_close(ledger);
    assert_int_equal(look(&seat).lost, 2);
    place_remove(&seat.place);
}

TEST(a_ledger_by_itself_is_single_until_it_enrols)
{
    struct seat seat;

    open_seat(&seat);
    keys_forget(seat.dir, "hubs");
    assert_int_equal(look(&seat).role, REIGN_SINGLE);
    (void)stand_by(&seat, true, true);
    assert_int_equal(look(&seat).role, REIGN_HUB);
    place_remove(&seat.place);
}

RUN(cmocka_unit_test(a_standby_without_the_books_is_not_promoted),
    cmocka_unit_test(a_standby_of_long_ago_is_promoted),
    cmocka_unit_test(books_that_enrol_nobody_make_no_hub),
    cmocka_unit_test(the_epoch_comes_after_the_newest_list),
    cmocka_unit_test(a_ledger_says_what_it_is),
    cmocka_unit_test(a_hub_that_met_a_later_one_says_so),
    cmocka_unit_test(a_range_that_is_lost_is_counted_once),
    cmocka_unit_test(a_ledger_by_itself_is_single_until_it_enrols))
