#include "nodes/store.h"

#include "core/ledger.h"
#include "core/retell.h"
#include "nodes/carry.h"
#include "nodes/clerk.h"
#include "nodes/clock.h"
#include "nodes/drift.h"
#include "nodes/follow.h"
#include "nodes/front.h"
#include "nodes/graft.h"
#include "nodes/join.h"
#include "nodes/keeper.h"
#include "nodes/link.h"
#include "nodes/notes.h"
#include "nodes/once.h"
#include "nodes/pulse.h"
#include "nodes/refusal.h"
#include "nodes/reign.h"
#include "nodes/reopen.h"
#include "nodes/retain.h"
#include "nodes/session.h"
#include "nodes/stop.h"
#include "nodes/trace.h"
#include "nodes/trust.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 20,           /* how often the journal is looked at */
    TICK_MS = 100,          /* the session's time goes by */
    SAVE_MS = 1000,         /* what was acknowledged is written down */
    MARK_MS = 60000,        /* how often idleness is looked at */
    MARK_IDLE_MS = 3600000, /* nothing written for so long: a MARK */
    BYE_MS = 20,            /* for a BYE to be on its way */
    WISHES_MAX = 4,         /* of the session at a time */
    FRAMES_AT_ONCE = 64,    /* taken before looking elsewhere */
    GRAFT_MS = 6000,        /* no further stream to be told again for so long */
    WINDOW = 2 * LIMIT_FRAME_SIZE,
};

struct store {
    const struct store_options *options;
    int stop;
    uint32_t node;
    struct ledger *ledger;
    struct journal *journal;
    struct keeper *keeper;
    struct carry carry;
    struct notes notes;
    struct copies *copies;
    struct front front;
    struct errands errands;
    int64_t contact_ms; /* the wall's clock */
    struct drift drift;
    struct pulse_turn pulse;
    struct link link;
    struct trust trust; /* and so the list of hubs */
    struct follow follow;
    struct arena scratch;
    struct session *session;
    struct sync_outputs outputs;           /* of the last step */
    struct sync_output wishes[WISHES_MAX]; /* not answered yet */
    uint32_t wish_count;
    uint64_t txn; /* of the journal, when it was last looked at */
    int64_t look_ms;
    int64_t tick_ms;
    int64_t save_ms;
    int64_t mark_ms;
    struct retain_watch retain;
    int64_t graft_ms; /* when to open everything anew for that; 0: never */
    bool untaught;    /* a standby that knows too little to be promoted */
    bool broken;      /* a fault of the disk: open everything again */
    struct refusal refusal;
    struct once once;
    bool done; /* --once: all is sent and received, or refused */
};

/* --- what the session wants --- */

static void
end_session(struct store *store)
{
    session_close(store->session);
    store->session = NULL;
    store->wish_count = 0;
}

static void
fault(struct store *store, const char *what, enum err err)
{
    trace(TRACE_ERROR, store->node, what, "err=%s witness=%s", err_name(err),
          err_witness());
    store->broken = true;
}

/* Of those that the notes keep in mind, by their incarnations. */
static bool
is_own(const struct store *store, stream_id stream)
{
    return stream.node == store->node && stream.channel == CHANNEL_EVENTS;
}

/* False: the disk has failed. */
static bool
put_records(struct store *store, const struct sync_output *wish,
            struct sync_input *ret_input)
{
    struct ingest_batch batch = carry_batch(wish);
    const struct ingest_options options = { .now_ms = clock_wall_ms() };
    uint32_t covered;
    if (batch.stream.channel == CHANNEL_PUBLIC &&
        trust_look(&store->trust, batch.stream, batch.bytes, &covered) ==
            TRUST_FORGED) {
        trace(TRACE_ERROR, store->node, "alarm", "what=forged stream=%s",
              trace_stream(batch.stream));
        *ret_input = (struct sync_input) { .kind = SYNC_STORED };
        ret_input->stored.stream = batch.stream;
        ret_input->stored.verdict = SYNC_STORED_RIGHT;
        ret_input->stored.total = wish->put_records.total;
        return true;
    }
    enum err err = ingest_run(store->journal, &batch, 1, &options);
    enum err read = err == ERR_FULL
                        ? carry_head(&store->carry, batch.stream, &batch.head)
                        : OK;

    if ((err != OK && err != ERR_FULL) || read != OK) {
        fault(store, "ingest", err);
        return false;
    }
    keeper_wake(store->keeper);
    if (err == OK && is_own(store, batch.stream))
        notes_acked(&store->notes, batch.stream, batch.head.seq);
    carry_stored(&batch, err, wish->put_records.total, ret_input);
    return true;
}

