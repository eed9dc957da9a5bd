/*
 * test_desk.c - the lines at the desk: there and back, and nonsense refused
 */
#include "tests/place.h"
#include "tests/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/desk.h"

enum { QUESTIONS = 3 * DESK_CLIENTS_MAX };

TEST(a_redemption_there_and_back)
{
    struct ask ask = { .kind = ASK_REDEEM, .account_count = 1 };
    struct text line = { 0 };
    struct ask back;

    strcpy(ask.accounts[0], "bearer:\"A\"");
    strcpy(ask.reward, "cup");
    strcpy(ask.id, "till-\\1");
    ask.dry_run = true;
    desk_write_question(&line, &ask);
    assert_true(desk_read_question(text_view(&line), &back));
    assert_memory_equal(&back, &ask, sizeof ask);
    text_close(&line);
}

TEST(a_decision_there_and_back)
{
    const struct decision decision = { .verdict = VERDICT_BELOW_MINIMUM,
                                       .by_voucher = true,
                                       .points = { 1 },
                                       .available = { -2 },
                                       .minimum = { 3 },
                                       .value = { 4 } };
    struct text line = { 0 };
    struct decision back;

    desk_write_decision(&line, &decision);
    assert_int_equal(desk_read_answer(text_view(&line), &back), ASK_REDEEM);
    assert_memory_equal(&back, &decision, sizeof back);
    text_close(&line);
    assert_int_equal(
        desk_read_answer(view_of("{\"answer\": \"state\"}"), &back),
        ASK_STATES);
    assert_int_equal(desk_read_answer(view_of("{\"answer\": \"none\"}"), &back),
                     ASK_NONE);
    assert_int_equal(
        desk_read_answer(view_of("{\"answer\": \"decision\"}"), &back),
        ASK_NONE);
}

/* A good line with bytes changed and cut: never a crash, never an ask that is
 * not sound. */
/* A node that has been asleep does not work for those who have left, nor do
 * they keep others out. */
TEST(who_has_given_up_is_not_asked_for)
{
    struct ask ask = { .kind = ASK_STATES, .account_count = 1 };
    struct place place = place_make();
    struct desk *desk = NULL;
    struct decision decision;
    struct ask taken;
    uint64_t client;

    strcpy(ask.accounts[0], "42");
    assert_int_equal(desk_open(place.path, 1, &desk), OK);
    for (int i = 0; i < 2 * DESK_CLIENTS_MAX; i++) {
        assert_int_equal(desk_ask(place.path, &ask, 1, &decision), ASK_NONE);
        assert_false(desk_next(desk, 0, &client, &taken));
    }
    desk_close(desk);
    place_remove(&place);
}

/* Decides by the points; says nothing of 1, and `none` of 2. */
static void *
serve(void *argument)
{
    struct desk *desk = argument;
    uint64_t client;
    struct ask ask;

    for (int left = QUESTIONS; left > 0;) {
        if (!desk_next(desk, 0, &client, &ask)) {
            struct pollfd wanted = { .fd = desk_bell(desk), .events = POLLIN };
            poll(&wanted, 1, 100);
            continue;
        }
        const struct decision decision = { .points = ask.points };
        struct text line = { 0 };
        left--;
        desk_write_decision(&line, &decision);
        if (ask.points.value == 2)
            desk_answer_none(desk, client);
        else if (ask.points.value != 1)
            desk_answer(desk, client, &line);
        text_close(&line);
    }
    return NULL;
}

/* More than there are places, and each hears its own. */
TEST(many_questions_at_once)
{
    struct desk_question questions[QUESTIONS];
    struct ask asks[QUESTIONS] = { { 0 } };
    struct place place = place_make();
    struct desk *desk = NULL;
    pthread_t thread;

    assert_int_equal(desk_open(place.path, 1, &desk), OK);
    assert_int_equal(pthread_create(&thread, NULL, serve, desk), 0);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        asks[i] = (struct ask) { .kind = ASK_REDEEM,
                                 .account_count = 1,
                                 .points = { i + 1 } };
        strcpy(asks[i].accounts[0], "42");
        strcpy(asks[i].id, "r");
        questions[i] = (struct desk_question) { .ask = &asks[i] };
    }
    desk_ask_each(place.path, questions, QUESTIONS, 1000);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        assert_int_equal(questions[i].kind, i < 2 ? ASK_NONE : ASK_REDEEM);
        if (i >= 2)
            assert_int_equal(questions[i].decision.points.value, i + 1);
    }
    pthread_join(thread, NULL);
    desk_close(desk);
    desk_ask_each(place.path, questions, 3, 1000);
    assert_int_equal(questions[2].kind, ASK_NONE);
    place_remove(&place);
}

TEST(damaged_lines)
{
    static const char GOOD[] =
        "{\"ask\": \"redeem\", \"account\": \"42\", \"points\": 500, "
        "\"reward\": \"\", \"id\": \"till1-881\", \"dry_run\": false}";
    uint8_t bytes[sizeof GOOD];
    struct decision decision;
    struct ask ask;

    assert_true(desk_read_question(view_of(GOOD), &ask));
    srand(1);
    for (int i = 0; i < 20000; i++) {
        memcpy(bytes, GOOD, sizeof GOOD);
        for (int n = rand() % 4; n >= 0; n--)
            bytes[(size_t)rand() % (sizeof GOOD - 1)] = (uint8_t)rand();
        view line = { bytes,
                      (uint32_t)(rand() % 8 ? sizeof GOOD - 1
                                            : (size_t)rand() % sizeof GOOD) };
        if (desk_read_question(line, &ask) && ask.kind == ASK_REDEEM)
            assert_true(ask_is_sound(&ask));
        assert_int_equal(desk_read_answer(line, &decision), ASK_NONE);
    }
}

RUN(cmocka_unit_test(a_redemption_there_and_back),
    cmocka_unit_test(a_decision_there_and_back),
    cmocka_unit_test(who_has_given_up_is_not_asked_for),
    cmocka_unit_test(many_questions_at_once), cmocka_unit_test(damaged_lines))
