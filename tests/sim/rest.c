#include "tests/sim/rest.h"

#include <stdio.h>

#include "nodes/reign.h"
#include "nodes/trace.h"
#include "tests/sim/box.h"
#include "tests/sim/image.h"

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
    const struct disk_image *mine = disk_journal(box->machine.disk);
    stream_id stream = { .node = box->node };
    stream_head head;

    while (image_next_stream(mine, &stream, &head) &&
           stream.node == box->node) {
        if (stream.channel != CHANNEL_EVENTS)
            continue;
        if (image_holds(disk_journal(hub->machine.disk), stream, head, true) ||
            (box->parted && stream.incarnation != box_incarnation(world, box)))
            continue;
        snprintf(unrest, sizeof unrest,
                 "machine %u has %s up to %llu, the hub something else",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

/* The store holds another branch of the stream. */
static bool
has_forked(const struct disk_image *theirs, const struct box *box,
           stream_id stream)
{
    const struct disk_image *mine = disk_journal(box->machine.disk);
    struct record ours;
    struct record record;

    if (!image_find(mine, stream, UINT64_MAX, &ours))
        return false;
    return !image_find(theirs, stream, record_last(&ours), &record) ||
           record_last(&record) != record_last(&ours) ||
           !digest_equal(record.chain, ours.chain);
}

/* Whether the store is sent it: of a branch of its own it has the rest.  A hub
 * that lies may have told it of one that is none: it has left the stream, and
 * told again what it had of it, while others go on there. */
static bool
is_due(const struct world *world, const struct box *hub, const struct box *box,
       stream_id stream)
{
    return stream.node != box->node || !box->parted ||
           !(has_forked(disk_journal(hub->machine.disk), box, stream) ||
             world->plan.hub_lies > 0);
}

/* A hub that was rolled back writes a second time under names that it has given
 * before, until it finds out: of these two branches everybody keeps what he
 * has, and the hub publishes again what is missing. */
static bool
is_written_twice(const struct world *world, stream_id stream,
                 const struct disk_image *ours, const struct disk_image *theirs)
{
    stream_head our_head, their_head;

    return world->rolled != 0 && stream.incarnation == world->rolled &&
           stream.channel != CHANNEL_EVENTS &&
           image_head(ours, stream, &our_head) &&
           image_head(theirs, stream, &their_head) &&
           !image_holds(theirs, stream, our_head, true) &&
           !image_holds(ours, stream, their_head, true);
}

/* Streams stand in the order of their nodes: a look at those of one is all that
 * a herd has time for. */
static bool
is_received_of(const struct world *world, const struct box *hub,
               const struct box *box, uint32_t node)
{
    const struct disk_image *theirs = disk_journal(hub->machine.disk);
    stream_id stream = { .node = node };
    stream_head head;

    while (image_next_stream(theirs, &stream, &head) && stream.node == node) {
        if (stream.channel != CHANNEL_PUBLIC && node != box->node)
            continue;
        const struct disk_image *mine = disk_journal(box->machine.disk);
        if (!is_due(world, hub, box, stream) ||
            image_holds(mine, stream, head, true) ||
            is_written_twice(world, stream, mine, theirs))
            continue;
        snprintf(unrest, sizeof unrest, "machine %u lacks %s up to %llu",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

/* Everything that the hub holds of this store, or a hub has published, is here.
 */
static bool
is_received(const struct world *world, const struct box *hub,
            const struct box *box)
{
    for (uint32_t i = 0; i < world->hub_count; i++)
        if (!is_received_of(world, hub, box, world->boxes[i]->node))
            return false;
    return is_received_of(world, hub, box, box->node);
}

/* Everything that one hub's machine holds the other does, too: of branches the
 * one that has stayed, and what was told again of the other. */
static bool
is_shadowed(const struct world *world, const struct box *from,
            const struct box *to)
{
    const struct disk_image *image = disk_journal(from->machine.disk);
    const struct disk_image *other = disk_journal(to->machine.disk);
    stream_id stream = { 0 };
    stream_head head;

    while (image_next_stream(image, &stream, &head)) {
        if (image_holds(other, stream, head, true) ||
            is_written_twice(world, stream, image, other))
            continue;
        snprintf(unrest, sizeof unrest,
                 "machine %u has %s up to %llu, machine %u has not",
                 from->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq, to->machine.index);
        return false;
    }
    return true;
}

/* Whether that version stands among what is public, wherever. */
static bool
has_version(const struct disk_image *image, const struct record *wanted)
{
    stream_id stream = { 0 };
    stream_head head;
    struct record record;

    while (image_next_stream(image, &stream, &head))
        for (uint64_t seq = 1;
             stream.channel == CHANNEL_PUBLIC && seq <= head.seq; seq++)
            if (image_find(image, stream, seq, &record) &&
                record.kind == RECORD_VERSION &&
                record.recorded_ms == wanted->recorded_ms &&
                view_equal(record.body, wanted->body))
                return true;
    return false;
}

/* Every version that one machine holds, and a hub has signed, the other holds,
 * too. */
static bool
has_rules_of(const struct box *from, const struct box *to)
{
    const struct disk_image *image = disk_journal(from->machine.disk);
    stream_id stream = { 0 };
    stream_head head;
    struct record record;

    while (image_next_stream(image, &stream, &head)) {
        bool is_signed = false;
        for (uint64_t seq = head.seq;
             stream.channel == CHANNEL_PUBLIC && seq > 0; seq--) {
            if (!image_find(image, stream, seq, &record))
                continue;
            is_signed |= record.kind == RECORD_SIGNED;
            if (record.kind != RECORD_VERSION || !is_signed ||
                has_version(disk_journal(to->machine.disk), &record))
                continue;
            snprintf(unrest, sizeof unrest,
                     "machine %u has version %s %llu, machine %u has not",
                     from->machine.index, trace_stream(stream),
                     (unsigned long long)seq, to->machine.index);
            return false;
        }
    }
    return true;
}

/* Where a hub was rolled back all know the same rules in the end; unless
 * somebody lies about them. */
static bool
has_rules(const struct world *world, const struct box *hub)
{
    if (world->rolled == 0 || world->plan.hub_lies > 0)
        return true;
    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *box = world->boxes[i];
        if (box != hub && box->kind != BOX_FORGER &&
            (!has_rules_of(hub, box) || !has_rules_of(box, hub)))
            return false;
    }
    return true;
}

/* What a hub may have forgotten has been brought back, and it knows that: it
 * publishes and closes again.  (A forger never brings all that it offers.) */
static bool
is_refilled(struct world *world, const struct box *hub)
{
    struct journal *journal = NULL;
    struct reign reign = { 0 };
    char path[WORLD_DIR_SIZE + 16];

    if (world->plan.forgers > 0)
        return true;
    snprintf(path, sizeof path, "%s/journal", hub->dir);
    world_must(world, journal_open(path, NULL, &journal), "journal_open");
    if (journal)
        world_must(world, reign_get(hub->dir, journal, &reign), "reign_get");
    journal_close(journal);
    if (!reign.restored && !reign.promoted)
        return true;
    snprintf(unrest, sizeof unrest, "machine %u is not refilled",
             hub->machine.index);
    return false;
}

bool
rest_is_reached(struct world *world)
{
    const struct box *hub = world_hub(world);

    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *box = world->boxes[i];
        if (box->kind == BOX_FORGER)
            continue;
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
    return is_refilled(world, hub) && has_rules(world, hub);
}