/* False: they could not be kept, and will come again with the next session. */
static bool
put_states(struct store *store, const struct sync_output *wish,
           struct sync_input *ret_input)
{
    /* A standby folds everything itself. */
    enum err err = store->copies ? copies_put(store->copies, wish->states,
                                              store->node, clock_wall_ms())
                                 : OK;

    if (err != OK) {
        trace(TRACE_ERROR, store->node, "copies", "err=%s", err_name(err));
        return false;
    }
    store->once.told_in = session_number(store->session);
    *ret_input = (struct sync_input) { .kind = SYNC_STATES };
    return true;
}

static void
alarm_people(const struct store *store, const struct sync_output *output)
{
    trace(TRACE_ERROR, store->node, "alarm", "what=%s stream=%s seq=%llu",
          sync_alarm_name(output->alarm.what),
          trace_stream(output->alarm.stream),
          (unsigned long long)output->alarm.seq);
}

/* Sales go on under a new incarnation at once; the next session tells the hub
 * about it. */
static void
branch(struct store *store, const struct sync_output *output)
{
    int64_t now_ms = clock_wall_ms();

    if (output->branch.stream.node != store->node) {
        enum err noted = graft_note(store->journal, output->branch.stream,
                                    output->branch.at);
        /* Others may follow; the same one is found again and again. */
        if (noted == OK || store->graft_ms == 0)
            store->graft_ms = clock_steady_ms() + GRAFT_MS;
        if (noted != OK && noted != ERR_EXISTS && noted != ERR_FULL)
            fault(store, "graft", noted);
        return;
    }
    struct retell retell = { .stream = output->branch.stream,
                             .fork = output->branch.at,
                             .upto = output->branch.upto,
                             .renewed = journal_draw_later(
                                 output->branch.stream.incarnation, now_ms),
                             .reason = output->branch.reason,
                             .now_ms = now_ms };
    /* What is public or in the books is not told again: it comes back. */
    enum err err = retell.stream.channel == CHANNEL_EVENTS
                       ? retell_run(store->journal, &retell)
                       : journal_renew(store->journal, retell.renewed,
                                       (enum record_reason)retell.reason, NULL);

    trace(TRACE_ERROR, store->node, "branch",
          "from=%s at=%llu to=%llu told_again=%u err=%s",
          trace_stream(output->branch.stream),
          (unsigned long long)output->branch.at.seq,
          (unsigned long long)retell.renewed, retell.told, err_name(err));
    /* ERR_CONFLICT: another process has left the stream already. */
    if (err != OK && err != ERR_CONFLICT)
        fault(store, "branch", err);
}

/* What can be done at once; wishes are kept until the step has been carried
 * out, for their answers make the next steps. */
static void
carry_out(struct store *store, const struct sync_output *output)
{
    int64_t now_ms = clock_steady_ms();

    switch (output->kind) {
    case SYNC_SEND:
        link_send(&store->link, &output->frame);
        return;
    case SYNC_GET_HASHES:
    case SYNC_GET_RECORDS:
    case SYNC_PUT_RECORDS:
    case SYNC_PUT_STATES:
        assert(store->wish_count < WISHES_MAX);
        store->wishes[store->wish_count++] = *output;
        return;
    case SYNC_ACKED:
        if (is_own(store, output->acked.stream))
            notes_told(&store->notes, output->acked.stream,
                       output->acked.head.seq, output->acked.safe);
        return;
    case SYNC_ALARM:
        alarm_people(store, output);
        return;
    case SYNC_BRANCH:
        branch(store, output);
        if (store->graft_ms != 0)
            return; /* there may be more of them */
        link_branched(&store->link, now_ms);
        end_session(store);
        return;
    case SYNC_DROP:
        trace(TRACE_NOTICE, store->node, "dropped", "why=\"%s\"",
              output->drop.why);
        link_drop(&store->link, now_ms, output->drop.after_ms);
        end_session(store);
        return;
    case SYNC_ADMISSION:
        assert(!"a node is not asked for admission");
    }
}

