#include "tests/sim/lies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts.h"
#include "core/pack.h"
#include "nodes/ask.h"
#include "nodes/sync.h"
#include "tests/sim/box.h"
#include "tests/sim/forgery.h"
#include "tests/sim/image.h"
#include "tests/sim/till.h"
#include "tests/sim/toll.h"

enum {
    NOBODY_NODE = 424242, /* whom nobody has enrolled, and its store */
    NOBODY_STORE = 9998,
    LOOT = 1000000, /* of a purchase that may not count, minor units */
    EVENTS_MAX = 4, /* of a record */
    DEEP = 4000,    /* containers within one another */
    OFFERS = 1500,  /* more than a store may have */
};

/* --- what it needs for that --- */

static struct luck *
luck_of(struct forger *forger)
{
    return &forger->world->luck;
}

static uint32_t
draw_member(struct forger *forger)
{
    return 1 + luck_below(luck_of(forger), WORLD_MEMBERS);
}

/* Small, or at an end of the range. */
static uint64_t
draw_number(struct forger *forger)
{
    static const uint64_t ends[] = { 0,          1,
                                     UINT32_MAX, LIMIT_INCARNATION,
                                     INT64_MAX,  UINT64_MAX };
    uint32_t at = luck_below(luck_of(forger), 2 * COUNT_OF(ends));

    return at < COUNT_OF(ends) ? ends[at] : luck_below(luck_of(forger), 100);
}

static digest
draw_digest(struct forger *forger)
{
    digest drawn;

    for (uint32_t i = 0; i < sizeof drawn.bytes; i++)
        drawn.bytes[i] = (uint8_t)luck_draw(luck_of(forger));
    return drawn;
}

static stream_id
own_stream(struct forger *forger)
{
    return (stream_id) { .node = forger->box->node,
                         .incarnation = 1 + luck_draw(luck_of(forger)) %
                                                LIMIT_INCARNATION };
}

/* A branch of its own: one that there is, or a new one.  A thief also goes on
 * where his victim stands. */
static struct forger_branch *
own_branch(struct forger *forger)
{
    struct world *world = forger->world;
    const uint32_t count = forger->branch_count;
    struct forger_branch *fresh = &forger->branches[count];

    if (count == FORGER_BRANCHES ||
        (count > 0 && luck_below(&world->luck, 8) != 0))
        return &forger->branches[luck_below(&world->luck, count)];
    *fresh = (struct forger_branch) { .stream = own_stream(forger) };
    if (forger->victim && luck_below(&world->luck, 2) == 0) {
        fresh->stream.incarnation = box_incarnation(world, forger->victim);
        box_enter(forger->box);
        if (!image_head(disk_journal(forger->victim->machine.disk),
                        fresh->stream, &fresh->head))
            fresh->head = (stream_head) { 0 };
    }
    forger->branch_count++;
    return fresh;
}

static struct forgery
begin(stream_id stream, stream_head head)
{
    return (struct forgery) { .stream = stream,
                              .head = head,
                              .now_ms = world_now_ms() };
}

/* Says the records that follow on `after`, as a BATCH, and forgets them. */
static void
post(struct forger *forger, struct forgery *forgery, stream_head after)
{
    struct frame frame = { .kind = FRAME_BATCH };

    forger->total += FRAME_BATCH_FIXED + forgery->bytes.size;
    frame.batch.stream = forgery->stream;
    frame.batch.from = after.seq + 1;
    frame.batch.to = forgery->head.seq;
    frame.batch.before = after.chain;
    frame.batch.total = forger->total;
    frame.batch.head_seq = forgery->head.seq;
    frame.batch.records = text_view(&forgery->bytes);
    forger_say(forger, &frame);
    forgery_close(forgery);
}

static void
post_event(struct forger *forger, stream_id stream, stream_head after,
           const struct record_entry *entry)
{
    struct forgery forgery = begin(stream, after);

    forgery_events(&forgery, entry, 1);
    post(forger, &forgery, after);
}

