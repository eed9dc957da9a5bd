/*
 * test_teller.c - a command on the hub's own ledger is told what the running
 * hub has reserved for others
 */
#include "nodes/teller.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/book.h"
#include "tests/unit.h"

enum { TIMEOUT_MS = 900, STORE = 421 };

struct site {
    struct book book;
    struct teller teller;
    struct ask ask; /* of the command */
    struct decision decision;
    enum ask_kind answered;
    bool over;
    pthread_mutex_t lock;
};

static void
begin(struct site *site)
{
    memset(site, 0, sizeof *site);
    pthread_mutex_init(&site->lock, NULL);
    book_open(&site->book, LEDGER_OWN);
    book_rules(&site->book, "2000-01-01",
               "points: {value: 0.01}\n"
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    assert_int_equal(book_append(&site->book,
                                 "{\"kind\": \"purchase\", \"member\": 42, "
                                 "\"receipt\": \"1\", \"total\": 50000, "
                                 "\"at\": \"2025-06-01T00:00:00Z\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(keeper_open(site->book.ledger, true, &site->teller.keeper),
                     OK);
    site->teller.node = ledger_who(site->book.ledger).node;
    assert_int_equal(
        desk_open(ledger_dir(site->book.ledger), 1, &site->teller.front.desk),
        OK);
}

static void
end(struct site *site)
{
    desk_close(site->teller.front.desk);
    keeper_close(site->teller.keeper);
    book_close(&site->book);
    pthread_mutex_destroy(&site->lock);
}

static void *
run_command(void *context)
{
    struct site *site = context;
    enum ask_kind kind = desk_ask(ledger_dir(site->book.ledger), &site->ask,
                                  TIMEOUT_MS, &site->decision);

    pthread_mutex_lock(&site->lock);
    site->answered = kind;
    site->over = true;
    pthread_mutex_unlock(&site->lock);
    return NULL;
}

static bool
is_over(struct site *site)
{
    pthread_mutex_lock(&site->lock);
    bool over = site->over;
    pthread_mutex_unlock(&site->lock);
    return over;
}

/* The hub's loop, as long as the command waits. */
static void
ask_once(struct site *site)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    struct answer answer;
    pthread_t command;

    site->over = false;
    assert_int_equal(pthread_create(&command, NULL, run_command, site), 0);
    while (!is_over(site)) {
        teller_take(&site->teller);
        while (keeper_answer(site->teller.keeper, &answer)) {
            assert_true(teller_answer(&site->teller, &answer));
            answer_close(&answer);
        }
        nanosleep(&pause, NULL);
    }
    pthread_join(command, NULL);
}

/* A command that was not answered in time asks again under the same id, and
 * is told the same. */
static void
ask(struct site *site, enum ask_kind kind, int64_t amount, const char *id)
{
    site->ask =
        (struct ask) { .kind = kind, .account_count = 1, .points = { amount } };
    strcpy(site->ask.accounts[0], "42");
    strcpy(site->ask.id, id);
    do
        ask_once(site);
    while (kind == ASK_REDEEM && site->answered == ASK_NONE);
}

static void
reserve_for_store(struct site *site, int64_t amount)
{
    struct answer_to question = { .node = STORE, .session = 7 };
    struct answer answer;

    question.ask = (struct ask) { .number = 1,
                                  .kind = ASK_REDEEM,
                                  .account_count = 1,
                                  .points = { amount } };
    strcpy(question.ask.accounts[0], "42");
    strcpy(question.ask.id, "store");
    assert_true(keeper_question(site->teller.keeper, &question));
    while (!keeper_answer(site->teller.keeper, &answer))
        nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
    /* It has a session: none of the teller's. */
    assert_false(teller_answer(&site->teller, &answer));
    answer_close(&answer);
}

TEST(what_is_reserved_for_a_store_is_not_given_away)
{
    struct site site;

    begin(&site);
    ask(&site, ASK_REDEEM, 500, "first");
    assert_int_equal(site.answered, ASK_REDEEM);
    assert_int_equal(site.decision.verdict, VERDICT_GRANTED);
    site.teller.node++; /* so that no reservation is the asker's own */
    ask(&site, ASK_REDEEM, 1, "second");
    assert_int_equal(site.answered, ASK_REDEEM);
    assert_int_equal(site.decision.verdict, VERDICT_TOO_LITTLE);
    assert_int_equal(site.decision.available.value, 0);
    end(&site);

    begin(&site);
    reserve_for_store(&site, 300);
    ask(&site, ASK_REDEEM, 201, "third");
    assert_int_equal(site.answered, ASK_REDEEM);
    assert_int_equal(site.decision.verdict, VERDICT_TOO_LITTLE);
    assert_int_equal(site.decision.available.value, 200);
    ask(&site, ASK_REDEEM, 200, "fourth");
    assert_int_equal(site.decision.verdict, VERDICT_GRANTED);
    end(&site);
}

TEST(what_the_ledger_itself_knows_is_not_asked_here)
{
    struct site site;

    begin(&site);
    ask(&site, ASK_STATES, 0, "");
    assert_int_equal(site.answered, ASK_NONE);
    assert_true(desk_is_served(ledger_dir(site.book.ledger)));
    desk_close(site.teller.front.desk);
    site.teller.front.desk = NULL;
    assert_false(desk_is_served(ledger_dir(site.book.ledger)));
    end(&site);
}

RUN(cmocka_unit_test(what_is_reserved_for_a_store_is_not_given_away),
    cmocka_unit_test(what_the_ledger_itself_knows_is_not_asked_here))
