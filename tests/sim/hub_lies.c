#include "tests/sim/hub_lies.h"

#include <stdio.h>
#include <string.h>

#include "core/reader.h"
#include "nodes/copies.h"
#include "nodes/follow.h"
#include "nodes/reign.h"
#include "tests/sim/box.h"
#include "tests/sim/checks.h"
#include "tests/sim/forgery.h"
#include "tests/sim/hub_plant.h"
#include "tests/sim/image.h"
#include "tests/sim/toll.h"

enum {
    HELD_MAX = 256, /* entries of a WELCOME that lies */
    HEADS_MAX = 4,
    FAR_MS = 2 * 86400000, /* further than any clock goes wrong */
    YEAR_DAYS = 365,
};

/* A lie about to be told: by the hub in `world`, to that store or standby. */
struct lie {
    struct world *world;
    struct luck *luck;
    struct box *to;
    struct frame *frame;
};

/* What a frame borrows until it has been sent. */
static struct frame_held held[HELD_MAX];
static stream_head heads[HEADS_MAX];
static struct forgery forgery;

/* A little more or less, or an end of the range. */
static uint64_t
bend_number(struct luck *luck, uint64_t number)
{
    switch (luck_below(luck, 4)) {
    case 0:
        return number + 1 + luck_below(luck, 5);
    case 1:
        return number > 0 ? luck_draw(luck) % number : 0;
    case 2:
        return 0;
    default:
        return UINT64_MAX;
    }
}

static bool
is_standby(const struct box *box)
{
    return box->kind == BOX_HUB && box->store;
}

/* Any that the standby holds. */
static stream_id
draw_stream(struct luck *luck, const struct box *standby)
{
    const struct disk_image *image = disk_journal(standby->machine.disk);
    stream_id stream = { 0 }, drawn = { 0 };
    stream_head head;
    uint32_t count = 0;

    while (image_next_stream(image, &stream, &head))
        if (luck_below(luck, ++count) == 0)
            drawn = stream;
    return drawn;
}

/* The store takes it for a twin, or for one that was restored; a standby tells
 * again what it holds of the stream, and does not have it for a while. */
static stream_id
doubt(const struct lie *lie)
{
    lie->to->parted = true;
    if (is_standby(lie->to))
        return draw_stream(lie->luck, lie->to);
    return (stream_id) { .node = lie->to->node,
                         .incarnation = box_incarnation(lie->world, lie->to) };
}

/* Who believes that drops what only he has, and is right to. */
static bool
may_call_safe(const struct world *world)
{
    return world->plan.prunes == 0 || world->plan.fall == FALL_NONE;
}

/* --- a WELCOME --- */

static uint64_t
draw_far_epoch(struct luck *luck)
{
    switch (luck_below(luck, 3)) {
    case 0:
        return UINT64_MAX;
    case 1:
        return LIMIT_INCARNATION;
    default:
        return journal_draw_incarnation(world_now_ms() + FAR_MS);
    }
}

static int64_t
draw_clock(struct luck *luck)
{
    int64_t days = luck_between(luck, -10 * YEAR_DAYS, 10 * YEAR_DAYS);

    return luck_below(luck, 4) == 0 ? (int64_t)luck_draw(luck)
                                    : world_now_ms() + days * 86400000;
}

/* One of the streams in it. */
static void
bend_held(const struct lie *lie)
{
    struct luck *luck = lie->luck;
    uint32_t count = lie->frame->welcome.held_count;

    if (count == 0)
        return;
    count = count < HELD_MAX ? count : HELD_MAX;
    memcpy(held, lie->frame->welcome.held, count * sizeof held[0]);
    lie->frame->welcome.held = held;
    lie->frame->welcome.held_count = count;
    struct frame_held *one = &held[luck_below(luck, count)];
    switch (luck_below(luck, 4)) {
    case 0:
        if (may_call_safe(lie->world))
            one->safe = UINT64_MAX;
        return;
    case 1:
        one->flags ^= FRAME_OFFERED;
        break;
    case 2:
        one->flags ^= FRAME_CONTINUED;
        break;
    default:
        one->head.chain = luck_digest(luck);
        break;
    }
    one->head.seq = bend_number(luck, one->head.seq);
    (void)doubt(lie);
}

