/*
 * session.c - the protocol's step: what an input means in a session
 *
 * session_step() dispatches on the input; what an input changes it only notes
 * in the session, and the pump at the end of the step looks at what has become
 * due (acknowledgements, checks, reads) and fits as much of it into the
 * outputs as there is room.  So no path has to think of every consequence,
 * and a flood of inputs can't make a step produce without bound.
 *
 * The rules of one stream are in lane.c, the beginning of a session in
 * greet.c, finding out where both ends agree in agree.c.
 */
#include "nodes/session.h"

#include "nodes/agree.h"
#include "nodes/credit.h"
#include "nodes/greet.h"
#include "nodes/stall.h"

#include <stdlib.h>

enum {
    BATCH_SIZE = 262144, /* what a BATCH aims at under a backlog */
    CLOCK_MS = 60000,    /* said no PING: say one, for it tells the clock */
};

struct session *
session_open(const struct sync_options *options, int64_t now_ms)
{
    assert(options->self > 0);
    assert(options->window > 0);
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->options = *options;
    session->epoch = options->epoch;
    session->heard_ms = now_ms;
    session->said_ms = now_ms;
    session->pinged_ms = now_ms;
    session->since_ms = now_ms;
    session->taken_limit = options->window;
    return session;
}

void
session_close(struct session *session)
{
    if (!session)
        return;
    parts_close(&session->parts);
    free(session->lanes);
    free(session->admission);
    free(session->offers);
    free(session->held);
    free(session);
}

uint32_t
session_backoff_ms(uint32_t attempt, uint64_t random)
{
    const uint32_t cap_ms = 30000;
    uint32_t span_ms = attempt >= 8 ? cap_ms : 200u << attempt;

    if (span_ms > cap_ms)
        span_ms = cap_ms;
    return (uint32_t)(random % span_ms) + 1;
}

static void
emit_ack(struct session *session, struct lane *lane)
{
    lane->ack_due = false;
    if (lane->unsure) {
        agree_ask(session, lane);
        return;
    }
    struct frame *frame = talk_frame(session, FRAME_ACK);
    frame->ack.stream = lane->stream;
    frame->ack.head = lane->durable;
    frame->ack.safe = lane->durable_safe;
    frame->ack.credit = credit_say(session);
}

static void
emit_nack(struct session *session, struct lane *lane, enum frame_why why)
{
    struct frame *frame = talk_frame(session, FRAME_NACK);

    frame->nack.stream = lane->stream;
    frame->nack.head = lane->durable;
    frame->nack.credit = credit_say(session);
    frame->nack.why = why;
}

/* Credit alone: of no stream. */
static void
emit_credit(struct session *session)
{
    talk_frame(session, FRAME_ACK)->ack.credit = credit_say(session);
}

/* A part of a record.  True: it was the last, and the record is whole. */
static bool
gather(struct session *session, struct lane *lane, const struct frame *frame,
       view *ret_whole)
{
    enum parts_verdict verdict = PARTS_IGNORE;

    if (frame->batch.from <= lane->received + 1)
        verdict = parts_take(&session->parts, frame, ret_whole);
    else if (lane_take(lane, frame->batch.from, frame->batch.to) == LANE_NACK)
        verdict = PARTS_BROKEN;
    if (verdict == PARTS_WHOLE)
        return true;
    session->taken_total = frame->batch.total;
    if (verdict == PARTS_BROKEN)
        emit_nack(session, lane, FRAME_WHY_GAP);
    if (verdict == PARTS_MORE)
        lane->ack_due = true; /* there is credit for the next */
    return false;
}

/* The lane of the batch's stream, made where there is none yet.  NULL: the peer
 * may not send it, or there is no memory. */
static struct lane *
lane_of_batch(struct session *session, const struct frame *frame)
{
    stream_id stream = frame->batch.stream;
    const bool may = talk_may_receive(session, stream);
    struct lane *lane = talk_find(session, stream);

    if (!lane && may) {
        lane = talk_obtain(session, stream);
        if (lane)
            lane->received = frame->batch.from - 1; /* the journal will say */
    }
    return lane && (lane->receives || may) ? lane : NULL;
}