/* Answers the oldest wish.  False: there is none, or it can't be answered. */
static bool
answer_wish(struct store *store, struct sync_input *ret_input)
{
    if (store->wish_count == 0)
        return false;
    struct sync_output wish = store->wishes[0];
    store->wish_count--;
    memmove(&store->wishes[0], &store->wishes[1],
            store->wish_count * sizeof store->wishes[0]);
    if (wish.kind == SYNC_GET_HASHES)
        carry_hashes(&store->carry, &wish, ret_input);
    else if (wish.kind == SYNC_GET_RECORDS)
        carry_records(&store->carry, &wish, ret_input);
    else if (wish.kind == SYNC_PUT_RECORDS)
        return put_records(store, &wish, ret_input);
    else
        return put_states(store, &wish, ret_input);
    return true;
}

static void
step(struct store *store, const struct sync_input *input)
{
    bool was_live = session_is_live(store->session);

    session_step(store->session, input, clock_steady_ms(), &store->outputs);
    if (!was_live && session_is_live(store->session)) {
        link_is_well(&store->link);
        follow_live(&store->follow, session_epoch(store->session),
                    clock_wall_ms());
        trace(TRACE_NOTICE, store->node, "connected", "session=%llu",
              (unsigned long long)session_number(store->session));
    }
    /* An output may end the session; the rest is void then. */
    for (uint32_t i = 0; i < store->outputs.count && store->session; i++)
        carry_out(store, &store->outputs.list[i]);
}

/* Steps until nothing is left to do about the input. */
static void
give(struct store *store, const struct sync_input *input)
{
    struct sync_input next = *input;

    while (store->session) {
        step(store, &next);
        if (store->outputs.again)
            next = (struct sync_input) { .kind = SYNC_TICK };
        else if (!answer_wish(store, &next))
            return;
    }
}

/* --- the connection --- */

static void
start_session(struct store *store)
{
    const struct sync_options options = {
        .role = SYNC_NODE,
        .self = store->node,
        .epoch = store->notes.epoch,
        .window = WINDOW,
        .relay = store->options->standby,
        .books = store->options->standby,
        .claim = store->follow.claim,
        .signer = store->trust.key.public_key,
    };
    struct carry *carry = &store->carry;
    enum err err = store->options->standby
                       ? carry_standby(carry, store->node)
                       : carry_offers(carry, store->node, CHANNEL_EVENTS);
    if (err == OK && !store->options->standby)
        err = carry_current(carry);
    if (err == OK && !store->options->standby)
        err = carry_held(carry, store->node, CHANNEL_PUBLIC);
    if (err != OK) {
        fault(store, "streams", err);
        return;
    }
    for (uint32_t i = 0; i < carry->offer_count; i++)
        if (is_own(store, carry->offers[i].stream))
            carry->offers[i].acked =
                notes_get_acked(&store->notes, carry->offers[i].stream);
    end_session(store);
    store->session = session_open(&options, clock_steady_ms());
    if (!store->session)
        return;
    struct sync_input input = { .kind = SYNC_START };
    input.start.clock_ms = clock_wall_ms();
    input.start.pending = carry_pending(carry);
    input.start.offers = carry->offers;
    input.start.offer_count = carry->offer_count;
    input.start.held = carry->held;
    input.start.held_count = carry->held_count;
    if (store->copies && copies_where(store->copies, &input.start.feed_epoch,
                                      &input.start.feed_position) != OK)
        trace(TRACE_ERROR, store->node, "copies", "what=unreadable");
    store->txn = journal_last_txn(store->journal);
    give(store, &input);
}

static void
look_at_link(struct store *store)
{
    switch (link_look(&store->link, clock_steady_ms())) {
    case LINK_SAME:
        return;
    case LINK_UP:
        start_session(store);
        return;
    case LINK_DOWN:
        trace(TRACE_NOTICE, store->node, "disconnected", "failures=%u",
              store->link.failures);
        end_session(store);
        return;
    case LINK_REFUSED:
        refusal_hear(&store->refusal, FRAME_CODE_RIGHT,
                     view_of("it does not admit this key"));
        end_session(store);
        return;
    }
}

static void look_at_journal(void *context);

static struct clerk
clerk_of(struct store *store)
{
    return (struct clerk) { .node = store->node,
                            .journal = store->journal,
                            .carry = &store->carry,
                            .notes = &store->notes,
                            .copies = store->copies,
                            .desk = store->front.desk,
                            .errands = &store->errands,
                            .session = store->session,
                            .transport = store->link.transport,
                            .scratch = store->scratch,
                            .look = look_at_journal,
                            .context = store };
}

static void
hear_welcome(struct store *store, const struct frame *frame)
{
    drift_look(&store->drift, store->node, store->journal);
    follow_hear(&store->follow, frame, link_hub(&store->link).key,
                clock_wall_ms());
}

