#include "tests/sim/rest.h"

#include <stdio.h>
#include <stdlib.h>

#include "nodes/trace.h"
#include "tests/sim/box.h"
#include "tests/sim/image.h"
#include "tests/sim/till.h"

static char unrest[WORLD_PROBLEM_SIZE];

const char *
rest_why_not(void)
{
    return unrest;
}

/* Everything of this store is at the hub. */
static bool
is_sent(struct world *world, const struct box *hub, const struct box *box)
{
    const uint64_t current = box_incarnation(world, box);
    const struct disk_image *mine = disk_journal(box->machine.disk);
    stream_id stream = { 0 };
    stream_head head;

    while (image_next_stream(mine, &stream, &head)) {
        if (stream.node != box->node || stream.channel != CHANNEL_EVENTS)
            continue;
        if (image_holds(disk_journal(hub->machine.disk), stream, head, true) ||
            (box->parted && stream.incarnation != current))
            continue;
        snprintf(unrest, sizeof unrest,
                 "machine %u has %s up to %llu, the hub something else",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

/* The store holds another branch of the stream, or has lost all of it. */
static bool
has_forked(const struct disk_image *theirs, const struct box *box,
           stream_id stream)
{
    const struct disk_image *mine = disk_journal(box->machine.disk);
    struct record ours;
    struct record record;

    if (!image_find(mine, stream, UINT64_MAX, &ours))
        return true;
    return !image_find(theirs, stream, record_last(&ours), &record) ||
           record_last(&record) != record_last(&ours) ||
           !digest_equal(record.chain, ours.chain);
}

/* Its other half goes on with the stream: what that has sent since, this one
 * hears with its next session. */
static bool
is_twins(const struct world *world, const struct box *box, stream_id stream,
         stream_head head)
{
    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *twin = world->boxes[i];
        if (twin != box && twin->node == box->node &&
            image_holds(disk_journal(twin->machine.disk), stream, head, true))
            return true;
    }
    return false;
}

/* Everything that the hub holds of this store or publishes is here. */
static bool
is_received(const struct world *world, const struct box *hub,
            const struct box *box)
{
    const struct disk_image *theirs = disk_journal(hub->machine.disk);
    stream_id stream = { 0 };
    stream_head head;

    while (image_next_stream(theirs, &stream, &head)) {
        bool mine = stream.node == box->node;
        if (stream.channel != CHANNEL_PUBLIC && !mine)
            continue;
        if (mine && box->parted &&
            (has_forked(theirs, box, stream) ||
             is_twins(world, box, stream, head)))
            continue;
        if (image_holds(disk_journal(box->machine.disk), stream, head, true))
            continue;
        snprintf(unrest, sizeof unrest, "machine %u lacks %s up to %llu",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

static bool
has_parted(const struct world *world, uint32_t node)
{
    for (uint32_t i = 0; i < world->box_count; i++)
        if (world->boxes[i]->node == node && world->boxes[i]->parted)
            return true;
    return false;
}

/* Everything that one hub's machine holds the other does, too. */
static bool
is_shadowed(struct world *world, const struct box *from, const struct box *to)
{
    const struct disk_image *image = disk_journal(from->machine.disk);
    stream_id stream = { 0 };
    stream_head head;

    while (image_next_stream(image, &stream, &head)) {
        if (image_holds(disk_journal(to->machine.disk), stream, head, true))
            continue;
        if (has_parted(world, stream.node) &&
            has_forked(disk_journal(to->machine.disk), from, stream)) {
            world->branched = true;
            continue;
        }
        snprintf(unrest, sizeof unrest,
                 "machine %u has %s up to %llu, machine %u has not",
                 from->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq, to->machine.index);
        return false;
    }
    return true;
}

/* Of branches only the sales come over, under other names. */
static bool
is_told_again(struct world *world, const struct box *hub)
{
    bool *present = calloc(world->sale_count + 1, sizeof *present);
    bool all = true;

    if (present == NULL)
        abort();
    till_mark_sales(world, hub->machine.disk, present);
    for (uint32_t i = 0; all && i < world->sale_count; i++)
        all = world->sales[i].state != SALE_DONE || present[i];
    if (!all)
        snprintf(unrest, sizeof unrest, "sales of a branch are on their way");
    free(present);
    return all;
}

bool
rest_is_reached(struct world *world)
{
    const struct box *hub = world_hub(world);

    world->branched = false;
    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *box = world->boxes[i];
        if (!box_runs(box)) {
            snprintf(unrest, sizeof unrest, "machine %u does not run", i);
            return false;
        }
        if (box->kind == BOX_STORE &&
            (!is_sent(world, hub, box) || !is_received(world, hub, box)))
            return false;
        if (box->kind == BOX_HUB && box != hub &&
            (!is_shadowed(world, hub, box) || !is_shadowed(world, box, hub)))
            return false;
    }
    return !world->branched || is_told_again(world, hub);
}