static void
bend_welcome(const struct lie *lie)
{
    struct frame *frame = lie->frame;

    switch (luck_below(lie->luck, 7)) {
    case 0:
        frame->welcome.epoch = draw_far_epoch(lie->luck);
        lie->to->session =
            0; /* whose hub may be one of the past, and hide it */
        return;
    case 1:
        frame->welcome.credit = bend_number(lie->luck, 0);
        lie->to->granted_up = INT64_MAX;
        return;
    case 2:
        frame->welcome.clock_ms = draw_clock(lie->luck);
        return;
    case 3:
        frame->welcome.claim.epoch = frame->welcome.epoch =
            draw_far_epoch(lie->luck);
        lie->to->session = 0;
        return;
    case 4:
        frame->welcome.hub = 1 + luck_below(lie->luck, lie->to->node + 1);
        return;
    default:
        bend_held(lie);
        return;
    }
}

/* --- other frames --- */

static void
bend_ack(const struct lie *lie)
{
    struct frame *frame = lie->frame;

    switch (luck_below(lie->luck, 4)) {
    case 0:
        if (may_call_safe(lie->world))
            frame->ack.safe = UINT64_MAX;
        return;
    case 1:
        frame->ack.credit = UINT64_MAX;
        lie->to->granted_up = INT64_MAX;
        return;
    case 2:
        frame->ack.head.chain = luck_digest(lie->luck);
        break;
    default:
        frame->ack.head.seq = bend_number(lie->luck, frame->ack.head.seq);
        break;
    }
    (void)doubt(lie);
}

static void
bend_batch(const struct lie *lie)
{
    struct frame *frame = lie->frame;
    struct luck *luck = lie->luck;

    switch (luck_below(luck, 4)) {
    case 0:
        frame->batch.head_seq = bend_number(luck, frame->batch.head_seq);
        return;
    case 1:
        frame->batch.before = luck_digest(luck);
        return;
    case 2:
        frame->batch.total = bend_number(luck, frame->batch.total);
        return;
    default:
        frame->batch.to += frame->batch.from;
        frame->batch.from += luck_below(luck, 2);
        return;
    }
}

static void
bend_state(const struct lie *lie)
{
    struct frame *frame = lie->frame;
    struct luck *luck = lie->luck;

    switch (luck_below(luck, 4)) {
    case 0:
        frame->state.position = bend_number(luck, frame->state.position);
        return;
    case 1:
        frame->state.after = bend_number(luck, frame->state.after);
        return;
    case 2:
        frame->state.epoch = draw_far_epoch(luck);
        return;
    default:
        frame->state.format = luck_below(luck, 3);
        return;
    }
}

/* --- another frame altogether --- */

static void
make_fork(const struct lie *lie)
{
    struct frame *frame = lie->frame;
    struct luck *luck = lie->luck;
    const stream_id stream = doubt(lie);

    if (luck_below(luck, 2)) {
        frame->kind = FRAME_FORKA;
        frame->forka.stream = stream;
        frame->forka.common = luck_below(luck, 20);
        frame->forka.differs = luck_below(luck, 40);
        return;
    }
    frame->kind = FRAME_FORKQ;
    frame->forkq.stream = stream;
    frame->forkq.flags = luck_below(luck, 2) ? FRAME_NEIGHBOURS : 0;
    frame->forkq.heads = heads;
    frame->forkq.head_count = 1 + luck_below(luck, HEADS_MAX);
    for (uint32_t i = 0; i < frame->forkq.head_count; i++)
        heads[i] = (stream_head) { luck_below(luck, 40), luck_digest(luck) };
}

