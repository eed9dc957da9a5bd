#include "nodes/ask.h"

#include <string.h>

enum { DRY_RUN = 1, BY_VOUCHER = 1 };

/* The fixed parts, as they stand on the wire. */
struct redeem_part {
    int64_t points;
    uint32_t flags;
    uint32_t zero;
};
struct decision_part {
    uint32_t verdict;
    uint32_t flags;
    int64_t points;
    int64_t available;
    int64_t minimum;
    int64_t value;
};
struct states_part {
    uint64_t epoch;
    uint64_t position;
    digest versions;
    uint32_t format;
    uint32_t count;
};
struct folded_part {
    uint64_t incarnation;
    uint64_t seq;
};
static_assert(sizeof(struct redeem_part) == 16, "no gaps");
static_assert(sizeof(struct decision_part) == 40, "no gaps");
static_assert(sizeof(struct states_part) == 56, "no gaps");
static_assert(sizeof(struct folded_part) == 16, "no gaps");

/* --- questions --- */

void
ask_write(const struct ask *ask, struct arena *arena, struct frame *ret_frame)
{
    view *parts = ARENA_NEW(arena, view, ASK_ACCOUNTS_MAX);
    uint32_t count = 0;

    assert(ask->account_count <= ASK_ACCOUNTS_MAX);
    if (ask->kind == ASK_REDEEM) {
        struct redeem_part *fixed = ARENA_NEW(arena, struct redeem_part, 1);
        fixed->points = ask->points.value;
        fixed->flags = ask->dry_run ? DRY_RUN : 0;
        parts[count++] = (view) { (const uint8_t *)fixed, sizeof *fixed };
        parts[count++] = view_of(ask->accounts[0]);
        parts[count++] = view_of(ask->reward);
        parts[count++] = view_of(ask->id);
    } else {
        assert(ask->kind == ASK_STATES);
        for (uint32_t i = 0; i < ask->account_count; i++)
            parts[count++] = view_of(ask->accounts[i]);
    }
    *ret_frame = (struct frame) { .kind = FRAME_ASK };
    ret_frame->ask.number = ask->number;
    ret_frame->ask.kind = ask->kind;
    ret_frame->ask.parts = parts;
    ret_frame->ask.part_count = count;
}

/* False: it does not fit, or has a zero in it. */
static bool
take_text(view part, char *text, uint32_t room)
{
    if (part.size >= room ||
        (part.size > 0 && memchr(part.bytes, 0, part.size) != NULL))
        return false;
    if (part.size > 0)
        memcpy(text, part.bytes, part.size);
    text[part.size] = '\0';
    return true;
}

static bool
take_account(view part, char text[static ACCOUNT_SIZE])
{
    account_id account;

    return take_text(part, text, ACCOUNT_SIZE) &&
           account_parse(view_of(text), &account);
}

bool
ask_is_sound(const struct ask *ask)
{
    account_id account;
    const view reward = view_of(ask->reward);
    const int64_t count = ask->points.value;

    return ask->account_count == 1 &&
           account_parse(view_of(ask->accounts[0]), &account) && count >= 0 &&
           count <= LIMIT_POINTS && (count > 0) == (reward.size == 0) &&
           (count > 0 || event_is_name(reward)) &&
           event_is_code(view_of(ask->id));
}

static bool
read_redeem(const struct frame *frame, struct ask *ask)
{
    const view *parts = frame->ask.parts;
    struct redeem_part fixed;

    if (frame->ask.part_count < 4 || parts[0].size < sizeof fixed)
        return false;
    memcpy(&fixed, parts[0].bytes, sizeof fixed);
    ask->points.value = fixed.points;
    ask->dry_run = (fixed.flags & DRY_RUN) != 0;
    ask->account_count = 1;
    return take_account(parts[1], ask->accounts[0]) &&
           take_text(parts[2], ask->reward, sizeof ask->reward) &&
           take_text(parts[3], ask->id, sizeof ask->id) && ask_is_sound(ask);
}

bool
ask_read(const struct frame *frame, struct ask *ret_ask)
{
    assert(frame->kind == FRAME_ASK);
    *ret_ask = (struct ask) { .number = frame->ask.number };
    if (frame->ask.kind == ASK_REDEEM) {
        ret_ask->kind = ASK_REDEEM;
        return read_redeem(frame, ret_ask);
    }
    if (frame->ask.kind != ASK_STATES || frame->ask.part_count == 0 ||
        frame->ask.part_count > ASK_ACCOUNTS_MAX)
        return false;
    ret_ask->kind = ASK_STATES;
    ret_ask->account_count = frame->ask.part_count;
    for (uint32_t i = 0; i < ret_ask->account_count; i++)
        if (!take_account(frame->ask.parts[i], ret_ask->accounts[i]))
            return false;
    return true;
}

/* --- answers --- */