/* An event at the end of a branch of its own. */
static void
go_on(struct forger *forger, const struct record_entry *entry)
{
    struct forger_branch *branch = own_branch(forger);
    struct forgery forgery = begin(branch->stream, branch->head);
    const stream_head after = branch->head;

    forgery_events(&forgery, entry, 1);
    branch->before = after;
    branch->head = forgery.head;
    post(forger, &forgery, after);
}

/* A purchase that may not count. */
static struct forgery_sale
loot(struct forger *forger, uint32_t store)
{
    return (struct forgery_sale) { .at_ms = world_now_ms(),
                                   .store = store,
                                   .member = draw_member(forger),
                                   .amount = LOOT };
}

/* Of somebody else's events one, as it lies on his disk. */
static bool
find_event(struct forger *forger, const struct box *box,
           struct record_event *ret_event)
{
    static struct record record; /* the event borrows from its bytes */
    const stream_id stream = { .node = box->node,
                               .incarnation =
                                   box_incarnation(forger->world, box) };
    const struct disk_image *image = disk_journal(box->machine.disk);
    stream_head head;

    box_enter(forger->box);
    if (!image_head(image, stream, &head) ||
        !image_find(image, stream, 1 + luck_draw(luck_of(forger)) % head.seq,
                    &record))
        return false;
    struct record_cursor cursor = record_events(&record);
    return record_next(&cursor, ret_event) && !ret_event->copy;
}

/* --- what it may say --- */

/* Sales of its own store: they count where they arrive. */
static void
tell_sales(struct forger *forger)
{
    struct world *world = forger->world;
    struct forger_branch *branch = own_branch(forger);
    struct forgery forgery = begin(branch->stream, branch->head);
    const stream_head after = branch->head;
    const uint32_t count = 1 + luck_below(&world->luck, EVENTS_MAX);
    struct record_entry entries[EVENTS_MAX];
    struct text cores[EVENTS_MAX] = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const struct sale sale = { .box = forger->box->machine.index,
                                   .member = draw_member(forger),
                                   .amount =
                                       100 * (1 + luck_below(&world->luck, 50)),
                                   .state = SALE_MAYBE };
        char id[16];
        snprintf(id, sizeof id, "s%u", till_record(world, &sale));
        const struct forgery_sale event = { .at_ms = world_now_ms(),
                                            .store = forger->box->node,
                                            .member = sale.member,
                                            .amount = sale.amount,
                                            .id = id };
        forgery_sale(&event, &cores[i]);
        entries[i] = (struct record_entry) { .core = text_view(&cores[i]) };
    }
    forgery_events(&forgery, entries, count);
    branch->before = after;
    branch->head = forgery.head;
    post(forger, &forgery, after);
    for (uint32_t i = 0; i < count; i++)
        text_close(&cores[i]);
}

/* --- what it may not --- */

