/*
 * test_answer.c - what a hub answers to redemptions and to questions for states
 *
 * Two stores, 11 and 12, ask about the same member, who has 500 points and a
 * voucher of tea.  What one is granted the other can't have, until the event
 * has arrived or a minute has passed.
 */
#include "nodes/answer.h"

#include <stdio.h>
#include <string.h>

#include "nodes/hold.h"
#include "tests/book.h"
#include "tests/unit.h"

#define RULES                                                                  \
    "earn: [{id: base, per: 1.00, points: 1}]\n"                               \
    "rewards: [{id: tea, value: 1.00}, {id: cup, value: 8.00, points: 300}]\n"
#define LINES                                                                  \
    "{\"kind\": \"purchase\", \"member\": 42, \"receipt\": \"1\", \"total\": " \
    "50000, \"at\": \"2025-06-01T00:00:00Z\"}\n"                               \
    "{\"kind\": \"grant\", \"member\": 42, \"reward\": \"tea\", \"at\": "      \
    "\"2025-06-01T00:00:00Z\"}"

struct hub {
    struct book book;
    struct state *state;
    struct feed *feed;
    struct answerer *answerer;
    struct answer answer; /* the last */
    int64_t steady_ms;
};

static void
hub_open(struct hub *hub)
{
    *hub = (struct hub) { .steady_ms = 1000 };
    book_open(&hub->book, LEDGER_OWN);
    book_rules(&hub->book, "2000-01-01", RULES);
    assert_int_equal(book_append(&hub->book, LINES, NULL, NULL), OK);
    assert_int_equal(state_open(hub->book.ledger, &hub->state), OK);
    assert_int_equal(state_refresh(hub->state, NULL), OK);
    assert_int_equal(feed_open(hub->book.ledger, hub->state, &hub->feed), OK);
    assert_int_equal(answer_open(hub->book.ledger, hub->feed, &hub->answerer),
                     OK);
}

static void
hub_close(struct hub *hub)
{
    answer_close(&hub->answer);
    answer_end(hub->answerer);
    feed_close(hub->feed);
    state_close(hub->state);
    book_close(&hub->book);
}

static const struct frame *
ask(struct hub *hub, uint32_t node, struct ask question)
{
    struct answer_to to = { .node = node, .session = 1, .epoch = 5 };

    answer_close(&hub->answer);
    to.ask = question;
    to.ask.number = 77;
    assert_true(answer_make(hub->answerer, &to, BOOK_NOW, hub->steady_ms,
                            &hub->answer));
    assert_int_equal(hub->answer.to.node, node);
    assert_int_equal(hub->answer.frame.kind, FRAME_ANSWER);
    assert_int_equal(hub->answer.frame.ask.number, 77);
    return &hub->answer.frame;
}

static struct ask
redemption(const char *id, int64_t count, const char *reward)
{
    struct ask question = { .kind = ASK_REDEEM,
                            .account_count = 1,
                            .points = { count } };

    strcpy(question.accounts[0], "42");
    strcpy(question.reward, reward);
    strcpy(question.id, id);
    return question;
}

/* "granted", "too_little", ... and what is available. */
static void
decides(struct hub *hub, uint32_t node, struct ask question,
        const char *verdict, int64_t available)
{
    struct decision decision;

    assert_true(ask_read_decision(ask(hub, node, question), &decision));
    assert_string_equal(decide_verdict_name(decision.verdict), verdict);
    assert_int_equal(decision.available.value, available);
}

TEST(what_one_is_granted_the_other_cant_have)
{
    struct hub hub;

    hub_open(&hub);
    decides(&hub, 11, redemption("a", 300, ""), "granted", 500);
    assert_int_equal(answer_holds(hub.answerer), 1);
    decides(&hub, 12, redemption("b", 300, ""), "too_little", 200);
    decides(&hub, 12, redemption("b", 200, ""), "granted", 200);
    decides(&hub, 12, redemption("c", 1, ""), "too_little", 0);
    /* The same question again is the same redemption; the same id of another
     * store is another one. */
    decides(&hub, 11, redemption("a", 300, ""), "granted", 300);
    decides(&hub, 12, redemption("a", 300, ""), "too_little", 0);
    assert_int_equal(answer_holds(hub.answerer), 2);
    hub_close(&hub);
}

TEST(a_reservation_ends_with_its_time)
{
    struct hub hub;

    hub_open(&hub);
    decides(&hub, 11, redemption("a", 300, ""), "granted", 500);
    hub.steady_ms += HOLD_MS - 1;
    decides(&hub, 12, redemption("b", 300, ""), "too_little", 200);
    hub.steady_ms += 1;
    decides(&hub, 12, redemption("b", 300, ""), "granted", 500);
    assert_int_equal(answer_holds(hub.answerer), 1);
    hub_close(&hub);
}

