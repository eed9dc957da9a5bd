#include "nodes/hold.h"

#include <stdlib.h>

/* Without holes, in no order.  A search looks at all of them: some thousands
 * of compares of numbers, and only while so much is reserved. */
struct holds {
    uint32_t count;
    struct hold list[HOLD_MAX];
};

struct holds *
hold_open(void)
{
    return calloc(1, sizeof(struct holds));
}

void
hold_close(struct holds *holds)
{
    free(holds);
}

uint32_t
hold_count(const struct holds *holds)
{
    return holds->count;
}

static void
take_out(struct holds *holds, uint32_t index)
{
    assert(index < holds->count);
    holds->list[index] = holds->list[--holds->count];
}

void
hold_expire(struct holds *holds, int64_t now_ms)
{
    for (uint32_t i = holds->count; i > 0; i--)
        if (holds->list[i - 1].until_ms <= now_ms)
            take_out(holds, i - 1);
}

const struct hold *
hold_find(const struct holds *holds, uint32_t node, view id)
{
    for (uint32_t i = 0; i < holds->count; i++)
        if (holds->list[i].node == node &&
            view_equal(view_of(holds->list[i].id), id))
            return &holds->list[i];
    return NULL;
}

const struct hold *
hold_next(const struct holds *holds, view account, uint32_t *cursor)
{
    while (*cursor < holds->count) {
        const struct hold *hold = &holds->list[(*cursor)++];
        if (view_equal(view_of(hold->account), account))
            return hold;
    }
    return NULL;
}

bool
hold_put(struct holds *holds, const struct hold *hold)
{
    uint32_t of_node = 0;

    assert(hold->node > 0);
    hold_drop(holds, hold->node, view_of(hold->id));
    for (uint32_t i = 0; i < holds->count; i++)
        of_node += holds->list[i].node == hold->node;
    if (holds->count == HOLD_MAX || of_node == HOLD_NODE_MAX)
        return false;
    holds->list[holds->count++] = *hold;
    return true;
}

void
hold_drop(struct holds *holds, uint32_t node, view id)
{
    const struct hold *hold = hold_find(holds, node, id);

    if (hold)
        take_out(holds, (uint32_t)(hold - holds->list));
}
