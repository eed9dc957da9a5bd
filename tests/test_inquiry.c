/*
 * test_inquiry.c - questions of a node, from the hub's wire to its keeper and
 * back: so many at once, so many a second, and an answer for each
 */
#include "nodes/inquiry.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "core/publication.h"
#include "nodes/clock.h"
#include "tests/book.h"
#include "tests/loopback.h"
#include "tests/unit.h"

/* --- how many ----------------------------------------------------------- */

static uint32_t
put_all(struct guest *guest, int64_t now_ms)
{
    uint32_t count = 0;

    while (inquiry_may(guest, now_ms))
        assert_true(++count < 1000);
    return count;
}

TEST(so_many_at_once_and_so_many_a_second)
{
    struct guest guest = { 0 };

    assert_int_equal(put_all(&guest, 5000), INQUIRY_AT_ONCE);
    assert_int_equal(put_all(&guest, 5000), 0);
    assert_int_equal(put_all(&guest, 5049), 0);
    assert_int_equal(put_all(&guest, 5050), 1);
    assert_int_equal(put_all(&guest, 6050), INQUIRY_A_SECOND);
    /* Rest is not saved up beyond what may come at once. */
    assert_int_equal(put_all(&guest, 3600000), INQUIRY_AT_ONCE);
}

/* A till that asks now and then is never turned away. */
TEST(who_asks_steadily_is_always_heard)
{
    struct guest guest = { 0 };

    for (int64_t now_ms = 1; now_ms < 100000; now_ms += 50)
        assert_true(inquiry_may(&guest, now_ms));
}

/* --- there and back ----------------------------------------------------- */

struct desk {
    struct loopback wire;
    struct book book;
    struct keeper *keeper;
    struct roster *roster;
    struct guest *guest;
    struct arena arena;
};

static struct inquiry
inquiry_of(struct desk *desk)
{
    return (struct inquiry) { desk->keeper, desk->wire.hub, NULL };
}

/* The hub's end of a session that lives. */
static struct session *
live_session(uint64_t number)
{
    const struct sync_options options = {
        .role = SYNC_HUB, .self = 1, .peer = 421, .epoch = 5, .window = 1000
    };
    struct session *session = session_open(&options, 0);
    struct sync_input admit = { .kind = SYNC_ADMIT };
    struct frame hello = { .kind = FRAME_HELLO };
    struct sync_outputs out;

    hello.hello.version_min = hello.hello.version_max = SYNC_VERSION;
    hello.hello.node = 421;
    session_step(session,
                 &(struct sync_input) { SYNC_FRAME, { .frame = &hello } }, 0,
                 &out);
    admit.admit.session = number;
    session_step(session, &admit, 0, &out);
    assert_true(session_is_live(session));
    return session;
}

