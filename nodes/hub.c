/*
 * hub.c - a turn of the hub's loop, and its life around it
 *
 *   drain    take what has come, step each sender's session with it
 *            (hub_guests.c); what is to be stored is only put on a list
 *   commit   store the whole list in one transaction
 *   answer   tell the sessions, whose acknowledgements then go out
 *   look     at what other processes have committed: versions go down,
 *            revoked nodes go
 *
 * So under load a commit carries many nodes' frames and costs each a fraction
 * of a flush, and without load it carries one at once.
 */
#include "nodes/hub.h"

#include "core/conflict.h"
#include "core/ledger.h"
#include "nodes/allow.h"
#include "nodes/clock.h"
#include "nodes/feeding.h"
#include "nodes/hub_parts.h"
#include "nodes/inquiry.h"
#include "nodes/notes.h"
#include "nodes/reign.h"
#include "nodes/reopen.h"
#include "nodes/stop.h"
#include "nodes/trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BYTES_AT_ONCE = 16 * LIMIT_FRAME_SIZE, /* of a drain */
    SCRATCH_SIZE = 64 * LIMIT_FRAME_SIZE,  /* address space for their parts */
    LOOK_MS = 20,
    TICK_MS = 500,
    SESSION_BITS = 20, /* sessions of one run of the process */
};

/* --- drain --- */

static bool
has_put(const struct hub *hub, uint32_t node)
{
    for (uint32_t i = 0; i < hub->put_count; i++)
        if (hub->puts[i].guest->peer.pass.node == node)
            return true;
    return false;
}

/* A HELLO is answered with what we hold of the node's streams.  What came from
 * the node just before, and waits for the commit, must be in that answer: a
 * node that has been restored meanwhile has it no more, and learns of it only
 * so.  Such a HELLO is taken after the commit. */
static void
take_message(struct hub *hub, const struct transport_message *message)
{
    struct arena scratch = hub->scratch;
    struct frame frame;
    enum err err =
        frame_parse(message->header, message->payload, &scratch, &frame);

    hub->late = err == OK && frame.kind == FRAME_HELLO &&
                has_put(hub, message->peer.pass.node);
    if (err == OK && !hub->late)
        hub_take_frame(hub, message, &frame);
    else if (err != OK && err != ERR_UNKNOWN)
        trace(TRACE_ERROR, hub->node, "malformed", "peer=%u size=%u",
              message->peer.pass.node, message->payload.size);
}

/* Messages are kept until the commit: what is to be stored borrows them. */
static void
drain(struct hub *hub)
{
    uint64_t bytes = 0;

    while (hub->message_count < HUB_FRAMES_AT_ONCE && bytes < BYTES_AT_ONCE &&
           !hub->late) {
        struct transport_message *message = &hub->messages[hub->message_count];
        if (transport_receive(hub->transport, message) != OK)
            return;
        hub->message_count++;
        bytes += message->payload.size;
        hub->came += message->payload.size;
        take_message(hub, message);
    }
}

/* --- commit and answer --- */