static void
on_batch(struct session *session, const struct frame *frame)
{
    stream_id stream = frame->batch.stream;

    /* More than was granted, by more than the one frame that may overshoot:
     * whoever ignores the credit would fill our memory. */
    if (frame->batch.total > session->taken_limit + LIMIT_FRAME_SIZE) {
        talk_refuse(session, FRAME_CODE_PROTOCOL, true, "more than the credit");
        return;
    }
    if (frame->batch.total > session->seen_total)
        session->seen_total = frame->batch.total;
    struct lane *lane = lane_of_batch(session, frame);
    if (!lane) {
        talk_alarm(session, SYNC_ALARM_RIGHT, stream, frame->batch.from);
        session->taken_total = frame->batch.total;
        struct lane refused = { .stream = stream };
        emit_nack(session, &refused, FRAME_WHY_RIGHT);
        return;
    }
    if (lane->rewound) {
        session->taken_total = frame->batch.total;
        agree_rewound(session, lane, frame);
        return;
    }
    if (lane->sends &&
        !lane->receives) /* a standby's, which sent it till now */
        lane_hold(lane, lane->head, 0);
    lane->receives = true;
    if (lane->shown)
        lane->still_ms = 0; /* it moves, be it by parts of a record */
    if (frame->batch.head_seq > lane->told)
        lane->told = frame->batch.head_seq;
    view bytes = frame->batch.records;
    if (parts_is_one(frame) && !gather(session, lane, frame, &bytes))
        return;
    switch (lane_take(lane, frame->batch.from, frame->batch.to)) {
    case LANE_IGNORE:
        session->taken_total = frame->batch.total;
        return;
    case LANE_NACK:
        session->taken_total = frame->batch.total;
        emit_nack(session, lane, FRAME_WHY_GAP);
        return;
    case LANE_STORE:
        break;
    }
    struct sync_output *output = talk_emit(session, SYNC_PUT_RECORDS);
    output->put_records.stream = stream;
    output->put_records.from = frame->batch.from;
    output->put_records.to = frame->batch.to;
    output->put_records.before = frame->batch.before;
    output->put_records.total = frame->batch.total;
    output->put_records.last = frame->batch.to >= lane->told;
    output->put_records.shown = lane->shown;
    output->put_records.bytes = bytes;
}

static void
stored(struct session *session, const struct sync_input *input)
{
    struct lane *lane = talk_find(session, input->stored.stream);

    parts_done(&session->parts, input->stored.total);
    if (!lane || session->phase != PHASE_LIVE)
        return;
    /* What came before a second HELLO is counted no more. */
    if (input->stored.total > session->taken_total &&
        input->stored.total <= session->seen_total)
        session->taken_total = input->stored.total;
    if (input->stored.safe > lane->durable_safe)
        lane->durable_safe = input->stored.safe;
    if (lane->shown && input->stored.total == 0)
        return; /* from elsewhere, which is none of what is shown */
    switch (input->stored.verdict) {
    case SYNC_STORED_OK:
        if (lane->shown) {
            lane_seen(lane, input->stored.head.seq);
            return;
        }
        lane_stored(lane, input->stored.head);
        if (input->stored.total == 0) /* from elsewhere: what was asked for */
            lane_goes_on(lane);
        return;
    case SYNC_STORED_GAP:
        if (lane_rewind(lane, input->stored.head))
            emit_nack(session, lane, FRAME_WHY_GAP);
        return;
    case SYNC_STORED_FORK:
        lane->in_stopped = true;
        lane_rewind(lane, input->stored.head);
        talk_alarm(session, SYNC_ALARM_FORKED, lane->stream,
                   input->stored.head.seq);
        emit_nack(session, lane, FRAME_WHY_FORK);
        return;
    case SYNC_STORED_CHECKSUM:
        lane_rewind(lane, input->stored.head);
        if (++lane->bad >= SYNC_CHECKSUM_MAX) {
            lane->in_stopped = true;
            talk_alarm(session, SYNC_ALARM_CHECKSUM, lane->stream,
                       input->stored.head.seq);
        }
        emit_nack(session, lane, FRAME_WHY_CHECKSUM);
        return;
    case SYNC_STORED_RIGHT:
        lane->in_stopped = true;
        lane->refused = true;
        if (!lane->shown)
            emit_nack(session, lane, FRAME_WHY_RIGHT);
        return;
    case SYNC_STORED_FULL:
        lane_rewind(lane, input->stored.head);
        emit_nack(session, lane, FRAME_WHY_FULL);
        return;
    }
}

