/*
 * fuzz_session.c - a session between a peer that says anything and a journal
 * that answers when it likes
 *
 * The bytes are a list of moves, see play(): frames with whatever in them that
 * frame_parse() lets through, ticks, and answers to what the session has asked
 * for.  After each step the outputs are held against what sync.h promises:
 * nothing is acknowledged that the journal has not said is there, nothing is
 * sent that it does not hold or that the peer has given no credit for, one
 * look-up at a time, a bounded number of steps, and silence after a DROP.
 */
#include <string.h>

#include "nodes/session.h"
#include "tests/fuzz/fuzz.h"

enum { STREAMS = 6, PUTS_MAX = 64, MOVES_MAX = 2000, STEPS_MAX = 1000 };

static const stream_id IDS[STREAMS] = {
    { .incarnation = 7, .node = 3, .channel = CHANNEL_EVENTS },
    { .incarnation = 5, .node = 3, .channel = CHANNEL_EVENTS },
    { .incarnation = 9, .node = 1, .channel = CHANNEL_PUBLIC },
    { .incarnation = 8, .node = 1, .channel = CHANNEL_PUBLIC },
    { .incarnation = 9, .node = 1, .channel = CHANNEL_BOOKS },
    { .incarnation = 7, .node = 4, .channel = CHANNEL_EVENTS },
};

struct put {
    uint32_t stream;
    uint64_t to;
    uint64_t total;
};

struct play {
    view rest; /* of the moves; zeros behind their end */
    struct session *session;
    struct sync_options options;
    struct sync_outputs outputs;
    int64_t now_ms;
    uint64_t disk[STREAMS]; /* the journal's head of each stream */
    uint64_t credit;        /* the greatest that the peer has given */
    uint64_t taken;         /* of its bytes, at most, as it counts them */
    bool hashes_due;
    bool records_due;
    bool admission_due;
    bool dropped;
    struct sync_output hashes;
    struct sync_output records;
    struct put puts[PUTS_MAX];
    uint32_t put_count;
};

static uint8_t
draw(struct play *play)
{
    if (play->rest.size == 0)
        return 0;
    play->rest.size--;
    return *play->rest.bytes++;
}

/* Mostly small, now and then at an end of the range. */
static uint64_t
draw_number(struct play *play)
{
    uint8_t byte = draw(play);

    switch (byte >> 5) {
    case 7:
        return INT64_MAX - (byte & 31u);
    case 6:
        return UINT64_C(1) << (byte & 31u) << (byte & 31u);
    case 5:
        return (uint64_t)(byte & 31u) * 10000;
    default:
        return byte & 31u;
    }
}

static uint32_t
index_of(stream_id stream)
{
    uint32_t i = 0;

    while (i < STREAMS && !stream_equal(IDS[i], stream))
        i++;
    FUZZ_CHECK(i < STREAMS); /* frames name no others */
    return i;
}

/* --- places ------------------------------------------------------------- */

/* The hash at a seq of the history that our journal holds, or of another that
 * leaves it behind seq 5. */
static stream_head
head_of(uint32_t stream, uint64_t seq, bool forked)
{
    stream_head head = { .seq = seq };

    if (seq == 0)
        return head;
    head.chain.bytes[0] = (uint8_t)(1 + stream);
    head.chain.bytes[1] = forked && seq > 5 ? 'b' : 'a';
    memcpy(head.chain.bytes + 2, &seq, sizeof seq);
    return head;
}

static stream_head
draw_head(struct play *play, uint32_t stream)
{
    uint8_t how = draw(play);
    uint64_t seq =
        how & 2 ? play->disk[stream] + (how >> 4) : draw_number(play);

    return head_of(stream, seq, how & 1);
}

/* --- what the session says ---------------------------------------------- */

