#include "nodes/shadow.h"

#include "nodes/clock.h"
#include "nodes/trace.h"

#include <stdlib.h>
#include <string.h>

enum { BACK_MS = 3000 }; /* live and settled for so long: it has come back */

struct shadow {
    struct shadow_options options;
    struct safe *safe;
    struct trust trust;
    struct reissue reissue;
    struct hubs_own own;
    bool refills;
    bool promoted; /* by a person: standbys, as the hub before us, may be gone
                    * for good, and bring what they have whenever they come */
    bool deposed;
    uint32_t *back; /* nodes that have come back since, in no order */
    uint32_t back_count;
    uint32_t back_room;
};

enum err
shadow_open(const struct shadow_options *options, struct shadow **ret_shadow,
            struct complaint *complaint)
{
    struct reign reign;
    enum err err = reign_get(options->dir, options->journal, &reign);

    if (err == OK && (reign.standby || reign.deposed != 0)) {
        err = reign_may_rule(options->dir, options->journal, complaint);
        if (err == OK) /* it was promoted just now */
            err = reign_get(options->dir, options->journal, &reign);
    }
    if (err != OK)
        return err;
    struct shadow *shadow = calloc(1, sizeof *shadow);
    if (!shadow)
        return ERR_MEMORY;
    shadow->options = *options;
    shadow->refills = reign.restored || reign.promoted;
    shadow->promoted = reign.promoted;
    shadow->reissue = reissue_open(options->journal);
    err = safe_open(options->journal, &shadow->safe);
    if (err == OK)
        err = trust_open(options->dir, options->journal, &shadow->trust,
                         complaint);
    if (err == OK)
        err = trust_sign(&shadow->trust, clock_wall_ms());
    if (err != OK) {
        shadow_close(shadow);
        return err;
    }
    if (shadow->refills)
        trace(TRACE_NOTICE, options->node, "refilling", "restored=%d",
              reign.restored);
    *ret_shadow = shadow;
    return OK;
}

void
shadow_close(struct shadow *shadow)
{
    if (!shadow)
        return;
    safe_close(shadow->safe);
    trust_close(&shadow->trust);
    reissue_close(&shadow->reissue);
    free(shadow->back);
    free(shadow);
}

bool
shadow_refills(const struct shadow *shadow)
{
    return shadow->refills;
}

uint64_t
shadow_safe(const struct shadow *shadow, stream_id stream)
{
    return safe_get(shadow->safe, stream);
}

void
shadow_name(struct shadow *shadow, const struct keys_hub *own)
{
    shadow->own =
        (struct hubs_own) { .node = shadow->options.node, .hub = *own };
    hubs_signers_add(&shadow->own.signers, shadow->options.node,
                     shadow->trust.key.public_key);
}

struct claim
shadow_claim(const struct shadow *shadow, uint64_t epoch)
{
    return trust_claim(&shadow->trust, epoch, shadow->own.hub.key);
}

const struct trust *
shadow_trust(const struct shadow *shadow)
{
    return &shadow->trust;
}

/* The list of hubs, and our signature under all that is ours. */
static void
publish(struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    enum err err = OK;

    (void)trust_refresh(&shadow->trust);
    if (shadow->own.node != 0 && !shadow->refills)
        err = hubs_publish(options->journal, options->allow,
                           &shadow->trust.hubs, &shadow->own);
    if (err == OK)
        err = trust_sign(&shadow->trust, clock_wall_ms());
    if (err != OK)
        trace(TRACE_NOTICE, options->node, "public", "err=%s", err_name(err));
}

/* A standby has told the key with which it will sign: that is written down
 * before it hears anything from us, for nobody would believe it otherwise. */