static void
receive(struct store *store)
{
    struct transport_message message;

    for (uint32_t i = 0; i < FRAMES_AT_ONCE && store->session; i++) {
        if (transport_receive(store->link.transport, &message) != OK)
            return;
        struct arena scratch = store->scratch;
        struct frame frame;
        enum err err =
            frame_parse(message.header, message.payload, &scratch, &frame);
        if (err == OK && frame.kind == FRAME_ERR)
            refusal_hear(&store->refusal, frame.err.code, frame.err.words);
        int64_t clock_ms;
        store->contact_ms = clock_wall_ms();
        if (err == OK && drift_told(&frame, &clock_ms))
            drift_hear(&store->drift, clock_ms, clock_steady_ms());
        if (err == OK && frame.kind == FRAME_WELCOME)
            hear_welcome(store, &frame);
        if (err == OK && frame.kind == FRAME_ANSWER) {
            const struct clerk clerk = clerk_of(store);
            clerk_answer(&clerk, &frame, scratch);
        }
        if (err == OK)
            give(store,
                 &(struct sync_input) { .kind = SYNC_FRAME, .frame = &frame });
        else if (err != ERR_UNKNOWN)
            trace(TRACE_ERROR, store->node, "malformed", "size=%u",
                  message.payload.size);
        transport_release(&message);
    }
}

/* The hub tells where it and its standbys are. */
static void
look_for_hubs(struct store *store)
{
    struct keys_hubs hubs;

    if (!trust_refresh(&store->trust) ||
        !hubs_take(&store->trust.hubs, store->options->dir,
                   store->link.keys.public_key) ||
        keys_load_hubs(store->options->dir, &hubs, NULL) != OK)
        return;
    link_learn(&store->link, &hubs);
    trace(TRACE_NOTICE, store->node, "hubs", "count=%u", hubs.count);
}

/* What any process has appended is sent. */
static void
look_at_journal(void *context)
{
    struct store *store = context;
    uint64_t txn = journal_last_txn(store->journal);

    if (txn == store->txn || !store->session)
        return;
    store->txn = txn;
    keeper_wake(store->keeper);
    look_for_hubs(store);
    enum err err = carry_offers(&store->carry, store->node, CHANNEL_EVENTS);
    if (err != OK) {
        fault(store, "streams", err);
        return;
    }
    for (uint32_t i = 0; i < store->carry.offer_count && store->session; i++) {
        struct sync_input input = { .kind = SYNC_GROWN };
        input.grown.stream = store->carry.offers[i].stream;
        input.grown.head = store->carry.offers[i].head;
        if (!store->carry.offers[i].left)
            give(store, &input);
    }
}

/* What a hub must know has come. */
static void
learn_to_rule(struct store *store)
{
    if (!store->untaught || !store->session ||
        !session_is_briefed(store->session) ||
        reign_is_taught(store->journal) != OK)
        return;
    store->untaught = false;
    trace(TRACE_NOTICE, store->node, "taught", "epoch=%" PRIu64,
          session_epoch(store->session));
}

void
store_turn(struct store *store)
{
    int64_t now_ms = clock_steady_ms();

    look_at_link(store);
    receive(store);
    learn_to_rule(store);
    if (now_ms >= store->look_ms) {
        look_at_journal(store);
        store->look_ms = now_ms + LOOK_MS;
    }
    if (now_ms >= store->tick_ms) {
        give(store, &(struct sync_input) { .kind = SYNC_TICK });
        store->done |=
            store->options->standby && !keys_has_hub(store->options->dir);
        store->tick_ms = now_ms + TICK_MS;
    }
    if (now_ms >= store->mark_ms && !store->options->standby) {
        if (carry_mark(&store->carry, clock_wall_ms(), MARK_IDLE_MS) != OK)
            trace(TRACE_NOTICE, store->node, "mark", "what=unwritten");
        store->mark_ms = now_ms + MARK_MS;
    }
    if (now_ms >= store->save_ms) {
        follow_keep(&store->follow);
        if (notes_save(&store->notes, store->journal) != OK)
            trace(TRACE_NOTICE, store->node, "notes", "what=unsaved");
        store->save_ms = now_ms + SAVE_MS;
    }
    store->broken |= store->graft_ms != 0 && now_ms >= store->graft_ms;
    if (journal_is_broken(store->journal))
        fault(store, "commit", ERR_IO);
    if (store->front.desk) {
        const struct clerk clerk = clerk_of(store);
        clerk_serve(&clerk);
    }
    store->done |= store->options->once &&
                   once_is_done(&store->once, store->session, now_ms);
    store->done |= refusal_is_final(&store->refusal, store->session);
}