static void
check_frame(struct play *play, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_ACK:
        FUZZ_CHECK(frame->ack.credit <= play->taken + play->options.window);
        if (frame->ack.stream.node == 0)
            return; /* of the feed */
        FUZZ_CHECK(frame->ack.head.seq <=
                   play->disk[index_of(frame->ack.stream)]);
        return;
    case FRAME_NACK:
        FUZZ_CHECK(frame->nack.credit <= play->taken + play->options.window);
        FUZZ_CHECK(frame->nack.head.seq <=
                   play->disk[index_of(frame->nack.stream)]);
        return;
    case FRAME_BATCH:
        FUZZ_CHECK(frame->batch.to <=
                   play->disk[index_of(frame->batch.stream)]);
        FUZZ_CHECK(frame->batch.from <= frame->batch.to);
        FUZZ_CHECK(frame->batch.total - frame->batch.records.size -
                       FRAME_BATCH_FIXED <
                   play->credit);
        return;
    case FRAME_WELCOME:
        for (uint32_t i = 0; i < frame->welcome.held_count; i++)
            FUZZ_CHECK(frame->welcome.held[i].head.seq <=
                       play->disk[index_of(frame->welcome.held[i].stream)]);
        return;
    case FRAME_JOIN:
    case FRAME_HELLO:
    case FRAME_WAIT:
    case FRAME_FORKQ:
    case FRAME_FORKA:
    case FRAME_STATE:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_PING:
    case FRAME_BYE:
    case FRAME_ERR:
        return;
    }
}

static void
check_output(struct play *play, const struct sync_output *output)
{
    FUZZ_CHECK(!play->dropped);
    switch (output->kind) {
    case SYNC_SEND:
        FUZZ_CHECK(frame_payload_size(&output->frame) <= LIMIT_FRAME_SIZE);
        check_frame(play, &output->frame);
        return;
    case SYNC_ADMISSION:
        play->admission_due = true;
        return;
    case SYNC_GET_HASHES:
        FUZZ_CHECK(!play->hashes_due);
        FUZZ_CHECK(output->get_hashes.count > 0);
        FUZZ_CHECK(output->get_hashes.count <= SYNC_PROBES);
        play->hashes_due = true;
        play->hashes = *output;
        return;
    case SYNC_GET_RECORDS:
        FUZZ_CHECK(!play->records_due);
        FUZZ_CHECK(output->get_records.size_max > 0);
        FUZZ_CHECK(output->get_records.after.seq < output->get_records.last);
        play->records_due = true;
        play->records = *output;
        return;
    case SYNC_PUT_RECORDS:
        FUZZ_CHECK(output->put_records.from > 0);
        FUZZ_CHECK(output->put_records.from <= output->put_records.to);
        if (play->put_count < PUTS_MAX)
            play->puts[play->put_count++] =
                (struct put) { index_of(output->put_records.stream),
                               output->put_records.to,
                               output->put_records.total };
        return;
    case SYNC_ACKED:
        FUZZ_CHECK(output->acked.head.seq <=
                   play->disk[index_of(output->acked.stream)]);
        return;
    case SYNC_BRANCH:
        FUZZ_CHECK(output->branch.at.seq <=
                   play->disk[index_of(output->branch.stream)]);
        return;
    case SYNC_DROP:
        play->dropped = true;
        return;
    case SYNC_PUT_STATES:
    case SYNC_ALARM:
        return;
    }
}

static void
give(struct play *play, const struct sync_input *input)
{
    struct sync_input next = *input;
    uint32_t steps = 0;

    do {
        session_step(play->session, &next, play->now_ms, &play->outputs);
        FUZZ_CHECK(play->outputs.count <= SYNC_OUTPUTS_MAX);
        for (uint32_t i = 0; i < play->outputs.count; i++)
            check_output(play, &play->outputs.list[i]);
        next = (struct sync_input) { .kind = SYNC_TICK };
        FUZZ_CHECK(++steps < STEPS_MAX);
    } while (play->outputs.again);
    (void)session_lag(play->session);
    if (session_is_settled(play->session))
        FUZZ_CHECK(session_is_live(play->session));
}

/* --- what the peer says ------------------------------------------------- */

/* What begins a session counts from nothing again. */
static void
forget(struct play *play)
{
    play->hashes_due = false;
    play->records_due = false;
    play->credit = 0;
    play->taken = 0;
}

static void
draw_hello(struct play *play, struct frame *frame, struct frame_offer *offers)
{
    frame->hello.version_min = 1;
    frame->hello.version_max = 1 + draw(play) % 2;
    frame->hello.node = play->options.peer;
    frame->hello.epoch = 5 + draw(play) % 6;
    frame->hello.feed_epoch = frame->hello.epoch;
    frame->hello.feed_position = draw_number(play);
    frame->hello.offers = offers;
    for (uint32_t i = draw(play) % STREAMS; i < STREAMS;
         i += 1 + draw(play) % 3)
        offers[frame->hello.offer_count++] =
            (struct frame_offer) { .stream = IDS[i],
                                   .head = draw_head(play, i),
                                   .acked = draw_number(play) };
}

