/* fuzz_ask.c - questions and answers: as lines at a ledger's desk, as frames,
 * and as states of a feed; what is taken survives being written and read */
#include <string.h>

#include "nodes/desk.h"
#include "nodes/feed.h"
#include "tests/fuzz/fuzz.h"

static struct frame
wire(const struct frame *frame, struct arena *arena)
{
    static uint8_t payload[LIMIT_FRAME_SIZE];
    uint8_t header[FRAME_HEADER_SIZE];
    struct frame back;

    size_t size = frame_payload_size(frame);
    FUZZ_CHECK(size <= sizeof payload);
    frame_encode(frame, header, payload);
    FUZZ_CHECK(frame_parse((view) { header, sizeof header },
                           (view) { payload, (uint32_t)size }, arena,
                           &back) == OK);
    return back;
}

static void
check_same(const struct ask *a, const struct ask *b)
{
    FUZZ_CHECK(a->kind == b->kind);
    FUZZ_CHECK(a->account_count == b->account_count);
    for (uint32_t i = 0; i < a->account_count; i++)
        FUZZ_CHECK(strcmp(a->accounts[i], b->accounts[i]) == 0);
    FUZZ_CHECK(a->points.value == b->points.value);
    FUZZ_CHECK(a->dry_run == b->dry_run);
    FUZZ_CHECK(strcmp(a->reward, b->reward) == 0);
    FUZZ_CHECK(strcmp(a->id, b->id) == 0);
}

/* Each question of the desk can be put to the hub. */
static void
try_question(view line, struct arena *arena)
{
    struct text text = { 0 };
    struct frame frame;
    struct ask ask, back;

    if (!desk_read_question(line, &ask))
        return;
    desk_write_question(&text, &ask);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(text.size < DESK_LINE_SIZE);
    FUZZ_CHECK(desk_read_question(text_view(&text), &back));
    check_same(&ask, &back);
    text_close(&text);
    ask_write(&ask, arena, &frame);
    frame = wire(&frame, arena);
    FUZZ_CHECK(ask_read(&frame, &back));
    check_same(&ask, &back);
}

static void
try_answer(view line)
{
    struct decision decision, back;
    struct text text = { 0 };

    if (desk_read_answer(line, &decision) != ASK_REDEEM)
        return;
    desk_write_decision(&text, &decision);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(desk_read_answer(text_view(&text), &back) == ASK_REDEEM);
    FUZZ_CHECK(memcmp(&decision, &back, sizeof back) == 0);
    text_close(&text);
}

static void
try_states(const struct frame *frame, struct arena *arena)
{
    struct feed_state state;
    struct frame states;

    if (!ask_read_states(frame, 3, arena, &states))
        return;
    FUZZ_CHECK(states.state.state_count <= FRAME_BLOBS_MAX);
    for (uint32_t i = 0; i < states.state.folded_count; i++)
        FUZZ_CHECK(states.state.folded[i].stream.node == 3);
    for (uint32_t i = 0; i < states.state.state_count; i++)
        (void)feed_read(states.state.states[i], &state);
}

/* Whether the bytes are taken for a frame of that kind. */
static void
try_frame(enum frame_kind kind, view payload, struct arena *arena)
{
    uint8_t header[FRAME_HEADER_SIZE] = "LEIM\1";
    struct decision decision;
    struct frame frame;
    struct ask ask, back;

    header[5] = (uint8_t)kind;
    memcpy(header + 16, &payload.size, 4);
    if (frame_parse((view) { header, sizeof header }, payload, arena, &frame) !=
        OK)
        return;
    if (kind == FRAME_ASK && ask_read(&frame, &ask)) {
        FUZZ_CHECK(ask.account_count <= ASK_ACCOUNTS_MAX);
        FUZZ_CHECK(ask.kind != ASK_REDEEM || ask_is_sound(&ask));
        ask_write(&ask, arena, &frame);
        frame = wire(&frame, arena);
        FUZZ_CHECK(ask_read(&frame, &back));
        check_same(&ask, &back);
    }
    if (kind == FRAME_ANSWER && ask_answer_kind(&frame) == ASK_STATES)
        try_states(&frame, arena);
    if (kind == FRAME_ANSWER && ask_answer_kind(&frame) == ASK_REDEEM &&
        ask_read_decision(&frame, &decision))
        FUZZ_CHECK((uint32_t)decision.verdict < VERDICT_COUNT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct feed_state state;
    view whole = { bytes, (uint32_t)size };

    if (size == 0 || size > LIMIT_FRAME_SIZE)
        return 0;
    if (bytes[0] == '{') {
        try_question(whole, arena);
        try_answer(whole);
        return 0;
    }
    try_frame(FRAME_ASK, whole, arena);
    try_frame(FRAME_ANSWER, whole, arena);
    (void)feed_read(whole, &state);
    return 0;
}