/* --- opening and closing --- */

static enum err
open_link(struct store *store, struct complaint *complaint)
{
    struct keys_pair own;
    struct keys_hubs hubs;
    const char *dir = store->options->dir;

    enum err err = keys_load_hubs(dir, &hubs, complaint);
    if (err == ERR_NOT_FOUND)
        complain(complaint,
                 "%s: has not joined a hub; run it with --join - and the "
                 "string that `enrol new` prints at the hub",
                 dir);
    if (err == OK)
        err = keys_load(dir, "own", &own, complaint);
    if (err != OK)
        return err;
    hubs_add(&store->trust.hubs, own.public_key, &hubs);
    err = link_open(&(struct link_options) { .keys = &own,
                                             .hubs = &hubs,
                                             .told = store->options->hub,
                                             .node = store->node },
                    &store->link);
    keys_wipe(&own);
    return err;
}

/* So that the hub need not wait for our silence. */
static void
say_bye(struct store *store)
{
    const struct timespec pause = { .tv_nsec = BYE_MS * 1000000L };
    struct frame bye = { .kind = FRAME_BYE,
                         .bye = { .why = FRAME_CODE_LEAVING } };

    bye.session = session_number(store->session);
    if (transport_send(store->link.transport, NULL, &bye) == OK)
        nanosleep(&pause, NULL);
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    if (store->session && !store->broken)
        say_bye(store);
    if (store->journal && !store->broken &&
        notes_save(&store->notes, store->journal) != OK)
        trace(TRACE_NOTICE, store->node, "notes", "what=unsaved");
    end_session(store);
    link_close(&store->link);
    front_close(&store->front);
    trust_close(&store->trust);
    carry_close(&store->carry);
    copies_close(store->copies);
    store->copies = NULL;
    keeper_close(store->keeper);
    ledger_close(store->ledger);
    arena_close(&store->scratch);
    free(store);
}

/* What is too old goes and what is to be told again is, before anybody reads
 * the ledger. */
static enum err
open_ledger(struct store *store, struct complaint *complaint)
{
    const char *dir = store->options->dir;
    const bool feeds = store->options->standby;
    enum err err = keeper_ledger(dir, feeds, complaint, &store->ledger);

    if (err != OK)
        return err;
    store->retain =
        (struct retain_watch) { .keep_ms = store->options->keep_ms,
                                .dropped = store->options->dropped };
    const bool shorter = retain_drop(&store->retain, store->ledger);
    const bool grafts =
        store->options->standby && graft_is_due(ledger_journal(store->ledger));
    if (!shorter && !grafts)
        return OK;
    if (grafts)
        err = graft_run(ledger_journal(store->ledger), dir, clock_wall_ms());
    ledger_close(store->ledger);
    store->ledger = NULL;
    if (err == OK)
        return keeper_ledger(dir, feeds, complaint, &store->ledger);
    complain(complaint, "%s: can't tell again what the hub lacks: %s", dir,
             err_name(err));
    return err;
}

static enum err
open_all(struct store *store, struct complaint *complaint)
{
    enum err err = open_ledger(store, complaint);
    if (err != OK)
        return err;
    store->node = ledger_who(store->ledger).node;
    store->refusal =
        (struct refusal) { .node = store->node, .once = store->options->once };
    store->journal = ledger_journal(store->ledger);
    if (!arena_open(&store->scratch, 4u << 20))
        err = ERR_MEMORY;
    if (err == OK)
        err = notes_load(&store->notes, store->journal);
    store->follow = (struct follow) { .node = store->node,
                                      .journal = store->journal,
                                      .notes = &store->notes };
    if (err == OK)
        err = follow_open(&store->follow);
    if (err == OK)
        err = trust_open(store->options->standby ? store->options->dir : NULL,
                         store->journal, &store->trust, complaint);
    if (err == OK && store->options->standby)
        err = trust_sign(&store->trust, clock_wall_ms());
    if (err == OK && store->options->standby)
        err = reign_stand_by(store->journal, &store->untaught);
    if (err == OK)
        err = carry_open(store->journal, &store->carry);
    if (err == OK && !store->options->standby)
        err = copies_open(store->options->dir, true, &store->copies);
    store->once = (struct once) { .journal = store->journal,
                                  .notes = &store->notes,
                                  .copies = store->copies };
    if (err == OK && join_is_pending(store->options->dir))
        err = join_finish(store->options->dir, store->node, store->options->hub,
                          store->stop, complaint);
    if (err == OK && !stop_asked(store->stop))
        err = open_link(store, complaint);
    if (err == OK)
        err =
            keeper_open(store->ledger, store->options->standby, &store->keeper);
    if (err == OK && !store->options->standby)
        front_open(&store->front, store->ledger);
    if (err == OK && store->options->ready)
        store->options->ready(store->options->context);
    store->mark_ms = clock_steady_ms() + MARK_MS;
    return err;
}

