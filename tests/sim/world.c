#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "tests/sim/box.h"
#include "tests/sim/checks.h"
#include "tests/sim/counter.h"
#include "tests/sim/fate.h"
#include "tests/sim/forger.h"
#include "tests/sim/hub_lies.h"
#include "tests/sim/image.h"
#include "tests/sim/office.h"
#include "tests/sim/rest.h"
#include "tests/sim/till.h"

enum {
    CHECK_MS = 5000,
    ARENA_SIZE = 1 << 28,
    REST_STEPS = 40,
    MEND_STEPS = 2000,
    SEARCH_STEPS = 2000,
    MEND_TRIES = 12,
    HERD_BULK = 20, /* each such store has been cut off for longer ... */
    HERD_MORE = 10, /* ... by so much */
    HERD_BOXES = 100,
    NODE_BYTES_MAX = (12 - 7) << 20, /* what LMDB and ZeroMQ leave of 12 MB */
    HUB_BYTES_MAX = 64 << 20, /* beside its accounts, which are a dozen, ... */
    GUEST_BYTES_MAX = 64 << 10, /* ... and for each of its nodes */
};

void
world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (world->problem[0] != '\0')
        return;
    int size = snprintf(world->problem, sizeof world->problem,
                        "at %.3f s: ", (double)machine_true_ms() / 1000);
    va_start(arguments, format);
    vsnprintf(world->problem + size, sizeof world->problem - (size_t)size,
              format, arguments);
    va_end(arguments);
}

void
world_must(struct world *world, enum err err, const char *what)
{
    if (err != OK)
        world_fail(world, "%s: %s", what, err_name(err));
}

static bool
is_good(const struct world *world)
{
    return world->problem[0] == '\0';
}

/* What the process holds, with what waits in its sockets to be read, here or,
 * for its readers are slow, there. */
static void
watch_memory(struct world *world, const struct box *box)
{
    const struct machine *machine = &box->machine;
    bool is_hub = box->kind == BOX_HUB;
    if (box->kind == BOX_FORGER)
        return;
    int64_t *most = is_hub ? &world->hub_most : &world->node_most;
    int64_t bytes =
        machine->heap.bytes + net_waiting(machine) + machine->unread_bytes;
    int64_t bound = NODE_BYTES_MAX;

    if (is_hub)
        bound = HUB_BYTES_MAX + (int64_t)world->box_count * GUEST_BYTES_MAX;
    if (bytes > *most)
        *most = bytes;
    if (bytes > bound)
        world_fail(world, "machine %u holds %lld bytes, %lld of them blocks",
                   machine->index, (long long)bytes,
                   (long long)machine->heap.bytes);
}

static void
step(struct world *world)
{
    machine_set_true_ms(machine_true_ms() + WORLD_STEP_MS);
    if (!world->healed)
        fate_turn(world);
    uint32_t first = luck_below(&world->luck, world->box_count);
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[(first + i) % world->box_count];
        if (!world->healed)
            fate_strike(world, box);
        fate_relieve(world, box);
        box_live(world, box);
        watch_memory(world, box);
    }
    counter_turn(world);
    if (machine_true_ms() % CHECK_MS != 0 || world->box_count > HERD_BOXES)
        return;
    for (uint32_t i = 0; i < world->box_count; i++)
        if (!world->boxes[i]->machine.dead && !world->boxes[i]->rotten)
            checks_journal(world, world->boxes[i]);
}

static void
pass_time(struct world *world, uint32_t steps)
{
    for (uint32_t i = 0; is_good(world) && i < steps; i++)
        step(world);
}

static bool
all_sound(struct world *world)
{
    bool sound = true;

    for (uint32_t i = 0; is_good(world) && i < world->box_count; i++)
        sound &= checks_is_sound(world, world->boxes[i]);
    return sound;
}

/* Where `verify` finds other files than the journal damaged, processes that
 * begin anew make them anew, a part at each of their keepers' looks. */
static void
mend_files(struct world *world)
{
    bool sound = all_sound(world);

    for (uint32_t round = 0; !sound && round < 2; round++) {
        for (uint32_t i = 0; i < world->box_count; i++) {
            box_end(world->boxes[i]);
            world->boxes[i]->begin_ms = 0;
        }
        for (uint32_t i = 0; !sound && i < MEND_TRIES; i++) {
            pass_time(world, MEND_STEPS);
            sound = all_sound(world);
        }
    }
}

bool
world_run(struct world *world)
{
    bool rest = false;

    fate_plan(world);
    while (is_good(world) && machine_true_ms() < world->plan.trouble_ms)
        step(world);
    fate_heal(world);
    int64_t until_ms = machine_true_ms() + world->plan.budget_ms;
    while (is_good(world) && !rest && machine_true_ms() < until_ms) {
        pass_time(world, REST_STEPS);
        office_settle(world);
        rest = rest_is_reached(world);
    }
    /* Whether what a moved machine has left is to be told again its head does
     * not say: that is being found out; nor does it what is remembered. */
    if (rest && (world->plan.moves || world->plan.hub_lies))
        pass_time(world, SEARCH_STEPS);
    world->rest_ms = machine_true_ms();
    if (is_good(world) && !rest)
        world_fail(world, "no rest: %s", rest_why_not());
    /* A snapshot has no other files, though its database speaks of some. */
    if (world->plan.files > 0 || world->plan.lapses > 0)
        mend_files(world);
    if (is_good(world) && world->plan.herd)
        checks_arrived(world, NULL);
    else if (is_good(world))
        checks_all(world);
    return is_good(world);
}

void
world_open(struct world *world, const struct world_plan *plan, uint64_t seed)
{
    *world = (struct world) { .plan = *plan, .luck = { seed } };
    world->place = place_make();
    world->net = (struct net) { .luck = &world->luck,
                                .weather = plan->weather,
                                .spy = checks_frame,
                                .bend = hub_lies_bend,
                                .context = world };
    if (!arena_open(&world->arena, ARENA_SIZE))
        abort();
    machine_set_true_ms(0);
    net_begin(&world->net);
    counter_open(world);
    office_found(world);
    for (uint32_t i = world->hub_count;
         plan->backlog > 0 && i < world->box_count; i++) {
        if (world->boxes[i]->forger)
            continue;
        uint32_t count = plan->backlog * (i % HERD_BULK == 0 ? HERD_MORE : 1);
        till_stock_up(world, world->boxes[i], count,
                      plan->at_once ? plan->at_once : count);
    }
}

uint64_t
world_print(const struct world *world)
{
    uint64_t print = world->net.print;

    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct disk *disk = world->boxes[i]->machine.disk;
        stream_id stream = { 0 };
        stream_head head;
        while (image_next_stream(disk_journal(disk), &stream, &head))
            print = hash_64((view) { head.chain.bytes, sizeof head.chain },
                            print + head.seq + disk->commits);
    }
    return print;
}

void
world_close(struct world *world)
{
    counter_close(world);
    for (uint32_t i = world->box_count; i > 0; i--) {
        box_end(world->boxes[i - 1]);
        forger_close(world->boxes[i - 1]);
        box_end_till(world->boxes[i - 1]);
    }
    for (uint32_t i = 0; i < world->box_count; i++) {
        disk_forget(&world->boxes[i]->backup);
        disk_free(world->boxes[i]->machine.disk);
        free(world->boxes[i]);
    }
    for (uint32_t i = 0; i < world->backup_count; i++)
        disk_free(world->backups[i].disk);
    free(world->boxes);
    free(world->machines);
    free(world->net.places);
    free(world->sales);
    arena_close(&world->arena);
    place_remove(&world->place);
}
