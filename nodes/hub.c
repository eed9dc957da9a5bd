/*
 * hub.c - a turn of the hub's loop
 *
 *   drain    take what has come, step each sender's session with it; what is
 *            to be stored is only put on a list
 *   commit   store the whole list in one transaction
 *   answer   tell the sessions, whose acknowledgements then go out
 *   look     at what other processes have committed: versions go down,
 *            revoked nodes go
 *
 * So under load a commit carries many nodes' frames and costs each a fraction
 * of a flush, and without load it carries one at once.
 */
#include "nodes/hub.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/ledger.h"
#include "nodes/allow.h"
#include "nodes/carry.h"
#include "nodes/clock.h"
#include "nodes/door.h"
#include "nodes/drift.h"
#include "nodes/feeding.h"
#include "nodes/inquiry.h"
#include "nodes/keeper.h"
#include "nodes/notes.h"
#include "nodes/pulse.h"
#include "nodes/roster.h"
#include "nodes/shadow.h"
#include "nodes/stop.h"
#include "nodes/trace.h"

enum {
    FRAMES_AT_ONCE = 256, /* of a drain, and so of a commit */
    BYTES_AT_ONCE = 16 * LIMIT_FRAME_SIZE,
    SCRATCH_SIZE = 64 * LIMIT_FRAME_SIZE, /* address space for their parts */
    WISHES_MAX = 4,
    LOOK_MS = 20,
    TICK_MS = 500,
    REOPENS_MAX = 5,
    BULK_BYTES = LIMIT_FRAME_SIZE, /* more than that pending: a catch-up */
    BULK_MAX = 16,                 /* catch-ups at a time */
    BULK_WAIT_MS = 1000,           /* the others come back, spread over ... */
    BULK_SPREAD_MS = 4000,         /* ... this */
    SESSION_BITS = 20,             /* sessions of one run of the process */
};

/* Records that wait for the commit. */
struct put {
    struct guest *guest;
    uint64_t total;
    uint8_t *owned; /* the bytes, where they were held back; NULL: they are the
                     * message's */
    bool refused;   /* what follows on them is not taken */
};

struct hub {
    const struct hub_options *options;
    uint32_t node;
    uint64_t epoch;
    uint64_t sessions; /* the last session's number */
    struct ledger *ledger;
    struct journal *journal;
    struct keeper *keeper;
    struct teller teller;
    struct carry carry;
    struct allow *allow;
    uint64_t allow_changes;
    struct transport *transport;
    struct roster *roster;
    struct shadow *shadow;
    struct arena scratch;
    uint64_t txn;
    int64_t look_ms;
    int64_t tick_ms;
    int64_t since_ms; /* of the process, by the wall's clock */
    int64_t pulse_ms;
    bool broken;
    bool full; /* there was no room for the last commit */

    struct sync_outputs outputs;
    struct sync_output wishes[WISHES_MAX];
    uint32_t wish_count;
    struct transport_message messages[FRAMES_AT_ONCE]; /* of a drain */
    uint32_t message_count;
    struct put puts[FRAMES_AT_ONCE];
    struct ingest_batch batches[FRAMES_AT_ONCE];
    uint32_t put_count;
};

static void
fault(struct hub *hub, const char *what, enum err err)
{
    trace(TRACE_ERROR, hub->node, what, "err=%s witness=%s", err_name(err),
          err_witness());
    hub->broken = true;
}

/* --- what a session wants --- */

static void
send_to(struct hub *hub, struct guest *guest, const struct frame *frame)
{
    /* A full queue loses the frame, as a bad wire would; whoever misses it
     * asks again. */
    if (transport_send(hub->transport, &guest->peer, frame) == ERR_NOT_FOUND)
        guest->gone = true;
}

static void
alarm_people(struct hub *hub, const struct guest *guest,
             const struct sync_output *output)
{
    shadow_alarm(hub->shadow, output);
    trace(TRACE_ERROR, hub->node, "alarm", "what=%s peer=%u stream=%s seq=%llu",
          sync_alarm_name(output->alarm.what), guest->peer.pass.node,
          trace_stream(output->alarm.stream),
          (unsigned long long)output->alarm.seq);
}

/* What is public and comes from a node is stored as far as it is signed; a
 * standby is as good as we are. */
static void
hold_back(struct hub *hub, struct put *put, const struct sync_output *wish,
          struct ingest_batch *batch)
{
    struct refill_result result = { .refused = true };
    enum err err = refill_take(&put->guest->refill, shadow_trust(hub->shadow),
                               wish, &result);