static void
hear_signer(struct shadow *shadow, uint32_t node, crypto_public_key key)
{
    static const crypto_public_key NONE;
    struct hubs_signers *signers = &shadow->own.signers;

    if (memcmp(key.bytes, NONE.bytes, sizeof key.bytes) == 0 ||
        hubs_signers_have(signers, node, key))
        return;
    for (uint32_t i = 0; i < signers->count; i++)
        if (signers->list[i].node == node)
            signers->list[i] = signers->list[--signers->count];
    hubs_signers_add(signers, node, key);
    publish(shadow);
}

bool
shadow_hello(struct shadow *shadow, const struct frame *hello, bool standby,
             uint64_t ours)
{
    const struct claim *claim = &hello->hello.claim;

    if (standby)
        hear_signer(shadow, hello->hello.node, hello->hello.signer);
    if (hello->hello.epoch <= ours)
        return true;
    if (claim->epoch < hello->hello.epoch ||
        !trust_believes(&shadow->trust, claim))
        return false;
    shadow_depose(shadow, claim);
    return true;
}

void
shadow_depose(struct shadow *shadow, const struct claim *claim)
{
    const struct shadow_options *options = &shadow->options;

    if (!reign_depose(options->journal, claim, clock_wall_ms()))
        return;
    shadow->deposed = true;
    trace(TRACE_NOTICE, options->node, "deposed", "by=%u epoch=%llu",
          claim->node, (unsigned long long)claim->epoch);
}

/* What is public goes to all, events to relays and standbys, the books to
 * standbys. */
static bool
may_have(const struct guest *guest, stream_id stream)
{
    return stream.channel == CHANNEL_PUBLIC || guest->standby ||
           (guest->relay && stream.channel == CHANNEL_EVENTS);
}

/* The same of what the guest's own number stands on: of a store its events. */
static bool
owner_may_have(const struct guest *guest, stream_id stream)
{
    return guest->relay ? may_have(guest, stream)
                        : stream.channel == CHANNEL_EVENTS;
}

/* A store is offered its own events, too: it may have lost a whole incarnation,
 * and what it says that it has it is not sent. */
enum err
shadow_offers(struct shadow *shadow, const struct guest *guest)
{
    struct carry *carry = shadow->options.carry;
    uint32_t count = 0;

    if (!guest->relay)
        return carry_for(carry, guest->peer.pass.node);
    enum err err = carry_all(carry);
    for (uint32_t i = 0; err == OK && i < carry->offer_count; i++)
        if (may_have(guest, carry->offers[i].stream))
            carry->offers[count++] = carry->offers[i];
    if (err == OK)
        carry->offer_count = count;
    return err;
}

void
shadow_came(struct shadow *shadow, const struct guest *guest,
            const struct frame_offer *held, uint32_t count)
{
    if (guest->standby)
        safe_cap(shadow->safe, guest->peer.pass.node, held, count);
}

void
shadow_acked(struct shadow *shadow, const struct guest *guest,
             const struct sync_held *acked)
{
    if (guest->standby)
        safe_put(shadow->safe, guest->peer.pass.node, acked->stream,
                 acked->head.seq);
}

/* To whom a stream is offered that has grown here. */
static bool
wants(const struct guest *guest, stream_id stream)
{
    return !guest->gone && stream.node != guest->peer.pass.node &&
           may_have(guest, stream);
}

static void
pass_on(struct shadow *shadow, const struct guest *source, stream_id stream,
        stream_head head)
{
    const struct shadow_options *options = &shadow->options;
    struct sync_input input = { .kind = SYNC_GROWN };

    input.grown.stream = stream;
    input.grown.head = head;
    /* Only relays want what is not public, and no herd is one of relays. */
    if (stream.channel != CHANNEL_PUBLIC) {
        struct guest *relay = NULL;
        while ((relay = roster_next_relay(options->roster, relay)) != NULL)
            if (relay != source && wants(relay, stream))
                options->give(options->context, relay, &input);
        return;
    }
    for (uint32_t i = 0; i < roster_count(options->roster); i++) {
        struct guest *guest = roster_at(options->roster, i);
        if (guest != source && wants(guest, stream))
            options->give(options->context, guest, &input);
    }
}

