/*
 * test_retain.c - a node drops what is safe and what the hub has told it, and
 * nothing as long as the hub has told nothing
 */
#include "nodes/retain.h"

#include <stdio.h>

#include "core/reader.h"
#include "nodes/feed.h"
#include "nodes/notes.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { NODE = 1, INCARNATION = 1, SALES = 6, EPOCH = 9 };

static const stream_id own = { .node = NODE,
                               .incarnation = INCARNATION,
                               .channel = CHANNEL_EVENTS };

/* So many sales, each a record, of which a second disk has `safe`. */
static void
begin(struct book *book, uint64_t safe)
{
    static struct notes notes;

    book_open(book, LEDGER_OWN);
    book_rules(book, "2000-01-01", "earn: [{id: b, per: 1.00, points: 1}]\n");
    for (int i = 0; i < SALES; i++)
        assert_int_equal(book_append(book,
                                     "{\"kind\": \"purchase\", \"member\": 42, "
                                     "\"receipt\": \"1\", \"total\": 500, "
                                     "\"at\": \"2025-06-01T00:00:00Z\"}",
                                     NULL, NULL),
                         OK);
    assert_int_equal(notes_load(&notes, ledger_journal(book->ledger)), OK);
    notes_told(&notes, own, 2 * SALES, safe);
    assert_int_equal(notes_save(&notes, ledger_journal(book->ledger)), OK);
}

/* What a hub says that has folded so many of them; `whole`: and has told all
 * that follows from them. */
static void
tell(struct book *book, uint64_t folded, bool whole)
{
    struct frame_folded list = { .stream = own, .seq = folded };
    struct frame frame = { .kind = FRAME_STATE };
    struct copies *copies = NULL;

    frame.state.epoch = EPOCH;
    frame.state.after = 5;
    frame.state.position = whole ? 10 : 5;
    frame.state.format = FEED_FORMAT;
    frame.state.folded = &list;
    frame.state.folded_count = 1;
    frame.state.state_count = whole ? 0 : 1;
    view nothing = { 0 };
    frame.state.states = &nothing;
    assert_int_equal(copies_open(ledger_dir(book->ledger), true, &copies), OK);
    assert_int_equal(copies_put(copies, &frame, NODE, BOOK_NOW), OK);
    copies_close(copies);
}

static enum err
run_at(struct book *book, int64_t now_ms, bool dry, uint64_t *ret_dropped)
{
    struct complaint complaint = { 0 };
    struct retain retain = { .now_ms = now_ms,
                             .before_ms = INT64_MAX,
                             .dry = dry };
    enum err err = retain_run(book->ledger, NULL, &retain, &complaint);

    *ret_dropped = retain.dropped;
    assert_int_equal(complaint.text[0] != '\0', err != OK);
    book_reopen(book, LEDGER_OWN);
    return err;
}

static enum err
run(struct book *book, bool dry, uint64_t *ret_dropped)
{
    return run_at(book, BOOK_NOW, dry, ret_dropped);
}

TEST(told_nothing_it_drops_nothing)
{
    struct book book;
    uint64_t dropped = 1;

    begin(&book, SALES);
    assert_int_equal(run(&book, true, &dropped), ERR_CONFLICT);
    assert_int_equal(run(&book, false, &dropped), ERR_CONFLICT);
    assert_int_equal(dropped, 0);
    /* Nor with the first part of a telling only. */
    tell(&book, SALES, false);
    assert_int_equal(run(&book, false, &dropped), ERR_CONFLICT);
    assert_int_equal(dropped, 0);
    book_close(&book);
}

TEST(it_drops_what_was_told_and_is_safe)
{
    struct book book;
    uint64_t dropped;

    begin(&book, 4);
    tell(&book, 2, true);
    assert_int_equal(run(&book, true, &dropped), OK);
    assert_int_equal(dropped, 2);
    assert_int_equal(run(&book, false, &dropped), OK);
    assert_int_equal(dropped, 2);
    assert_int_equal(run(&book, false, &dropped), OK);
    assert_int_equal(dropped, 0);
    tell(&book, 5, true);
    assert_int_equal(run(&book, false, &dropped), OK);
    assert_int_equal(dropped, 2);
    book_close(&book);
}

/* They count towards what may be granted today. */
TEST(the_redemptions_of_today_stay)
{
    struct book book;
    uint64_t dropped;

    begin(&book, 2 * SALES);
    for (int i = 0; i < SALES; i++) {
        char line[200];
        snprintf(line, sizeof line,
                 "{\"kind\": \"redeem\", \"member\": 42, \"points\": 1, "
                 "\"id\": \"r%d\"%s}",
                 i, i % 2 == 0 ? ", \"at\": \"2025-06-01T00:00:00Z\"" : "");
        assert_int_equal(book_append(&book, line, NULL, NULL), OK);
    }
    tell(&book, 2 * SALES, true);
    assert_int_equal(run(&book, false, &dropped), OK);
    assert_int_equal(dropped, SALES + 1);
    assert_int_equal(run(&book, false, &dropped), OK);
    assert_int_equal(dropped, 0);
    book_close(&book);
}

/* A redemption counts on the day that it is dated, which may be the one after
 * its record: it stays for two days from there, to the millisecond. */
TEST(a_redemption_that_is_dated_ahead_stays_until_its_day_is_over)
{
    const int64_t day_ms = 86400000;
    struct book book;
    uint64_t dropped;

    begin(&book, 2 * SALES);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"redeem\", \"member\": 42, "
                                 "\"points\": 1, \"id\": \"r\", \"at\": "
                                 "\"2026-01-02T00:00:00Z\"}\n"
                                 "{\"kind\": \"stamp\", \"member\": 42, "
                                 "\"card\": \"c\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(book_append(&book,
                                 "{\"kind\": \"stamp\", \"member\": 42, "
                                 "\"card\": \"c\"}",
                                 NULL, NULL),
                     OK);
    tell(&book, 2 * SALES, true);
    assert_int_equal(run_at(&book, BOOK_NOW + 3 * day_ms, false, &dropped), OK);
    assert_int_equal(dropped, SALES);
    assert_int_equal(run_at(&book, BOOK_NOW + 3 * day_ms + 1, false, &dropped),
                     OK);
    assert_int_equal(dropped, 2);
    book_close(&book);
}

TEST(it_looks_again_in_time)
{
    const int64_t day_ms = 86400000;

    assert_int_equal(retain_pause_ms(400 * day_ms), day_ms);
    assert_int_equal(retain_pause_ms(2 * day_ms), day_ms / 8);
    assert_int_equal(retain_pause_ms(1000), 1000);
}

RUN(cmocka_unit_test(told_nothing_it_drops_nothing),
    cmocka_unit_test(it_drops_what_was_told_and_is_safe),
    cmocka_unit_test(the_redemptions_of_today_stay),
    cmocka_unit_test(
        a_redemption_that_is_dated_ahead_stays_until_its_day_is_over),
    cmocka_unit_test(it_looks_again_in_time))
