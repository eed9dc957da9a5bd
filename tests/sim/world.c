#include "tests/sim/world.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/ledger_publish.h"
#include "nodes/allow.h"
#include "nodes/keeper.h"
#include "nodes/keys.h"
#include "tests/sim/checks.h"

enum {
    STEP_MS = 5,
    TURN_MS = 20,
    HUB_NODE = 1,
    NODE_FIRST = 10,
    CHECK_MS = 5000,
    WALL_JUMP_MS = 3600 * 1000,
    ARENA_SIZE = 1 << 28,
    CLONES_MAX = 4,
    HERD_BULK = 20,  /* each such store has been cut off for longer ... */
    HERD_MORE = 100, /* ... by so much */
    HERD_QUEUE_MAX = 64 << 20,
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

static void
must(struct world *world, enum err err, const char *what)
{
    if (err != OK)
        world_fail(world, "%s: %s", what, err_name(err));
}

/* --- making the world --- */

static void
enter(struct box *box)
{
    machine_enter(&box->machine);
}

static struct box *
add_box(struct world *world, enum box_kind kind, uint32_t node)
{
    struct box *box = calloc(1, sizeof *box);

    if (box == NULL)
        abort();
    if (world->box_count == world->box_room) {
        world->box_room = world->box_room ? world->box_room * 2 : 16;
        world->boxes =
            realloc(world->boxes, world->box_room * sizeof world->boxes[0]);
        world->machines = realloc(world->machines,
                                  world->box_room * sizeof world->machines[0]);
        world->net.is_cut = realloc(
            world->net.is_cut, world->box_room * sizeof world->net.is_cut[0]);
        if (!world->boxes || !world->machines || !world->net.is_cut)
            abort();
    }
    box->kind = kind;
    box->node = node;
    snprintf(box->dir, sizeof box->dir, "%s/%u", world->place.path,
             world->box_count);
    box->machine = (struct machine) { .index = world->box_count,
                                      .disk = disk_make(box->dir, &world->luck),
                                      .luck = &world->luck,
                                      .fuse = -1 };
    world->net.is_cut[world->box_count] = false;
    world->machines[world->box_count] = &box->machine;
    world->boxes[world->box_count++] = box;
    world->net.machines = world->machines;
    world->net.machine_count = world->box_count;
    return box;
}

static void
create_ledger(struct world *world, struct box *box)
{
    const struct ledger_identity who = {
        .node = box->node,
        .store = box->kind == BOX_STORE ? box->node : 0,
    };

    enter(box);
    must(world, ledger_create(box->dir, &who, MACHINE_EPOCH_MS, NULL),
         "ledger_create");
}

static void
publish(struct world *world, struct ledger *ledger)
{
    char program[1024];

    snprintf(program, sizeof program,
             "program: Sim\n"
             "currency: EUR\n"
             "timezone: Europe/Helsinki\n"
             "partners:\n"
             "  - {id: market, stores: [1-9999], issue_price: 0.010, "
             "redeem_price: 0.009}\n"
             "earn:\n"
             "  - {id: base%u, per: 1.00, points: 1}\n",
             world->published);
    const struct ledger_publish publish = {
        .name = "sim.yaml",
        .file = view_of(program),
        .from_day = 19000 + (int32_t)world->published,
        .now_ms = MACHINE_EPOCH_MS + machine_true_ms(),
    };
    struct complaint complaint = { 0 };
    identity published;
    enum err err = ledger_publish(ledger, &publish, &published, &complaint);
    if (err == OK)
        world->published++;
    else if (err != ERR_FULL && err != ERR_IO && err != ERR_BUSY)
        world_fail(world, "publish: %s %s", err_name(err), complaint.text);
}

static void
enrol(struct world *world, struct box *store, struct allow *allow)
{
    struct box *hub = world->boxes[0];
    struct keys_hubs hubs = { .count = 1 };
    struct keys_pair pair;
    struct keys_pair own;

    enter(hub);
    must(world, hub_keys(hub->dir, &own, NULL), "hub_keys");
    hubs.list[0].key = own.public_key;
    net_endpoint(0, hubs.list[0].endpoint);
    transport_keypair(&pair);
    struct enrolment enrolment = { .node = store->node,
                                   .role = ENROL_STORE,
                                   .store_count = 1,
                                   .stores = { store->node },
                                   .joined = true,
                                   .key = pair.public_key };
    must(world, allow_enrol(allow, &enrolment), "allow_enrol");
    enter(store);
    must(world, keys_store(store->dir, "own", &pair, NULL), "keys_store");
    must(world, keys_store_hubs(store->dir, &hubs, NULL), "keys_store_hubs");
}

static void
found_network(struct world *world)
{
    struct ledger *ledger = NULL;
    struct allow *allow = NULL;
    struct box *hub = add_box(world, BOX_HUB, HUB_NODE);

    create_ledger(world, hub);
    must(world, ledger_open(hub->dir, LEDGER_WRITE, NULL, &ledger), "ledger");
    must(world, allow_open(ledger_journal(ledger), &allow), "allow_open");
    for (uint32_t i = 0; i < world->plan.stores; i++) {
        struct box *store = add_box(world, BOX_STORE, NODE_FIRST + i);
        create_ledger(world, store);
        enrol(world, store, allow);
    }
    enter(hub);
    publish(world, ledger);
    allow_close(allow);
    ledger_close(ledger);
    machine_leave();
}

/* --- processes --- */

static void
end_process(struct box *box)
{
    enter(box);
    hub_close(box->hub);
    store_close(box->store);
    box->hub = NULL;
    box->store = NULL;
    machine_leave();
}

static void
end_till(struct box *box)
{
    enter(box);
    ledger_close(box->till);
    box->till = NULL;
    machine_leave();
}

static bool
runs(const struct box *box)
{
    return box->hub != NULL || box->store != NULL;
}

static void
begin_process(struct world *world, struct box *box)
{
    struct complaint complaint = { 0 };
    enum err err;

    box->machine.dead = false;
    box->hub_options =
        (struct hub_options) { .dir = box->dir, .listen = "tcp://10.0.0.1:0" };
    box->store_options = (struct store_options) { .dir = box->dir };
    enter(box);
    if (box->kind == BOX_HUB)
        err = hub_open(&box->hub_options, &complaint, &box->hub);
    else
        err = store_open(&box->store_options, -1, &complaint, &box->store);
    machine_leave();
    if (err == OK)
        return;
    box->begin_ms = machine_true_ms() + 1000;
    if (world->healed)
        world_fail(world, "machine %u does not begin: %s %s",
                   box->machine.index, err_name(err), complaint.text);
}

/* The power is gone; it comes back later. */
static void
bury(struct world *world, struct box *box)
{
    end_process(box);
    end_till(box);
    disk_cut(box->machine.disk);
    box->machine.fuse = -1;
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 15000);
}