static void
make_nack(const struct lie *lie)
{
    struct frame *frame = lie->frame;
    struct luck *luck = lie->luck;

    frame->kind = FRAME_NACK;
    frame->nack.stream = doubt(lie);
    frame->nack.head =
        (stream_head) { luck_below(luck, 40), luck_digest(luck) };
    frame->nack.why = 1 + luck_below(luck, FRAME_WHY_LOST + 1);
}

/* "That is yours, and you have lost it." */
static void
make_own(const struct lie *lie)
{
    struct frame *frame = lie->frame;
    const struct forgery_sale visit = { .at_ms = world_now_ms(),
                                        .store = lie->to->node,
                                        .member = 1 };
    struct text core = { 0 };

    forgery_close(&forgery);
    forgery = (struct forgery) {
        .stream = { .node = lie->to->node,
                    .incarnation =
                        1 + luck_draw(lie->luck) % LIMIT_INCARNATION },
        .now_ms = world_now_ms(),
    };
    forgery_visit(&visit, &core);
    forgery_events(&forgery,
                   &(struct record_entry) { .core = text_view(&core) }, 1);
    text_close(&core);
    lie->to->parted = true;
    frame->kind = FRAME_BATCH;
    frame->batch.stream = forgery.stream;
    frame->batch.from = 1;
    frame->batch.to = frame->batch.head_seq = forgery.head.seq;
    frame->batch.total = 1;
    frame->batch.records = text_view(&forgery.bytes);
}

static void
make_end(const struct lie *lie)
{
    struct frame *frame = lie->frame;

    switch (luck_below(lie->luck, 4)) {
    case 0:
        frame->kind = FRAME_WAIT;
        frame->wait.ms = (uint32_t)luck_draw(lie->luck);
        return;
    case 1:
        frame->kind = FRAME_BYE;
        return;
    case 2:
        frame->kind = FRAME_PING;
        frame->session += 1 + luck_below(lie->luck, 3);
        return;
    default:
        frame->kind = FRAME_ERR;
        frame->err.code = luck_below(lie->luck, FRAME_CODE_SESSION + 2);
        frame->err.words = view_of("a lie");
        return;
    }
}

static void
make_plant(const struct lie *lie)
{
    hub_plant(lie->world, lie->to, lie->frame);
}

static void
make_another(const struct lie *lie)
{
    static const struct {
        void (*make)(const struct lie *lie);
        enum toll toll;
    } kinds[] = { { make_fork, TOLL_HUB_LIE_FORK },
                  { make_nack, TOLL_HUB_LIE_NACK },
                  { make_end, TOLL_HUB_LIE_END },
                  { make_own, TOLL_HUB_LIE_OWN },
                  { make_plant, TOLL_HUB_LIE_PLANT } };
    enum { FORK = 0, OWN = 3, PLANT = 4 };
    const uint64_t session = lie->frame->session;
    uint32_t which = luck_below(lie->luck, PLANT);

    if (is_standby(lie->to) && (which == OWN || luck_below(lie->luck, 2) ||
                                (which == FORK && !may_call_safe(lie->world))))
        which = PLANT;
    *lie->frame = (struct frame) { .session = session };
    kinds[which].make(lie);
    toll_count(kinds[which].toll);
}

/* --- which --- */

static void
tell(const struct lie *lie)
{
    const enum frame_kind kind = lie->frame->kind;

    /* One WELCOME in so many would be too few. */
    if (kind != FRAME_WELCOME && luck_below(lie->luck, 3) == 0) {
        make_another(lie);
    } else if (kind == FRAME_WELCOME) {
        bend_welcome(lie);
        toll_count(TOLL_HUB_LIE_WELCOME);
    } else if (kind == FRAME_ACK) {
        bend_ack(lie);
        toll_count(TOLL_HUB_LIE_ACK);
    } else if (kind == FRAME_BATCH) {
        bend_batch(lie);
        toll_count(TOLL_HUB_LIE_BATCH);
    } else if (kind == FRAME_STATE) {
        bend_state(lie);
        toll_count(TOLL_HUB_LIE_STATE);
    }
}