enum err
store_open(const struct store_options *options, int stop,
           struct complaint *complaint, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return ERR_MEMORY;
    store->options = options;
    store->stop = stop;
    enum err err = open_all(store, complaint);
    if (err == OK)
        *ret_store = store;
    else
        store_close(store);
    return err;
}

bool
store_is_broken(const struct store *store)
{
    return store->broken;
}

/* Tells how the node is. */
static void
beat(struct store *store)
{
    struct complaint complaint = { 0 };
    struct pulse pulse = {
        .node = store->node,
        .at_ms = clock_wall_ms(),
        .since_ms = store->options->since_ms,
        .connected = session_is_live(store->session),
        .contact_ms = store->contact_ms,
        .clock_offset_ms =
            drift_look(&store->drift, store->node, store->journal),
        .asked = store->errands.asked,
        .answered = store->errands.answered,
        .pruned = store->options->dropped ? *store->options->dropped : 0,
    };

    store->pulse = pulse_turn_after(pulse.connected);
    strcpy(pulse.hub, link_hub(&store->link).endpoint);
    if (!pulse.connected)
        pulse.why = store->link.why;
    pulse_measure(store->options->dir, store->journal, store->keeper, &pulse);
    enum err err = notes_save(&store->notes, store->journal);
    if (err == OK)
        err = notes_unacknowledged(store->journal, store->node, &pulse.lag,
                                   &pulse.oldest_ms);
    if (err == OK)
        err = pulse_write(store->options->dir, store->options->metrics, &pulse,
                          &complaint);
    if (err != OK)
        trace(TRACE_NOTICE, store->node, "pulse", "err=\"%s\" what=\"%s\"",
              err_name(err), complaint.text);
}

/* One life of the process between two faults of the disk. */
static enum err
live(const struct store_options *options, int stop, struct complaint *complaint,
     bool *ret_broken, bool *ret_willing)
{
    struct store *store = NULL;

    *ret_willing = false;
    *ret_broken = false;
    enum err err = store_open(options, stop, complaint, &store);
    if (err != OK)
        return err;
    front_sell(&store->front);
    while (!store->broken && !store->done && !stop_asked(stop) &&
           !retain_is_due(&store->retain, store->ledger, store->copies)) {
        store_turn(store);
        front_look(&store->front, clock_steady_ms());
        if (pulse_is_due(&store->pulse, session_is_live(store->session)) &&
            !store->broken)
            beat(store);
        const int descriptors[] = { stop, front_bell(&store->front, stop) };
        transport_wait(store->link.transport, descriptors,
                       COUNT_OF(descriptors), LOOK_MS);
    }
    if (!store->broken)
        beat(store);
    if (stop_asked(stop))
        trace(TRACE_NOTICE, store->node, "stopping", "why=signal");
    *ret_broken = store->broken || store->retain.due;
    *ret_willing = store->graft_ms != 0 || store->retain.due;
    err = refusal_tell(&store->refusal, options->dir, complaint);
    store_close(store);
    return err;
}

enum err
store_run(const struct store_options *options, struct complaint *complaint)
{
    struct store_options counted = *options;
    uint64_t dropped = 0;
    uint32_t faults = 0;
    bool broken = true;
    int stop = -1;

    counted.dropped = &dropped;
    counted.since_ms = clock_wall_ms();
    enum err err = stop_open(&stop);
    if (err != OK)
        return err;
    if (options->ticket.size > 0)
        err = join_prepare(options->dir, options->ticket, options->standby,
                           complaint);
    while (err == OK && broken) {
        const int64_t opened_ms = clock_steady_ms();
        bool willing = false;
        err = live(&counted, stop, complaint, &broken, &willing);
        if (err == OK && broken && !willing)
            err = reopen_after(&faults, clock_steady_ms() - opened_ms);
    }
    stop_close(stop);
    return err;
}