    if (err != OK || result.refused)
        trace(TRACE_ERROR, hub->node, "alarm",
              "what=unsigned peer=%u stream=%s seq=%llu err=%s",
              put->guest->peer.pass.node, trace_stream(batch->stream),
              (unsigned long long)wish->put_records.from, err_name(err));
    put->owned = result.bytes;
    put->refused = result.refused;
    batch->bytes = (view) { result.bytes, result.size };
}

static void
put_later(struct hub *hub, struct guest *guest, const struct sync_output *wish)
{
    assert(hub->put_count < FRAMES_AT_ONCE);
    struct put *put = &hub->puts[hub->put_count];
    struct ingest_batch *batch = &hub->batches[hub->put_count++];
    *put = (struct put) { .guest = guest, .total = wish->put_records.total };
    *batch = carry_batch(wish);
    if (batch->stream.channel == CHANNEL_PUBLIC && !guest->standby)
        hold_back(hub, put, wish, batch);
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
        assert(hub->wish_count < WISHES_MAX);
        hub->wishes[hub->wish_count++] = *output;
        return;
    case SYNC_PUT_RECORDS:
        put_later(hub, guest, output);
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
    guest->bulk = false;
    bool bulk = wish->admission.pending > BULK_BYTES;
    *ret_input = (struct sync_input) { .kind = SYNC_DEFER };
    ret_input->defer.ms = BULK_WAIT_MS;
    if (bulk && roster_bulk_count(hub->roster) >= BULK_MAX) {
        ret_input->defer.ms +=
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
        fault(hub, "streams", err);
        return;
    }
    guest->bulk = bulk;
    guest->asked_ms = guest->told_ms = 0;
    feed_parcel_close(&guest->parcel);
    guest->incarnation = wish->admission.incarnation;
    roster_fence(hub->roster, guest);
    *ret_input = (struct sync_input) { .kind = SYNC_ADMIT };
    ret_input->admit.session = ++hub->sessions;
    ret_input->admit.window = roster_window(hub->roster, bulk);
    ret_input->admit.clock_ms = clock_wall_ms();
    ret_input->admit.held = hub->carry.held;
    ret_input->admit.held_count = count;
    ret_input->admit.offers = hub->carry.offers;
    ret_input->admit.offer_count = hub->carry.offer_count;
    trace(TRACE_NOTICE, hub->node, "admitted", "peer=%u session=%llu bulk=%d",
          guest->peer.pass.node, (unsigned long long)hub->sessions, bulk);
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
    else
        admit(hub, guest, &wish, ret_input);
    return true;
}

/* Steps until nothing is left to do about the input. */
static void
give(struct hub *hub, struct guest *guest, const struct sync_input *input)
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
static void
give_any(void *context, struct guest *guest, const struct sync_input *input)
{
    give(context, guest, input);
}

static void
end_guest(struct hub *hub, struct guest *guest, enum frame_code code,
          const char *words)
{
    struct sync_input input = { .kind = SYNC_REFUSE };

    input.refuse.code = code;
    input.refuse.retry = code != FRAME_CODE_RIGHT;
    input.refuse.words = words;
    give(hub, guest, &input);
}

/* --- drain --- */

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
        .window = ROSTER_WINDOW_LIVE,
        .relay = enrolment.role != ENROL_STORE,
        .books = enrolment.role == ENROL_STANDBY,
        .refill = shadow_refills(hub->shadow),
        .claim = shadow_claim(hub->shadow, hub->epoch),
    };
    struct session *session = session_open(&options, clock_steady_ms());
    if (session)
        guest = roster_add(hub->roster, peer, session);
    if (!guest) {
        session_close(session);
        door_refuse(hub->transport, peer, FRAME_CODE_SESSION,
                    "too many connections");
        return NULL;
    }
    guest->relay = options.relay;
    guest->standby = options.books;
    return guest;
}

/* What a HELLO says of hubs. */
static void
hear_hello(struct hub *hub, struct guest *guest, const struct frame *frame)
{
    guest->clock_offset_ms = drift_peer(hub->node, guest->peer.pass.node,
                                        guest->heard_ms, frame->hello.clock_ms);
    if (shadow_hello(hub->shadow, frame, guest->standby, hub->epoch))
        return;
    trace(TRACE_ERROR, hub->node, "alarm", "what=unproved peer=%u epoch=%llu",
          guest->peer.pass.node, (unsigned long long)frame->hello.epoch);
}

static void
take_frame(struct hub *hub, const struct transport_message *message,
           const struct frame *frame)
{
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
    give(hub, guest,
         &(struct sync_input) { .kind = SYNC_FRAME, .frame = frame });
}