/* The feed's acknowledgement: where the node wants to go on. */
static void
on_feed_ack(struct session *session, const struct frame *frame)
{
    if (session->options.role != SYNC_HUB)
        return;
    session->feed_position = frame->ack.head.seq;
    session->feed_open = true;
}

static void
on_ack(struct session *session, const struct frame *frame, int64_t now_ms)
{
    credit_raise(session, frame->ack.credit);
    if (frame->ack.stream.node == 0) {
        on_feed_ack(session, frame);
        return;
    }
    struct lane *lane = talk_find(session, frame->ack.stream);
    if (!lane || lane->shown)
        return;
    if (!lane->sends) {
        /* It asks for what it once sent us: a hub that was restored. */
        if (lane->durable.seq <= frame->ack.head.seq)
            return;
        struct sync_offer offer = { .stream = lane->stream,
                                    .head = lane->durable };
        lane_offer(lane, &offer);
    }
    agree_hear_wish(session, lane, frame);
    const bool other = frame->ack.safe != lane->safe;
    lane->safe = frame->ack.safe;
    if (lane_acked(lane, frame->ack.head, now_ms) || other)
        talk_acked(session, lane);
}

static void
on_nack(struct session *session, const struct frame *frame, int64_t now_ms)
{
    credit_raise(session, frame->nack.credit);
    struct lane *lane = talk_find(session, frame->nack.stream);
    if (lane && lane->receives && frame->nack.why == FRAME_WHY_LOST) {
        talk_alarm(session, SYNC_ALARM_LOST, lane->stream,
                   frame->nack.head.seq);
        return;
    }
    if (!lane || !lane->sends)
        return;
    switch (lane_nacked(lane, frame->nack.why, frame->nack.head, now_ms)) {
    case LANE_FINE:
        return;
    case LANE_DAMAGED:
        talk_alarm(session, SYNC_ALARM_CHECKSUM, lane->stream, lane->sent.seq);
        return;
    case LANE_REFUSED:
        talk_alarm(session, SYNC_ALARM_RIGHT, lane->stream, lane->sent.seq);
        return;
    }
}

static void
emit_batch(struct session *session, const struct lane *lane,
           const struct sync_input *input)
{
    struct frame *frame = talk_frame(session, FRAME_BATCH);

    frame->more = input->records.more;
    frame->batch.stream = lane->stream;
    frame->batch.offset = input->records.offset;
    frame->batch.from = lane->sent.seq + 1;
    frame->batch.to = input->records.end.seq;
    frame->batch.before = input->records.before.chain;
    frame->batch.records = input->records.bytes;
    frame->batch.head_seq = lane->head.seq > input->records.end.seq
                                ? lane->head.seq
                                : input->records.end.seq;
    session->sent_total += FRAME_BATCH_FIXED + input->records.bytes.size;
    frame->batch.total = session->sent_total;
}

