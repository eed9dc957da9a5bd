#include "nodes/greet.h"

#include "nodes/agree.h"
#include "nodes/credit.h"

#include <stdlib.h>

/* In as many frames as the streams take: a standby holds thousands. */
static void
say_hello(struct session *session, const struct sync_input *input,
          uint32_t count)
{
    uint32_t said = 0;

    static_assert((int)SYNC_STREAMS_MAX / (int)FRAME_ENTRIES_MAX <
                      (int)SYNC_OUTPUTS_MAX,
                  "a HELLO fits a step");
    do {
        uint32_t left = count - said;
        struct frame *frame = talk_frame(session, FRAME_HELLO);
        frame->hello.version_min = SYNC_VERSION;
        frame->hello.version_max = SYNC_VERSION;
        frame->hello.node = session->options.self;
        frame->hello.epoch = session->epoch;
        frame->hello.clock_ms = input->start.clock_ms;
        frame->hello.pending = input->start.pending;
        frame->hello.feed_epoch = session->feed_epoch;
        frame->hello.feed_position = session->feed_position;
        frame->hello.claim = session->options.claim;
        frame->hello.signer = session->options.signer;
        frame->hello.offers = session->offers + said;
        frame->hello.offer_count =
            left < FRAME_ENTRIES_MAX ? left : FRAME_ENTRIES_MAX;
        said += frame->hello.offer_count;
        frame->more = said < count;
    } while (said < count);
}

void
greet_start(struct session *session, const struct sync_input *input,
            int64_t now_ms)
{
    assert(session->options.role == SYNC_NODE);
    assert(session->phase == PHASE_NEW);

    uint32_t count = input->start.offer_count;
    session->offers = calloc(count + 1, sizeof session->offers[0]);
    if (!session->offers) {
        talk_drop(session, true, 0, "no memory");
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct sync_offer *offer = &input->start.offers[i];
        struct lane *lane = talk_obtain(session, offer->stream);
        if (!lane) {
            talk_drop(session, true, 0, "no memory");
            return;
        }
        lane_offer(lane, offer);
        session->offers[i] = (struct frame_offer) { .stream = offer->stream,
                                                    .head = offer->head,
                                                    .acked = offer->acked };
    }
    /* After our own: however many a hub has sent us, these find room. */
    for (uint32_t i = 0; i < input->start.held_count; i++) {
        struct lane *lane = talk_obtain(session, input->start.held[i].stream);
        if (lane)
            lane_hold(lane, input->start.held[i].head, 0);
    }
    session->feed_epoch = input->start.feed_epoch;
    session->feed_position = input->start.feed_position;

    say_hello(session, input, count);
    session->phase = PHASE_HELLO;
    session->since_ms = now_ms;
}

/* Asks the shell about all streams that the HELLO offered. */
static void
ask_admission(struct session *session, const struct frame *frame)
{
    free(session->admission);
    session->admission =
        calloc(session->lane_count + 1, sizeof session->admission[0]);
    if (!session->admission) {
        talk_no_memory(session);
        return;
    }
    struct sync_output *output = talk_emit(session, SYNC_ADMISSION);
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        session->admission[output->admission.stream_count++] =
            (struct frame_offer) { .stream = lane->stream, .head = lane->peer };
        if (lane->stream.node == session->options.peer &&
            lane->stream.channel == CHANNEL_EVENTS &&
            lane->stream.incarnation > output->admission.incarnation)
            output->admission.incarnation = lane->stream.incarnation;
    }
    output->admission.streams = session->admission;
    output->admission.pending = frame->hello.pending;
    output->admission.clock_ms = frame->hello.clock_ms;
    output->admission.feed_epoch = frame->hello.feed_epoch;
    output->admission.feed_position = frame->hello.feed_position;
}

/* A HELLO on a session that lives is the node starting over on the same
 * connection: everything of the session before it is void. */
static void
begin_again(struct session *session)
{
    session->lane_count = 0;
    session->number = 0;
    session->sent_total = 0;
    session->sent_limit = 0;
    session->seen_total = 0;
    session->taken_total = 0;
    session->taken_limit = session->options.window;
    session->asked_limit = 0;
    session->credit_due = false;
    session->hashing = false;
    session->reading = false;
    session->fork = (struct fork_search) { 0 };
    session->asked = (struct fork_search) { 0 };
    session->answering = false;
    parts_close(&session->parts);
}

