/*
 * test_keeper.c - what the thread that folds does about damage that it meets,
 * and that whoever is told of histories is told of all that is folded, while
 * more arrives
 */
#include "nodes/keeper.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* --- while more arrives --- */

enum { SALES = 1500, POINTS = 5 };

/* A process that sells to member 42, and to another one each time. */
static pid_t
begin_to_sell(const struct book *book)
{
    struct book seller = { .place = book->place };
    char lines[256];
    pid_t child = fork();

    if (child != 0)
        return child;
    bool well =
        arena_open(&seller.arena, 1 << 20) &&
        ledger_open(book->place.path, LEDGER_WRITE, NULL, &seller.ledger) == OK;
    for (uint32_t i = 0; i < SALES && well; i++) {
        snprintf(lines, sizeof lines,
                 "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": "
                 "\"a%u\", \"total\": 500}\n"
                 "{\"kind\": \"purchase\", \"member\": %u, \"receipt\": "
                 "\"b%u\", \"total\": 500}",
                 i, 1000 + i, i);
        well = book_write(&seller, lines, NULL, NULL) == OK;
    }
    _exit(well ? 0 : 1);
}

/* What member 42 has, as a node is told that asks for a redemption; false: it
 * is to decide alone. */
static bool
ask_available(struct keeper *keeper, int64_t *ret_available)
{
    struct answer_to to = { .node = 1, .session = 1, .epoch = 1 };
    struct answer answer;
    struct decision decision = { 0 };

    to.ask = (struct ask) {
        .kind = ASK_REDEEM, .account_count = 1, .points = { 1 }, .dry_run = true
    };
    strcpy(to.ask.accounts[0], "42");
    strcpy(to.ask.id, "r");
    if (!keeper_question(keeper, &to))
        return false;
    while (!keeper_answer(keeper, &answer))
        pause_a_little();
    bool told = ask_read_decision(&answer.frame, &decision);
    *ret_available = decision.available.value;
    answer_close(&answer);
    return told;
}

/* Takes what there is; returns how many accounts that told of. */
static uint32_t
take_parcels(struct keeper *keeper, uint64_t *after)
{
    struct feed_parcel parcel;
    uint32_t told = 0;

    while (keeper_take(keeper, &parcel)) {
        for (uint32_t i = 0; i < parcel.part_count; i++)
            told += parcel.parts[i].state.state_count;
        *after = parcel.parts[parcel.part_count - 1].state.position;
        feed_parcel_close(&parcel);
    }
    return told;
}

/* Positions: the rules', and two of each sale. */
static uint64_t
sales_at(uint64_t position)
{
    return (position - 1) / 2;
}

/* Member 42 is told of once in each parcel, and the others once in all. */
TEST(what_is_told_of_histories_is_all_that_is_folded)
{
    struct book book;
    struct keeper *keeper = NULL;
    uint64_t after = 1, folded = 0;
    uint32_t told = 0, parcels = 0, answers = 0;
    int64_t available = 0;
    bool asked = false;
    int status = 1;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2000-01-01", "earn: [{id: b, per: 1.00, points: 1}]\n");
    ledger_close(book.ledger);
    pid_t child = begin_to_sell(&book);
    assert_true(child > 0);
    assert_int_equal(
        ledger_open(book.place.path, LEDGER_HUB, NULL, &book.ledger), OK);
    assert_int_equal(keeper_open(book.ledger, true, &keeper), OK);
    while (sales_at(after) < SALES) {
        const uint64_t before = after;
        const struct feed_ask question = { .node = 1, .after = after };
        if (!asked && keeper_position(keeper) > after)
            asked = keeper_ask(keeper, &question);
        pause_a_little();
        folded = keeper_position(keeper);
        if (folded > 1 && ask_available(keeper, &available)) {
            assert_true(available >= (int64_t)sales_at(folded) * POINTS);
            answers++;
        }
        told += take_parcels(keeper, &after);
        parcels += after > before;
        asked &= after == before;
    }
    assert_int_equal(told, SALES + parcels);
    assert_true(answers > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    keeper_close(keeper);
    book_close(&book);
}

RUN(cmocka_unit_test(damaged_states_are_made_good_at_a_quiet_hub),
    cmocka_unit_test(a_damaged_history_keeps_no_node_from_being_told),
    cmocka_unit_test(what_is_told_of_histories_is_all_that_is_folded))