/* Messages are kept until the commit: what is to be stored borrows them. */
static void
drain(struct hub *hub)
{
    struct arena scratch = hub->scratch;
    size_t bytes = 0;

    while (hub->message_count < FRAMES_AT_ONCE && bytes < BYTES_AT_ONCE) {
        struct transport_message *message = &hub->messages[hub->message_count];
        if (transport_receive(hub->transport, message) != OK)
            return;
        hub->message_count++;
        bytes += message->payload.size;
        struct arena frame_scratch = scratch;
        struct frame frame;
        enum err err = frame_parse(message->header, message->payload,
                                   &frame_scratch, &frame);
        if (err == OK)
            take_frame(hub, message, &frame);
        else if (err != ERR_UNKNOWN)
            trace(TRACE_ERROR, hub->node, "malformed", "peer=%u size=%u",
                  message->peer.pass.node, message->payload.size);
    }
}

/* --- commit and answer --- */

static bool
same_stream(const struct hub *hub, uint32_t a, uint32_t b)
{
    return hub->puts[a].guest == hub->puts[b].guest &&
           stream_equal(hub->batches[a].stream, hub->batches[b].stream);
}

static void
answer(struct hub *hub, enum err err)
{
    for (uint32_t i = 0; i < hub->put_count; i++) {
        struct sync_input input;
        const struct put *put = &hub->puts[i];
        struct ingest_batch *batch = &hub->batches[i];
        if (err == ERR_FULL &&
            carry_head(&hub->carry, batch->stream, &batch->head) != OK)
            continue;
        carry_stored(batch, err, put->total, &input);
        input.stored.safe = shadow_safe(hub->shadow, batch->stream);
        /* One acknowledgement for all that this commit holds of a stream. */
        input.stored.more =
            i + 1 < hub->put_count && same_stream(hub, i, i + 1);
        give(hub, put->guest, &input);
        if (err == OK)
            shadow_stored(hub->shadow, put->guest, batch);
        input.stored.verdict = SYNC_STORED_RIGHT;
        if (put->refused)
            give(hub, put->guest, &input);
    }
}

/* Once when the disk fills up, and once when there is room again. */
static void
tell_room(struct hub *hub, bool full)
{
    if (full != hub->full)
        trace(full ? TRACE_ERROR : TRACE_NOTICE, hub->node,
              full ? "full" : "room", "why=\"%s\"",
              full ? "no space left on the disk; nodes send again later"
                   : "there is space on the disk again");
    hub->full = full;
}

static void
commit(struct hub *hub)
{
    const struct ingest_options options = { .now_ms = clock_wall_ms() };

    if (hub->put_count > 0) {
        enum err err =
            ingest_run(hub->journal, hub->batches, hub->put_count, &options);
        tell_room(hub, err == ERR_FULL);
        if (err == OK || err == ERR_FULL)
            answer(hub, err);
        else
            fault(hub, "ingest", err);
        keeper_wake(hub->keeper);
    }
    for (uint32_t i = 0; i < hub->put_count; i++)
        free(hub->puts[i].owned);
    hub->put_count = 0;
    roster_bound_refills(hub->roster);
    for (uint32_t i = 0; i < hub->message_count; i++)
        transport_release(&hub->messages[i]);
    hub->message_count = 0;
}

/* --- look --- */

/* Sessions whose key no longer holds are closed. */
static void
check_keys(struct hub *hub)
{
    uint64_t changes = allow_changes(hub->allow);

    if (changes == hub->allow_changes)
        return;
    hub->allow_changes = changes;
    for (uint32_t i = 0; i < roster_count(hub->roster); i++) {
        struct guest *guest = roster_at(hub->roster, i);
        if (!guest->gone &&
            !allow_holds(hub->allow, guest->peer.pass, guest->peer.key))
            end_guest(hub, guest, FRAME_CODE_RIGHT, "not enrolled any more");
    }
}

static void
look(struct hub *hub)
{
    uint64_t txn = journal_last_txn(hub->journal);

    if (journal_is_broken(hub->journal))
        fault(hub, "commit", ERR_IO);
    if (txn == hub->txn)
        return;
    hub->txn = txn;
    keeper_wake(hub->keeper);
    check_keys(hub);
    hub->broken |= shadow_look(hub->shadow, hub->epoch);
}