/* Whose stream came from elsewhere is told how far it goes now: that node may
 * wait for a range that it has dropped itself, or have left the stream while a
 * twin goes on with it.  Of a stream that it does not send it may have lost
 * all, as a hub that stands by now of its books, or it is a twin's own: that it
 * is offered. */
static void
tell_owner(struct shadow *shadow, const struct guest *source,
           const struct ingest_batch *batch)
{
    const struct shadow_options *options = &shadow->options;
    struct sync_input held = { .kind = SYNC_STORED };
    struct sync_input news = { .kind = SYNC_GROWN };

    held.stored.stream = news.grown.stream = batch->stream;
    held.stored.verdict = SYNC_STORED_OK;
    held.stored.head = news.grown.head = batch->head;
    struct guest *guest = NULL;
    while ((guest = roster_next_of(options->roster, batch->stream.node,
                                   guest)) != NULL) {
        if (guest == source)
            continue;
        if (owner_may_have(guest, batch->stream) &&
            !session_takes(guest->session, batch->stream))
            options->give(options->context, guest, &news);
        else
            options->give(options->context, guest, &held);
    }
}

void
shadow_stored(struct shadow *shadow, const struct guest *guest,
              const struct ingest_batch *batch)
{
    if (batch->appended == 0)
        return;
    if (guest->standby)
        safe_put(shadow->safe, guest->peer.pass.node, batch->stream,
                 batch->head.seq);
    safe_grown(shadow->safe, batch->stream);
    pass_on(shadow, guest, batch->stream, batch->head);
    tell_owner(shadow, guest, batch);
}

/* What is written from now on has names of its own.  The next look finds it. */
static void
begin_anew(struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    enum err err = reign_begin_anew(options->dir, options->journal,
                                    REASON_REWOUND, clock_wall_ms());

    trace(TRACE_ERROR, options->node, "rolled_back",
          "what=\"others hold what we wrote and this disk does not: it is an "
          "older one\" err=%s",
          err_name(err));
}

/* Whether it is the stream that we are writing. */
static bool
is_current(const struct shadow *shadow, stream_id stream)
{
    struct journal_identity who;

    return stream.node == shadow->options.node &&
           journal_get_identity(shadow->options.journal, &who) == OK &&
           stream.incarnation == who.incarnation;
}

void
shadow_alarm(struct shadow *shadow, const struct guest *guest,
             const struct sync_output *output)
{
    const struct shadow_options *options = &shadow->options;
    const enum sync_alarm what = output->alarm.what;

    if (what == SYNC_ALARM_LOST &&
        reign_lost(options->journal, output->alarm.stream, output->alarm.seq) !=
            OK)
        trace(TRACE_ERROR, options->node, "lost", "what=unsaved");
    if ((what == SYNC_ALARM_REWOUND || what == SYNC_ALARM_FORKED) &&
        guest->standby && is_current(shadow, output->alarm.stream))
        begin_anew(shadow);
}

/* The last of them: the chain says that all before it is the same, too. */
static bool
is_ours(const struct shadow *shadow, view records)
{
    struct record last;

    return !record_find_last(records, &last) ||
           reissue_is_ours(shadow->options.journal, &last);
}

enum err
shadow_shown(struct shadow *shadow, stream_id stream, view records)
{
    if (shadow->refills && !is_current(shadow, stream))
        return reissue_run(&shadow->reissue, stream, records);
    if (is_current(shadow, stream) && !is_ours(shadow, records))
        begin_anew(shadow);
    return OK;
}

bool
shadow_is_deposed(const struct shadow *shadow)
{
    return shadow->deposed;
}

/* What this ledger itself has written. */
static void
offer_own(struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    struct carry *carry = options->carry;

    for (uint32_t channel = 0; channel < CHANNEL_END; channel++) {
        if (carry_offers(carry, options->node, (enum record_channel)channel) !=
            OK)
            continue; /* at the next look */
        for (uint32_t i = 0; i < carry->offer_count; i++)
            pass_on(shadow, NULL, carry->offers[i].stream,
                    carry->offers[i].head);
    }
}

