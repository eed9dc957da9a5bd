#include "tests/sim/office.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/closing_write.h"
#include "core/ledger_backup.h"
#include "core/ledger_publish.h"
#include "nodes/allow.h"
#include "nodes/clock.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "nodes/safe.h"
#include "tests/sim/box.h"
#include "tests/sim/counter.h"
#include "tests/sim/forger.h"
#include "tests/sim/heap.h"
#include "tests/sim/image.h"
#include "tests/sim/till.h"
#include "tests/sim/toll.h"

enum { HUB_NODE = 1, STORE_NODE = 10 };
#define YEARS_MS (INT64_C(3650) * 86400000)

/* --- rules --- */

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
             "  - {id: base%u, per: 1.00, points: 1}\n"
             "points: {value: 0.01, min_redemption: %d}\n"
             "offline: {max_value: %d.%02d, max_age_days: 7}\n",
             world->published, COUNTER_MIN, COUNTER_LIMIT / 100,
             COUNTER_LIMIT % 100);
    const struct ledger_publish publish = {
        .name = "sim.yaml",
        .file = view_of(program),
        .from_day = 19000 + (int32_t)world->published,
        .now_ms = world_now_ms(),
    };
    struct complaint complaint = { 0 };
    identity published;
    enum err err = ledger_publish(ledger, &publish, &published, &complaint);
    if (err == OK) {
        world->published++;
        toll_count(TOLL_PUBLISHED);
    } else if (err != ERR_FULL && err != ERR_IO && err != ERR_BUSY)
        world_fail(world, "publish: %s %s", err_name(err), complaint.text);
}

/* A command at the hub.  NULL: its machine is down. */
static struct ledger *
sit_down(struct box *hub)
{
    struct ledger *ledger = NULL;

    box_enter(hub);
    if (hub->machine.dead || !hub->hub ||
        ledger_open(hub->dir, LEDGER_WRITE, NULL, &ledger) != OK)
        return NULL;
    return ledger;
}

static void
stand_up(struct ledger *ledger)
{
    ledger_close(ledger);
    machine_leave();
}

/* As a close of thousands of stores is: larger than a frame.  Of a kind to
 * come, which nobody looks into. */
static void
close_much(struct world *world, struct ledger *ledger)
{
    enum { KIND_TO_COME = 90, LEAST = 1000000, MOST = 2500000 };
    uint32_t size = (uint32_t)luck_between(&world->luck, LEAST, MOST);
    uint8_t *bytes = heap_own_take(size);
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = KIND_TO_COME,
                                             .body = { bytes, size },
                                             .now_ms = world_now_ms() };
    struct journal_result result;

    bytes[luck_below(&world->luck, size)] = 1;
    enum err err =
        journal_append_control(ledger_journal(ledger), &control, &result);
    heap_own_drop(bytes);
    if (err == OK)
        toll_count(TOLL_CLOSED_MUCH);
    else if (err != ERR_FULL && err != ERR_IO)
        world_fail(world, "close: %s", err_name(err));
}

/* The next one.  Sales are of today, and a month is over only when it is: to
 * who closes it is ten years later.  By a close that a hub has lied about
 * nobody settles. */
static void
close_month(struct world *world, struct ledger *ledger)
{
    const int64_t now_ms = world_now_ms() + YEARS_MS;
    struct closing_books books;
    struct complaint why = { 0 };
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        abort();
    enum err err = ledger_refresh(ledger, &why);
    if (err == OK)
        err = closing_read(ledger, LEDGER_KNOWN_ALL, &arena, &books, &why);
    int32_t period = err == OK ? books.next_period : PROGRAM_NONE;
    if (err == OK && period == PROGRAM_NONE)
        err = closing_first(ledger, &books, LEDGER_KNOWN_ALL, &arena, &period,
                            &why);
    if (err == OK)
        err = closing_close(ledger, period, now_ms, &why);
    arena_close(&arena);
    if (err == OK)
        toll_count(TOLL_CLOSED);
    else if (err != ERR_FULL && err != ERR_IO && err != ERR_BUSY &&
             err != ERR_NOT_FOUND /* nothing has been sold yet */ &&
             !(err == ERR_CORRUPT && world->closed_falsely))
        world_fail(world, "close: %s %s", err_name(err), why.text);
}