static void
desk_begin(struct desk *desk)
{
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };

    memset(desk, 0, sizeof *desk);
    assert_true(arena_open(&desk->arena, 1 << 22));
    book_open(&desk->book, LEDGER_OWN);
    book_rules(&desk->book, "2000-01-01",
               "earn: [{id: base, per: 1.00, points: 1}]\n");
    assert_int_equal(book_append(&desk->book,
                                 "{\"kind\": \"purchase\", \"member\": 42, "
                                 "\"receipt\": \"1\", \"total\": 50000, "
                                 "\"at\": \"2025-06-01T00:00:00Z\"}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(keeper_open(desk->book.ledger, true, &desk->keeper), OK);
    desk->roster = roster_open();
    loopback_open(&desk->wire, true);
    loopback_connect(&desk->wire);
    /* By its first message the hub learns the node's route. */
    assert_int_equal(transport_send(desk->wire.node, NULL, &ping), OK);
    assert_true(loopback_receive(desk->wire.hub, LOOPBACK_MS, &message));
    desk->guest =
        roster_add(desk->roster, &message.peer, live_session(7), false);
    transport_release(&message);
    assert_non_null(desk->guest);
}

static void
desk_end(struct desk *desk)
{
    keeper_close(desk->keeper);
    roster_close(desk->roster);
    loopback_close(&desk->wire);
    book_close(&desk->book);
    arena_close(&desk->arena);
}

static void
put(struct desk *desk, uint64_t number, uint64_t session)
{
    struct ask ask = { .number = number,
                       .kind = ASK_REDEEM,
                       .account_count = 1,
                       .points = { 300 } };
    const struct inquiry inquiry = inquiry_of(desk);
    struct frame frame;

    strcpy(ask.accounts[0], "42");
    strcpy(ask.id, "till1-1");
    ask_write(&ask, &desk->arena, &frame);
    frame.session = session;
    inquiry_take(&inquiry, desk->guest, &frame, 5);
}

static struct frame
hear(struct desk *desk)
{
    struct frame frame = loopback_frame(&desk->wire, &desk->arena);

    assert_int_equal(frame.kind, FRAME_ANSWER);
    assert_int_equal(frame.session, 7);
    return frame;
}

TEST(a_question_is_answered_in_its_session)
{
    struct decision decision;
    struct inquiry inquiry;
    struct desk desk;

    desk_begin(&desk);
    inquiry = inquiry_of(&desk);
    put(&desk, 31, 7);
    struct pollfd bell = { .fd = keeper_bell(desk.keeper), .events = POLLIN };
    assert_int_equal(poll(&bell, 1, LOOPBACK_MS), 1);
    inquiry_answer(&inquiry, desk.roster);
    struct frame answer = hear(&desk);
    assert_int_equal(answer.ask.number, 31);
    assert_true(ask_read_decision(&answer, &decision));
    assert_int_equal(decision.verdict, VERDICT_GRANTED);
    assert_int_equal(decision.available.value, 500);
    assert_int_equal(desk.guest->turned_away, 0);
    desk_end(&desk);
}

TEST(beyond_the_limit_the_node_decides_alone)
{
    struct desk desk;

    desk_begin(&desk);
    /* As if it had asked all that it may. */
    desk.guest->questions = 0;
    desk.guest->questions_ms = clock_steady_ms() + 60000;
    put(&desk, 32, 7);
    struct frame answer = hear(&desk);
    assert_int_equal(answer.ask.number, 32);
    assert_int_equal(ask_answer_kind(&answer), ASK_NONE);
    assert_int_equal(desk.guest->asked_count, 1);
    assert_int_equal(desk.guest->turned_away, 1);
    desk_end(&desk);
}

TEST(nonsense_is_answered_too_and_the_past_is_not)
{
    const struct frame nonsense = { .kind = FRAME_ASK,
                                    .session = 7,
                                    .ask = { .number = 34, .kind = 99 } };
    struct inquiry inquiry;
    struct desk desk;

    desk_begin(&desk);
    inquiry = inquiry_of(&desk);
    put(&desk, 33, 6); /* of the session before */
    assert_int_equal(desk.guest->asked_count, 0);
    inquiry_take(&inquiry, desk.guest, &nonsense, 5);
    struct frame answer = hear(&desk);
    assert_int_equal(answer.ask.number, 34);
    assert_int_equal(ask_answer_kind(&answer), ASK_NONE);
    assert_int_equal(desk.guest->turned_away, 1);
    desk_end(&desk);
}

/* Rules of a later program come to the hub. */
static void
publish_later(struct desk *desk)
{
    static const struct zone_transition utc = { INT64_MIN, 0 };
    const struct publication publication = {
        .grammar = PUBLICATION_GRAMMAR + 1,
        .semantics = 1,
        .from_day = 19000,
        .file = view_of("later"),
        .zone = { .name = view_of("UTC"), .count = 1, .transitions = &utc },
    };
    struct text body = { 0 };
    struct journal_result result;

    publication_encode(&publication, &body);
    const struct journal_control item = { .channel = CHANNEL_PUBLIC,
                                          .kind = RECORD_VERSION,
                                          .body = text_view(&body),
                                          .now_ms = BOOK_NOW };
    assert_int_equal(journal_append_control(ledger_journal(desk->book.ledger),
                                            &item, &result),
                     OK);
    text_close(&body);
    keeper_wake(desk->keeper);
}

/* A keeper that can fold nothing answers nothing: nobody is kept waiting. */
TEST(what_a_hub_cant_find_out_the_node_is_told_at_once)
{
    const struct timespec pause = { .tv_nsec = 20000000 };
    enum { TRIES = KEEPER_QUESTIONS_MAX - 1 }; /* more it would turn away */
    struct inquiry inquiry;
    struct desk desk;
    uint64_t number = 0;

    desk_begin(&desk);
    inquiry = inquiry_of(&desk);
    publish_later(&desk);
    for (; desk.guest->turned_away == 0 && number < TRIES; number++) {
        nanosleep(&pause, NULL);
        inquiry_answer(&inquiry, desk.roster); /* what it did find out */
        desk.guest->questions_ms = 0;
        put(&desk, number, 7);
    }
    assert_int_equal(desk.guest->turned_away, 1);
    struct frame answer = hear(&desk);
    while (answer.ask.number != number - 1)
        answer = hear(&desk);
    assert_int_equal(ask_answer_kind(&answer), ASK_NONE);
    desk_end(&desk);
}

RUN(cmocka_unit_test(so_many_at_once_and_so_many_a_second),
    cmocka_unit_test(who_asks_steadily_is_always_heard),
    cmocka_unit_test(a_question_is_answered_in_its_session),
    cmocka_unit_test(beyond_the_limit_the_node_decides_alone),
    cmocka_unit_test(nonsense_is_answered_too_and_the_past_is_not),
    cmocka_unit_test(what_a_hub_cant_find_out_the_node_is_told_at_once))