static void
records(struct session *session, const struct sync_input *input, int64_t now_ms)
{
    struct lane *lane = talk_find(session, input->records.stream);

    session->reading = false;
    if (!lane || session->phase != PHASE_LIVE)
        return;
    if (!lane->sends || lane->out != LANE_LIVE ||
        lane->sent.seq != input->records.before.seq ||
        (input->records.bytes.size > 0 && lane->part != input->records.offset))
        return; /* rewound, or the peer's to send, meanwhile */
    if (input->records.bytes.size == 0) {
        lane->out = LANE_STOPPED;
        talk_alarm(session, SYNC_ALARM_UNREADABLE, lane->stream,
                   lane->sent.seq + 1);
        return;
    }
    assert(input->records.end.seq > lane->sent.seq);
    if (!digest_equal(lane->sent.chain, input->records.before.chain) &&
        lane->sent.seq > 0) {
        /* What we stand on is no longer what we read: look again; but not
         * for ever, where there is nothing to go back to. */
        if (lane->sent.seq > lane->acked.seq) {
            lane_peer_at(lane, lane->acked);
            return;
        }
        lane->out = LANE_STOPPED;
        talk_alarm(session, SYNC_ALARM_UNREADABLE, lane->stream,
                   lane->sent.seq + 1);
        return;
    }
    if (!credit_suffices(session, input->records.bytes.size))
        return;
    emit_batch(session, lane, input);
    if (input->records.more) {
        lane->part += input->records.bytes.size;
        return;
    }
    lane_sent(lane, input->records.end, now_ms);
}

static void
states(struct session *session, const struct sync_input *input)
{
    if (session->phase != PHASE_LIVE)
        return;
    if (session->options.role == SYNC_HUB) {
        struct frame *frame = talk_frame(session, FRAME_STATE);
        *frame = *input->states;
        frame->kind = FRAME_STATE;
        frame->session = session->number;
        session->feed_open = false;
        return;
    }
    struct frame *frame = talk_frame(session, FRAME_ACK);
    frame->ack.head.seq = session->feed_position;
    frame->ack.credit = session->taken_limit;
}

static void
on_state(struct session *session, const struct frame *frame)
{
    if (session->options.role != SYNC_NODE ||
        frame->state.epoch != session->epoch)
        return;
    /* From the beginning on is all there is, whatever we have been told. */
    if (frame->state.after == session->feed_position ||
        frame->state.after == 0) {
        session->feed_position = frame->state.position;
        talk_emit(session, SYNC_PUT_STATES)->states = frame;
        return;
    }
    /* Not what follows: say where we stand. */
    struct frame *answer = talk_frame(session, FRAME_ACK);
    answer->ack.head.seq = session->feed_position;
    answer->ack.credit = session->taken_limit;
}

static void
on_ping(struct session *session, const struct frame *frame)
{
    if (frame->ping.flags & FRAME_NEEDS_CREDIT)
        credit_asked(session, frame->ping.pending);
    if (!(frame->ping.flags & FRAME_PLEASE_ANSWER))
        return;
    struct frame *answer = talk_frame(session, FRAME_PING);
    answer->ping.number = frame->ping.number;
}

static void
on_live_frame(struct session *session, const struct frame *frame,
              int64_t now_ms)
{
    switch (frame->kind) {
    case FRAME_BATCH:
        on_batch(session, frame);
        return;
    case FRAME_ACK:
        on_ack(session, frame, now_ms);
        return;
    case FRAME_NACK:
        on_nack(session, frame, now_ms);
        return;
    case FRAME_FORKQ:
        agree_question(session, frame);
        return;
    case FRAME_FORKA:
        agree_answer(session, frame);
        return;
    case FRAME_STATE:
        on_state(session, frame);
        return;
    case FRAME_PING:
        on_ping(session, frame);
        return;
    case FRAME_ASK:
    case FRAME_ANSWER: /* for the shell, which has looked at it already */
    case FRAME_JOIN:
    case FRAME_HELLO:
    case FRAME_WELCOME:
    case FRAME_WAIT:
    case FRAME_BYE:
    case FRAME_ERR:
        return;
    }
}

/* Frames of another session come from before a reconnect: they are void, and
 * say nothing of the peer.  But of a later one they say that the hub has heard
 * our HELLO twice, and listens to nothing that we say in this one. */