static void
draw_welcome(struct play *play, struct frame *frame, struct frame_held *held)
{
    frame->welcome.version = 1;
    frame->welcome.hub = 1;
    frame->welcome.epoch = 5 + draw(play) % 6;
    frame->welcome.credit = draw_number(play);
    frame->welcome.held = held;
    for (uint32_t i = draw(play) % STREAMS; i < STREAMS;
         i += 1 + draw(play) % 3)
        held[frame->welcome.held_count++] =
            (struct frame_held) { .stream = IDS[i],
                                  .head = draw_head(play, i),
                                  .safe = draw_number(play),
                                  .flags = draw(play) };
}

static void
draw_batch(struct play *play, struct frame *frame, uint32_t stream)
{
    static const uint8_t filler[3000];
    stream_head before = draw_head(play, stream);

    frame->batch.stream = IDS[stream];
    frame->batch.from = before.seq + 1;
    frame->batch.to = before.seq + 1 + draw(play) % 4;
    frame->batch.before = before.chain;
    frame->batch.head_seq = frame->batch.to + draw_number(play) % 100;
    frame->batch.total = play->taken + draw_number(play);
    frame->batch.records = (view) { filler, 50 + draw(play) * 10u };
}

static void
draw_question(struct play *play, struct frame *frame, uint32_t stream,
              stream_head *heads)
{
    frame->forkq.stream = IDS[stream];
    frame->forkq.flags = draw(play);
    frame->forkq.heads = heads;
    frame->forkq.head_count = draw(play) % SYNC_PROBES;
    for (uint32_t i = 0; i < frame->forkq.head_count; i++)
        heads[i] = draw_head(play, stream);
}

static void
draw_body(struct play *play, struct frame *frame)
{
    static struct frame_offer offers[STREAMS];
    static struct frame_held held[STREAMS];
    static stream_head heads[SYNC_PROBES];
    uint32_t stream = draw(play) % STREAMS;

    switch (frame->kind) {
    case FRAME_HELLO:
        draw_hello(play, frame, offers);
        return;
    case FRAME_WELCOME:
        draw_welcome(play, frame, held);
        return;
    case FRAME_BATCH:
        draw_batch(play, frame, stream);
        return;
    case FRAME_ACK:
        if (draw(play) % 8 > 0)
            frame->ack.stream = IDS[stream];
        frame->ack.head = draw_head(play, stream);
        frame->ack.safe = draw_number(play);
        frame->ack.credit = draw_number(play);
        return;
    case FRAME_NACK:
        frame->nack.stream = IDS[stream];
        frame->nack.head = draw_head(play, stream);
        frame->nack.credit = draw_number(play);
        frame->nack.why = draw(play) % 9;
        return;
    case FRAME_FORKQ:
        draw_question(play, frame, stream, heads);
        return;
    case FRAME_FORKA:
        frame->forka.stream = IDS[stream];
        frame->forka.common = draw_number(play);
        frame->forka.differs = draw_number(play);
        return;
    case FRAME_STATE:
        frame->state.epoch = 5 + draw(play) % 6;
        frame->state.after = draw_number(play);
        frame->state.position = draw_number(play);
        return;
    case FRAME_PING:
        frame->ping.flags = draw(play);
        return;
    case FRAME_WAIT:
    case FRAME_JOIN:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_BYE:
    case FRAME_ERR:
        return;
    }
}

static uint64_t
credit_in(const struct frame *frame)
{
    switch ((int)frame->kind) {
    case FRAME_WELCOME:
        return frame->welcome.credit;
    case FRAME_ACK:
        return frame->ack.credit;
    case FRAME_NACK:
        return frame->nack.credit;
    default:
        return 0;
    }
}