static void
turn(struct world *world, struct box *box)
{
    bool broken;

    enter(box);
    if (box->hub) {
        hub_turn(box->hub);
        broken = hub_is_broken(box->hub);
    } else {
        store_turn(box->store);
        broken = store_is_broken(box->store);
    }
    if (!broken && !box->machine.dead && luck_below(&world->luck, 8) == 0)
        keeper_look(box->machine.keeper);
    machine_leave();
    box->turn_ms = machine_true_ms() + TURN_MS;
    if (box->machine.dead) {
        bury(world, box);
    } else if (broken) {
        end_process(box);
        box->begin_ms = machine_true_ms() + 1;
    }
}

/* --- tills --- */

static void
record_sale(struct world *world, const struct sale *sale)
{
    if (world->sale_count == world->sale_room) {
        world->sale_room = world->sale_room ? world->sale_room * 2 : 256;
        world->sales =
            realloc(world->sales, world->sale_room * sizeof world->sales[0]);
        if (!world->sales)
            abort();
    }
    world->sales[world->sale_count++] = *sale;
}

/* Writes the event that a till would send. */
static bool
word_sale(struct world *world, uint32_t number, struct ledger_entry *ret_entry)
{
    const struct sale *sale = &world->sales[number];
    struct complaint complaint = { 0 };
    struct json_extra extra;
    char line[256];

    snprintf(line, sizeof line,
             "{\"kind\": \"purchase\", \"member\": %u, \"total\": %u, "
             "\"id\": \"s%u\", \"receipt\": \"%u\"}",
             sale->member, sale->amount, number, number);
    view text = arena_copy(&world->arena, view_of(line));
    *ret_entry = (struct ledger_entry) { 0 };
    if (json_read_event(text, &world->arena, &ret_entry->event, &extra,
                        &complaint) == OK)
        return true;
    world_fail(world, "%s: %s", line, complaint.text);
    return false;
}