/* Until it has found out, a hub that was rolled back gives names away twice:
 * what is written under one name by two hands remains two things (rest.c). */
static bool
is_rolled(struct world *world, const struct box *hub)
{
    return world->rolled != 0 && box_incarnation(world, hub) == world->rolled;
}

void
office_publish(struct world *world, struct box *hub)
{
    struct complaint complaint;

    const bool rolled = is_rolled(world, hub);
    struct ledger *ledger = sit_down(hub);

    if (ledger &&
        reign_may_rule(hub->dir, ledger_journal(ledger), &complaint) == OK) {
        if (rolled)
            toll_count(TOLL_PUBLISHED_TWICE);
        publish(world, ledger);
        if (world->plan.closes)
            close_much(world, ledger);
        if (world->plan.settles)
            close_month(world, ledger);
    }
    stand_up(ledger);
}

/* --- who belongs --- */

/* False: the hub's disk has no room. */
static bool
enrol(struct world *world, struct box *box, struct allow *allow)
{
    struct enrolment enrolment = { .node = box->node,
                                   .role = box->kind == BOX_HUB ? ENROL_STANDBY
                                                                : ENROL_STORE,
                                   .joined = true };
    struct keys_pair own;

    box_enter(box);
    world_must(world, keys_load(box->dir, "own", &own, NULL), "keys_load");
    enrolment.key = own.public_key;
    if (box->kind != BOX_HUB) {
        enrolment.store_count = 1;
        enrolment.stores[0] = box->node;
    } else {
        net_endpoint(box->machine.index, enrolment.endpoint);
    }
    box_enter(world_hub(world));
    enum err err = allow_enrol(allow, &enrolment);
    if (err != ERR_FULL && err != ERR_IO)
        world_must(world, err, "allow_enrol");
    return err == OK;
}

/* The hubs that a box is told of when it joins, the reigning one first. */
static void
tell_hubs(struct world *world, struct box *box)
{
    struct keys_hubs hubs = { 0 };
    struct keys_pair own;

    for (uint32_t i = 0; i < world->hub_count; i++) {
        struct box *hub =
            world->boxes[(world->reigning + i) % world->hub_count];
        if (hub == box)
            continue;
        world_must(world, keys_load(hub->dir, "own", &own, NULL), "keys_load");
        hubs.list[hubs.count].key = own.public_key;
        net_endpoint(hub->machine.index, hubs.list[hubs.count++].endpoint);
    }
    box_enter(box);
    world_must(world, keys_store_hubs(box->dir, &hubs, NULL), "keys_store");
}

static void
make_keys(struct world *world, struct box *box)
{
    struct keys_pair pair;

    transport_keypair(&pair);
    box_enter(box);
    world_must(world, keys_store(box->dir, "own", &pair, NULL), "keys_store");
}

void
office_found(struct world *world)
{
    const struct world_plan *plan = &world->plan;
    struct ledger *ledger = NULL;
    struct allow *allow = NULL;

    assert(plan->standbys < WORLD_HUBS_MAX);
    world->hub_count = 1 + plan->standbys;
    for (uint32_t i = 0; i < world->hub_count; i++)
        make_keys(world, box_add(world, BOX_HUB, HUB_NODE + i));
    struct box *hub = world_hub(world);
    box_enter(hub);
    world_must(world, ledger_open(hub->dir, LEDGER_WRITE, NULL, &ledger),
               "ledger");
    world_must(world, allow_open(ledger_journal(ledger), &allow), "allow");
    for (uint32_t i = 1; i < world->hub_count; i++) {
        (void)enrol(world, world->boxes[i], allow);
        tell_hubs(world, world->boxes[i]);
    }
    for (uint32_t i = 0; i < plan->stores; i++) {
        struct box *store = box_add(world, BOX_STORE, STORE_NODE + i);
        make_keys(world, store);
        (void)enrol(world, store, allow);
        tell_hubs(world, store);
    }
    forger_found(world);
    for (uint32_t i = 0; i < world->box_count; i++) {
        struct box *box = world->boxes[i];
        if (box->kind != BOX_FORGER || box->forger->victim)
            continue;
        make_keys(world, box);
        (void)enrol(world, box, allow);
    }
    box_enter(hub);
    publish(world, ledger);
    allow_close(allow);
    stand_up(ledger);
}