void
ask_answer_none(uint64_t number, struct frame *ret_frame)
{
    *ret_frame = (struct frame) { .kind = FRAME_ANSWER };
    ret_frame->ask.number = number;
}

static void
answer(uint64_t number, enum ask_kind kind, const view *parts, uint32_t count,
       struct frame *ret_frame)
{
    ask_answer_none(number, ret_frame);
    ret_frame->ask.kind = kind;
    ret_frame->ask.parts = parts;
    ret_frame->ask.part_count = count;
}

void
ask_answer_decision(uint64_t number, const struct decision *decision,
                    struct arena *arena, struct frame *ret_frame)
{
    const struct decision_part part = {
        .verdict = decision->verdict,
        .flags = decision->by_voucher ? BY_VOUCHER : 0,
        .points = decision->points.value,
        .available = decision->available.value,
        .minimum = decision->minimum.value,
        .value = decision->value.minor,
    };
    view *parts = ARENA_NEW(arena, view, 1);

    parts[0] =
        arena_copy(arena, (view) { (const uint8_t *)&part, sizeof part });
    answer(number, ASK_REDEEM, parts, 1, ret_frame);
}

void
ask_answer_states(uint64_t number, const struct frame *state,
                  struct arena *arena, struct frame *ret_frame)
{
    const uint32_t states = state->state.state_count;
    uint32_t count = state->state.folded_count;

    assert(state->kind == FRAME_STATE);
    assert(states <= ASK_ACCOUNTS_MAX);
    if (count > HUB_STATE_SEQS_MAX)
        count = HUB_STATE_SEQS_MAX;
    const uint32_t size = (uint32_t)(sizeof(struct states_part) +
                                     count * sizeof(struct folded_part));
    uint8_t *bytes = arena_take(arena, size);
    view *parts = ARENA_NEW(arena, view, states + 1);
    *(struct states_part *)(void *)bytes = (struct states_part) {
        .epoch = state->state.epoch,
        .position = state->state.position,
        .versions = state->state.versions,
        .format = state->state.format,
        .count = count,
    };
    struct folded_part *folded = (void *)(bytes + sizeof(struct states_part));
    for (uint32_t i = 0; i < count; i++)
        folded[i] = (struct folded_part) {
            state->state.folded[i].stream.incarnation,
            state->state.folded[i].seq,
        };
    parts[0] = (view) { bytes, size };
    if (states > 0)
        memcpy(parts + 1, state->state.states, states * sizeof parts[0]);
    answer(number, ASK_STATES, parts, states + 1, ret_frame);
}

enum ask_kind
ask_answer_kind(const struct frame *frame)
{
    assert(frame->kind == FRAME_ANSWER);
    if (frame->ask.kind == ASK_STATES || frame->ask.kind == ASK_REDEEM)
        return (enum ask_kind)frame->ask.kind;
    return ASK_NONE;
}

bool
ask_read_decision(const struct frame *frame, struct decision *ret_decision)
{
    struct decision_part part;

    if (frame->ask.part_count < 1 || frame->ask.parts[0].size < sizeof part)
        return false;
    memcpy(&part, frame->ask.parts[0].bytes, sizeof part);
    if (part.verdict >= VERDICT_COUNT)
        return false;
    *ret_decision = (struct decision) {
        .verdict = (enum verdict)part.verdict,
        .by_voucher = (part.flags & BY_VOUCHER) != 0,
        .points = { part.points },
        .available = { part.available },
        .minimum = { part.minimum },
        .value = { part.value },
    };
    return true;
}

bool
ask_read_states(const struct frame *frame, uint32_t node, struct arena *arena,
                struct frame *ret_state)
{
    struct states_part part;

    if (frame->ask.part_count < 1 || frame->ask.parts[0].size < sizeof part)
        return false;
    const view head = frame->ask.parts[0];
    memcpy(&part, head.bytes, sizeof part);
    if (part.count > HUB_STATE_SEQS_MAX ||
        head.size < sizeof part + part.count * sizeof(struct folded_part))
        return false;
    struct frame_folded *folded =
        ARENA_NEW(arena, struct frame_folded, part.count);
    for (uint32_t i = 0; i < part.count; i++) {
        struct folded_part each;
        memcpy(&each, head.bytes + sizeof part + i * sizeof each, sizeof each);
        folded[i].stream =
            (stream_id) { .node = node, .incarnation = each.incarnation };
        folded[i].seq = each.seq;
    }
    *ret_state = (struct frame) { .kind = FRAME_STATE };
    ret_state->state.epoch = part.epoch;
    ret_state->state.position = part.position;
    ret_state->state.versions = part.versions;
    ret_state->state.format = part.format;
    ret_state->state.folded = folded;
    ret_state->state.folded_count = part.count;
    ret_state->state.states = frame->ask.parts + 1;
    ret_state->state.state_count = frame->ask.part_count - 1;
    return true;
}