/* Tries the sale; the till repeats it with the same id until it is told. */
static void
try_sale(struct world *world, uint32_t number)
{
    struct sale *sale = &world->sales[number];
    struct box *box = world->boxes[sale->box];
    struct ledger_entry entry;
    struct complaint complaint = { 0 };

    arena_reset(&world->arena);
    if (!word_sale(world, number, &entry))
        return;
    enter(box);
    enum err err = OK;
    if (box->till == NULL)
        err = ledger_open(box->dir, LEDGER_WRITE, &complaint, &box->till);
    const struct ledger_append append = {
        .now_ms = MACHINE_EPOCH_MS + machine_true_ms() + box->machine.wall_ms
    };
    if (err == OK)
        err = ledger_append(box->till, &entry, 1, &append, &complaint);
    machine_leave();
    if (err == OK && !box->machine.dead) {
        sale->state = SALE_DONE;
        sale->identity = entry.event.identity;
        stream_id stream = { .node = sale->identity.node,
                             .incarnation = sale->identity.incarnation };
        if (!checks_holds(box->machine.disk, stream,
                          (stream_head) { .seq = sale->identity.seq }, false))
            world_fail(world, "sale %u was told, and is not on the disk",
                       number);
        return;
    }
    if (box->till && journal_is_broken(ledger_journal(box->till)))
        end_till(box);
    if (err != ERR_FULL && err != ERR_IO && err != OK)
        world_fail(world, "sale %u: %s %s", number, err_name(err),
                   complaint.text);
}

static struct sale
draw_sale(struct world *world, const struct box *box)
{
    return (struct sale) {
        .box = box->machine.index,
        .member = 1 + luck_below(&world->luck, WORLD_MEMBERS),
        .amount = 100 * (1 + luck_below(&world->luck, 50)),
    };
}

static void
sell(struct world *world, struct box *box)
{
    const struct sale sale = draw_sale(world, box);

    record_sale(world, &sale);
    try_sale(world, world->sale_count - 1);
}

/* What was sold in an outage, in one commit. */
static void
stock_up(struct world *world, struct box *box, uint32_t count)
{
    struct ledger_entry *entries = calloc(count, sizeof *entries);
    const struct ledger_append append = { .now_ms = MACHINE_EPOCH_MS };
    struct complaint complaint = { 0 };
    uint32_t first = world->sale_count;

    if (entries == NULL)
        abort();
    arena_reset(&world->arena);
    for (uint32_t i = 0; i < count; i++) {
        const struct sale sale = draw_sale(world, box);
        record_sale(world, &sale);
        if (!word_sale(world, first + i, &entries[i]))
            break;
    }
    enter(box);
    enum err err = ledger_open(box->dir, LEDGER_WRITE, &complaint, &box->till);
    if (err == OK)
        err = ledger_append(box->till, entries, count, &append, &complaint);
    machine_leave();
    if (err != OK)
        world_fail(world, "backlog: %s %s", err_name(err), complaint.text);
    for (uint32_t i = 0; i < count; i++) {
        world->sales[first + i].state = SALE_DONE;
        world->sales[first + i].identity = entries[i].event.identity;
    }
    free(entries);
    end_till(box);
}

/* A sale that nobody has answered is tried again. */
static void
repeat_sale(struct world *world, struct box *box)
{
    for (uint32_t i = world->sale_count; i > 0; i--) {
        const struct sale *sale = &world->sales[i - 1];
        if (sale->box == box->machine.index && sale->state == SALE_ASKED) {
            try_sale(world, i - 1);
            return;
        }
    }
}

/* --- misfortunes --- */

