/*
 * test_keeper.c - what the thread that folds does about damage that it meets
 */
#include "nodes/keeper.h"

#include <time.h>

#include "tests/book.h"
#include "tests/hearing.h"
#include "tests/unit.h"

enum { PATIENCE = 500 }; /* times 20 ms */

static void
pause_a_little(void)
{
    nanosleep(&(struct timespec) { .tv_nsec = 20000000 }, NULL);
}

/* Asks as a node does that nothing has been told, and again where the answer
 * got lost; false: there is none. */
static bool
ask(struct keeper *keeper, struct feed_parcel *ret_parcel)
{
    const struct feed_ask question = { .node = 1 };

    for (uint32_t i = 0; i < PATIENCE; i++) {
        if (i % 10 == 0)
            assert_true(keeper_ask(keeper, &question));
        pause_a_little();
        if (keeper_take(keeper, ret_parcel))
            return true;
    }
    return false;
}

struct site {
    struct book book;
    struct keeper *keeper;
    struct feed_parcel parcel;
};

/* A hub that has folded a sale, and has it in runs. */
static void
begin(struct site *site)
{
    struct book *book = &site->book;

    *site = (struct site) { .keeper = NULL };
    book_open(book, LEDGER_OWN);
    book_rules(book, "2000-01-01", "earn: [{id: b, per: 1.00, points: 1}]\n");
    assert_int_equal(book_append(book,
                                 "{\"kind\": \"purchase\", \"member\": 42, "
                                 "\"receipt\": \"1\", \"total\": 500}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(history_merge(ledger_history(book->ledger)), OK);
    const uint64_t last = ledger_position(book->ledger);
    assert_int_equal(keeper_open(book->ledger, true, &site->keeper), OK);
    for (uint32_t i = 0; i < PATIENCE && keeper_position(site->keeper) != last;
         i++)
        pause_a_little();
    assert_int_equal(keeper_position(site->keeper), last);
}

/* The node is told of the member. */
static void
end(struct site *site, bool told)
{
    assert_true(told);
    assert_int_equal(site->parcel.parts[0].state.state_count, 1);
    feed_parcel_close(&site->parcel);
    keeper_close(site->keeper);
    book_close(&site->book);
}

/* Nobody sells anything, and yet the states are made good for who is to be told
 * of them. */
TEST(damaged_states_are_made_good_at_a_quiet_hub)
{
    struct site site;

    begin(&site);
    hearing_begin();
    book_change_byte(&site.book, "state/0000000000000001.run", 60);
    bool told = ask(site.keeper, &site.parcel);
    hearing_end();
    assert_true(hearing_count("feed err=") > 0);
    end(&site, told);
}

TEST(a_damaged_history_keeps_no_node_from_being_told)
{
    struct site site;

    begin(&site);
    hearing_begin();
    book_change_byte(&site.book, "history/0000000000000001.run", 60);
    bool told = ask(site.keeper, &site.parcel);
    hearing_end();
    assert_int_equal(hearing_count("err="), 0);
    end(&site, told);
}

RUN(cmocka_unit_test(damaged_states_are_made_good_at_a_quiet_hub),
    cmocka_unit_test(a_damaged_history_keeps_no_node_from_being_told))
