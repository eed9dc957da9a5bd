/*
 * test_desk.c - the lines at the desk: there and back, and nonsense refused
 */
#include "tests/place.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#include "nodes/desk.h"

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
    assert_int_equal(desk_open(place.path, &desk), OK);
    for (int i = 0; i < 2 * DESK_CLIENTS_MAX; i++) {
        assert_int_equal(desk_ask(place.path, &ask, 1, &decision), ASK_NONE);
        assert_false(desk_next(desk, 0, &client, &taken));
    }
    desk_close(desk);
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
    cmocka_unit_test(damaged_lines))