/* Through the wire's form, for what does not parse never gets to a session. */
static void
say(struct play *play)
{
    static uint8_t payload[LIMIT_FRAME_SIZE];
    uint8_t header[FRAME_HEADER_SIZE];
    static const uint8_t often[] = { FRAME_HELLO, FRAME_WELCOME, FRAME_BATCH,
                                     FRAME_ACK,   FRAME_NACK,    FRAME_BATCH,
                                     FRAME_FORKQ, FRAME_FORKA,   FRAME_STATE };
    uint8_t how = draw(play);
    struct frame frame = {
        .kind = how % 16 < COUNT_OF(often) ? often[how % 16]
                                           : 1 + draw(play) % FRAME_ERR,
        .more = how >> 5 == 1,
        .session = how >> 5 == 2 ? draw(play) : session_number(play->session),
    };

    if (frame.kind == FRAME_WELCOME && frame.session == 0)
        frame.session = 1;
    draw_body(play, &frame);
    size_t size = frame_payload_size(&frame);
    FUZZ_CHECK(size <= sizeof payload);
    frame_encode(&frame, header, payload);
    if (frame_parse((view) { header, sizeof header },
                    (view) { payload, (uint32_t)size }, fuzz_arena(1 << 22),
                    &frame) != OK)
        return;
    if (frame.kind == FRAME_HELLO)
        forget(play);
    if (credit_in(&frame) > play->credit)
        play->credit = credit_in(&frame);
    bool counts = frame.kind == FRAME_BATCH && session_is_live(play->session) &&
                  frame.session == session_number(play->session);
    bool beyond = counts && frame.batch.total > play->taken +
                                                    play->options.window +
                                                    LIMIT_FRAME_SIZE;
    if (counts && !beyond && frame.batch.total > play->taken)
        play->taken = frame.batch.total;
    give(play, &(struct sync_input) { .kind = SYNC_FRAME, .frame = &frame });
    FUZZ_CHECK(!beyond || play->dropped);
}

/* --- what the journal says ---------------------------------------------- */

static void
answer_admission(struct play *play)
{
    struct sync_held held[STREAMS];
    struct sync_offer offers[STREAMS];
    struct sync_input input = { .kind = SYNC_ADMIT };
    uint8_t how = draw(play);

    play->admission_due = false;
    if (how >> 4 == 15) {
        input.kind = SYNC_DEFER;
        input.defer_ms = how;
        give(play, &input);
        return;
    }
    for (uint32_t i = 0; i < STREAMS; i++) {
        stream_head head = head_of(i, play->disk[i], false);
        if (IDS[i].node == play->options.peer)
            held[input.admit.held_count++] =
                (struct sync_held) { IDS[i], head, 0 };
        if (IDS[i].channel == CHANNEL_PUBLIC || play->options.relay)
            offers[input.admit.offer_count++] =
                (struct sync_offer) { .stream = IDS[i], .head = head };
    }
    input.admit.session = 1 + how % 4;
    input.admit.feed_end = how;
    input.admit.held = held;
    input.admit.offers = offers;
    if (play->credit < SYNC_CREDIT_FIRST)
        play->credit = SYNC_CREDIT_FIRST;
    give(play, &input);
}

static void
answer_hashes(struct play *play)
{
    stream_head heads[SYNC_PROBES];
    struct sync_input input = { .kind = SYNC_HASHES };
    uint32_t stream = index_of(play->hashes.get_hashes.stream);

    play->hashes_due = false;
    for (uint32_t i = 0; i < play->hashes.get_hashes.count; i++) {
        uint64_t seq = play->hashes.get_hashes.seqs[i];
        heads[i] = head_of(
            stream, seq < play->disk[stream] ? seq : play->disk[stream], false);
    }
    input.hashes.stream = IDS[stream];
    input.hashes.heads = heads;
    input.hashes.count = play->hashes.get_hashes.count;
    give(play, &input);
}

static void
answer_records(struct play *play)
{
    static const uint8_t filler[4000];
    struct sync_input input = { .kind = SYNC_RECORDS };
    uint32_t stream = index_of(play->records.get_records.stream);
    uint8_t how = draw(play);
    uint64_t after = play->records.get_records.after.seq;
    uint64_t end = after + 1 + how % 8;

    play->records_due = false;
    if (end > play->disk[stream])
        end = play->disk[stream];
    input.records.stream = IDS[stream];
    input.records.before = head_of(stream, after, how >> 4 == 15);
    input.records.end = head_of(stream, end, false);
    if (how >> 4 != 14 && end > after)
        input.records.bytes = (view) { filler, 100 + (how & 15u) * 200 };
    give(play, &input);
}

static void
answer_put(struct play *play)
{
    struct sync_input input = { .kind = SYNC_STORED };
    uint8_t how = draw(play);
    const struct put put = play->puts[0];

    play->put_count--;
    memmove(play->puts, play->puts + 1, play->put_count * sizeof put);
    input.stored.verdict =
        how % 16 < 6 ? (enum sync_verdict)(how % 6) : SYNC_STORED_OK;
    if (input.stored.verdict == SYNC_STORED_OK &&
        play->disk[put.stream] < put.to)
        play->disk[put.stream] = put.to;
    input.stored.stream = IDS[put.stream];
    input.stored.head = head_of(put.stream, play->disk[put.stream], false);
    input.stored.total = put.total;
    input.stored.more = how >> 6 == 3;
    give(play, &input);
}

