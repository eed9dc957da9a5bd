/*
 * hub_guests.c - the sessions of a hub: what comes for them, what they want
 *
 * A connection becomes a guest by its HELLO.  Its session (session.h) is given
 * what comes and says what it wants: frames go out at once, records go on the
 * list that the turn commits (hub.c), and what it asks about our streams is
 * looked up and given to it in its turn.
 */
#include "nodes/allow.h"
#include "nodes/clock.h"
#include "nodes/door.h"
#include "nodes/drift.h"
#include "nodes/hub_parts.h"
#include "nodes/inquiry.h"
#include "nodes/trace.h"

#include <stdlib.h>
#include <string.h>

enum {
    BULK_BYTES = LIMIT_FRAME_SIZE, /* more than that pending: a catch-up */
    BULK_MAX = 16,                 /* catch-ups at a time */
    BULK_WAIT_MS = 1000,           /* the others come back, spread over ... */
    BULK_SPREAD_MS = 4000,         /* ... this */
};

void
hub_fault(struct hub *hub, const char *what, enum err err)
{
    trace(TRACE_ERROR, hub->node, what, "err=%s witness=%s", err_name(err),
          err_witness());
    hub->broken = true;
}

/* --- what a session wants --- */

static void
send_to(struct hub *hub, struct guest *guest, const struct frame *frame)
{
    struct frame told = *frame;

    drift_tell(&told, clock_wall_ms());
    /* A full queue loses the frame, as a bad wire would; whoever misses it
     * asks again. */
    if (transport_send(hub->transport, &guest->peer, &told) == ERR_NOT_FOUND)
        guest->gone = true;
}

static void
alarm_people(struct hub *hub, const struct guest *guest,
             const struct sync_output *output)
{
    shadow_alarm(hub->shadow, guest, output);
    trace(TRACE_ERROR, hub->node, "alarm", "what=%s peer=%u stream=%s seq=%llu",
          sync_alarm_name(output->alarm.what), guest->peer.pass.node,
          trace_stream(output->alarm.stream),
          (unsigned long long)output->alarm.seq);
}

/* What is public and comes from a node counts as far as it is signed; a standby
 * is as good as we are. */
static struct refill_result
hold_back(struct hub *hub, struct guest *guest, const struct sync_output *wish)
{
    struct refill_result result = { .refused = true };
    enum err err =
        refill_take(&guest->refill, shadow_trust(hub->shadow), wish, &result);

    if (err != OK || result.refused)
        trace(TRACE_ERROR, hub->node, "alarm",
              "what=unsigned peer=%u stream=%s seq=%llu err=%s",
              guest->peer.pass.node, trace_stream(wish->put_records.stream),
              (unsigned long long)wish->put_records.from, err_name(err));
    return result;
}

static void
put_later(struct hub *hub, struct guest *guest, const struct sync_output *wish)
{
    assert(hub->put_count < HUB_FRAMES_AT_ONCE);
    struct hub_put *put = &hub->puts[hub->put_count];
    struct ingest_batch *batch = &hub->batches[hub->put_count++];
    *put =
        (struct hub_put) { .guest = guest, .total = wish->put_records.total };
    *batch = carry_batch(wish);
    if (batch->stream.channel != CHANNEL_PUBLIC || guest->standby)
        return;
    const struct refill_result result = hold_back(hub, guest, wish);
    put->owned = result.bytes;
    put->refused = result.refused;
    batch->bytes = (view) { result.bytes, result.size };
}

static void
carry_out(struct hub *hub, struct guest *guest,
          const struct sync_output *output)
{
    switch (output->kind) {
    case SYNC_SEND:
        send_to(hub, guest, &output->frame);
        return;
    case SYNC_ADMISSION:
    case SYNC_GET_HASHES:
    case SYNC_GET_RECORDS:
        assert(hub->wish_count < HUB_WISHES_MAX);
        hub->wishes[hub->wish_count++] = *output;
        return;
    case SYNC_PUT_RECORDS:
        if (!output->put_records.shown) {
            put_later(hub, guest, output);
            return;
        }
        assert(hub->wish_count < HUB_WISHES_MAX);
        hub->wishes[hub->wish_count++] = *output;
        return;
    case SYNC_ALARM:
        alarm_people(hub, guest, output);
        return;
    case SYNC_DROP:
        trace(TRACE_NOTICE, hub->node, "left", "peer=%u why=\"%s\"",
              guest->peer.pass.node, output->drop.why);
        guest->gone = true;
        return;
    case SYNC_ACKED:
        shadow_acked(hub->shadow, guest, &output->acked);
        return;
    case SYNC_PUT_STATES:
    case SYNC_BRANCH:
        return; /* a node's affairs */
    }
}

