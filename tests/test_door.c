/*
 * test_door.c - joining at a hub: by the one-time key, for its number, once
 */
#include "nodes/door.h"

#include <string.h>

#include "core/facts.h"
#include "tests/loopback.h"
#include "tests/place.h"
#include "tests/unit.h"

struct porch {
    struct loopback wire;
    struct place place;
    struct journal *journal;
    struct allow *allow;
    struct arena arena;
    struct curve_keys {
        curve_key first;
        curve_key second;
    } own; /* that two machines have made */
};

/* Node 421 is enrolled and has come with its one-time key. */
static void
porch_open(struct porch *porch)
{
    const struct journal_identity who = { .node = 1, .incarnation = 5 };
    struct enrolment enrolment = { .node = 421,
                                   .role = ENROL_STORE,
                                   .once_until_ms = LIMIT_CLOCK_MS_MAX };

    memset(porch, 0, sizeof *porch);
    assert_true(arena_open(&porch->arena, 1 << 20));
    porch->place = place_make();
    assert_int_equal(journal_create(porch->place.path, &who), OK);
    assert_int_equal(
        journal_open(porch->place.path, facts_describe, &porch->journal), OK);
    assert_int_equal(allow_open(porch->journal, &porch->allow), OK);
    loopback_open(&porch->wire, true);
    enrolment.once = porch->wire.node_keys.public_key;
    assert_int_equal(allow_enrol(porch->allow, &enrolment), OK);
    memset(&porch->own.first, 1, sizeof porch->own.first);
    memset(&porch->own.second, 2, sizeof porch->own.second);
    porch->wire.pass.joining = true;
    loopback_connect(&porch->wire);
}

static void
porch_close(struct porch *porch)
{
    loopback_close(&porch->wire);
    allow_close(porch->allow);
    journal_close(porch->journal);
    place_remove(&porch->place);
    arena_close(&porch->arena);
}

/* The node says this; what the door answers. */
static struct frame
say(struct porch *porch, const struct frame *frame)
{
    const struct door door = { .transport = porch->wire.hub,
                               .allow = porch->allow,
                               .node = 1 };
    struct transport_message message;
    struct frame heard;

    assert_int_equal(transport_send(porch->wire.node, NULL, frame), OK);
    assert_true(loopback_receive(porch->wire.hub, 10000, &message));
    assert_int_equal(
        frame_parse(message.header, message.payload, &porch->arena, &heard),
        OK);
    door_join(&door, &message.peer, &heard);
    transport_release(&message);
    return loopback_frame(&porch->wire, &porch->arena);
}

static struct frame
join(struct porch *porch, uint32_t node, curve_key key)
{
    return say(porch,
               &(struct frame) { .kind = FRAME_JOIN, .join = { node, key } });
}

static void
is_refused(const struct frame *frame, const char *words)
{
    assert_int_equal(frame->kind, FRAME_ERR);
    assert_int_equal(frame->err.code, FRAME_CODE_RIGHT);
    assert_int_equal(frame->err.retry, 0);
    assert_true(view_equal(frame->err.words, view_of(words)));
}

static bool
is_registered(struct porch *porch, curve_key key)
{
    return allow_holds(porch->allow, (struct transport_pass) { .node = 421 },
                       key);
}

TEST(a_node_registers_the_key_that_it_has_made)
{
    struct porch porch;

    porch_open(&porch);
    assert_false(is_registered(&porch, porch.own.first));
    struct frame answer = join(&porch, 421, porch.own.first);
    assert_int_equal(answer.kind, FRAME_JOIN);
    assert_int_equal(answer.join.node, 421);
    assert_true(curve_key_equal(answer.join.key, porch.own.first));
    assert_true(is_registered(&porch, porch.own.first));
    /* The answer may have been lost: it is said again, with the same key. */
    answer = join(&porch, 421, porch.own.first);
    assert_int_equal(answer.kind, FRAME_JOIN);
    porch_close(&porch);
}

TEST(the_string_in_other_hands_is_of_no_use_any_more)
{
    struct porch porch;

    porch_open(&porch);
    assert_int_equal(join(&porch, 421, porch.own.first).kind, FRAME_JOIN);
    struct frame answer = join(&porch, 421, porch.own.second);
    is_refused(&answer, "the string has been used by another machine");
    assert_true(is_registered(&porch, porch.own.first));
    assert_false(is_registered(&porch, porch.own.second));
    porch_close(&porch);
}

TEST(a_one_time_key_joins_its_number_and_does_nothing_else)
{
    const struct frame others[] = {
        { .kind = FRAME_HELLO, .hello = { .version_max = 1, .node = 421 } },
        { .kind = FRAME_ASK, .ask = { .kind = 1 } },
        { .kind = FRAME_JOIN, .join = { .node = 422 } },
    };
    struct porch porch;

    porch_open(&porch);
    for (uint32_t i = 0; i < COUNT_OF(others); i++) {
        struct frame answer = say(&porch, &others[i]);
        is_refused(&answer, "this key is for JOIN only");
    }
    porch_close(&porch);
}

TEST(who_was_revoked_meanwhile_stays_outside)
{
    struct porch porch;

    porch_open(&porch);
    assert_int_equal(allow_revoke(porch.allow, 421), OK);
    struct frame answer = join(&porch, 421, porch.own.first);
    is_refused(&answer, "not enrolled any more");
    assert_false(is_registered(&porch, porch.own.first));
    porch_close(&porch);
}

TEST(a_refusal_says_whether_to_try_again)
{
    struct transport_message message;
    const struct frame ping = { .kind = FRAME_PING };
    struct porch porch;

    porch_open(&porch);
    assert_int_equal(transport_send(porch.wire.node, NULL, &ping), OK);
    assert_true(loopback_receive(porch.wire.hub, 10000, &message));
    door_refuse(porch.wire.hub, &message.peer, FRAME_CODE_SESSION, "say HELLO");
    transport_release(&message);
    struct frame answer = loopback_frame(&porch.wire, &porch.arena);
    assert_int_equal(answer.err.code, FRAME_CODE_SESSION);
    assert_int_equal(answer.err.retry, 1);
    assert_true(view_equal(answer.err.words, view_of("say HELLO")));
    porch_close(&porch);
}

RUN(cmocka_unit_test(a_node_registers_the_key_that_it_has_made),
    cmocka_unit_test(the_string_in_other_hands_is_of_no_use_any_more),
    cmocka_unit_test(a_one_time_key_joins_its_number_and_does_nothing_else),
    cmocka_unit_test(who_was_revoked_meanwhile_stays_outside),
    cmocka_unit_test(a_refusal_says_whether_to_try_again))
