#include "tests/sim/forger.h"

#include <stdlib.h>
#include <string.h>

#include "nodes/clock.h"
#include "tests/sim/box.h"
#include "tests/sim/forgery.h"
#include "tests/sim/image.h"
#include "tests/sim/lies.h"
#include "tests/sim/toll.h"

enum {
    STRANGER_NODE = 700,
    PAUSE_MS = 60, /* between two lies, at most */
    DIAL_MS = 500, /* before it dials again, likewise */
    READS_AT_ONCE = 64,
    TAPE_SIZE_MAX = 65536, /* of a payload that is kept */
};

/* --- making one --- */

static struct forger *
add(struct world *world, struct box *victim, uint32_t node)
{
    struct forger *forger = calloc(1, sizeof *forger);

    if (forger == NULL)
        abort();
    forger->world = world;
    forger->victim = victim;
    forger->box = box_add(world, BOX_FORGER, node);
    forger->box->forger = forger;
    if (victim) {
        /* What it says in the victim's name may be another branch. */
        victim->parted = true;
        world_must(world, keys_load(victim->dir, "own", &forger->keys, NULL),
                   "keys_load");
    }
    return forger;
}

void
forger_found(struct world *world)
{
    for (uint32_t i = 0; i < world->plan.forgers; i++) {
        struct box *victim =
            i == 0 ? NULL
                   : world->boxes[world->hub_count +
                                  luck_below(&world->luck, world->plan.stores)];
        (void)add(world, victim, victim ? victim->node : STRANGER_NODE + i);
    }
}

void
forger_close(struct box *box)
{
    struct forger *forger = box->forger;

    if (forger == NULL)
        return;
    box_enter(box);
    transport_close(forger->transport);
    machine_leave();
    for (uint32_t i = 0; i < FORGER_TAPE; i++)
        text_close(&forger->tape[i].payload);
    free(forger);
    box->forger = NULL;
}

/* --- saying --- */

static void
keep(struct forger *forger, const struct frame *frame)
{
    struct forger_said *said = &forger->tape[forger->said % FORGER_TAPE];
    size_t size = frame_payload_size(frame);

    /* The counter knows all questions by their ids. */
    if (size > TAPE_SIZE_MAX || frame->kind == FRAME_ASK)
        return;
    text_clear(&said->payload);
    if (!text_reserve(&said->payload, size + 1))
        abort();
    frame_encode(frame, said->header, said->payload.bytes);
    said->payload.size = size;
    forger->said++;
}

void
forger_say(struct forger *forger, struct frame *frame)
{
    if (frame->session == 0)
        frame->session = forger->session;
    keep(forger, frame);
    if (transport_send(forger->transport, NULL, frame) == ERR_NOT_FOUND)
        forger->up = false;
}

void
forger_blurt(struct forger *forger, view header, view payload)
{
    net_blurt(&forger->box->machine, header, payload);
}

struct box *
forger_other(const struct forger *forger)
{
    struct world *world = forger->world;
    uint32_t first = luck_below(&world->luck, world->plan.stores);

    for (uint32_t i = 0; i < world->plan.stores; i++) {
        struct box *box =
            world->boxes[world->hub_count + (first + i) % world->plan.stores];
        if (box->node != forger->box->node)
            return box;
    }
    return NULL;
}

/* --- hearing --- */

static struct forger_branch *
find_branch(struct forger *forger, stream_id stream)
{
    for (uint32_t i = 0; i < forger->branch_count; i++)
        if (stream_equal(forger->branches[i].stream, stream))
            return &forger->branches[i];
    return NULL;
}

/* The hub says where it stands: from there on it takes more. */
static void
stand_at(struct forger *forger, stream_id stream, stream_head head)
{
    struct forger_branch *branch = find_branch(forger, stream);

    if (branch == NULL)
        return;
    if (head.seq > branch->before.seq && head.seq < branch->head.seq)
        branch->before = head;
    branch->head = head;
}

static void
hear(struct forger *forger, const struct frame *frame)
{
    if (frame->kind == FRAME_WELCOME) {
        forger->session = frame->session;
        forger->epoch = frame->welcome.epoch;
        forger->total = 0;
        for (uint32_t i = 0; i < frame->welcome.held_count; i++)
            stand_at(forger, frame->welcome.held[i].stream,
                     frame->welcome.held[i].head);
    } else if (frame->kind == FRAME_ACK) {
        stand_at(forger, frame->ack.stream, frame->ack.head);
    } else if (frame->kind == FRAME_NACK) {
        if (frame->nack.why == FRAME_WHY_RIGHT)
            toll_count(TOLL_FORGER_REFUSED);
        else
            stand_at(forger, frame->nack.stream, frame->nack.head);
    } else if (frame->kind == FRAME_ERR || frame->kind == FRAME_BYE) {
        toll_count(TOLL_FORGER_THROWN_OUT);
        forger->session = 0;
    }
}