/* The heads of the streams asked about. */
static enum err
look_up(struct hub *hub, const struct sync_output *wish, struct sync_held *held)
{
    enum err err = OK;

    for (uint32_t i = 0; err == OK && i < wish->admission.stream_count; i++) {
        const struct frame_offer *offer = &wish->admission.streams[i];
        held[i].stream = offer->stream;
        held[i].safe = shadow_safe(hub->shadow, offer->stream);
        err = carry_head(&hub->carry, offer->stream, &held[i].head);
        held[i].continued =
            err == OK && held[i].head.seq > offer->head.seq &&
            carry_holds(&hub->carry, offer->stream, offer->head);
    }
    return err;
}

/* Lets a session in, or makes it wait. */
static void
admit(struct hub *hub, struct guest *guest, const struct sync_output *wish,
      struct sync_input *ret_input)
{
    shadow_came(hub->shadow, guest, wish->admission.streams,
                wish->admission.stream_count);
    roster_set_bulk(hub->roster, guest, false);
    bool bulk = wish->admission.pending > BULK_BYTES;
    *ret_input = (struct sync_input) { .kind = SYNC_DEFER };
    ret_input->defer_ms = BULK_WAIT_MS;
    if (bulk && roster_bulk_count(hub->roster) >= BULK_MAX) {
        ret_input->defer_ms +=
            (uint32_t)(crypto_random_number() % BULK_SPREAD_MS);
        return;
    }
    uint32_t count = wish->admission.stream_count;
    /* One for the step that this answers; it is read before the next call. */
    free(hub->carry.held);
    hub->carry.held = calloc(count + 1, sizeof hub->carry.held[0]);
    if (!hub->carry.held)
        return;
    enum err err = look_up(hub, wish, hub->carry.held);
    if (err == OK)
        err = shadow_offers(hub->shadow, guest);
    if (err != OK) {
        hub_fault(hub, "streams", err);
        return;
    }
    roster_set_bulk(hub->roster, guest, bulk);
    guest->asked_ms = guest->told_ms = 0;
    feed_parcel_close(&guest->parcel);
    guest->incarnation = wish->admission.incarnation;
    roster_fence(hub->roster, guest);
    *ret_input = (struct sync_input) { .kind = SYNC_ADMIT };
    ret_input->admit.session = ++hub->sessions;
    ret_input->admit.clock_ms = clock_wall_ms();
    ret_input->admit.held = hub->carry.held;
    ret_input->admit.held_count = count;
    ret_input->admit.offers = hub->carry.offers;
    ret_input->admit.offer_count = hub->carry.offer_count;
    ret_input->admit.feed_end = carry_last(&hub->carry);
    trace(TRACE_NOTICE, hub->node, "admitted", "peer=%u session=%llu bulk=%d",
          guest->peer.pass.node, (unsigned long long)hub->sessions, bulk);
}

/* Looks at what a guest shows of a public stream that is another there than
 * here.  What can't be taken down now it shows again when it comes again. */
static void
see(struct hub *hub, struct guest *guest, const struct sync_output *wish,
    struct sync_input *ret_input)
{
    const stream_id stream = wish->put_records.stream;
    struct refill_result result = { 0 };
    view seen = wish->put_records.bytes;
    struct record last;

    *ret_input = (struct sync_input) { .kind = SYNC_STORED };
    ret_input->stored.stream = stream;
    ret_input->stored.total = wish->put_records.total;
    const bool whole = record_find_last(seen, &last);
    if (whole)
        ret_input->stored.head =
            (stream_head) { record_last(&last), last.chain };
    if (!guest->standby) {
        result = hold_back(hub, guest, wish);
        seen = (view) { result.bytes, result.size };
    }
    enum err err = shadow_shown(hub->shadow, stream, seen);
    if (err != OK) {
        trace(TRACE_ERROR, hub->node, "shown", "peer=%u stream=%s err=%s",
              guest->peer.pass.node, trace_stream(stream), err_name(err));
        guest->ends = FRAME_CODE_SESSION;
        guest->ends_words = "no room: come again";
    }
    free(result.bytes);
    ret_input->stored.verdict =
        whole && !result.refused ? SYNC_STORED_OK : SYNC_STORED_RIGHT;
}

static bool
answer_wish(struct hub *hub, struct guest *guest, struct sync_input *ret_input)
{
    if (hub->wish_count == 0)
        return false;
    struct sync_output wish = hub->wishes[0];
    hub->wish_count--;
    memmove(&hub->wishes[0], &hub->wishes[1],
            hub->wish_count * sizeof hub->wishes[0]);
    if (wish.kind == SYNC_GET_HASHES)
        carry_hashes(&hub->carry, &wish, ret_input);
    else if (wish.kind == SYNC_GET_RECORDS)
        carry_records(&hub->carry, &wish, ret_input);
    else if (wish.kind == SYNC_PUT_RECORDS)
        see(hub, guest, &wish, ret_input);
    else
        admit(hub, guest, &wish, ret_input);
    return true;
}