/* --- backups --- */

void
office_back_up(struct world *world)
{
    struct box *hub = world_hub(world);
    struct ledger_backup found;
    char dir[WORLD_DIR_SIZE];

    if (world->backup_count == WORLD_BACKUPS_MAX || is_rolled(world, hub))
        return;
    struct ledger *ledger = sit_down(hub);
    if (ledger) {
        struct world_backup *backup = &world->backups[world->backup_count];
        snprintf(dir, sizeof dir, "%s/backup%u", world->place.path,
                 world->backup_count++);
        *backup =
            (struct world_backup) { .box = hub->machine.index,
                                    .disk = disk_make(dir, &world->luck) };
        enum err err = ledger_backup(ledger, dir, &found, NULL);
        if (err == OK)
            err = ledger_backup_check(ledger, dir, NULL);
        backup->good = err == OK;
        if (err == OK)
            err = safe_record_backup(ledger_journal(ledger), found.position,
                                     world_now_ms());
        if (err == OK)
            toll_count(TOLL_BACKED_UP);
        if (err == ERR_CORRUPT && hub->rotten)
            err = OK; /* noticed */
        if (err != OK && err != ERR_FULL && err != ERR_IO)
            world_fail(world, "backup: %s", err_name(err));
    }
    stand_up(ledger);
}

static int
remove_file(const char *path, const struct stat *info, int kind,
            struct FTW *where)
{
    (void)info;
    /* The folders and what is in keys/ stay. */
    if (kind == FTW_F && strstr(path + where->base - 5, "keys/") == NULL)
        (void)unlink(path);
    return 0;
}

void
office_drop_files(struct box *box)
{
    box_end(box);
    nftw(box->dir, remove_file, 16, FTW_PHYS);
}

/* As ledger_restore(), whose renaming of folders an invented disk does not
 * know. */
static enum err
begin_anew(struct box *box)
{
    struct journal_identity who;
    struct journal *journal = NULL;
    char path[WORLD_DIR_SIZE + 16];

    snprintf(path, sizeof path, "%s/journal", box->dir);
    enum err err = journal_open(path, NULL, &journal);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    if (err == OK) {
        uint64_t incarnation =
            journal_draw_later(who.incarnation, world_now_ms());
        err = journal_renew(journal, incarnation, REASON_RESTORE, NULL);
        if (err == OK)
            err = journal_set_epoch(journal, incarnation);
    }
    if (err == OK)
        err = journal_put_note(journal, view_of(LEDGER_RESTORED),
                               view_of("restored"));
    journal_close(journal);
    return err;
}

static const struct world_backup *
newest_backup(const struct world *world, const struct box *box)
{
    const struct world_backup *backup = NULL;

    for (uint32_t i = 0; i < world->backup_count; i++)
        if (world->backups[i].box == box->machine.index &&
            world->backups[i].good)
            backup = &world->backups[i];
    return backup;
}

bool
office_has_backup(const struct world *world, const struct box *box)
{
    return newest_backup(world, box) != NULL;
}

bool
office_restore(struct world *world, struct box *box)
{
    const struct world_backup *backup = newest_backup(world, box);

    if (!backup)
        return false;
    office_drop_files(box);
    struct disk_copy copy = disk_save(backup->disk);
    disk_restore(box->machine.disk, &copy);
    disk_forget(&copy);
    box->machine.fuse = -1;
    box->machine.dead = false;
    box->machine.disk->full = false;
    box->machine.disk->faults = 0;
    box_enter(box);
    world_must(world, begin_anew(box), "restore");
    machine_leave();
    till_count_losses(world);
    box->begin_ms = machine_true_ms() + luck_between(&world->luck, 5, 5000);
    return true;
}

/* --- who reigns --- */

