/*
 * test_refusal.c - what a node says of a hub that does not want it
 */
#include "nodes/refusal.h"

#include "nodes/frame.h"
#include "tests/hearing.h"
#include "tests/unit.h"

enum { TIMES = 1000 };

/* 1, 2, 4 and so on to 512, and at once what is new. */
TEST(the_same_words_are_told_ever_more_seldom)
{
    struct refusal refusal = { .node = 11 };

    hearing_begin();
    for (uint32_t i = 0; i < TIMES; i++)
        refusal_hear(&refusal, FRAME_CODE_RIGHT, view_of("not any more"));
    refusal_hear(&refusal, FRAME_CODE_RIGHT, view_of("never heard of"));
    refusal_hear(&refusal, FRAME_CODE_VERSION, view_of("never heard of"));
    hearing_end();
    assert_int_equal(hearing_count(" error 11 refused "), 12);
    assert_int_equal(refusal.count, TIMES + 2);
    assert_false(refusal_is_final(&refusal, NULL));
}

/* A machine that slept for a minute is told to say HELLO again, and does:
 * nobody need look into that, unless it never comes to an end. */
TEST(a_session_that_is_over_is_no_alarm)
{
    struct refusal refusal = { .node = 11 };

    hearing_begin();
    for (uint32_t i = 0; i < 7; i++)
        refusal_hear(&refusal, FRAME_CODE_SESSION, view_of("say HELLO"));
    hearing_end();
    assert_int_equal(hearing_count(" notice 11 refused "), 3);
    assert_int_equal(hearing_count(" error "), 0);
    hearing_begin();
    refusal_hear(&refusal, FRAME_CODE_SESSION, view_of("say HELLO"));
    hearing_end();
    assert_int_equal(hearing_count(" error 11 refused "), 1);
}

RUN(cmocka_unit_test(the_same_words_are_told_ever_more_seldom),
    cmocka_unit_test(a_session_that_is_over_is_no_alarm))