static void
tick(struct hub *hub)
{
    for (uint32_t i = 0; i < roster_count(hub->roster); i++) {
        struct guest *guest = roster_at(hub->roster, i);
        if (!guest->gone)
            give(hub, guest, &(struct sync_input) { .kind = SYNC_TICK });
        if (guest->bulk && session_is_received(guest->session))
            guest->bulk = false;
    }
    roster_share_window(hub->roster);
}

void
hub_turn(struct hub *hub)
{
    int64_t now_ms = clock_steady_ms();

    drain(hub);
    commit(hub);
    teller_take(&hub->teller);
    inquiry_answer(
        &(struct inquiry) { hub->keeper, hub->transport, &hub->teller },
        hub->roster);
    if (now_ms >= hub->look_ms) {
        look(hub);
        feeding_look(&(struct feeding) { .keeper = hub->keeper,
                                         .roster = hub->roster,
                                         .epoch = hub->epoch,
                                         .give = give_any,
                                         .context = hub });
        hub->look_ms = now_ms + LOOK_MS;
    }
    if (now_ms >= hub->tick_ms) {
        tick(hub);
        shadow_tick(hub->shadow);
        hub->tick_ms = now_ms + TICK_MS;
    }
    for (uint32_t i = 0; i < roster_count(hub->roster); i++) {
        struct guest *guest = roster_at(hub->roster, i);
        if (guest->ends != 0 && !guest->gone)
            end_guest(hub, guest, guest->ends, guest->ends_words);
    }
    roster_sweep(hub->roster);
}

/* --- opening and closing --- */

enum err
hub_keys(const char *dir, struct keys_pair *ret_keys,
         struct complaint *complaint)
{
    enum err err = keys_load(dir, "own", ret_keys, complaint);
    if (err != ERR_NOT_FOUND)
        return err;
    struct keys_pair fresh;
    transport_keypair(&fresh);
    err = keys_store(dir, "own", &fresh, complaint);
    keys_wipe(&fresh);
    if (err != OK && err != ERR_EXISTS)
        return err;
    /* Another process may have been faster; its key it is then. */
    return keys_load(dir, "own", ret_keys, complaint);
}

static enum err
start_listening(struct hub *hub, struct complaint *complaint)
{
    struct keys_pair keys;
    const struct hub_options *options = hub->options;
    struct keys_hub own = { 0 };
    enum err err = hub_keys(options->dir, &keys, complaint);
    if (err == OK)
        own.key = keys.public_key;
    if (err == OK && options->public_endpoint)
        strcpy(own.endpoint, options->public_endpoint);
    if (err == OK)
        shadow_name(hub->shadow, &own);
    if (err == OK)
        err = transport_open(&hub->transport);
    const struct transport_listen listen = {
        .endpoint = options->listen,
        .keys = &keys,
        .gate = allow_gate,
        .context = hub->allow,
    };
    if (err == OK)
        err = transport_listen(hub->transport, &listen, complaint);
    keys_wipe(&keys);
    if (err != OK)
        return err;
    const char *endpoint = transport_endpoint(hub->transport);
    const char *found =
        options->public_endpoint ? options->public_endpoint : endpoint;
    err = keys_store_listen(options->dir, found, complaint);
    trace(TRACE_NOTICE, hub->node, "listening", "endpoint=%s epoch=%llu",
          endpoint, (unsigned long long)hub->epoch);
    if (err == OK && options->ready)
        options->ready(options->context, endpoint);
    return err;
}

static enum err
open_all(struct hub *hub, struct complaint *complaint)
{
    struct journal_identity who;
    uint64_t run = 0;

    enum err err = keeper_ledger(hub->options->dir, complaint, &hub->ledger);
    if (err != OK)
        return err;
    hub->journal = ledger_journal(hub->ledger);
    err = journal_get_identity(hub->journal, &who);
    hub->node = who.node;
    hub->epoch = who.incarnation;
    hub->roster = roster_open();
    if (err == OK && (!hub->roster || !arena_open(&hub->scratch, SCRATCH_SIZE)))
        err = ERR_MEMORY;
    if (err == OK)
        err = notes_next_run(hub->journal, &run);
    hub->sessions = run << SESSION_BITS;
    if (err == OK)
        err = carry_open(hub->journal, &hub->carry);
    if (err == OK)
        err = allow_open(hub->journal, &hub->allow);
    const struct shadow_options shadow = { .dir = hub->options->dir,
                                           .journal = hub->journal,
                                           .carry = &hub->carry,
                                           .allow = hub->allow,
                                           .roster = hub->roster,
                                           .node = hub->node,
                                           .give = give_any,
                                           .context = hub };
    if (err == OK)
        err = shadow_open(&shadow, &hub->shadow, complaint);
    if (err == OK)
        err = keeper_open(hub->ledger, true, &hub->keeper);
    if (err == OK)
        err = start_listening(hub, complaint);
    return err;
}

