#include "tests/sim/fate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nodes/clock.h"
#include "nodes/keys.h"
#include "nodes/retain.h"
#include "tests/sim/box.h"
#include "tests/sim/counter.h"
#include "tests/sim/office.h"
#include "tests/sim/poison.h"
#include "tests/sim/rot.h"
#include "tests/sim/till.h"
#include "tests/sim/toll.h"

enum {
    WALL_JUMP_MS = 3600 * 1000,
    CLONES_MAX = 4,
    PATIENCE_MS = 60000,
    NEVER_MS = 3600 * 1000,
    OTHER_SIDE = 1, /* of a split network */
};

/* --- disks --- */

/* A token is not part of an invented disk. */
static void
move(struct world *world, struct box *box)
{
    box->moved |= world->plan.moves && luck_below(&world->luck, 2) == 0;
}

static enum toll
toll_of_restore(const struct box *box)
{
    if (box->kind != BOX_HUB)
        return TOLL_RESTORED;
    return keys_has_hub(box->dir) ? TOLL_STANDBY_ROLLED : TOLL_HUB_ROLLED;
}

static void
restore(struct world *world, struct box *box)
{
    if (!box->has_backup) {
        box->backup = disk_save(box->machine.disk);
        box->has_backup = true;
        return;
    }
    box_end(box);
    box_end_till(box);
    disk_restore(box->machine.disk, &box->backup);
    toll_count(toll_of_restore(box));
    disk_forget(&box->backup);
    box->has_backup = false;
    box->machine.fuse = -1;
    box->parted = true;
    box->owned_ms = INT64_MAX;
    move(world, box);
    till_count_losses(world);
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 5000);
}

/* Only what can be brought back from a backup. */
static void
rot(struct world *world, struct box *box)
{
    if (box->has_backup)
        rot_journal(world, box);
    else
        restore(world, box); /* makes one */
}

static void
notice(struct world *world, struct box *box)
{
    if (!box->rotten || machine_true_ms() < box->noticed_ms)
        return;
    rot_notice(world, box);
    if (box->kind == BOX_STORE) {
        restore(world, box);
    } else {
        bool restored = office_restore(world, box);
        assert(restored);
        toll_count(TOLL_HUB_ROTTEN);
    }
    box->rotten = false;
}

static void
copy_file(const struct box *from, const struct box *to, const char *name)
{
    char path[WORLD_DIR_SIZE + 32], bytes[4096];

    snprintf(path, sizeof path, "%s/keys/%s", from->dir, name);
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    snprintf(path, sizeof path, "%s/keys/%s", to->dir, name);
    int there = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (there < 0 || write(there, bytes, size) != (ssize_t)size)
        abort();
    close(there);
}

/* The image of a store's disk is put into a second machine, keys and all; both
 * sell on. */
static void
clone(struct world *world, struct box *box)
{
    struct disk_copy copy = disk_save(box->machine.disk);
    struct box *twin = box_add(world, BOX_STORE, box->node);

    copy_file(box, twin, "own");
    copy_file(box, twin, "hubs");
    disk_restore(twin->machine.disk, &copy);
    toll_count(TOLL_CLONED);
    disk_forget(&copy);
    box->parted = true;
    twin->parted = true;
    move(world, twin);
    twin->machine.wall_ms = box->machine.wall_ms;
    twin->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 20000);
}

static void
fill(struct world *world, struct box *box)
{
    box->machine.disk->full = true;
    box->heal_ms = machine_true_ms() + luck_between(&world->luck, 50, 10000);
}

/* As `leima prune` does: the process does not run, all streams, each as far as
 * it is safe and the hub has told what came of it. */
static void
prune(struct world *world, struct box *box)
{
    struct ledger *ledger = NULL;
    struct complaint why;

    box->pruned = true;
    box_end(box);
    box_end_till(box);
    box_enter(box);
    struct retain retain = { .now_ms = clock_wall_ms(),
                             .before_ms = clock_wall_ms() };
    enum err err = ledger_open(box->dir, LEDGER_OWN, NULL, &ledger);
    if (err == OK)
        err = retain_run(ledger, NULL, &retain, &why);
    if (retain.dropped > 0)
        toll_count(TOLL_PRUNED);
    ledger_close(ledger);
    machine_leave();
    if (err == ERR_CORRUPT && box->rotten)
        return; /* noticed */
    /* ERR_CONFLICT: the hub has told nothing yet. */
    if (err != OK && err != ERR_FULL && err != ERR_IO && err != ERR_CONFLICT)
        world_fail(world, "prune of machine %u: %s", box->machine.index,
                   err_name(err));
}

/* --- everything else --- */

static void
cut(struct world *world, struct box *box)
{
    world->net.places[box->machine.index].cut = true;
    box->heal_ms = machine_true_ms() + luck_between(&world->luck, 100, 30000);
}

/* As it begins again its program may be another: too far ahead of all others,
 * or, after that, put right. */