bool
office_promote(struct world *world, struct box *box)
{
    uint64_t epoch = 0;

    if (box->machine.dead || !keys_has_hub(box->dir))
        return false;
    box_enter(box);
    enum err err = reign_promote(box->dir, clock_wall_ms(), &epoch, NULL);
    machine_leave();
    /* ERR_CONFLICT: it lacks the books, and people wait for the old hub. */
    if (err != OK && err != ERR_FULL && err != ERR_IO && err != ERR_CONFLICT)
        world_fail(world, "promote: %s", err_name(err));
    if (err == OK)
        world->reigning = box->machine.index;
    return err == OK;
}

void
office_demote(struct world *world, struct box *box)
{
    struct box *hub = world_hub(world);
    struct allow *allow = NULL;

    assert(!box_runs(box));
    if (hub == box)
        return;
    struct ledger *ledger = sit_down(hub);
    if (ledger && allow_open(ledger_journal(ledger), &allow) == OK) {
        if (enrol(world, box, allow))
            tell_hubs(world, box);
        box_enter(hub);
        allow_close(allow);
        toll_count(TOLL_DEMOTED);
    }
    stand_up(ledger);
}

/* A store that does not know the hub is told where it is. */
static void
tell_store(struct world *world, struct box *store)
{
    struct keys_hubs hubs;
    char endpoint[KEYS_ENDPOINT_SIZE];

    net_endpoint(world->reigning, endpoint);
    if (keys_load_hubs(store->dir, &hubs, NULL) != OK)
        hubs.count = 0;
    for (uint32_t i = 0; i < hubs.count; i++)
        if (strcmp(hubs.list[i].endpoint, endpoint) == 0)
            return;
    box_end(store);
    tell_hubs(world, store);
    machine_leave();
    store->begin_ms = 0;
    world->told++;
}

/* A standby that its hub does not let in, for who promoted that one did not
 * know of it: enrolled by hand. */
static void
admit(struct world *world, struct box *standby)
{
    struct box *hub = world_hub(world);
    struct allow *allow = NULL;
    struct enrolment known;

    struct ledger *ledger = sit_down(hub);
    if (ledger && allow_open(ledger_journal(ledger), &allow) == OK) {
        if (!allow_find(allow, standby->node, &known))
            (void)enrol(world, standby, allow);
        box_enter(hub);
        allow_close(allow);
    }
    stand_up(ledger);
}

/* Stores begin once the other hubs have heard who reigns. */
static void
wait_for_one_hub(struct world *world)
{
    for (uint32_t i = 0; i < world->hub_count; i++) {
        if (i == world->reigning || keys_has_hub(world->boxes[i]->dir))
            continue;
        toll_count(TOLL_UNAIDED);
        if (machine_true_ms() >= world->patience_ms)
            world_fail(world, "machine %u has not heard of its heir", i);
        return;
    }
    world->unaided = false;
    for (uint32_t i = world->hub_count; i < world->box_count; i++)
        if (world->boxes[i]->kind == BOX_STORE)
            world->boxes[i]->begin_ms = 0;
}

void
office_settle(struct world *world)
{
    uint64_t greatest = 0;

    for (uint32_t i = 0; i < world->hub_count; i++) {
        struct box *box = world->boxes[i];
        if (keys_has_hub(box->dir))
            continue;
        uint64_t epoch = box_incarnation(world, box);
        if (epoch > greatest) {
            greatest = epoch;
            world->reigning = i;
        }
    }
    struct box *hub = world_hub(world);
    if (hub->store)
        box_end(hub); /* its standing by is over */
    if (!box_runs(hub))
        box_begin(world, hub);
    if (world->unaided)
        wait_for_one_hub(world);
    if (machine_true_ms() < world->patience_ms)
        return; /* they may find out by themselves */
    for (uint32_t i = 0; i < world->hub_count; i++) {
        struct box *box = world->boxes[i];
        if (i == world->reigning)
            continue;
        if (keys_has_hub(box->dir)) {
            admit(world, box);
            continue;
        }
        box_end(box);
        office_demote(world, box);
    }
    for (uint32_t i = world->hub_count; i < world->box_count; i++)
        if (world->boxes[i]->kind == BOX_STORE)
            tell_store(world, world->boxes[i]);
}
