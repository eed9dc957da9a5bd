#include "tests/sim/till.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "core/json.h"
#include "tests/sim/box.h"
#include "tests/sim/image.h"

uint32_t
till_record(struct world *world, const struct sale *sale)
{
    if (world->sale_count == world->sale_room) {
        world->sale_room = world->sale_room ? world->sale_room * 2 : 256;
        world->sales =
            realloc(world->sales, world->sale_room * sizeof world->sales[0]);
        if (!world->sales)
            abort();
    }
    world->sales[world->sale_count] = *sale;
    return world->sale_count++;
}

int64_t
till_points(const struct sale *sale)
{
    int64_t earned = sale->amount / 100;

    return sale->redeems ? -earned : earned;
}

/* Writes the event that a till would send. */
static bool
word_sale(struct world *world, uint32_t number, struct ledger_entry *ret_entry)
{
    const struct sale *sale = &world->sales[number];
    struct complaint complaint = { 0 };
    struct json_extra extra;
    char line[256];

    if (sale->redeems)
        snprintf(line, sizeof line,
                 "{\"kind\": \"redeem\", \"member\": %u, \"points\": %u, "
                 "\"id\": \"s%u\"}",
                 sale->member, sale->amount / 100, number);
    else
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

/* On the machine's disk, or dropped there because HQ has it. */
static bool
is_stored(const struct world *world, const struct box *box, stream_id stream,
          uint64_t seq)
{
    const stream_head head = { .seq = seq };
    bool stored =
        image_holds(disk_journal(box->machine.disk), stream, head, false);

    for (uint32_t i = 0; !stored && box->pruned && i < world->hub_count; i++)
        stored = image_holds(disk_journal(world->machines[i]->disk), stream,
                             head, false);
    return stored;
}

void
till_try(struct world *world, uint32_t number)
{
    struct sale *sale = &world->sales[number];
    struct box *box = world->boxes[sale->box];
    struct ledger_entry entry;
    struct complaint complaint = { 0 };

    arena_reset(&world->arena);
    if (!word_sale(world, number, &entry))
        return;
    box_enter(box);
    enum err err = OK;
    if (box->till == NULL)
        err = ledger_open(box->dir, LEDGER_WRITE, &complaint, &box->till);
    const struct ledger_append append = { .now_ms = world_now_ms() +
                                                    box->machine.wall_ms };
    if (err == OK)
        err = ledger_append(box->till, &entry, 1, &append, &complaint);
    machine_leave();
    if (err == OK && !box->machine.dead) {
        sale->state = SALE_DONE;
        sale->identity = entry.event.identity;
        stream_id stream = { .node = sale->identity.node,
                             .incarnation = sale->identity.incarnation };
        if (!box->rotten && !is_stored(world, box, stream, sale->identity.seq))
            world_fail(world, "sale %u was told, and is not on the disk",
                       number);
        return;
    }
    if (box->till && journal_is_broken(ledger_journal(box->till)))
        box_end_till(box);
    if (err == ERR_CORRUPT && box->rotten)
        return; /* noticed */
    if (err != ERR_FULL && err != ERR_IO && err != OK)
        world_fail(world, "sale %u: %s %s", number, err_name(err),
                   complaint.text);
}

/* Where stores have customers of their own, one of ten is another store's. */
static uint32_t
draw_member(struct world *world, const struct box *box)
{
    enum { STRANGERS = 10 };
    const uint32_t own = world->plan.customers;

    if (own == 0)
        return 1 + luck_below(&world->luck, WORLD_MEMBERS);
    uint32_t home = luck_below(&world->luck, STRANGERS) == 0
                        ? luck_below(&world->luck, world->box_count)
                        : box->machine.index;
    return 1 + home * own + luck_below(&world->luck, own);
}

static struct sale
draw_sale(struct world *world, const struct box *box)
{
    return (struct sale) {
        .box = box->machine.index,
        .member = draw_member(world, box),
        .amount = 100 * (1 + luck_below(&world->luck, 50)),
        .state = SALE_ASKED,
    };
}

void
till_sell(struct world *world, struct box *box)
{
    const struct sale sale = draw_sale(world, box);

    till_try(world, till_record(world, &sale));
}

/* Sales whose numbers follow on each other, in one commit. */
static enum err
append_sales(struct world *world, struct box *box, uint32_t first,
             uint32_t count)
{
    struct ledger_entry *entries = calloc(count, sizeof *entries);
    const struct ledger_append append = { .now_ms = MACHINE_EPOCH_MS };
    enum err err = OK;

    if (entries == NULL)
        abort();
    arena_reset(&world->arena);
    for (uint32_t i = 0; err == OK && i < count; i++)
        if (!word_sale(world, first + i, &entries[i]))
            err = ERR_INPUT;
    box_enter(box);
    if (err == OK)
        err = ledger_append(box->till, entries, count, &append, NULL);
    machine_leave();
    for (uint32_t i = 0; err == OK && i < count; i++) {
        world->sales[first + i].state = SALE_DONE;
        world->sales[first + i].identity = entries[i].event.identity;
    }
    free(entries);
    return err;
}

void
till_stock_up(struct world *world, struct box *box, uint32_t count,
              uint32_t at_once)
{
    box_enter(box);
    enum err err = ledger_open(box->dir, LEDGER_WRITE, NULL, &box->till);
    machine_leave();
    for (uint32_t done = 0; err == OK && done < count;) {
        uint32_t first = world->sale_count;
        uint32_t some = count - done < at_once ? count - done : at_once;
        for (uint32_t i = 0; i < some; i++) {
            const struct sale sale = draw_sale(world, box);
            (void)till_record(world, &sale);
        }
        err = append_sales(world, box, first, some);
        done += some;
    }
    if (err != OK)
        world_fail(world, "backlog: %s", err_name(err));
    box_end_till(box);
}

/* A sale that nobody has answered is tried again. */
void
till_repeat(struct world *world, struct box *box)
{
    for (uint32_t i = world->sale_count; i > 0; i--) {
        const struct sale *sale = &world->sales[i - 1];
        if (sale->box == box->machine.index && sale->state == SALE_ASKED) {
            till_try(world, i - 1);
            return;
        }
    }
}

void
till_repeat_all(struct world *world)
{
    for (uint32_t i = 0; i < world->sale_count; i++)
        if (world->sales[i].state == SALE_ASKED)
            till_try(world, i);
}

/* --- what is where --- */

struct marking {
    struct world *world;
    bool *present;
};

static void
mark_sale(void *context, const struct record_event *bytes)
{
    const struct marking *marking = context;
    struct world *world = marking->world;
    struct event event;
    unsigned number;
    char id[LIMIT_CODE_SIZE + 1] = "";

    arena_reset(&world->arena);
    if (codec_decode(bytes->core, &world->arena, &event) != OK)
        return;
    /* A forger may say the id, and that gives nobody a point. */
    if ((event.kind != EVENT_PURCHASE && event.kind != EVENT_REDEEM) ||
        event.store != bytes->origin.node)
        return;
    memcpy(id, event.id.bytes, event.id.size);
    if (sscanf(id, "s%u", &number) == 1 && number < world->sale_count)
        marking->present[number] = true;
}

bool *
till_marks(const struct world *world)
{
    bool *marks = calloc(world->sale_count + 1, sizeof *marks);

    if (marks == NULL)
        abort();
    return marks;
}

void
till_mark_sales(struct world *world, const struct disk *disk, bool *present)
{
    struct marking marking = { world, present };

    image_events(disk_journal(disk), mark_sale, &marking);
}

/* --- what is lost --- */

struct replacing {
    const struct world *world;
    const bool *wanted;
    bool *replaced;
};

static void
find_replaced(void *context, const struct record_event *event)
{
    const struct replacing *replacing = context;

    for (uint32_t i = 0; i < replacing->world->sale_count; i++)
        if (replacing->wanted[i] &&
            identity_equal(replacing->world->sales[i].identity, event->origin))
            replacing->replaced[i] = true;
}

/* Marks the sales of a machine in whose place its own disk has another: the
 * disk was an older one, and it has sold on.  No hub has them; what another
 * store has of them it got as its own once, as a twin does, and of a branch
 * that is not its own nobody tells anything again. */
static void
mark_replaced(struct world *world, uint32_t index, const bool *at_hubs,
              bool *replaced)
{
    const struct disk *disk = world->boxes[index]->machine.disk;
    bool *wanted = till_marks(world);
    bool any = false;

    till_mark_sales(world, disk, wanted);
    for (uint32_t i = 0; i < world->sale_count; i++) {
        const struct sale *sale = &world->sales[i];
        wanted[i] = sale->state == SALE_DONE && sale->box == index &&
                    !wanted[i] && !at_hubs[i];
        any |= wanted[i];
    }
    struct replacing replacing = { world, wanted, replaced };
    if (any)
        image_events(disk_journal(disk), find_replaced, &replacing);
    free(wanted);
}

void
till_count_losses(struct world *world)
{
    bool *present = till_marks(world), *replaced = till_marks(world);

    for (uint32_t i = 0; i < world->hub_count; i++)
        till_mark_sales(world, world->boxes[i]->machine.disk, present);
    for (uint32_t i = world->hub_count; i < world->box_count; i++)
        mark_replaced(world, i, present, replaced);
    for (uint32_t i = world->hub_count; i < world->box_count; i++)
        till_mark_sales(world, world->boxes[i]->machine.disk, present);
    for (uint32_t i = 0; i < world->sale_count; i++)
        if (world->sales[i].state == SALE_DONE && (!present[i] || replaced[i]))
            world->sales[i].state = SALE_GONE;
    free(present);
    free(replaced);
}

/* Whether somebody else has more of the stream than the hub, on its branch: so
 * that it is still to come. */
static bool
is_to_come(const struct world *world, stream_id stream, uint64_t seq)
{
    const struct disk_image *hub = disk_journal(world_hub(world)->machine.disk);
    stream_head head = { 0 };
    struct record record;
    const bool known = image_head(hub, stream, &head);

    for (uint32_t i = world->hub_count; head.seq < seq && i < world->box_count;
         i++) {
        const struct disk *disk = world->boxes[i]->machine.disk;
        if (image_find(disk_journal(disk), stream, seq, &record) &&
            record_last(&record) >= seq &&
            (!known || image_holds(disk_journal(disk), stream, head, true)))
            return true;
    }
    return false;
}

bool
till_is_left_behind(struct world *world, uint32_t number)
{
    const struct sale *sale = &world->sales[number];
    const struct box *own = world->boxes[sale->box];
    const stream_id stream = { .incarnation = sale->identity.incarnation,
                               .node = sale->identity.node };
    bool *there = till_marks(world);

    till_mark_sales(world, own->machine.disk, there);
    const bool lost = own->parted && !there[number] &&
                      !is_to_come(world, stream, sale->identity.seq);
    free(there);
    return lost;
}