void
greet_hello(struct session *session, const struct frame *frame, int64_t now_ms)
{
    if (session->options.role != SYNC_HUB) {
        talk_refuse(session, FRAME_CODE_PROTOCOL, false, "HELLO to a node");
        return;
    }
    if (frame->hello.version_min > SYNC_VERSION ||
        frame->hello.version_max < SYNC_VERSION) {
        talk_refuse(session, FRAME_CODE_VERSION, false, "no common version");
        return;
    }
    if (frame->hello.node != session->options.peer) {
        talk_refuse(session, FRAME_CODE_RIGHT, false,
                    "not the number of this key");
        return;
    }
    if (frame->hello.epoch > session->options.epoch) {
        talk_alarm(session, SYNC_ALARM_EPOCH, (stream_id) { 0 },
                   frame->hello.epoch);
        talk_refuse(session, FRAME_CODE_EPOCH, true,
                    "a later hub has been seen");
        return;
    }
    if (session->phase == PHASE_LIVE)
        begin_again(session);
    for (uint32_t i = 0; i < frame->hello.offer_count; i++) {
        const struct frame_offer *offer = &frame->hello.offers[i];
        /* A relay or a standby offers ours, too, to learn where we are. */
        if (!talk_may_receive(session, offer->stream) &&
            !(session->options.relay &&
              offer->stream.channel != CHANNEL_BOOKS) &&
            !session->options.books) {
            talk_alarm(session, SYNC_ALARM_RIGHT, offer->stream, 0);
            talk_refuse(session, FRAME_CODE_RIGHT, false,
                        "not a stream of yours");
            return;
        }
        struct lane *lane = talk_obtain(session, offer->stream);
        if (!lane) {
            talk_no_memory(session);
            return;
        }
        lane->receives = true;
        lane->peer = offer->head;
        lane->told = offer->head.seq;
    }
    session->feed_position = frame->hello.feed_epoch == session->epoch
                                 ? frame->hello.feed_position
                                 : 0;
    session->phase = PHASE_HELLO;
    session->since_ms = now_ms;
    if (!frame->more)
        ask_admission(session, frame);
}

/* Both ends hold streams between a hub and its standby; who holds more of one
 * sends it.  What the peer writes itself it sends, and we what we write. */
static void
choose_sender(struct session *session, struct lane *lane)
{
    if (!lane->receives || !lane->sends)
        return;
    lane->receives = lane->stream.node == session->options.peer ||
                     (lane->told > lane->head.seq &&
                      talk_may_receive(session, lane->stream));
    lane->sends = !lane->receives;
}

/* Where each stream of the peer stands here, and which we offer. */
static void
take_streams(struct session *session, const struct sync_input *input)
{
    for (uint32_t i = 0; i < input->admit.held_count; i++) {
        struct lane *lane = talk_obtain(session, input->admit.held[i].stream);
        if (!lane)
            continue;
        lane_hold(lane, input->admit.held[i].head, input->admit.held[i].safe);
        lane->continued = input->admit.held[i].continued;
    }
    for (uint32_t i = 0; i < input->admit.offer_count; i++) {
        struct lane *lane = talk_obtain(session, input->admit.offers[i].stream);
        if (lane) {
            lane_offer(lane, &input->admit.offers[i]);
            choose_sender(session, lane);
        }
    }
}

/* What WELCOME says of all lanes.  False: no memory. */
static bool
list_held(struct session *session)
{
    free(session->held);
    session->held = calloc(session->lane_count + 1, sizeof session->held[0]);
    if (!session->held)
        return false;
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        session->held[i] = (struct frame_held) {
            .stream = lane->stream,
            .head = lane->sends ? lane->head : lane->durable,
            .safe = lane->sends ? 0 : lane->durable_safe,
            .flags = lane->sends       ? FRAME_OFFERED
                     : lane->continued ? FRAME_CONTINUED
                                       : 0,
        };
    }
    return true;
}

/* In as many frames as the list takes, one at least. */
static void
say_welcome(struct session *session, int64_t clock_ms)
{
    uint32_t sent = 0;

    do {
        uint32_t left = session->lane_count - sent;
        uint32_t count = left < FRAME_ENTRIES_MAX ? left : FRAME_ENTRIES_MAX;
        struct frame *frame = talk_frame(session, FRAME_WELCOME);
        frame->more = count < left;
        frame->welcome.version = SYNC_VERSION;
        frame->welcome.hub = session->options.self;
        frame->welcome.epoch = session->options.epoch;
        frame->welcome.clock_ms = clock_ms;
        frame->welcome.credit = credit_say(session);
        frame->welcome.held = session->held + sent;
        frame->welcome.held_count = count;
        frame->welcome.claim = session->options.claim;
        frame->welcome.flags = session->options.shares ? FRAME_SHARES : 0;
        sent += count;
    } while (sent < session->lane_count);
}