static void
stop(struct world *world, struct box *box)
{
    const uint32_t apart = world->plan.apart;

    box_end(box);
    box->machine.apart =
        !box->machine.apart && apart >= (box->kind == BOX_HUB ? 2u : 1u);
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 8000);
    toll_count(TOLL_STOPPED);
}

static void
jump(struct world *world, struct machine *machine)
{
    int64_t before_ms = machine->wall_ms;

    machine->wall_ms = luck_between(&world->luck, -WALL_JUMP_MS, WALL_JUMP_MS);
    toll_count(machine->wall_ms > before_ms ? TOLL_CLOCK_AHEAD
                                            : TOLL_CLOCK_BEHIND);
}

/* It reads a frame now and then, or none at all, and goes on talking. */
static void
dawdle(struct world *world, struct box *box)
{
    struct luck *luck = &world->luck;

    box->machine.read_every_ms =
        luck_below(luck, 4) == 0 ? NEVER_MS : luck_between(luck, 200, 3000);
    box->slow_ms = machine_true_ms() + luck_between(luck, 1000, 40000);
}

static bool
strikes(struct world *world, uint32_t often)
{
    return often > 0 && luck_hits(&world->luck, often * WORLD_STEP_MS);
}

static void
strike_any(struct world *world, struct box *box, uint32_t deaths)
{
    const struct world_plan *plan = &world->plan;
    struct machine *machine = &box->machine;
    struct luck *luck = &world->luck;

    if (strikes(world, deaths) && machine->fuse < 0)
        machine->fuse = luck_below(luck, 12);
    if (box_runs(box) && strikes(world, plan->stops))
        stop(world, box);
    if (box->heal_ms == 0 && strikes(world, plan->cuts))
        cut(world, box);
    if (box->heal_ms == 0 && strikes(world, plan->fulls))
        fill(world, box);
    if (strikes(world, plan->faults)) {
        machine->disk->faults = 1;
        machine->disk->fault_in = luck_below(luck, 5);
    }
    if (strikes(world, plan->files))
        rot_file(world, box);
    if (strikes(world, plan->jumps))
        jump(world, machine);
    if (strikes(world, plan->sleeps)) {
        box->turn_ms = machine_true_ms() + luck_between(luck, 1000, 60000);
        toll_count(TOLL_SLEPT);
    }
    if (box->slow_ms == 0 && strikes(world, plan->dawdles))
        dawdle(world, box);
}

static void
strike_store(struct world *world, struct box *box)
{
    const struct world_plan *plan = &world->plan;

    if (strikes(world, plan->restores) && !box->rotten)
        restore(world, box);
    if (strikes(world, plan->rots))
        rot(world, box);
    if (world->box_count <
            world->hub_count + plan->stores + plan->forgers + CLONES_MAX &&
        strikes(world, plan->clones) && !box->rotten)
        clone(world, box);
    if (!box->machine.dead && strikes(world, plan->prunes))
        prune(world, box);
    if (!box->machine.dead && strikes(world, plan->sales)) {
        till_sell(world, box);
        if (luck_below(&world->luck, 4) == 0)
            till_repeat(world, box);
    }
    if (!box->machine.dead && strikes(world, plan->poisons))
        poison_append(world, box);
    if (!box->machine.dead && strikes(world, plan->redemptions))
        counter_ask(world, box);
}

/* Not of one that was the hub when the snapshot was taken, or is now: that is
 * another fall. */
static void
strike_standby(struct world *world, struct box *box)
{
    if (!keys_has_hub(box->dir)) {
        disk_forget(&box->backup);
        box->has_backup = false;
        return;
    }
    if (!strikes(world, world->plan.lapses))
        return;
    if (box->has_backup)
        office_drop_files(box); /* they are no part of an invented disk */
    restore(world, box);
}

void
fate_strike(struct world *world, struct box *box)
{
    const struct world_plan *plan = &world->plan;
    bool is_hub = box->kind == BOX_HUB;

    if (box->kind == BOX_FORGER)
        return;
    notice(world, box);
    strike_any(world, box, is_hub ? plan->hub_deaths : plan->deaths);
    if (!is_hub)
        strike_store(world, box);
    if (is_hub && plan->lapses > 0)
        strike_standby(world, box);
    if ((box == world_hub(world) || (plan->settles && box->hub)) &&
        strikes(world, plan->publishes))
        office_publish(world, box);
    if (box == world_hub(world) && strikes(world, plan->backups))
        office_back_up(world);
}

/* --- the fall of a hub --- */

void
fate_plan(struct world *world)
{
    int64_t trouble_ms = world->plan.trouble_ms;

    world->fall_ms = INT64_MAX;
    world->recover_ms = INT64_MAX;
    if (world->plan.fall == FALL_NONE)
        return;
    world->fall_ms = luck_between(&world->luck, trouble_ms / 4, trouble_ms / 2);
    if (world->plan.fall != FALL_RESTORED && world->plan.fall != FALL_ROTTEN &&
        world->plan.fall != FALL_ROLLED && !world->plan.unaided)
        world->recover_ms =
            world->fall_ms + luck_between(&world->luck, 1000, trouble_ms / 2);
}

