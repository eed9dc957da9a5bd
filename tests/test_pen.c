/*
 * test_pen.c - what a pen writes continues what stands there, on each channel
 * by itself, and a new incarnation starts from its parent
 */
#include "core/pen.h"

#include "core/journal.h"
#include "tests/kit.h"
#include "tests/unit.h"

static const struct record_entry EVENTS[] = {
    { .core = { (const uint8_t *)"a", 1 } },
    { .core = { (const uint8_t *)"b", 1 } },
};

TEST(each_channel_has_its_own_numbers)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct db_txn txn;
    struct pen pen;

    for (uint64_t round = 0; round < 3; round++) {
        db_begin(journal_db(journal), DB_WRITE, &txn);
        pen_open(&pen, &txn);
        assert_int_equal(pen.position, round * 4);
        assert_int_equal(pen_head(&pen, CHANNEL_EVENTS).seq, round * 2);
        assert_false(pen.wrote);
        pen_write_events(&pen, EVENTS, COUNT_OF(EVENTS), KIT_NOW);
        pen_write_control(&pen, CHANNEL_PUBLIC, RECORD_VERSION, view_of("v"),
                          KIT_NOW);
        pen_write_control(&pen, CHANNEL_BOOKS, RECORD_CLOSE, (view) { 0 },
                          KIT_NOW);
        assert_int_equal(pen.position, round * 4 + 4);
        assert_int_equal(pen_head(&pen, CHANNEL_EVENTS).seq, round * 2 + 2);
        assert_int_equal(pen_head(&pen, CHANNEL_PUBLIC).seq, round + 1);
        assert_int_equal(pen_head(&pen, CHANNEL_BOOKS).seq, round + 1);
        assert_true(pen.wrote);
        assert_int_equal(db_commit(&txn), OK);
    }
    assert_int_equal(kit_findings(journal), 0);
    journal_close(journal);
    place_remove(&place);
}

TEST(arrival_follows_the_clock_but_never_back)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct db_txn txn;
    struct pen pen;

    db_begin(journal_db(journal), DB_WRITE, &txn);
    pen_open(&pen, &txn);
    assert_int_equal(pen_arrive(&pen, KIT_NOW), KIT_NOW);
    assert_int_equal(pen_arrive(&pen, KIT_NOW - 1), KIT_NOW);
    assert_int_equal(pen_arrive(&pen, KIT_NOW + 1), KIT_NOW + 1);
    db_abort(&txn);
    journal_close(journal);
    place_remove(&place);
}

TEST(a_fork_names_the_common_end)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    stream_head fork = { 1, { { 42 } } };
    struct shelf_item item;
    struct db_txn txn;
    struct pen pen;

    db_begin(journal_db(journal), DB_WRITE, &txn);
    pen_open(&pen, &txn);
    pen_write_events(&pen, EVENTS, COUNT_OF(EVENTS), KIT_NOW);
    pen_renew(&pen, 300, REASON_FORK, &fork);
    assert_int_equal(pen_head(&pen, CHANNEL_EVENTS).seq, 0);
    pen_write_events(&pen, EVENTS, 1, KIT_NOW);
    assert_true(shelf_last(&txn, &item));
    assert_int_equal(item.position, 3);
    assert_int_equal(item.record.stream.incarnation, 300);
    assert_int_equal(item.record.parent.incarnation, 100);
    assert_int_equal(item.record.parent.seq, 1);
    assert_true(digest_equal(item.record.parent.chain, fork.chain));
    assert_int_equal(item.record.parent.reason, REASON_FORK);
    /* Back into one that has records already: no. */
    pen_renew(&pen, 100, REASON_FORK, NULL);
    assert_int_equal(db_commit(&txn), ERR_EXISTS);
    journal_close(journal);
    place_remove(&place);
}

TEST(nothing_is_written_after_an_error)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct db_txn txn;
    struct pen pen;

    db_begin(journal_db(journal), DB_WRITE, &txn);
    pen_open(&pen, &txn);
    db_fail(&txn, ERR_CONFLICT);
    pen_write_events(&pen, EVENTS, COUNT_OF(EVENTS), KIT_NOW);
    pen_write_control(&pen, CHANNEL_PUBLIC, RECORD_VERSION, view_of("v"),
                      KIT_NOW);
    assert_int_equal(pen.position, 0);
    assert_int_equal(db_commit(&txn), ERR_CONFLICT);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(each_channel_has_its_own_numbers),
    cmocka_unit_test(arrival_follows_the_clock_but_never_back),
    cmocka_unit_test(a_fork_names_the_common_end),
    cmocka_unit_test(nothing_is_written_after_an_error))