static void
listen(struct forger *forger)
{
    struct world *world = forger->world;
    struct transport_message message;

    for (uint32_t i = 0; i < READS_AT_ONCE; i++) {
        struct frame frame;
        if (transport_receive(forger->transport, &message) != OK)
            return;
        arena_reset(&world->arena);
        if (frame_parse(message.header, message.payload, &world->arena,
                        &frame) == OK)
            hear(forger, &frame);
        transport_release(&message);
    }
}

/* --- being there --- */

static void
dial(struct forger *forger)
{
    struct world *world = forger->world;
    struct box *hub = world_hub(world);
    struct keys_pair keys = forger->keys;
    struct keys_pair theirs;
    struct keys_hub where;

    forger->up = false;
    forger->session = 0;
    forger->wrong_key = luck_below(&world->luck, 8) == 0;
    if (forger->wrong_key)
        transport_keypair(&keys);
    if (keys_load(hub->dir, "own", &theirs, NULL) != OK)
        return;
    where.key = theirs.public_key;
    net_endpoint(hub->machine.index, where.endpoint);
    world_must(world, transport_dial(forger->transport, &where, &keys, NULL),
               "dial");
}

static void
look_at_line(struct forger *forger)
{
    switch (transport_event(forger->transport)) {
    case TRANSPORT_NOTHING:
        return;
    case TRANSPORT_UP:
        if (forger->wrong_key)
            world_fail(forger->world, "a key that nobody enrolled is admitted");
        forger->up = true;
        return;
    case TRANSPORT_REFUSED:
        if (forger->wrong_key)
            toll_count(TOLL_FORGER_UNKNOWN);
        break;
    case TRANSPORT_DOWN:
        break;
    }
    transport_hang_up(forger->transport);
    forger->up = false;
    forger->session = 0;
}

static void
live(struct forger *forger)
{
    struct world *world = forger->world;
    struct luck *luck = &world->luck;

    if (forger->transport == NULL) {
        world_must(world, transport_open(&forger->transport), "transport");
        if (forger->victim == NULL)
            world_must(world,
                       keys_load(forger->box->dir, "own", &forger->keys, NULL),
                       "keys_load");
    }
    look_at_line(forger);
    listen(forger);
    if (machine_true_ms() < forger->next_ms)
        return;
    forger->next_ms = machine_true_ms() + luck_between(luck, 1, PAUSE_MS);
    if (!forger->up) {
        forger->next_ms += luck_between(luck, 40, DIAL_MS);
        dial(forger);
    } else if (forger->session == 0 && luck_below(luck, 2) == 0) {
        lies_greet(forger);
    } else {
        lies_tell(forger, world->healed);
    }
}

void
forger_live(struct world *world, struct box *box)
{
    struct forger *forger = box->forger;

    if (forger->victim && world->healed) {
        box_enter(box);
        transport_close(forger->transport);
        forger->transport = NULL;
        machine_leave();
        return;
    }
    box_enter(box);
    live(forger);
    machine_leave();
}

/* --- at rest --- */

static bool
is_made_up(view core)
{
    static const char mark[] = FORGERY_RECEIPT;

    return memmem(core.bytes, core.size, mark, sizeof mark - 1) != NULL;
}

/* A thief's number is his victim's. */
static bool
is_forgers(const struct world *world, uint32_t node)
{
    for (uint32_t i = 0; i < world->box_count; i++)
        if (world->boxes[i]->forger && world->boxes[i]->node == node)
            return true;
    return false;
}

/* What lay in a branch that a hub has told again stands in the hub's own stream
 * as a copy. */
static bool
is_told_again(const struct world *world, const struct record_event *event)
{
    for (uint32_t i = 0; event->copy && i < world->hub_count; i++)
        if (world->boxes[i]->node == event->here.node)
            return is_forgers(world, event->origin.node);
    return false;
}

static void
check_event(void *context, const struct record_event *event)
{
    struct world *world = context;

    if (is_made_up(event->core) && !is_forgers(world, event->here.node) &&
        !is_told_again(world, event))
        world_fail(world, "the hub holds a forgery as %u.%llu.%llu",
                   event->here.node,
                   (unsigned long long)event->here.incarnation,
                   (unsigned long long)event->here.seq);
}

void
forger_check(struct world *world)
{
    if (world->plan.forgers > 0)
        image_events(disk_journal(world_hub(world)->machine.disk), check_event,
                     world);
}