static void
on_session_frame(struct session *session, const struct frame *frame,
                 int64_t now_ms)
{
    if (session->phase == PHASE_LIVE && frame->session == session->number) {
        session->heard_ms = now_ms;
        on_live_frame(session, frame, now_ms);
        return;
    }
    if (session->options.role == SYNC_NODE && session->phase == PHASE_LIVE &&
        frame->session > session->number)
        talk_drop(session, true, 0, "a later session");
    if (session->options.role == SYNC_HUB && frame->kind != FRAME_PING &&
        session->phase == PHASE_NEW)
        talk_refuse(session, FRAME_CODE_SESSION, true, "no such session");
}

static void
on_frame(struct session *session, const struct frame *frame, int64_t now_ms)
{
    switch (frame->kind) {
    case FRAME_HELLO:
        session->heard_ms = now_ms;
        greet_hello(session, frame, now_ms);
        return;
    case FRAME_WELCOME:
        session->heard_ms = now_ms;
        greet_welcome(session, frame, now_ms);
        return;
    case FRAME_WAIT:
        talk_drop(session, true,
                  frame->wait.ms < SYNC_WAIT_MS ? frame->wait.ms : SYNC_WAIT_MS,
                  "asked to wait");
        return;
    case FRAME_BYE:
        talk_drop(session, true, 0, "the peer leaves");
        return;
    case FRAME_ERR:
        /* A twin that has been let in needs time to learn that it is one. */
        talk_drop(session, frame->err.retry != 0,
                  frame->err.code == FRAME_CODE_FENCED ? SYNC_FENCED_MS : 0,
                  "the peer refuses");
        return;
    case FRAME_JOIN: /* no part of a session */
        return;
    case FRAME_BATCH:
    case FRAME_ACK:
    case FRAME_NACK:
    case FRAME_FORKQ:
    case FRAME_FORKA:
    case FRAME_STATE:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_PING:
        on_session_frame(session, frame, now_ms);
        return;
    }
}

static void
grown(struct session *session, const struct sync_input *input)
{
    struct lane *lane = talk_find(session, input->grown.stream);

    if (lane && lane->shown)
        return;
    if (lane && lane->sends) {
        if (!lane->left && input->grown.head.seq > lane->head.seq)
            lane->head = input->grown.head;
        return;
    }
    if (session->phase != PHASE_LIVE)
        return; /* it will be in the HELLO or WELCOME that is to come */
    lane = talk_obtain(session, input->grown.stream);
    if (!lane) {
        talk_no_memory(session);
        return;
    }
    struct sync_offer offer = { .stream = input->grown.stream,
                                .head = input->grown.head };
    lane_offer(lane, &offer);
    /* What the peer has sent us it has; else it has nothing.  But it may have
     * offered another branch, and sent none of what we hold. */
    lane_assume_at(lane, lane->durable);
}

/* More of what the peer sends has become safe, or less, where a second disk was
 * lost: it is told with the next acknowledgement, which is now. */
static void
safe(struct session *session, const struct sync_input *input)
{
    struct lane *lane = talk_find(session, input->safe.stream);

    if (!lane || !lane->receives || input->safe.seq == lane->durable_safe)
        return;
    lane->durable_safe = input->safe.seq;
    lane->ack_due = session->phase == PHASE_LIVE;
}

/* What we asked for may have been lost, and so may what came: while something
 * is missing and nothing arrives, we say again where we stand.  A node that
 * asks a hub for nothing has all that the WELCOME offered, or its word was
 * lost, and what comes next will find a gap. */
static void
ask_again(struct session *session, int64_t now_ms)
{
    bool late = session->options.role == SYNC_HUB &&
                now_ms - session->since_ms >= SYNC_ASK_MS;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        struct lane *lane = &session->lanes[i];
        if (lane_is_overdue(lane, now_ms))
            lane->ack_due = agree_is_waited_for(lane);
        if (late)
            lane_assume(lane);
    }
}