/* The first hub on a side of its own, with half of the stores or none. */
static void
part(struct world *world, bool with_stores)
{
    world->net.places[0].side = OTHER_SIDE;
    for (uint32_t i = world->hub_count; with_stores && i < world->box_count;
         i++)
        world->net.places[i].side =
            luck_below(&world->luck, 2) ? OTHER_SIDE : 0;
}

/* A snapshot is taken, and then, a while later, put in the machine's place. */
static void
roll_back(struct world *world, struct box *hub)
{
    const bool snapshot = !hub->has_backup;

    if (!snapshot)
        office_drop_files(hub); /* they are no part of an invented disk */
    restore(world, hub);
    if (!snapshot)
        world->rolled = box_incarnation(world, hub);
    if (snapshot) {
        office_publish(world, hub);
        world->fall_ms =
            machine_true_ms() + luck_between(&world->luck, 1, 20000);
    }
}

static void
fall(struct world *world)
{
    struct box *hub = world->boxes[0];
    enum world_fall what = world->plan.fall;

    if ((what == FALL_RESTORED || what == FALL_BURNED || what == FALL_ROTTEN) &&
        !office_has_backup(world, hub)) {
        office_back_up(world);
        world->fall_ms =
            machine_true_ms() + luck_between(&world->luck, 1, 9000);
        return;
    }
    if (what == FALL_ROLLED) {
        roll_back(world, hub);
        return;
    }
    if (what == FALL_RESTORED) {
        bool restored = office_restore(world, hub);
        assert(restored);
        toll_count(TOLL_HUB_RESTORED);
        return;
    }
    if (what == FALL_ROTTEN) {
        rot_journal(world, hub);
        return;
    }
    if (!office_promote(world, world->boxes[1]))
        return; /* people wait for the old hub */
    toll_count(what == FALL_SPLIT ? TOLL_HUB_SPLIT : TOLL_HUB_PROMOTED);
    if (what == FALL_BURNED) {
        box_end(hub);
        hub->begin_ms = INT64_MAX;
    } else {
        part(world, what == FALL_SPLIT);
    }
}

static void
recover(struct world *world)
{
    for (uint32_t i = 0; i < world->box_count; i++)
        world->net.places[i].side = 0;
    if (world->boxes[0]->begin_ms != INT64_MAX)
        return;
    if (office_restore(world, world->boxes[0]))
        toll_count(TOLL_HUB_BURNED);
    else
        world->boxes[0]->begin_ms = 0;
}

void
fate_turn(struct world *world)
{
    int64_t now_ms = machine_true_ms();

    if (now_ms >= world->fall_ms) {
        world->fall_ms = INT64_MAX;
        fall(world);
    }
    if (now_ms >= world->recover_ms) {
        world->recover_ms = INT64_MAX;
        recover(world);
    }
}

/* --- healing --- */

static void
relieve(struct world *world, struct box *box)
{
    world->net.places[box->machine.index].cut = false;
    box->machine.disk->full = false;
    box->heal_ms = 0;
}

static void
hasten(struct box *box)
{
    box->machine.read_every_ms = 0;
    box->slow_ms = 0;
}

void
fate_relieve(struct world *world, struct box *box)
{
    if (box->heal_ms != 0 && machine_true_ms() >= box->heal_ms)
        relieve(world, box);
    if (box->slow_ms != 0 && machine_true_ms() >= box->slow_ms)
        hasten(box);
}

/* Where the hubs are to agree by themselves stores begin after that. */
static void
begin_all(struct world *world)
{
    world->unaided = world->plan.unaided;
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[i];
        if (world->unaided && box->kind == BOX_STORE) {
            box_end(box);
            box->begin_ms = INT64_MAX;
        } else if (!box_runs(box) && box->kind != BOX_FORGER) {
            box_begin(world, box);
        }
    }
}

void
fate_heal(struct world *world)
{
    world->net.weather =
        (struct net_weather) { .delay_ms = 5,
                               .delay_more = 20,
                               .line_rate = world->plan.weather.line_rate,
                               .hub_rate = world->plan.weather.hub_rate };
    recover(world);
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[i];
        relieve(world, box);
        hasten(box);
        if (world->plan.hub_lies > 0 && box->kind == BOX_HUB)
            box_end(box); /* another takes its place, which is honest */
        box->noticed_ms = 0;
        notice(world, box);
        if (box->machine.dead)
            box_bury(world, box);
        box->machine.fuse = -1;
        box->machine.disk->faults = 0;
        box->machine.apart = false;
        box->turn_ms = 0;
        disk_forget(&box->backup);
        box->has_backup = false;
    }
    world->healed = true;
    world->patience_ms = machine_true_ms() + PATIENCE_MS;
    office_settle(world);
    begin_all(world);
    till_repeat_all(world);
}
