#include "tests/sim/box.h"

#include <stdio.h>
#include <stdlib.h>

#include "nodes/clock.h"
#include "nodes/keeper.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "tests/sim/counter.h"
#include "tests/sim/forger.h"
#include "tests/sim/office.h"
#include "tests/sim/toll.h"

enum { TURN_MS = 20, HERD_TURN_MS = 100 };

void
box_enter(struct box *box)
{
    machine_enter(&box->machine);
}

static void
make_room(struct world *world)
{
    if (world->box_count < world->box_room)
        return;
    world->box_room = world->box_room ? world->box_room * 2 : 16;
    world->boxes =
        realloc(world->boxes, world->box_room * sizeof world->boxes[0]);
    world->machines =
        realloc(world->machines, world->box_room * sizeof world->machines[0]);
    world->net.places =
        realloc(world->net.places, world->box_room * sizeof(struct net_place));
    if (!world->boxes || !world->machines || !world->net.places)
        abort();
}

struct box *
box_add(struct world *world, enum box_kind kind, uint32_t node)
{
    struct box *box = calloc(1, sizeof *box);
    const struct ledger_identity who = {
        .node = node,
        .store = kind == BOX_STORE ? node : 0,
    };

    if (box == NULL)
        abort();
    make_room(world);
    box->kind = kind;
    box->node = node;
    snprintf(box->dir, sizeof box->dir, "%s/%u", world->place.path,
             world->box_count);
    box->machine = (struct machine) { .index = world->box_count,
                                      .disk = disk_make(box->dir, &world->luck),
                                      .luck = &world->luck,
                                      .fuse = -1,
                                      .newer = world->plan.mixed &&
                                               luck_below(&world->luck, 2) };
    world->net.places[world->box_count] = (struct net_place) { 0 };
    world->machines[world->box_count] = &box->machine;
    world->boxes[world->box_count++] = box;
    world->net.machines = world->machines;
    world->net.machine_count = world->box_count;
    box_enter(box);
    world_must(world, ledger_create(box->dir, &who, MACHINE_EPOCH_MS, NULL),
               "ledger_create");
    machine_leave();
    return box;
}

uint64_t
box_incarnation(struct world *world, const struct box *box)
{
    struct journal_identity who = { 0 };
    struct journal *journal = NULL;
    char path[WORLD_DIR_SIZE + 16];

    machine_leave(); /* looking is done from outside */
    snprintf(path, sizeof path, "%s/journal", box->dir);
    world_must(world, journal_open(path, NULL, &journal), "journal_open");
    if (journal)
        world_must(world, journal_get_identity(journal, &who), "identity");
    journal_close(journal);
    return who.incarnation;
}

/* --- processes --- */

bool
box_runs(const struct box *box)
{
    return box->hub != NULL || box->store != NULL;
}

void
box_end(struct box *box)
{
    box_enter(box);
    heap_watch(&box->machine.heap);
    hub_close(box->hub);
    store_close(box->store);
    heap_watch(NULL);
    box->hub = NULL;
    box->store = NULL;
    assert(box->machine.heap.bytes == 0); /* all has been given back */
    machine_leave();
}

void
box_end_till(struct box *box)
{
    box_enter(box);
    ledger_close(box->till);
    box->till = NULL;
    machine_leave();
}

/* A hub that learns that it is of the past stands by from now on, by itself; or
 * people see to it. */
static void
step_down(struct world *world, struct box *box)
{
    struct complaint why;

    box_enter(box);
    enum err err = reign_step_down(box->dir, NULL, &why);
    machine_leave();
    if (err != OK && !box->machine.dead)
        office_demote(world, box);
}

/* As instance_check() does. */
static enum err
notice_move(struct box *box)
{
    struct ledger *ledger = NULL;
    enum err err = ledger_open(box->dir, LEDGER_WRITE, NULL, &ledger);

    if (err == OK)
        err = reign_begin_anew(box->dir, ledger_journal(ledger), REASON_MOVED,
                               clock_wall_ms());
    ledger_close(ledger);
    if (err != OK)
        return err;
    box->moved = false;
    toll_count(TOLL_MOVED);
    return OK;
}

