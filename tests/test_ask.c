/*
 * test_ask.c - questions and answers survive the wire, and nonsense does not
 */
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#include "nodes/ask.h"

static struct arena arena;

/* Through bytes and back. */
static struct frame
wire(const struct frame *frame)
{
    uint8_t *header = arena_take(&arena, FRAME_HEADER_SIZE);
    uint32_t size = (uint32_t)frame_payload_size(frame);
    uint8_t *payload = arena_take(&arena, size + 1);
    struct frame back;

    frame_encode(frame, header, payload);
    assert_int_equal(frame_parse((view) { header, FRAME_HEADER_SIZE },
                                 (view) { payload, size }, &arena, &back),
                     OK);
    return back;
}

static struct ask
redemption(void)
{
    struct ask ask = { .number = 77,
                       .kind = ASK_REDEEM,
                       .account_count = 1,
                       .points = { 500 },
                       .dry_run = true };

    strcpy(ask.accounts[0], "bearer:AB-1");
    strcpy(ask.id, "till1-881");
    return ask;
}

TEST(a_redemption)
{
    struct ask ask = redemption();
    struct frame frame;
    struct ask back;

    ask_write(&ask, &arena, &frame);
    frame = wire(&frame);
    assert_true(ask_read(&frame, &back));
    assert_memory_equal(&back, &ask, sizeof ask);
}

TEST(some_accounts)
{
    struct ask ask = { .number = 5, .kind = ASK_STATES, .account_count = 2 };
    struct frame frame;
    struct ask back;

    strcpy(ask.accounts[0], "42");
    strcpy(ask.accounts[1], "bearer:X");
    ask_write(&ask, &arena, &frame);
    frame = wire(&frame);
    assert_true(ask_read(&frame, &back));
    assert_memory_equal(&back, &ask, sizeof ask);
}

TEST(questions_that_make_no_sense)
{
    struct ask both = redemption(), none = redemption(), odd = redemption();
    struct ask nobody = redemption(), many = redemption();
    struct frame frame;
    struct ask back;

    strcpy(both.reward, "cup");
    none.points.value = 0;
    strcpy(odd.id, "");
    strcpy(nobody.accounts[0], "0");
    many.points.value = LIMIT_POINTS + 1;
    const struct ask *all[] = { &both, &none, &odd, &nobody, &many };
    for (uint32_t i = 0; i < COUNT_OF(all); i++) {
        ask_write(all[i], &arena, &frame);
        assert_false(ask_read(&frame, &back));
    }
    frame.ask.kind = 9;
    assert_false(ask_read(&frame, &back));
    frame.ask.kind = ASK_STATES;
    frame.ask.part_count = 0;
    assert_false(ask_read(&frame, &back));
}

TEST(a_decision)
{
    const struct decision decision = { .verdict = VERDICT_TOO_LITTLE,
                                       .by_voucher = true,
                                       .points = { 1 },
                                       .available = { -2 },
                                       .minimum = { 3 },
                                       .value = { 4 } };
    struct decision back;
    struct frame frame;

    ask_answer_decision(9, &decision, &arena, &frame);
    frame = wire(&frame);
    assert_int_equal(frame.ask.number, 9);
    assert_int_equal(ask_answer_kind(&frame), ASK_REDEEM);
    assert_true(ask_read_decision(&frame, &back));
    assert_memory_equal(&back, &decision, sizeof back);
    ask_answer_none(9, &frame);
    assert_int_equal(ask_answer_kind(&frame), ASK_NONE);
    assert_false(ask_read_decision(&frame, &back));
}

TEST(states)
{
    const struct frame_folded folded[] = {
        { .stream = { .node = 11, .incarnation = 5 }, .seq = 100 },
        { .stream = { .node = 11, .incarnation = 6 }, .seq = 7 },
    };
    const view packed = view_of("abc");
    struct frame state = { .kind = FRAME_STATE };
    struct frame frame, back;

    state.state.epoch = 3;
    state.state.position = 44;
    state.state.format = 1;
    state.state.folded = folded;
    state.state.folded_count = 2;
    state.state.states = &packed;
    state.state.state_count = 1;
    ask_answer_states(9, &state, &arena, &frame);
    frame = wire(&frame);
    assert_true(ask_read_states(&frame, 11, &arena, &back));
    assert_int_equal(back.state.epoch, 3);
    assert_int_equal(back.state.position, 44);
    assert_int_equal(back.state.folded_count, 2);
    assert_int_equal(back.state.folded[1].seq, 7);
    assert_int_equal(back.state.folded[1].stream.node, 11);
    assert_int_equal(back.state.state_count, 1);
    assert_true(view_equal(back.state.states[0], packed));
    /* A list that is longer than its part. */
    view *parts = (view *)(uintptr_t)frame.ask.parts;
    parts[0].size -= 16;
    assert_false(ask_read_states(&frame, 11, &arena, &back));
}

/* Random parts neither crash nor pass for what they can't be. */
TEST(random_parts)
{
    srand(1);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[5][72];
        view parts[5];
        struct frame frame = { .kind = FRAME_ASK };
        struct decision decision;
        struct ask ask;
        for (int j = 0; j < 5; j++) {
            for (size_t k = 0; k < sizeof bytes[j]; k++)
                bytes[j][k] =
                    (uint8_t)(rand() % 3 ? '0' + rand() % 10 : rand());
            parts[j] = (view) { bytes[j], (uint32_t)rand() % 73 };
        }
        frame.ask.kind = (uint32_t)rand() % 4;
        frame.ask.parts = parts;
        frame.ask.part_count = (uint32_t)rand() % 6;
        if (ask_read(&frame, &ask))
            assert_true(ask.kind == ASK_STATES || ask_is_sound(&ask));
        frame.kind = FRAME_ANSWER;
        if (ask_read_decision(&frame, &decision))
            assert_true((int)decision.verdict < VERDICT_COUNT);
        struct arena scratch = arena;
        struct frame state;
        if (ask_read_states(&frame, 11, &scratch, &state))
            assert_true(state.state.folded_count <= HUB_STATE_SEQS_MAX);
    }
}

static int
begin(void **context)
{
    (void)context;
    return arena_open(&arena, 1u << 24) ? 0 : -1;
}

static int
finish(void **context)
{
    (void)context;
    arena_close(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redemption),
        cmocka_unit_test(some_accounts),
        cmocka_unit_test(questions_that_make_no_sense),
        cmocka_unit_test(a_decision),
        cmocka_unit_test(states),
        cmocka_unit_test(random_parts),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