/* Steps until nothing is left to do about the input. */
void
hub_give(struct hub *hub, struct guest *guest, const struct sync_input *input)
{
    struct sync_input next = *input;

    hub->wish_count = 0;
    while (!guest->gone) {
        session_step(guest->session, &next, clock_steady_ms(), &hub->outputs);
        for (uint32_t i = 0; i < hub->outputs.count; i++)
            carry_out(hub, guest, &hub->outputs.list[i]);
        if (hub->outputs.again)
            next = (struct sync_input) { .kind = SYNC_TICK };
        else if (!answer_wish(hub, guest, &next))
            return;
    }
}

/* A roster_give. */
void
hub_give_any(void *context, struct guest *guest, const struct sync_input *input)
{
    hub_give(context, guest, input);
}

void
hub_end_guest(struct hub *hub, struct guest *guest, enum frame_code code,
              const char *words)
{
    struct sync_input input = { .kind = SYNC_REFUSE };

    input.refuse.code = code;
    input.refuse.retry = code != FRAME_CODE_RIGHT;
    input.refuse.words = words;
    hub_give(hub, guest, &input);
}

/* --- what comes --- */

/* A connection becomes a guest by its HELLO, if its key still holds. */
static struct guest *
welcome(struct hub *hub, const struct transport_peer *peer)
{
    struct enrolment enrolment;
    struct guest *guest = NULL;

    if (!allow_holds(hub->allow, peer->pass, peer->key) ||
        !allow_find(hub->allow, peer->pass.node, &enrolment)) {
        door_refuse(hub->transport, peer, FRAME_CODE_RIGHT,
                    "not enrolled any more");
        return NULL;
    }
    const struct sync_options options = {
        .role = SYNC_HUB,
        .self = hub->node,
        .peer = peer->pass.node,
        .epoch = hub->epoch,
        .window = GRANTS_REST,
        .shares = true,
        .relay = enrolment.role != ENROL_STORE,
        .books = enrolment.role == ENROL_STANDBY,
        .refill = shadow_refills(hub->shadow),
        .claim = shadow_claim(hub->shadow, hub->epoch),
    };
    struct session *session = session_open(&options, clock_steady_ms());
    if (session)
        guest = roster_add(hub->roster, peer, session, options.relay);
    if (!guest) {
        session_close(session);
        door_refuse(hub->transport, peer, FRAME_CODE_SESSION,
                    "too many connections");
        return NULL;
    }
    guest->standby = options.books;
    return guest;
}

/* What a HELLO says of hubs.  Under another number than the key's it says
 * nothing, and the session ends it. */
static void
hear_hello(struct hub *hub, struct guest *guest, const struct frame *frame)
{
    if (frame->hello.node != guest->peer.pass.node)
        return;
    guest->clock_offset_ms = drift_peer(hub->node, guest->peer.pass.node,
                                        guest->heard_ms, frame->hello.clock_ms);
    if (shadow_hello(hub->shadow, frame, guest->standby, hub->epoch))
        return;
    trace(TRACE_ERROR, hub->node, "alarm", "what=unproved peer=%u epoch=%llu",
          guest->peer.pass.node, (unsigned long long)frame->hello.epoch);
}

void
hub_take_frame(struct hub *hub, const struct transport_message *message,
               const struct frame *frame)
{
    int64_t clock_ms;

    if (message->peer.pass.joining) {
        door_join(&(struct door) { hub->transport, hub->allow, hub->node },
                  &message->peer, frame);
        return;
    }
    struct guest *guest = roster_find(hub->roster, &message->peer);
    if (guest && guest->gone)
        return;
    if (!guest && frame->kind == FRAME_HELLO)
        guest = welcome(hub, &message->peer);
    else if (!guest && frame->kind != FRAME_BYE && frame->kind != FRAME_ERR)
        door_refuse(hub->transport, &message->peer, FRAME_CODE_SESSION,
                    "say HELLO");
    if (!guest)
        return;
    guest->heard_ms = clock_wall_ms();
    if (!guest->touched) {
        assert(hub->touched_count < HUB_FRAMES_AT_ONCE);
        hub->touched[hub->touched_count++] = guest;
        guest->touched = true;
    }
    if (frame->kind == FRAME_PING && drift_told(frame, &clock_ms))
        guest->clock_offset_ms = guest->heard_ms - clock_ms;
    if (frame->kind == FRAME_HELLO)
        hear_hello(hub, guest, frame);
    if (guest->rival && frame->kind == FRAME_BATCH) {
        guest->rival = false;
        trace(TRACE_ERROR, hub->node, "alarm",
              "what=twins peer=%u incarnation=%llu", guest->peer.pass.node,
              (unsigned long long)guest->incarnation);
    }
    if (frame->kind == FRAME_ASK)
        inquiry_take(&(struct inquiry) { hub->keeper, hub->transport, NULL },
                     guest, frame, hub->epoch);
    hub_give(hub, guest,
             &(struct sync_input) { .kind = SYNC_FRAME, .frame = frame });
}