void
box_begin(struct world *world, struct box *box)
{
    struct complaint complaint = { 0 };
    enum err err = OK;

    box->machine.dead = false;
    box->epoch = 0;
    box->epoch_told = 0;
    counter_forget(box);
    box_enter(box);
    bool standby = box->kind == BOX_HUB && keys_has_hub(box->dir);
    box->hub_options =
        (struct hub_options) { .dir = box->dir, .listen = "tcp://10.0.0.1:0" };
    box->store_options =
        (struct store_options) { .dir = box->dir, .standby = standby };
    heap_watch(&box->machine.heap);
    if (box->moved)
        err = notice_move(box);
    if (err != OK)
        complain(&complaint, "can't leave its incarnation");
    else if (box->kind == BOX_HUB && !standby)
        err = hub_open(&box->hub_options, &complaint, &box->hub);
    else
        err = store_open(&box->store_options, -1, &complaint, &box->store);
    heap_watch(NULL);
    machine_leave();
    if (err == OK)
        return;
    box->begin_ms = machine_true_ms() + 1000;
    if (err == ERR_CONFLICT && box->kind == BOX_HUB && !box->machine.dead)
        step_down(world, box);
    else if (world->healed)
        world_fail(world, "machine %u does not begin: %s %s",
                   box->machine.index, err_name(err), complaint.text);
}

void
box_bury(struct world *world, struct box *box)
{
    box_end(box);
    box_end_till(box);
    disk_cut(box->machine.disk);
    box->machine.fuse = -1;
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 15000);
}

/* True: the process is to end, and to begin again at once. */
static bool
take_turn(struct box *box)
{
    if (box->hub) {
        hub_turn(box->hub);
        return hub_is_broken(box->hub) || hub_is_deposed(box->hub);
    }
    store_turn(box->store);
    return store_is_broken(box->store) ||
           (box->kind == BOX_HUB && !keys_has_hub(box->dir));
}

/* Until a process to which nothing comes takes a turn: of thousands of nodes
 * most only look whether somebody has sold something. */
static int64_t
pause_ms(const struct world *world, const struct box *box)
{
    return world->plan.herd && box->store ? HERD_TURN_MS : TURN_MS;
}

static void
turn(struct world *world, struct box *box)
{
    box_enter(box);
    heap_watch(&box->machine.heap);
    uint64_t commits = box->machine.disk->commits;
    bool over = take_turn(box);
    if (!over && !box->machine.dead &&
        luck_below(&world->luck, world->plan.looks) == 0)
        keeper_look(box->machine.keeper);
    heap_watch(NULL);
    machine_leave();
    commits = box->machine.disk->commits - commits;
    box->turn_ms = machine_true_ms() + pause_ms(world, box);
    box->busy_ms = machine_true_ms() + (int64_t)commits * world->plan.commit_ms;
    if (box->machine.dead) {
        box_bury(world, box);
    } else if (over) {
        box_end(box);
        box->begin_ms = machine_true_ms() + 1;
    }
}

void
box_live(struct world *world, struct box *box)
{
    int64_t now_ms = machine_true_ms();

    if (box->kind == BOX_FORGER) {
        forger_live(world, box);
        return;
    }
    if (box->machine.dead && (box_runs(box) || box->till))
        box_bury(world, box);
    if (!box_runs(box)) {
        if (now_ms >= box->begin_ms)
            box_begin(world, box);
        if (box->machine.dead)
            box_bury(world, box);
        return;
    }
    bool sleeps = box->turn_ms > now_ms + pause_ms(world, box);
    if (now_ms < box->busy_ms)
        return;
    if (now_ms >= box->turn_ms ||
        (!sleeps && net_due_ms(&box->machine) <= now_ms))
        turn(world, box);
}