void
hub_close(struct hub *hub)
{
    const struct timespec pause = { .tv_nsec = 20000000 };

    if (!hub)
        return;
    for (uint32_t i = 0; hub->roster && i < roster_count(hub->roster); i++)
        if (!roster_at(hub->roster, i)->gone)
            end_guest(hub, roster_at(hub->roster, i), FRAME_CODE_LEAVING,
                      "leaving");
    if (hub->roster && roster_count(hub->roster) > 0)
        nanosleep(&pause, NULL); /* what was said is on its way */
    transport_close(hub->transport);
    roster_close(hub->roster);
    teller_close(&hub->teller);
    keeper_close(hub->keeper);
    shadow_close(hub->shadow);
    allow_close(hub->allow);
    carry_close(&hub->carry);
    ledger_close(hub->ledger);
    arena_close(&hub->scratch);
    free(hub);
}

enum err
hub_open(const struct hub_options *options, struct complaint *complaint,
         struct hub **ret_hub)
{
    struct hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return ERR_MEMORY;
    hub->options = options;
    hub->since_ms = clock_wall_ms();
    enum err err = open_all(hub, complaint);
    if (err == OK)
        *ret_hub = hub;
    else
        hub_close(hub);
    return err;
}

bool
hub_is_broken(const struct hub *hub)
{
    return hub->broken;
}

bool
hub_is_deposed(const struct hub *hub)
{
    return shadow_is_deposed(hub->shadow);
}

/* Tells how the hub is. */
static void
beat(struct hub *hub)
{
    struct pulse pulse = { .is_hub = true,
                           .node = hub->node,
                           .at_ms = clock_wall_ms(),
                           .since_ms = hub->since_ms,
                           .epoch = hub->epoch,
                           .holds = keeper_holds(hub->keeper) };

    hub->pulse_ms = clock_steady_ms() + PULSE_MS;
    pulse_measure(hub->options->dir, hub->journal, hub->keeper, &pulse);
    enum err err = pulse_peers(hub->roster, &pulse);
    if (err == OK)
        err = pulse_write(hub->options->dir, hub->options->metrics, &pulse);
    pulse_close(&pulse);
    if (err != OK)
        trace(TRACE_NOTICE, hub->node, "pulse", "err=%s", err_name(err));
}

/* One life of the process between two faults of the disk. */
static enum err
live(const struct hub_options *options, int stop, struct complaint *complaint,
     bool *ret_broken)
{
    struct hub *hub = NULL;

    *ret_broken = false;
    enum err err = hub_open(options, complaint, &hub);
    if (err != OK)
        return err;
    teller_open(&hub->teller, hub->ledger, hub->keeper, hub->epoch);
    const int descriptors[] = { stop, keeper_bell(hub->keeper),
                                teller_bell(&hub->teller, stop) };
    while (!hub->broken && !hub_is_deposed(hub) && !stop_asked(stop)) {
        hub_turn(hub);
        if (clock_steady_ms() >= hub->pulse_ms && !hub->broken)
            beat(hub);
        transport_wait(hub->transport, descriptors, COUNT_OF(descriptors),
                       LOOK_MS);
    }
    if (!hub->broken)
        beat(hub);
    *ret_broken = hub->broken;
    bool deposed = hub_is_deposed(hub);
    hub_close(hub);
    if (!deposed)
        return OK;
    complain(complaint,
             "%s: a later hub has taken over; run it as its standby (enrol it "
             "there with --role standby, then hub --join -)",
             options->dir);
    return ERR_CONFLICT;
}

enum err
hub_run(const struct hub_options *options, struct complaint *complaint)
{
    struct hub_options again = *options;
    bool broken = true;
    int stop = -1;

    if (options->public_endpoint && !keys_is_endpoint(options->public_endpoint))
        return complain(complaint, "%s: expected tcp://HOST:PORT",
                        options->public_endpoint);
    enum err err = stop_open(&stop);
    if (err != OK)
        return err;
    /* After a fault of the disk nothing is tried in place: everything is
     * closed, opened and checked again. */
    for (uint32_t i = 0; err == OK && broken && i < REOPENS_MAX; i++) {
        err = live(&again, stop, complaint, &broken);
        again.ready = NULL;
    }
    if (err == OK && broken)
        err = ERR_IO;
    stop_close(stop);
    return err;
}