/* The ledger's own number is 1: what it appends is as if node 1 had sent it. */
TEST(a_reservation_ends_when_its_event_arrives)
{
    struct hub hub;

    hub_open(&hub);
    decides(&hub, 1, redemption("r", 300, ""), "granted", 500);
    assert_int_equal(book_append(&hub.book,
                                 "{\"kind\": \"redeem\", \"member\": 42, "
                                 "\"id\": \"r\", \"points\": 300, \"at\": "
                                 "\"2025-12-01T00:00:00Z\"}",
                                 NULL, NULL),
                     OK);
    decides(&hub, 12, redemption("b", 200, ""), "granted", 200);
    assert_int_equal(answer_holds(hub.answerer), 1); /* only b's */
    /* Asked again it is still granted: it has happened. */
    decides(&hub, 1, redemption("r", 300, ""), "granted", 0);
    assert_int_equal(answer_holds(hub.answerer), 1);
    hub_close(&hub);
}

/* Else a store could have what is reserved for another, by saying that the
 * other has it. */
TEST(what_one_says_of_another_ends_no_reservation)
{
    struct hub hub;

    hub_open(&hub);
    book_enrol(&hub.book, 11, 31, ENROL_STORE);
    book_enrol(&hub.book, 12, 32, ENROL_STORE);
    decides(&hub, 11, redemption("a", 300, ""), "granted", 500);
    book_hear(&hub.book, 12,
              "{\"event\": \"11.100.1\", \"recorded\": "
              "\"2025-12-31T10:00:00Z\", \"at\": \"2025-12-31T10:00:00Z\", "
              "\"kind\": \"redeem\", \"member\": 42, \"id\": \"a\", "
              "\"points\": 300, \"store\": 31}");
    decides(&hub, 12, redemption("b", 300, ""), "too_little", 200);
    assert_int_equal(answer_holds(hub.answerer), 1);
    hub_close(&hub);
}

/* A line for each of so many members, from 100 on, of which a number stands in
 * two places. */
static void
append_each(struct hub *hub, int count, const char *format)
{
    static char lines[1 << 16];
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += (size_t)snprintf(lines + size, sizeof lines - size, format,
                                 100 + i, i);
    assert_true(size < sizeof lines);
    assert_int_equal(book_append(&hub->book, lines, NULL, NULL), OK);
}

/* Whoever comes next with another account, and whoever looks how much is
 * reserved, need not wait for a minute to pass. */
TEST(what_has_happened_takes_no_room)
{
    struct ask question = redemption("", 10, "");
    struct hub hub;

    hub_open(&hub);
    append_each(&hub, HOLD_NODE_MAX + 1,
                "{\"kind\": \"adjust\", \"member\": %d, \"points\": 10, "
                "\"reason\": \"%d\", \"by\": \"me\", \"at\": "
                "\"2025-06-01T00:00:00Z\"}\n");
    for (int i = 0; i <= HOLD_NODE_MAX; i++) {
        snprintf(question.id, sizeof question.id, "r%d", i);
        snprintf(question.accounts[0], sizeof question.accounts[0], "%d",
                 100 + i);
        if (i == HOLD_NODE_MAX) {
            answer_look(hub.answerer, hub.steady_ms);
            assert_int_equal(answer_holds(hub.answerer), HOLD_NODE_MAX);
            append_each(&hub, HOLD_NODE_MAX,
                        "{\"kind\": \"redeem\", \"member\": %d, \"id\": "
                        "\"r%d\", \"points\": 10, \"at\": "
                        "\"2025-12-01T00:00:00Z\"}\n");
        }
        decides(&hub, 1, question, "granted", 10);
    }
    assert_int_equal(answer_holds(hub.answerer), 1);
    hub.steady_ms += HOLD_MS;
    answer_look(hub.answerer, hub.steady_ms);
    assert_int_equal(answer_holds(hub.answerer), 0);
    hub_close(&hub);
}

/* An id is good for one event: what has happened under it is not another
 * redemption, and a sale is none. */
TEST(the_id_of_another_event_is_a_conflict)
{
    struct hub hub;

    hub_open(&hub);
    assert_int_equal(
        book_append(&hub.book,
                    "{\"kind\": \"redeem\", \"member\": 42, \"id\": \"r\", "
                    "\"reward\": \"tea\", \"at\": \"2025-12-01T00:00:00Z\"}\n"
                    "{\"kind\": \"purchase\", \"member\": 42, \"id\": \"s\", "
                    "\"receipt\": \"2\", \"total\": 1, \"at\": "
                    "\"2025-12-01T00:00:00Z\"}",
                    NULL, NULL),
        OK);
    decides(&hub, 1, redemption("r", 0, "tea"), "granted", 500);
    decides(&hub, 1, redemption("r", 0, "cup"), "conflict", 500);
    decides(&hub, 1, redemption("r", 100, ""), "conflict", 500);
    decides(&hub, 1, redemption("s", 100, ""), "conflict", 500);
    assert_int_equal(answer_holds(hub.answerer), 0);
    decides(&hub, 11, redemption("r", 0, "cup"), "granted", 500);
    hub_close(&hub);
}