static void
grow(struct play *play)
{
    struct sync_input input = { .kind = SYNC_GROWN };
    uint32_t stream = draw(play) % STREAMS;

    /* We write what is ours; a standby passes on the others' too. */
    if (IDS[stream].node != play->options.self && !play->options.relay)
        return;
    if (play->disk[stream] < INT64_MAX / 2)
        play->disk[stream] += 1 + draw(play) % 5;
    input.grown.stream = IDS[stream];
    input.grown.head = head_of(stream, play->disk[stream], false);
    give(play, &input);
}

/* --- the whole ---------------------------------------------------------- */

static void
start(struct play *play)
{
    struct sync_offer offers[STREAMS];
    struct sync_held held[STREAMS];
    struct sync_input input = { .kind = SYNC_START };

    for (uint32_t i = 0; i < STREAMS; i++) {
        stream_head head = head_of(i, play->disk[i], false);
        uint8_t how = draw(play);
        if (IDS[i].node == play->options.self || play->options.relay)
            offers[input.start.offer_count++] = (struct sync_offer) {
                .stream = IDS[i],
                .head = head,
                .acked = how & 15u,
                .boundary = how >> 6 == 1 && head.seq > 3
                                ? head_of(i, 3, false)
                                : head_of(i, 0, false),
                .left = i == 1,
                .fetch = i == 1 && how >> 7,
            };
        else if (IDS[i].channel == CHANNEL_PUBLIC)
            held[input.start.held_count++] =
                (struct sync_held) { IDS[i], head, 0 };
    }
    input.start.offers = offers;
    input.start.held = held;
    input.start.feed_epoch = 9;
    give(play, &input);
}

static void
other(struct play *play)
{
    struct frame state = { .kind = FRAME_STATE };
    struct sync_input input = { .kind = SYNC_STATES };
    uint8_t how = draw(play);
    uint64_t after;

    switch (how % 4) {
    case 0:
        input = (struct sync_input) { .kind = SYNC_REFUSE };
        input.refuse.code = 1 + (how >> 2) % 7;
        input.refuse.words = "for a reason";
        give(play, &input);
        return;
    case 1:
        input = (struct sync_input) { .kind = SYNC_SAFE };
        input.safe.stream = IDS[(how >> 2) % STREAMS];
        input.safe.seq = how;
        give(play, &input);
        return;
    default:
        state.state.epoch = 9;
        if (play->options.role == SYNC_NODE)
            give(play, &input);
        else if (session_wants_states(play->session, &after)) {
            state.state.after = after;
            state.state.position = after + how;
            input.states = &state;
            give(play, &input);
        }
    }
}

static void
move(struct play *play)
{
    switch (draw(play) % 16) {
    case 0:
        play->now_ms += draw(play) * 300;
        give(play, &(struct sync_input) { .kind = SYNC_TICK });
        return;
    case 1:
        grow(play);
        return;
    case 2:
        other(play);
        return;
    case 3:
    case 4:
        if (play->hashes_due)
            answer_hashes(play);
        return;
    case 5:
    case 6:
        if (play->records_due)
            answer_records(play);
        return;
    case 7:
    case 8:
        if (play->put_count > 0)
            answer_put(play);
        return;
    case 9:
        if (play->admission_due)
            answer_admission(play);
        return;
    default:
        say(play);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct play play;

    if (size > 20000)
        return 0;
    memset(&play, 0, sizeof play);
    play.rest = (view) { bytes, (uint32_t)size };
    uint8_t how = draw(&play);
    bool node = how & 1;
    play.options = (struct sync_options) {
        .role = node ? SYNC_NODE : SYNC_HUB,
        .self = node ? 3 : 1,
        .peer = node ? 0 : 3,
        .epoch = node ? 0 : 9,
        .window = 1 + (how >> 4) * 2000u,
        .refill = how & 2,
        .relay = how & 4,
    };
    for (uint32_t i = 0; i < STREAMS; i++)
        play.disk[i] = draw(&play) % 16;
    play.session = session_open(&play.options, play.now_ms);
    FUZZ_CHECK(play.session != NULL);
    if (node)
        start(&play);
    for (int i = 0; i < MOVES_MAX && play.rest.size > 0; i++)
        move(&play);
    session_close(play.session);
    return 0;
}