static bool
is_promoted(const struct shadow *shadow, uint64_t ours)
{
    const struct shadow_options *options = &shadow->options;
    struct journal_identity who;

    if (journal_get_identity(options->journal, &who) != OK ||
        who.incarnation == ours)
        return false;
    trace(TRACE_NOTICE, options->node, "promoted", "epoch=%llu",
          (unsigned long long)who.incarnation);
    return true;
}

bool
shadow_look(struct shadow *shadow, uint64_t ours)
{
    if (is_promoted(shadow, ours))
        return true;
    publish(shadow);
    safe_refresh(shadow->safe);
    offer_own(shadow);
    return false;
}

/* Of a standby that is none any more nobody knows what it holds. */
static void
forget_revoked(struct shadow *shadow)
{
    struct enrolment enrolment;
    uint32_t standby = 0;

    while (safe_next_standby(shadow->safe, standby, &standby))
        if (!allow_find(shadow->options.allow, standby, &enrolment) ||
            enrolment.role != ENROL_STANDBY)
            safe_cap(shadow->safe, standby, NULL, 0);
}

static void
tell_safe(struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    struct sync_input input = { .kind = SYNC_SAFE };

    while (
        safe_next_change(shadow->safe, &input.safe.stream, &input.safe.seq)) {
        const uint32_t node = input.safe.stream.node;
        struct guest *guest = NULL;
        while ((guest = roster_next_of(options->roster, node, guest)) != NULL)
            options->give(options->context, guest, &input);
    }
}

/* --- refilling --- */

static bool
is_back(const struct shadow *shadow, uint32_t node)
{
    for (uint32_t i = 0; i < shadow->back_count; i++)
        if (shadow->back[i] == node)
            return true;
    return false;
}

static void
come_back(struct shadow *shadow, uint32_t node)
{
    if (is_back(shadow, node))
        return;
    if (shadow->back_count == shadow->back_room) {
        uint32_t room = shadow->back_room ? shadow->back_room * 2 : 16;
        uint32_t *grown = realloc(shadow->back, room * sizeof *grown);
        if (!grown)
            return; /* at the next tick */
        shadow->back = grown;
        shadow->back_room = room;
    }
    shadow->back[shadow->back_count++] = node;
}

static bool
all_are_back(const struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    struct enrolment enrolment = { 0 };
    bool revoked;

    while (allow_next(options->allow, enrolment.node, &enrolment, &revoked))
        if (!revoked && enrolment.joined && enrolment.node != options->node &&
            !(shadow->promoted && enrolment.role == ENROL_STANDBY) &&
            !is_back(shadow, enrolment.node))
            return false;
    return true;
}

static void
refill(struct shadow *shadow)
{
    const struct shadow_options *options = &shadow->options;
    int64_t now_ms = clock_steady_ms();

    for (uint32_t i = 0; i < roster_count(options->roster); i++) {
        struct guest *guest = roster_at(options->roster, i);
        bool settled = !guest->gone && session_is_settled(guest->session);
        if (!settled)
            guest->settled_ms = 0;
        else if (guest->settled_ms == 0)
            guest->settled_ms = now_ms;
        else if (now_ms - guest->settled_ms >= BACK_MS)
            come_back(shadow, guest->peer.pass.node);
    }
    if (!all_are_back(shadow) || reign_is_refilled(options->journal) != OK)
        return;
    shadow->refills = false;
    trace(TRACE_NOTICE, options->node, "refilled", "nodes=%u",
          shadow->back_count);
}

void
shadow_tick(struct shadow *shadow)
{
    forget_revoked(shadow);
    tell_safe(shadow);
    publish(shadow);
    if (shadow->refills)
        refill(shadow);
}
