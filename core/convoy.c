#include "core/convoy.h"

#include <stdlib.h>

enum { BLOCK_SIZE = 1 << CONVOY_BLOCK_BITS };

static void
close_parts(struct convoy *convoy)
{
    for (uint32_t i = 0; i < convoy->part_count; i++)
        spill_part_close(&convoy->parts[i].part);
    convoy->part_count = 0;
}

void
convoy_close(struct convoy *convoy)
{
    close_parts(convoy);
    free(convoy->blocks);
    *convoy = (struct convoy) { 0 };
}

/* --- beginning --- */

static size_t
count_blocks(const struct spill_part *part)
{
    size_t count = 0;

    for (uint32_t i = 0; i < part->count; i++)
        count += (part->stretches[i].size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    return count;
}

static enum err
make_room(struct convoy *convoy)
{
    uint64_t parcels = 0, blocks = 0;

    for (uint32_t i = 0; i < convoy->part_count; i++) {
        parcels += convoy->parts[i].part.entry_count;
        blocks += count_blocks(&convoy->parts[i].part);
    }
    if (parcels > UINT32_MAX || blocks > CONVOY_BLOCKS_MAX)
        return ERR_UNKNOWN;
    convoy->parcel_count = (uint32_t)parcels;
    convoy->block_count = 0;
    if (blocks <= convoy->block_room)
        return OK;
    free(convoy->blocks);
    convoy->blocks = malloc(blocks * sizeof *convoy->blocks);
    convoy->block_room = convoy->blocks == NULL ? 0 : (uint32_t)blocks;
    return convoy->blocks == NULL ? ERR_MEMORY : OK;
}

/* The part's next stretch, in blocks, is at hand.  False: there is none. */
static bool
open_stretch(struct convoy *convoy, struct convoy_part *part)
{
    if (part->stretch == part->part.count)
        return false;
    const struct spill_stretch *stretch =
        &part->part.stretches[part->stretch++];
    part->place = convoy->block_count << CONVOY_BLOCK_BITS;
    part->start = part->at = stretch->bytes;
    part->end = stretch->bytes + stretch->size;
    for (size_t done = 0; done < stretch->size; done += BLOCK_SIZE)
        convoy->blocks[convoy->block_count++] =
            (struct convoy_block) { stretch->bytes + done,
                                    (uint32_t)(part - convoy->parts) };
    return true;
}

static void
look(struct convoy *convoy, struct convoy_part *part)
{
    assert(part->at <= part->end);
    if (part->at == part->end && !open_stretch(convoy, part))
        part->step = UINT64_MAX;
    else
        part->behind = parcel_look(part->at, &part->account, &part->step);
}

/* Whose turn it is, and until when: the parts take turns of many parcels. */
static struct convoy_part *
take_turn(struct convoy *convoy)
{
    struct convoy_part *first = NULL;

    convoy->until = UINT64_MAX;
    for (uint32_t i = 0; i < convoy->part_count; i++) {
        struct convoy_part *part = &convoy->parts[i];
        if (part->step == UINT64_MAX)
            continue;
        if (first == NULL || part->step < first->step) {
            convoy->until = first == NULL ? UINT64_MAX : first->step;
            first = part;
        } else if (part->step < convoy->until) {
            convoy->until = part->step;
        }
    }
    convoy->part = first;
    return first;
}

enum err
convoy_begin(struct convoy *convoy, struct spill *const *spills, uint32_t count,
             uint32_t partition)
{
    assert(count <= CONVOY_PARTS_MAX);
    close_parts(convoy);
    for (uint32_t i = 0; i < count; i++) {
        struct convoy_part *part = &convoy->parts[i];
        *part = (struct convoy_part) { 0 };
        enum err err = spill_read(spills[i], partition, &part->part);
        if (err != OK)
            return err;
        convoy->part_count++;
    }
    enum err err = make_room(convoy);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < count; i++)
        look(convoy, &convoy->parts[i]);
    convoy->part = NULL;
    return OK;
}

/* --- going on --- */

bool
convoy_next(struct convoy *convoy, const account_id **ret_account,
            uint32_t *ret_place)
{
    struct convoy_part *part = convoy->part;

    if (part != NULL) {
        part->at = part->behind;
        look(convoy, part);
    }
    if (part == NULL || part->step >= convoy->until)
        part = take_turn(convoy);
    if (part == NULL)
        return false;
    *ret_account = &part->account;
    *ret_place = part->place + (uint32_t)(part->at - part->start);
    return true;
}