/* A date of an import that no clock shows is not now: by then the points
 * would be gone. */
TEST(what_lies_years_ahead_has_not_happened)
{
    struct ledger_import import = { .now_ms = BOOK_NOW };
    struct hub hub;

    hub_open(&hub);
    assert_int_equal(
        book_import(&hub.book,
                    "{\"event\": \"9.1.1\", \"kind\": \"redeem\", \"member\": "
                    "42, \"id\": \"x\", \"points\": 400, \"at\": "
                    "\"2040-01-01T00:00:00Z\", \"recorded\": "
                    "\"2025-06-01T00:00:00Z\", \"store\": 1}",
                    &import, NULL),
        OK);
    decides(&hub, 11, redemption("a", 300, ""), "granted", 500);
    hub_close(&hub);
}

TEST(a_try_reserves_nothing)
{
    struct ask question = redemption("a", 300, "");
    struct hub hub;

    hub_open(&hub);
    question.dry_run = true;
    decides(&hub, 11, question, "granted", 500);
    assert_int_equal(answer_holds(hub.answerer), 0);
    decides(&hub, 12, redemption("b", 500, ""), "granted", 500);
    hub_close(&hub);
}

TEST(a_voucher_is_reserved_too)
{
    struct hub hub;

    hub_open(&hub);
    decides(&hub, 11, redemption("a", 0, "tea"), "granted", 500);
    decides(&hub, 12, redemption("b", 0, "tea"), "too_little", 500);
    decides(&hub, 12, redemption("b", 0, "cup"), "granted", 500);
    decides(&hub, 11, redemption("c", 0, "cup"), "too_little", 200);
    decides(&hub, 11, redemption("c", 0, "pie"), "unknown", 200);
    hub_close(&hub);
}

/* Beyond that the hub says "decide alone", and others are served. */
TEST(a_node_may_hold_only_so_much)
{
    struct hub hub;
    char id[16];

    hub_open(&hub);
    for (int i = 0; i < HOLD_NODE_MAX; i++) {
        snprintf(id, sizeof id, "a%d", i);
        decides(&hub, 11, redemption(id, 1, ""), "granted", 500 - i);
    }
    assert_int_equal(ask_answer_kind(ask(&hub, 11, redemption("more", 1, ""))),
                     ASK_NONE);
    decides(&hub, 12, redemption("b", 1, ""), "granted", 500 - HOLD_NODE_MAX);
    hub_close(&hub);
}

TEST(states_of_those_who_are_known_and_who_are_not)
{
    struct ask question = { .kind = ASK_STATES, .account_count = 2 };
    struct arena arena = { 0 };
    struct feed_state state;
    struct frame states;
    struct hub hub;

    assert_true(arena_open(&arena, 1 << 20));
    hub_open(&hub);
    strcpy(question.accounts[0], "42");
    strcpy(question.accounts[1], "bearer:NOBODY");
    assert_true(ask_read_states(ask(&hub, 11, question), 11, &arena, &states));
    assert_int_equal(states.state.epoch, 5);
    assert_int_equal(states.state.state_count, 2);
    assert_true(feed_read(states.state.states[0], &state));
    assert_int_equal(state.account.member, 42);
    assert_true(state.packed.size > 0);
    assert_true(feed_read(states.state.states[1], &state));
    assert_true(view_equal(state.account.bearer, view_of("NOBODY")));
    assert_int_equal(state.packed.size, 0);
    hub_close(&hub);
    arena_close(&arena);
}

TEST(what_makes_no_sense_is_for_the_node_to_decide)
{
    struct ask question = redemption("a", 300, "");
    struct hub hub;

    hub_open(&hub);
    strcpy(question.accounts[0], "nobody");
    assert_int_equal(ask_answer_kind(ask(&hub, 11, question)), ASK_NONE);
    question.kind = ASK_STATES;
    assert_int_equal(ask_answer_kind(ask(&hub, 11, question)), ASK_NONE);
    assert_int_equal(answer_holds(hub.answerer), 0);
    hub_close(&hub);
}

RUN(cmocka_unit_test(what_one_is_granted_the_other_cant_have),
    cmocka_unit_test(a_reservation_ends_with_its_time),
    cmocka_unit_test(a_reservation_ends_when_its_event_arrives),
    cmocka_unit_test(what_one_says_of_another_ends_no_reservation),
    cmocka_unit_test(what_has_happened_takes_no_room),
    cmocka_unit_test(the_id_of_another_event_is_a_conflict),
    cmocka_unit_test(what_lies_years_ahead_has_not_happened),
    cmocka_unit_test(a_try_reserves_nothing),
    cmocka_unit_test(a_voucher_is_reserved_too),
    cmocka_unit_test(a_node_may_hold_only_so_much),
    cmocka_unit_test(states_of_those_who_are_known_and_who_are_not),
    cmocka_unit_test(what_makes_no_sense_is_for_the_node_to_decide))