void
greet_admit(struct session *session, const struct sync_input *input)
{
    assert(session->options.role == SYNC_HUB);
    assert(input->admit.session != 0);
    if (session->phase != PHASE_HELLO)
        return; /* it said HELLO again meanwhile, or is gone */

    take_streams(session, input);
    if (!list_held(session)) {
        talk_no_memory(session);
        return;
    }
    /* Nobody can have been told more than there is: it is told all anew. */
    if (session->feed_position > input->admit.feed_end)
        session->feed_position = 0;
    /* The word by which the node grants more may be lost. */
    session->sent_limit = SYNC_CREDIT_FIRST;
    session->number = input->admit.session;
    session->phase = PHASE_LIVE;
    session->feed_open = true;
    say_welcome(session, input->admit.clock_ms);
}

void
greet_defer(struct session *session, uint32_t ms)
{
    if (session->phase != PHASE_HELLO)
        return;
    talk_frame(session, FRAME_WAIT)->wait.ms = ms;
    begin_again(session);
    session->phase = PHASE_NEW;
}

/* One stream of a WELCOME: what the hub offers we ask for by an ACK; where it
 * stands in ours the pump checks. */
static void
welcome_stream(struct session *session, const struct frame_held *held)
{
    if (held->flags & FRAME_OFFERED) {
        struct lane *lane = talk_may_receive(session, held->stream)
                                ? talk_obtain(session, held->stream)
                                : NULL;
        if (!lane)
            return;
        if (lane->sends) { /* a standby, which holds a part of it */
            lane_hold(lane, lane->head, 0);
            lane->sends = false;
        }
        lane->receives = true;
        lane->offered = true;
        lane->told = held->head.seq;
        lane->ack_due = true;
        return;
    }
    struct lane *lane = talk_find(session, held->stream);
    if (lane && lane->sends) {
        lane->safe = held->safe;
        lane->continued = (held->flags & FRAME_CONTINUED) != 0;
        if (!agree_is_rewound(session, lane))
            lane_peer_at(lane, held->head);
    }
}

/* A hub offers all that is public.  Streams of its own that we hold and it does
 * not offer it has forgotten: it was restored. */
static void
offer_forgotten(struct session *session, uint32_t hub)
{
    for (uint32_t i = 0; i < session->lane_count; i++) {
        struct lane *lane = &session->lanes[i];
        if (lane->sends || lane->offered || lane->durable.seq == 0 ||
            lane->stream.node != hub || lane->stream.channel != CHANNEL_PUBLIC)
            continue;
        struct sync_offer offer = { .stream = lane->stream,
                                    .head = lane->durable };
        lane_offer(lane, &offer);
        lane_peer_at(lane, (stream_head) { 0 });
    }
}

void
greet_welcome(struct session *session, const struct frame *frame,
              int64_t now_ms)
{
    if (session->options.role != SYNC_NODE || frame->session == 0 ||
        !(session->phase == PHASE_HELLO ||
          (session->phase == PHASE_LIVE &&
           frame->session == session->number))) {
        talk_refuse(session, FRAME_CODE_PROTOCOL, true, "WELCOME out of place");
        return;
    }
    if (frame->welcome.version != SYNC_VERSION) {
        talk_refuse(session, FRAME_CODE_VERSION, false, "no common version");
        return;
    }
    if (frame->welcome.epoch < session->epoch) {
        talk_alarm(session, SYNC_ALARM_EPOCH, (stream_id) { 0 },
                   frame->welcome.epoch);
        talk_refuse(session, FRAME_CODE_EPOCH, true, "a hub of a past epoch");
        return;
    }
    if (frame->welcome.epoch != session->feed_epoch) {
        session->feed_epoch = frame->welcome.epoch;
        session->feed_position = 0; /* positions of another life */
    }
    session->epoch = frame->welcome.epoch;
    session->number = frame->session;
    session->sent_limit = frame->welcome.credit;
    session->strict = (frame->welcome.flags & FRAME_SHARES) != 0;
    for (uint32_t i = 0; i < frame->welcome.held_count; i++)
        welcome_stream(session, &frame->welcome.held[i]);
    if (!frame->more)
        offer_forgotten(session, frame->welcome.hub);
    session->phase = PHASE_LIVE;
    session->since_ms = now_ms;
}