static void
tick(struct session *session, int64_t now_ms)
{
    const char *stalled = stall_look(session, now_ms);

    if (stalled)
        talk_drop(session, true, 0, stalled);
    if (session->phase != PHASE_LIVE)
        return;
    ask_again(session, now_ms);
    agree_again(session, now_ms);
    if (session->phase != PHASE_LIVE)
        return;
    if (session->options.role == SYNC_NODE &&
        (now_ms - session->said_ms >= SYNC_PING_MS ||
         now_ms - session->pinged_ms >= CLOCK_MS)) {
        struct frame *frame = talk_frame(session, FRAME_PING);
        frame->ping.flags = FRAME_PLEASE_ANSWER;
        session->pinged_ms = now_ms;
    }
}

static void
pump_read(struct session *session, struct lane *lane, uint32_t left)
{
    struct sync_output *output = talk_emit(session, SYNC_GET_RECORDS);

    output->get_records.stream = lane->stream;
    output->get_records.after = lane->sent;
    output->get_records.last = lane->head.seq;
    output->get_records.offset = lane->part;
    output->get_records.size_max = left < BATCH_SIZE ? left : BATCH_SIZE;
    session->reading = true;
}

/* At most four outputs a lane; what does not fit is left for the next step. */
static void
pump(struct session *session, int64_t now_ms)
{
    enum { PER_LANE = 4 };
    if (session->phase != PHASE_LIVE)
        return;
    if (talk_room(session) > 0)
        agree_search(session);
    const uint32_t first = session->cursor;
    uint32_t left;
    for (uint32_t i = 0; i < session->lane_count; i++) {
        uint32_t at = (first + i) % session->lane_count;
        struct lane *lane = &session->lanes[at];
        if (talk_room(session) < PER_LANE) {
            session->cursor = at;
            session->out->again = true;
            return;
        }
        if (((lane->sends && lane->out == LANE_CHECK) || lane_doubts(lane)) &&
            !lane->checking)
            agree_check(session, lane);
        if (lane->ack_due)
            emit_ack(session, lane);
        if (!session->reading && lane_is_due(lane, now_ms) &&
            credit_left(session, &left)) {
            pump_read(session, lane, left);
            session->cursor = (at + 1) % session->lane_count;
        }
    }
    if (session->credit_due && talk_room(session) > 0)
        emit_credit(session);
    if (talk_room(session) > 0)
        credit_ask(session, now_ms);
}

void
session_step(struct session *session, const struct sync_input *input,
             int64_t now_ms, struct sync_outputs *ret_outputs)
{
    bool hold_acks = false;

    ret_outputs->count = 0;
    ret_outputs->again = false;
    session->out = ret_outputs;
    if (session->phase == PHASE_DEAD)
        return;
    switch (input->kind) {
    case SYNC_START:
        greet_start(session, input, now_ms);
        break;
    case SYNC_FRAME:
        on_frame(session, input->frame, now_ms);
        break;
    case SYNC_TICK:
        tick(session, now_ms);
        break;
    case SYNC_ADMIT:
        greet_admit(session, input);
        break;
    case SYNC_DEFER:
        greet_defer(session, input->defer_ms);
        break;
    case SYNC_GROWN:
        grown(session, input);
        break;
    case SYNC_HASHES:
        agree_hashes(session, input);
        break;
    case SYNC_RECORDS:
        records(session, input, now_ms);
        break;
    case SYNC_STORED:
        stored(session, input);
        hold_acks = input->stored.more;
        break;
    case SYNC_STATES:
        states(session, input);
        break;
    case SYNC_SAFE:
        safe(session, input);
        break;
    case SYNC_GRANT:
        credit_grant(session, input->grant);
        break;
    case SYNC_REFUSE:
        talk_refuse(session, input->refuse.code, input->refuse.retry,
                    input->refuse.words);
        break;
    }
    if (!hold_acks)
        pump(session, now_ms);
    for (uint32_t i = 0; i < ret_outputs->count; i++)
        if (ret_outputs->list[i].kind == SYNC_SEND)
            session->said_ms = now_ms;
}