static void
answer(struct hub *hub, enum err err)
{
    for (uint32_t i = 0; i < hub->put_count; i++) {
        struct sync_input input;
        const struct hub_put *put = &hub->puts[i];
        struct ingest_batch *batch = &hub->batches[i];
        if (err == ERR_FULL &&
            carry_head(&hub->carry, batch->stream, &batch->head) != OK)
            continue;
        carry_stored(batch, err, put->total, &input);
        input.stored.safe = shadow_safe(hub->shadow, batch->stream);
        /* It is acknowledged with the credit that share_out() gives. */
        input.stored.more = true;
        hub_give(hub, put->guest, &input);
        if (err == OK)
            shadow_stored(hub->shadow, put->guest, batch);
        input.stored.verdict = SYNC_STORED_RIGHT;
        if (put->refused)
            hub_give(hub, put->guest, &input);
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
tell_conflict(struct hub *hub, const struct conflict *conflict)
{
    char name[IDENTITY_SIZE];
    char aside[CONFLICT_PRINT_SIZE], counts[CONFLICT_PRINT_SIZE];

    identity_format(conflict->identity, name);
    conflict_print(conflict->aside.print, aside);
    conflict_print(conflict->counts.print, counts);
    trace(TRACE_ERROR, hub->node, "alarm",
          "what=%s event=%s aside_by=%u aside=%s counts_by=%u counts=%s",
          conflict->why == QUARANTINE_COPY_FALSE ? "false_copy" : "differs",
          name, conflict->aside.node, aside, conflict->counts.node, counts);
}

/* Two events under one identity: people are told of each as it comes, and of
 * very many at once how many more there are, all of which `status` lists. */
static void
tell_conflicts(struct hub *hub, const struct ingest_marks *marks)
{
    struct reader *reader = NULL;
    struct conflict conflict;

    if (marks->count == 0)
        return;
    hub->conflicts += marks->count;
    enum err err = reader_open(hub->journal, &reader);
    for (uint32_t i = 0; i < marks->count && i < INGEST_MARKS_MAX; i++) {
        const struct ingest_mark *mark = &marks->list[i];
        if (err == OK &&
            conflict_find(reader, journal_describer(hub->journal),
                          mark->position, mark->why, &conflict) == OK)
            tell_conflict(hub, &conflict);
    }
    reader_close(reader);
    if (marks->count > INGEST_MARKS_MAX)
        trace(TRACE_ERROR, hub->node, "alarm", "what=differs more=%u",
              marks->count - INGEST_MARKS_MAX);
}

/* Those that this hub holds already. */
static enum err
count_conflicts(struct hub *hub)
{
    struct reader *reader = NULL;
    enum err err = reader_open(hub->journal, &reader);

    if (err == OK)
        hub->conflicts = conflict_count(reader);
    reader_close(reader);
    return err;
}

static void
commit(struct hub *hub)
{
    struct ingest_marks marks;
    const struct ingest_options options = { .now_ms = clock_wall_ms(),
                                            .marks = &marks };

    if (hub->put_count > 0) {
        enum err err =
            ingest_run(hub->journal, hub->batches, hub->put_count, &options);
        tell_room(hub, err == ERR_FULL);
        if (err == OK || err == ERR_FULL)
            answer(hub, err);
        else
            hub_fault(hub, "ingest", err);
        if (err == OK)
            tell_conflicts(hub, &marks);
        keeper_wake(hub->keeper);
    }
    for (uint32_t i = 0; i < hub->put_count; i++)
        free(hub->puts[i].owned);
    hub->put_count = 0;
    roster_bound_refills(hub->roster);
    if (hub->late)
        take_message(hub, &hub->messages[hub->message_count - 1]);
    for (uint32_t i = 0; i < hub->message_count; i++)
        transport_release(&hub->messages[i]);
    hub->message_count = 0;
}

/* Gives credit to whoever's turn it is, and a rest to who has brought all; so
 * what is due to those who were heard goes out. */
static void
share_out(struct hub *hub)
{
    struct sync_input input = { .kind = SYNC_GRANT };
    struct guest *guest;

    for (uint32_t i = 0; i < hub->touched_count; i++)
        roster_note(hub->roster, hub->touched[i]);
    while ((guest = roster_next_turn(hub->roster, &input.grant)) != NULL)
        hub_give(hub, guest, &input);
    for (uint32_t i = 0; i < hub->touched_count; i++) {
        guest = hub->touched[i];
        guest->touched = false;
        input.grant = guest->grant.items > 0 ? 0 : GRANTS_REST;
        hub_give(hub, guest, &input);
        roster_note(hub->roster, guest);
    }
    hub->touched_count = 0;
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
            hub_end_guest(hub, guest, FRAME_CODE_RIGHT,
                          "not enrolled any more");
    }
}

static void
look(struct hub *hub)
{
    uint64_t txn = journal_last_txn(hub->journal);

    if (journal_is_broken(hub->journal))
        hub_fault(hub, "commit", ERR_IO);
    if (txn == hub->txn)
        return;
    hub->txn = txn;
    keeper_wake(hub->keeper);
    check_keys(hub);
    hub->broken |= shadow_look(hub->shadow, hub->epoch);
}

/* Another hub may rule by now, and no node tell us so. */
static void
look_for_heir(struct hub *hub)
{
    struct claim claim;

    if (heir_turn(&hub->heir, hub->scratch, &claim))
        shadow_depose(hub->shadow, &claim);
}

static void
tick(struct hub *hub)
{
    for (uint32_t i = 0; i < roster_count(hub->roster); i++) {
        struct guest *guest = roster_at(hub->roster, i);
        if (!guest->gone)
            hub_give(hub, guest, &(struct sync_input) { .kind = SYNC_TICK });
        if (guest->bulk && session_is_received(guest->session))
            roster_set_bulk(hub->roster, guest, false);
    }
    roster_tick_turns(hub->roster);
}

void
hub_turn(struct hub *hub)
{
    int64_t now_ms = clock_steady_ms();

    drain(hub);
    commit(hub);
    share_out(hub);
    teller_take(&hub->teller);
    inquiry_answer(
        &(struct inquiry) { hub->keeper, hub->transport, &hub->teller },
        hub->roster);
    if (now_ms >= hub->look_ms) {
        roster_came(hub->roster, hub->came);
        hub->came = 0;
        look(hub);
        feeding_look(&(struct feeding) { .keeper = hub->keeper,
                                         .roster = hub->roster,
                                         .epoch = hub->epoch,
                                         .give = hub_give_any,
                                         .context = hub });
        look_for_heir(hub);
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
            hub_end_guest(hub, guest, guest->ends, guest->ends_words);
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

/* A hub that was restored without its keys makes others, by which no node that
 * has joined it finds it. */
static enum err
warn_of_new_key(const struct hub *hub)
{
    struct keys_pair pair;
    bool has_nodes = false;
    bool is_new =
        keys_load(hub->options->dir, "own", &pair, NULL) == ERR_NOT_FOUND;
    enum err err = is_new ? reign_has_nodes(hub->journal, &has_nodes) : OK;

    keys_wipe(&pair);
    if (has_nodes)
        trace(TRACE_ERROR, hub->node, "alarm",
              "what=new_key why=\"nodes know this hub by another key, and "
              "don't find it: stop it, move keys/ out of the ledger, leima "
              "keys import; or enrol them anew\"");
    return err;
}

static enum err
start_listening(struct hub *hub, struct complaint *complaint)
{
    struct keys_pair keys;
    const struct hub_options *options = hub->options;
    struct keys_hub own = { 0 };
    enum err err = warn_of_new_key(hub);
    if (err == OK)
        err = hub_keys(options->dir, &keys, complaint);
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
    if (err == OK)
        heir_open(&(struct heir_options) { .trust = shadow_trust(hub->shadow),
                                           .carry = &hub->carry,
                                           .epoch = hub->epoch },
                  &keys, &hub->heir);
    keys_wipe(&keys);
    if (err != OK)
        return err;
    const char *endpoint = transport_endpoint(hub->transport);
    const char *found =
        options->public_endpoint ? options->public_endpoint : endpoint;
    err = keys_store_listen(options->dir, found, complaint);
    if (err != OK)
        return err;
    trace(TRACE_NOTICE, hub->node, "listening", "endpoint=%s epoch=%llu",
          endpoint, (unsigned long long)hub->epoch);
    if (options->ready)
        options->ready(options->context, endpoint);
    return OK;
}

static enum err
open_all(struct hub *hub, struct complaint *complaint)
{
    struct journal_identity who;
    uint64_t run = 0;

    enum err err =
        keeper_ledger(hub->options->dir, true, complaint, &hub->ledger);
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
        err = count_conflicts(hub);
    if (err == OK)
        err = allow_open(hub->journal, &hub->allow);
    const struct shadow_options shadow = { .dir = hub->options->dir,
                                           .journal = hub->journal,
                                           .carry = &hub->carry,
                                           .allow = hub->allow,
                                           .roster = hub->roster,
                                           .node = hub->node,
                                           .give = hub_give_any,
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
            hub_end_guest(hub, roster_at(hub->roster, i), FRAME_CODE_LEAVING,
                          "leaving");
    if (hub->roster && roster_count(hub->roster) > 0)
        nanosleep(&pause, NULL); /* what was said is on its way */
    heir_close(&hub->heir);
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
    struct complaint complaint = { 0 };
    struct pulse pulse = { .is_hub = true,
                           .node = hub->node,
                           .at_ms = clock_wall_ms(),
                           .since_ms = hub->since_ms,
                           .epoch = hub->epoch,
                           .holds = keeper_holds(hub->keeper),
                           .conflicts = hub->conflicts };

    hub->pulse = pulse_turn_after(roster_count(hub->roster));
    pulse_measure(hub->options->dir, hub->journal, hub->keeper, &pulse);
    enum err err = pulse_peers(hub->roster, &pulse);
    if (err == OK)
        err = pulse_write(hub->options->dir, hub->options->metrics, &pulse,
                          &complaint);
    pulse_close(&pulse);
    if (err != OK)
        trace(TRACE_NOTICE, hub->node, "pulse", "err=\"%s\" what=\"%s\"",
              err_name(err), complaint.text);
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
    while (!hub->broken && !hub_is_deposed(hub) && !stop_asked(stop)) {
        hub_turn(hub);
        front_look(&hub->teller.front, clock_steady_ms());
        if (pulse_is_due(&hub->pulse, roster_count(hub->roster)) &&
            !hub->broken)
            beat(hub);
        const int descriptors[] = { stop, keeper_bell(hub->keeper),
                                    front_bell(&hub->teller.front, stop) };
        transport_wait(hub->transport, descriptors, COUNT_OF(descriptors),
                       LOOK_MS);
    }
    if (!hub->broken)
        beat(hub);
    if (stop_asked(stop))
        trace(TRACE_NOTICE, hub->node, "stopping", "why=signal");
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
    uint32_t faults = 0;
    bool broken = true;
    int stop = -1;

    if (options->public_endpoint && !keys_is_endpoint(options->public_endpoint))
        return complain(complaint, "%s: expected tcp://HOST:PORT",
                        options->public_endpoint);
    enum err err = stop_open(&stop);
    if (err != OK)
        return err;
    while (err == OK && broken) {
        const int64_t opened_ms = clock_steady_ms();
        err = live(&again, stop, complaint, &broken);
        again.ready = NULL;
        if (err == OK && broken)
            err = reopen_after(&faults, clock_steady_ms() - opened_ms);
    }
    stop_close(stop);
    return err;
}