void
hub_lies_bend(void *context, struct machine *from, uint32_t to,
              struct frame *frame)
{
    enum { WELCOMES = 4, TO_STANDBYS = 8 }; /* who hear fewer frames */
    struct world *world = context;
    const struct lie lie = { .world = world,
                             .luck = &world->luck,
                             .to = world->boxes[to],
                             .frame = frame };
    const uint32_t often = world->plan.hub_lies *
                           (frame->kind == FRAME_WELCOME ? WELCOMES : 1) *
                           (is_standby(lie.to) ? TO_STANDBYS : 1);

    if (often == 0 || world->healed || world->boxes[from->index]->hub == NULL ||
        (lie.to->kind != BOX_STORE && !is_standby(lie.to)) ||
        !luck_hits(&world->luck, often))
        return;
    struct machine *here = machine_here();
    struct heap *heap = heap_watch(NULL);
    machine_leave();
    tell(&lie);
    machine_enter(here);
    heap_watch(heap);
}

/* --- at rest --- */

/* No lie is remembered. */
static void
check_notes(struct world *world, const struct box *box, struct journal *journal)
{
    struct notes notes = { 0 };
    struct claim claim = { 0 };
    const struct machine *hub = &world_hub(world)->machine;

    world_must(world, notes_load(&notes, journal), "notes_load");
    world_must(world, trust_load_claim(journal, &claim), "trust_load_claim");
    if (!reign_is_sane(notes.epoch, world_now_ms()) ||
        !reign_is_sane(claim.epoch, world_now_ms()))
        world_fail(world, "machine %u remembers an epoch to come",
                   box->machine.index);
    for (uint32_t i = 0; i < notes.count; i++) {
        const stream_id stream = { .node = box->node,
                                   .incarnation = notes.acked[i].incarnation };
        checks_safe(world, hub, stream, notes.acked[i].safe);
    }
}

/* Nor has the store been told of more than there is. */
static void
check_feed(struct world *world, const struct box *box, uint64_t last)
{
    struct copies *copies = NULL;
    uint64_t epoch = 0, position = 0;
    enum err err = copies_open(box->dir, false, &copies);

    if (err == ERR_NOT_FOUND)
        return;
    if (err == OK)
        err = copies_where(copies, &epoch, &position);
    world_must(world, err, "copies");
    if (epoch == box_incarnation(world, world_hub(world)) && position > last)
        world_fail(world, "machine %u has been told of position %llu of %llu",
                   box->machine.index, (unsigned long long)position,
                   (unsigned long long)last);
    copies_close(copies);
}

/* How far a machine's journal goes. */
static uint64_t
last_position(struct world *world, const struct box *box)
{
    struct journal *journal = NULL;
    struct reader *reader = NULL;
    char path[WORLD_DIR_SIZE + 16];
    uint64_t last = 0;

    snprintf(path, sizeof path, "%s/journal", box->dir);
    enum err err = journal_open(path, NULL, &journal);
    if (err == OK)
        err = reader_open(journal, &reader);
    if (err == OK)
        last = reader_last(reader);
    world_must(world, err, "reader_open");
    reader_close(reader);
    journal_close(journal);
    return last;
}

void
hub_lies_check(struct world *world)
{
    const uint64_t last = last_position(world, world_hub(world));
    char path[WORLD_DIR_SIZE + 16];

    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *box = world->boxes[i];
        struct journal *journal = NULL;
        if (!box->store)
            continue;
        snprintf(path, sizeof path, "%s/journal", box->dir);
        world_must(world, journal_open(path, NULL, &journal), "journal_open");
        if (journal)
            check_notes(world, box, journal);
        journal_close(journal);
        check_feed(world, box, last);
    }
}