/* A sale of a store that is not its own. */
static void
tell_of_other_store(struct forger *forger)
{
    const struct box *other = forger_other(forger);
    const struct forgery_sale sale =
        loot(forger, other ? other->node : NOBODY_STORE);
    struct text core = { 0 };

    forgery_sale(&sale, &core);
    go_on(forger, &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* An event that says in its bytes that it is another node's. */
static void
tell_under_other_name(struct forger *forger)
{
    const struct box *other = forger_other(forger);
    struct record_event theirs;
    struct text core = { 0 };

    if (other == NULL || !find_event(forger, other, &theirs))
        return;
    struct forgery_sale sale = loot(forger, other->node);
    sale.identity = theirs.origin;
    forgery_sale(&sale, &core);
    go_on(forger, &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* Another node's stream, as the next of its records would be. */
static void
tell_others_stream(struct forger *forger)
{
    struct box *other = forger_other(forger);
    struct text core = { 0 };
    stream_head head = { 0 };

    if (other == NULL)
        return;
    const struct forgery_sale sale = loot(forger, other->node);
    const stream_id stream = { .node = other->node,
                               .incarnation =
                                   box_incarnation(forger->world, other) };
    box_enter(forger->box);
    (void)image_head(disk_journal(other->machine.disk), stream, &head);
    forgery_sale(&sale, &core);
    post_event(forger, stream, head,
               &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* The body of a hub's item: an enrolment of its own as a standby, a revocation
 * of somebody else, the rules with ten times the points, or nonsense. */
static uint8_t
make_item(struct forger *forger, struct text *body)
{
    const struct box *other = forger_other(forger);
    const struct enrolment enrolment = { .node = forger->box->node,
                                         .role = ENROL_STANDBY,
                                         .joined = true,
                                         .key = forger->keys.public_key };
    const uint8_t kind =
        (uint8_t)(RECORD_VERSION + luck_below(luck_of(forger), RECORD_SIGNED));

    if (kind == RECORD_ENROL) {
        enrol_encode(&enrolment, body);
    } else if (kind == RECORD_REVOKE && other) {
        enrol_encode_revoke(other->node, body);
    } else {
        pack_map(body, 2);
        pack_unsigned(body, 1);
        pack_integer(body, (int64_t)draw_number(forger));
        pack_unsigned(body, 2);
        pack_bin(body, (view) { draw_digest(forger).bytes, 32 });
    }
    return kind;
}

/* What only a hub says, among its own events. */
static void
tell_items(struct forger *forger)
{
    struct forger_branch *branch = own_branch(forger);
    struct forgery forgery = begin(branch->stream, branch->head);
    const stream_head after = branch->head;
    struct text body = { 0 };
    uint8_t kind = make_item(forger, &body);

    forgery_control(&forgery, kind, text_view(&body));
    branch->before = after;
    branch->head = forgery.head;
    post(forger, &forgery, after);
    text_close(&body);
}

/* The hub's own streams, or some of that sort under its own number. */
static void
tell_hubs_streams(struct forger *forger)
{
    struct box *hub = world_hub(forger->world);
    struct luck *luck = luck_of(forger);
    stream_id stream = own_stream(forger);
    stream_head head = { 0 };
    struct text body = { 0 };

    stream.channel = luck_below(luck, 2) ? CHANNEL_PUBLIC : CHANNEL_BOOKS;
    if (luck_below(luck, 2)) {
        stream.node = hub->node;
        stream.incarnation = box_incarnation(forger->world, hub);
        box_enter(forger->box);
        (void)image_head(disk_journal(hub->machine.disk), stream, &head);
    }
    struct forgery forgery = begin(stream, head);
    uint8_t kind = make_item(forger, &body);
    forgery_control(&forgery, kind, text_view(&body));
    post(forger, &forgery, head);
    text_close(&body);
}

/* Records that do not hang together, or not on what there is. */
static void
break_chain(struct forger *forger)
{
    struct forger_branch *branch = own_branch(forger);
    struct luck *luck = luck_of(forger);
    stream_head after = branch->head;
    const struct forgery_sale sale = loot(forger, forger->box->node);
    struct text core = { 0 };

    forgery_sale(&sale, &core);
    const struct record_entry entry = { .core = text_view(&core) };
    const uint32_t how = luck_below(luck, 5);
    if (how < 2 && after.seq == 0)
        after.seq = 1 + luck_below(luck, 3); /* a gap */
    if (how < 2)
        after.chain = draw_digest(forger);
    struct forgery forgery = begin(branch->stream, after);
    forgery_events(&forgery, &entry, 1);
    if (how == 1)
        after.chain = branch->head.chain; /* the frame alone looks right */
    if (how == 2) { /* sound, and then another that does not follow */
        forgery.bytes.size = 0;
        forgery.head.chain = draw_digest(forger);
        forgery_events(&forgery, &entry, 1);
        after = branch->head;
    }
    if (how == 3) /* another stream's */
        forgery.stream.incarnation =
            forgery.stream.incarnation % LIMIT_INCARNATION + 1;
    if (how == 4)
        forgery.bytes.bytes[luck_draw(luck) % forgery.bytes.size] ^= 1;
    post(forger, &forgery, after);
    text_close(&core);
}

/* Another branch of what it has said already. */
static void
fork_branch(struct forger *forger)
{
    struct forger_branch *branch = own_branch(forger);
    const struct forgery_sale sale = loot(forger, NOBODY_STORE);
    struct text core = { 0 };

    forgery_sale(&sale, &core);
    post_event(forger, branch->stream, branch->before,
               &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* "This is a copy of that": of another's event, of one that is to come, of one
 * of a node that nobody knows, or of the hub; it says something else, and says
 * that it is the same. */
static void
tell_copies(struct forger *forger)
{
    const struct box *other = forger_other(forger);
    struct luck *luck = luck_of(forger);
    struct journal_facts facts = { 0 };
    struct record_event theirs;
    struct text core = { 0 };

    if (other == NULL || !find_event(forger, other, &theirs))
        return;
    const bool honest = facts_describe(&theirs, &facts);
    struct forgery_sale sale = loot(forger, other->node);
    forgery_sale(&sale, &core);
    struct record_entry entry = { .core = text_view(&core),
                                  .copy_of = theirs.origin };
    if (honest && luck_below(luck, 2))
        entry.print = facts.print;
    switch (luck_below(luck, 4)) {
    case 0:
        entry.copy_of.seq += 1 + luck_below(luck, 5);
        break;
    case 1:
        entry.copy_of.node = NOBODY_NODE;
        break;
    case 2:
        entry.copy_of.node = world_hub(forger->world)->node;
        break;
    default:
        break;
    }
    go_on(forger, &entry);
    text_close(&core);
}

/* Ids that somebody has used: by a thief those of his victim.  With another
 * content they are another event.  With the same they are the same one, in
 * another incarnation; so each has one of its own. */
static void
use_id(struct forger *forger)
{
    const struct box *whose =
        forger->victim ? forger->victim : forger_other(forger);
    struct world *world = forger->world;
    struct record_event theirs;
    struct text core = { 0 };
    char id[16];

    if (whose == NULL || world->sale_count == 0 ||
        !find_event(forger, whose, &theirs))
        return;
    if (luck_below(&world->luck, 2)) {
        if (forger->repeats++ < FORGER_BRANCHES)
            post_event(forger, own_stream(forger), (stream_head) { 0 },
                       &(struct record_entry) { .core = theirs.core });
        return;
    }
    const uint32_t number = luck_below(&world->luck, world->sale_count);
    if (world->sales[number].state != SALE_DONE)
        return; /* its till must be able to say it again */
    snprintf(id, sizeof id, "s%u", number);
    struct forgery_sale visit = loot(forger, forger->box->node);
    visit.id = id;
    forgery_visit(&visit, &core);
    go_on(forger, &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* Bytes that promise more than there is, or go deeper than anybody looks. */
static void
tell_nests(struct forger *forger)
{
    static const char *const heads[] = { "\x91",
                                         "\x81\x01",
                                         "\xdd\xff\xff\xff\xff",
                                         "\xdf\xff\xff\xff\xff",
                                         "\xdb\xff\xff\xff\xff",
                                         "\xc6\xff\xff\xff\xff" };
    const char *head = heads[luck_below(luck_of(forger), COUNT_OF(heads))];
    const uint32_t deep = 1 + luck_below(luck_of(forger), DEEP);
    struct text core = { 0 };

    text_string(&core, "\x81\x01");
    for (uint32_t i = 0; i < deep; i++)
        text_string(&core, head);
    go_on(forger, &(struct record_entry) { .core = text_view(&core) });
    text_close(&core);
}

/* A BATCH whose numbers are nobody's. */
static void
tell_numbers(struct forger *forger)
{
    struct forger_branch *branch = own_branch(forger);
    struct frame frame = { .kind = FRAME_BATCH };
    uint8_t bytes[200];

    memset(bytes, 0x5a, sizeof bytes);
    frame.more = luck_below(luck_of(forger), 4) == 0; /* and never the rest */
    frame.batch.stream = branch->stream;
    frame.batch.stream.channel = (uint8_t)luck_below(luck_of(forger), 3);
    frame.batch.from = draw_number(forger);
    frame.batch.to = draw_number(forger);
    frame.batch.before = draw_digest(forger);
    frame.batch.total = draw_number(forger);
    frame.batch.head_seq = draw_number(forger);
    frame.batch.offset = (uint32_t)draw_number(forger);
    frame.batch.records =
        (view) { bytes, luck_below(luck_of(forger), sizeof bytes) };
    forger_say(forger, &frame);
}

/* --- HELLOs --- */

void
lies_greet(struct forger *forger)
{
    struct frame_offer offers[FORGER_BRANCHES];
    struct frame frame = { .kind = FRAME_HELLO };

    for (uint32_t i = 0; i < forger->branch_count; i++)
        offers[i] = (struct frame_offer) { .stream = forger->branches[i].stream,
                                           .head = forger->branches[i].head };
    frame.hello.version_min = SYNC_VERSION;
    frame.hello.version_max = SYNC_VERSION;
    frame.hello.node = forger->box->node;
    frame.hello.epoch = forger->epoch;
    frame.hello.clock_ms = world_now_ms();
    frame.hello.offers = offers;
    frame.hello.offer_count = forger->branch_count;
    forger_say(forger, &frame);
}

/* "I have heard of a later hub", signed by itself, or by nobody. */
static void
claim_reign(struct forger *forger, struct frame *frame)
{
    const struct box *hub = world_hub(forger->world);
    struct signing_key key;
    struct claim *claim = &frame->hello.claim;
    uint64_t epoch = box_incarnation(forger->world, hub) + 1;

    box_enter(forger->box);
    if (luck_below(luck_of(forger), 4) == 0)
        epoch = LIMIT_INCARNATION; /* of a time far ahead */
    frame->hello.epoch = epoch;
    *claim = (struct claim) { .epoch = epoch,
                              .node = hub->node,
                              .curve = forger->keys.public_key };
    if (luck_below(luck_of(forger), 2) == 0)
        return;
    crypto_keypair_make(&key.public_key, &key.secret_key);
    claim_sign(claim, &key);
    frame->hello.signer = key.public_key;
}

static void
greet_falsely(struct forger *forger)
{
    const struct box *other = forger_other(forger);
    const struct box *hub = world_hub(forger->world);
    struct frame_offer *offers = calloc(OFFERS, sizeof *offers);
    struct frame frame = { .kind = FRAME_HELLO };

    if (offers == NULL)
        abort();
    frame.hello.version_min = SYNC_VERSION;
    frame.hello.version_max = SYNC_VERSION;
    frame.hello.node = forger->box->node;
    frame.hello.clock_ms = (int64_t)draw_number(forger);
    frame.hello.pending = draw_number(forger);
    frame.hello.feed_epoch = forger->epoch;
    frame.hello.feed_position = draw_number(forger);
    frame.hello.offers = offers;
    frame.hello.offer_count = 1;
    offers[0].stream = own_stream(forger);
    offers[0].head = (stream_head) { draw_number(forger), draw_digest(forger) };
    switch (luck_below(luck_of(forger), 6)) {
    case 0:
        frame.hello.node = other ? other->node : hub->node;
        break;
    case 1:
        offers[0].stream.node = other ? other->node : hub->node;
        break;
    case 2:
        offers[0].stream.channel = CHANNEL_BOOKS;
        offers[0].stream.node = hub->node;
        break;
    case 3:
        frame.hello.offer_count = OFFERS;
        for (uint32_t i = 1; i < OFFERS; i++)
            offers[i].stream = own_stream(forger);
        break;
    case 4:
        frame.more = true; /* and never the rest */
        break;
    default:
        claim_reign(forger, &frame);
        break;
    }
    forger_say(forger, &frame);
    free(offers);
}

/* --- frames --- */

static stream_id
any_stream(struct forger *forger)
{
    const struct box *boxes[] = { forger->box, world_hub(forger->world),
                                  forger_other(forger) };
    const struct box *box = boxes[luck_below(luck_of(forger), 3)];
    stream_id stream = own_branch(forger)->stream;

    if (box == NULL || box == forger->box)
        return stream;
    stream.node = box->node;
    stream.incarnation = box_incarnation(forger->world, box);
    stream.channel = (uint8_t)luck_below(luck_of(forger), CHANNEL_END);
    box_enter(forger->box);
    return stream;
}

/* What comes after the greeting, with whatever in it. */
static void
tell_frames(struct forger *forger)
{
    static const enum frame_kind kinds[] = { FRAME_ACK,   FRAME_NACK,
                                             FRAME_FORKQ, FRAME_FORKA,
                                             FRAME_PING,  FRAME_JOIN,
                                             FRAME_WAIT,  FRAME_WELCOME };
    struct frame frame = {
        .kind = kinds[luck_below(luck_of(forger), COUNT_OF(kinds))]
    };
    const stream_id stream = any_stream(forger);
    stream_head heads[SYNC_PROBES];

    for (uint32_t i = 0; i < SYNC_PROBES; i++)
        heads[i] = (stream_head) { draw_number(forger), draw_digest(forger) };
    if (frame.kind == FRAME_ACK) {
        frame.ack.stream = stream;
        frame.ack.head = heads[0];
        frame.ack.safe = draw_number(forger);
        frame.ack.credit = draw_number(forger);
    } else if (frame.kind == FRAME_NACK) {
        frame.nack.stream = stream;
        frame.nack.head = heads[0];
        frame.nack.credit = draw_number(forger);
        frame.nack.why = luck_below(luck_of(forger), 9);
    } else if (frame.kind == FRAME_FORKQ) {
        frame.forkq.stream = stream;
        frame.forkq.flags = luck_below(luck_of(forger), 2);
        frame.forkq.heads = heads;
        frame.forkq.head_count = luck_below(luck_of(forger), SYNC_PROBES + 1);
    } else if (frame.kind == FRAME_FORKA) {
        frame.forka.stream = stream;
        frame.forka.common = draw_number(forger);
        frame.forka.differs = draw_number(forger);
    } else if (frame.kind == FRAME_PING) {
        frame.ping.flags = FRAME_PLEASE_ANSWER;
    }
    forger_say(forger, &frame);
}

/* Redemptions of anybody's, and questions that are none. */
static void
ask(struct forger *forger)
{
    struct ask ask = { .number = luck_draw(luck_of(forger)),
                       .kind = luck_below(luck_of(forger), 2) ? ASK_STATES
                                                              : ASK_REDEEM,
                       .account_count = 1,
                       .points = { 10 + luck_below(luck_of(forger), 50) } };
    struct frame frame = { .kind = FRAME_ASK };

    snprintf(ask.accounts[0], sizeof ask.accounts[0], "%u",
             draw_member(forger));
    snprintf(ask.id, sizeof ask.id, "t%u", luck_below(luck_of(forger), 1000));
    arena_reset(&forger->world->arena);
    ask_write(&ask, &forger->world->arena, &frame);
    frame.kind = FRAME_ASK;
    if (luck_below(luck_of(forger), 4) == 0)
        frame.ask.kind = luck_below(luck_of(forger), 5);
    forger_say(forger, &frame);
}

/* --- bytes --- */

static const struct forger_said *
draw_said(struct forger *forger)
{
    const uint32_t count =
        forger->said < FORGER_TAPE ? forger->said : FORGER_TAPE;

    return count > 0 ? &forger->tape[luck_below(luck_of(forger), count)] : NULL;
}

/* What it has said already, in any order, perhaps in another session. */
static void
repeat(struct forger *forger)
{
    for (uint32_t i = 0; i < EVENTS_MAX; i++) {
        const struct forger_said *said = draw_said(forger);
        if (said)
            forger_blurt(forger, (view) { said->header, FRAME_HEADER_SIZE },
                         text_view(&said->payload));
    }
}

/* The same with some of its bytes changed, less of them or more. */
static void
edit(struct forger *forger)
{
    const struct forger_said *said = draw_said(forger);
    struct luck *luck = luck_of(forger);
    uint8_t header[FRAME_HEADER_SIZE];
    struct text payload = { 0 };

    if (said == NULL)
        return;
    memcpy(header, said->header, sizeof header);
    text_view_append(&payload, text_view(&said->payload));
    for (uint32_t i = luck_below(luck, 4); i > 0 && payload.size > 0; i--)
        payload.bytes[luck_draw(luck) % payload.size] =
            (uint8_t)luck_draw(luck);
    if (luck_below(luck, 4) == 0)
        header[luck_below(luck, sizeof header)] = (uint8_t)luck_draw(luck);
    if (luck_below(luck, 4) == 0)
        payload.size = luck_draw(luck) % (payload.size + 1);
    if (luck_below(luck, 8) == 0)
        text_bytes(&payload, header, sizeof header);
    if (luck_below(luck, 2)) {
        uint32_t size = (uint32_t)payload.size;
        memcpy(header + 16, &size, sizeof size); /* as the header has it */
    }
    forger_blurt(forger, (view) { header, sizeof header }, text_view(&payload));
    text_close(&payload);
}

/* It hangs up in the middle, and comes again. */
static void
leave(struct forger *forger)
{
    transport_hang_up(forger->transport);
    forger->up = false;
    forger->session = 0;
}

/* --- which --- */

struct lie {
    void (*tell)(struct forger *forger);
    enum toll toll;
    bool lasts; /* the hub stores it */
};

static const struct lie lies[] = {
    { tell_sales, TOLL_FORGER_SALE, true },
    { tell_sales, TOLL_FORGER_SALE, true },
    { tell_of_other_store, TOLL_LIE_STORE, true },
    { tell_under_other_name, TOLL_LIE_NAME, true },
    { tell_others_stream, TOLL_LIE_STREAM, false },
    { tell_items, TOLL_LIE_ITEM, true },
    { tell_hubs_streams, TOLL_LIE_HUB, false },
    { break_chain, TOLL_LIE_CHAIN, false },
    { fork_branch, TOLL_LIE_FORK, true },
    { tell_copies, TOLL_LIE_COPY, true },
    { use_id, TOLL_LIE_ID, true },
    { tell_nests, TOLL_LIE_NEST, true },
    { tell_numbers, TOLL_LIE_NUMBERS, false },
    { lies_greet, TOLL_LIE_GREET, false },
    { greet_falsely, TOLL_LIE_GREET, false },
    { tell_frames, TOLL_LIE_FRAME, false },
    { ask, TOLL_LIE_ASK, false },
    { repeat, TOLL_LIE_REPEAT, true },
    { edit, TOLL_LIE_EDIT, true },
    { leave, TOLL_LIE_LEAVE, false },
};

void
lies_tell(struct forger *forger, bool quiet)
{
    const struct lie *lie = &lies[luck_below(luck_of(forger), COUNT_OF(lies))];

    if (quiet && lie->lasts)
        return;
    lie->tell(forger);
    toll_count(lie->toll);
}