/* Sales that were only on the disk that is being replaced. */
static void
count_losses(struct world *world, const struct box *box)
{
    bool *present = calloc(world->sale_count + 1, sizeof *present);

    if (present == NULL)
        abort();
    checks_mark_sales(world, box->machine.disk, present);
    checks_mark_sales(world, world->boxes[0]->machine.disk, present);
    for (uint32_t i = 0; i < world->sale_count; i++) {
        struct sale *sale = &world->sales[i];
        if (sale->state == SALE_DONE && sale->box == box->machine.index &&
            !present[i])
            sale->state = SALE_GONE;
    }
    free(present);
}

static void
restore(struct world *world, struct box *box)
{
    if (!box->has_backup) {
        box->backup = disk_save(box->machine.disk);
        box->has_backup = true;
        return;
    }
    end_process(box);
    end_till(box);
    disk_restore(box->machine.disk, &box->backup);
    disk_forget(&box->backup);
    box->has_backup = false;
    box->machine.fuse = -1;
    box->parted = true;
    count_losses(world, box);
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 5000);
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
    struct box *twin = add_box(world, BOX_STORE, box->node);

    create_ledger(world, twin);
    machine_leave();
    copy_file(box, twin, "own");
    copy_file(box, twin, "hubs");
    disk_restore(twin->machine.disk, &copy);
    disk_forget(&copy);
    box->parted = true;
    twin->parted = true;
    twin->machine.wall_ms = box->machine.wall_ms;
    twin->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 20000);
}

static void
cut(struct world *world, struct box *box)
{
    world->net.is_cut[box->machine.index] = true;
    box->heal_ms = machine_true_ms() + luck_between(&world->luck, 100, 30000);
}

static void
jump(struct world *world, struct box *box)
{
    box->machine.wall_ms =
        luck_between(&world->luck, -WALL_JUMP_MS, WALL_JUMP_MS);
}

static void
stop(struct world *world, struct box *box)
{
    end_process(box);
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 8000);
}

static void
fill(struct world *world, struct box *box)
{
    box->machine.disk->full = true;
    box->heal_ms = machine_true_ms() + luck_between(&world->luck, 50, 10000);
}

static void
publish_more(struct world *world, struct box *hub)
{
    enter(hub);
    if (hub->machine.keeper) {
        struct ledger *ledger = NULL;
        if (ledger_open(hub->dir, LEDGER_WRITE, NULL, &ledger) == OK)
            publish(world, ledger);
        ledger_close(ledger);
    }
    machine_leave();
}

static bool
strikes(struct world *world, uint32_t often)
{
    return often > 0 && luck_hits(&world->luck, often * STEP_MS);
}

/* What happens to one machine in this step. */
static void
suffer(struct world *world, struct box *box)
{
    const struct world_plan *plan = &world->plan;
    struct machine *machine = &box->machine;
    bool is_hub = box->kind == BOX_HUB;

    if (strikes(world, is_hub ? plan->hub_deaths : plan->deaths) &&
        machine->fuse < 0)
        machine->fuse = luck_below(&world->luck, 12);
    if (runs(box) && strikes(world, plan->stops))
        stop(world, box);
    if (box->heal_ms == 0 && strikes(world, plan->cuts))
        cut(world, box);
    if (box->heal_ms == 0 && strikes(world, plan->fulls))
        fill(world, box);
    if (strikes(world, plan->faults)) {
        machine->disk->faults = 1;
        machine->disk->fault_in = luck_below(&world->luck, 5);
    }
    if (strikes(world, plan->jumps))
        jump(world, box);
    if (strikes(world, plan->sleeps))
        box->turn_ms =
            machine_true_ms() + luck_between(&world->luck, 1000, 60000);
    if (!is_hub && strikes(world, plan->restores))
        restore(world, box);
    if (!is_hub && world->box_count < plan->stores + CLONES_MAX &&
        strikes(world, plan->clones))
        clone(world, box);
    if (is_hub && strikes(world, plan->publishes))
        publish_more(world, box);
    if (!is_hub && !machine->dead && strikes(world, plan->sales)) {
        sell(world, box);
        if (luck_below(&world->luck, 4) == 0)
            repeat_sale(world, box);
    }
}

static void
relieve(struct world *world, struct box *box)
{
    world->net.is_cut[box->machine.index] = false;
    box->machine.disk->full = false;
    box->heal_ms = 0;
}

static void
heal(struct world *world)
{
    world->healed = true;
    world->net.weather =
        (struct net_weather) { .delay_ms = 5, .delay_more = 20 };
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[i];
        relieve(world, box);
        if (box->machine.dead)
            bury(world, box);
        box->machine.fuse = -1;
        box->machine.disk->faults = 0;
        box->turn_ms = 0;
        disk_forget(&box->backup);
        box->has_backup = false;
    }
    for (uint32_t i = 0; i < world->box_count; i++)
        if (!runs(world->boxes[i]))
            begin_process(world, world->boxes[i]);
    for (uint32_t i = 0; i < world->sale_count; i++)
        if (world->sales[i].state == SALE_ASKED)
            try_sale(world, i);
}

/* --- time --- */

static void
live(struct world *world, struct box *box)
{
    int64_t now_ms = machine_true_ms();

    if (box->machine.dead && (runs(box) || box->till))
        bury(world, box);
    if (box->heal_ms != 0 && now_ms >= box->heal_ms)
        relieve(world, box);
    if (!runs(box)) {
        if (now_ms >= box->begin_ms)
            begin_process(world, box);
        if (box->machine.dead)
            bury(world, box);
        return;
    }
    bool sleeps = box->turn_ms > now_ms + TURN_MS;
    if (now_ms >= box->turn_ms ||
        (!sleeps && net_due_ms(&box->machine) <= now_ms))
        turn(world, box);
}

static void
step(struct world *world)
{
    machine_set_true_ms(machine_true_ms() + STEP_MS);
    uint32_t first = luck_below(&world->luck, world->box_count);
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[(first + i) % world->box_count];
        if (!world->healed)
            suffer(world, box);
        live(world, box);
    }
    size_t waiting = net_waiting(&world->boxes[0]->machine);
    if (waiting > world->queue_max)
        world->queue_max = waiting;
    if (waiting > HERD_QUEUE_MAX)
        world_fail(world, "%zu bytes wait at the hub", waiting);
    if (machine_true_ms() % CHECK_MS != 0 || world->box_count > 100)
        return;
    for (uint32_t i = 0; i < world->box_count; i++)
        if (!world->boxes[i]->machine.dead)
            checks_journal(world, world->boxes[i]);
}

bool
world_run(struct world *world)
{
    while (world->problem[0] == '\0' &&
           machine_true_ms() < world->plan.trouble_ms)
        step(world);
    heal(world);
    int64_t until_ms = machine_true_ms() + world->plan.budget_ms;
    bool rest = false;
    while (world->problem[0] == '\0' && !rest && machine_true_ms() < until_ms) {
        for (uint32_t i = 0; i < 40; i++)
            step(world);
        rest = checks_rest(world);
    }
    if (world->problem[0] == '\0' && !rest)
        world_fail(world, "no rest: %s", checks_unrest());
    if (world->problem[0] == '\0' && world->plan.herd)
        checks_arrived(world, NULL);
    else if (world->problem[0] == '\0')
        checks_all(world);
    return world->problem[0] == '\0';
}

void
world_open(struct world *world, const struct world_plan *plan, uint64_t seed)
{
    *world = (struct world) { .plan = *plan, .luck = { seed } };
    world->place = place_make();
    world->net = (struct net) { .luck = &world->luck,
                                .weather = plan->weather,
                                .spy = checks_frame,
                                .context = world };
    if (!arena_open(&world->arena, ARENA_SIZE))
        abort();
    machine_set_true_ms(0);
    net_begin(&world->net);
    found_network(world);
    for (uint32_t i = 1; plan->backlog > 0 && i < world->box_count; i++)
        stock_up(world, world->boxes[i],
                 i % HERD_BULK == 0 ? plan->backlog * HERD_MORE
                                    : plan->backlog);
}

void
world_close(struct world *world)
{
    for (uint32_t i = world->box_count; i > 0; i--) {
        end_process(world->boxes[i - 1]);
        end_till(world->boxes[i - 1]);
    }
    for (uint32_t i = 0; i < world->box_count; i++) {
        disk_forget(&world->boxes[i]->backup);
        disk_free(world->boxes[i]->machine.disk);
        free(world->boxes[i]);
    }
    free(world->boxes);
    free(world->machines);
    free(world->net.is_cut);
    free(world->sales);
    arena_close(&world->arena);
    place_remove(&world->place);
}
