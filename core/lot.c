/*
 * lot.c - the lots in which an account's points sit (see lot.h)
 */
#include "core/lot.h"

static int
compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int
lot_compare(const struct lot_key *a, const struct lot_key *b)
{
    int order = compare_int64(a->expires_at, b->expires_at);

    if (order == 0)
        order = compare_int64(a->available_at, b->available_at);
    if (order == 0)
        order = compare_int64(a->partner, b->partner);
    return order;
}

static int
compare_to_key(const void *item, const void *key)
{
    const struct lot *lot = item;

    return lot_compare(&lot->key, key);
}

/* The index of the first lot whose key is not before `key`. */
static uint32_t
lower_bound(const struct lot_list *lots, const struct lot_key *key)
{
    return LIST_PLACE(lots->items, lots->count, key, compare_to_key);
}

void
lot_add(struct lot_list *lots, struct lot_key key, points amount,
        struct arena *arena)
{
    uint32_t index = lots->count;
    int order = -1;

    assert(amount.value >= 0);
    if (amount.value == 0)
        return;
    /* What comes in is mostly consumed late: its place is near the end. */
    while (index > 0 &&
           (order = lot_compare(&lots->items[index - 1].key, &key)) > 0)
        index--;
    if (index == 0 || order < 0)
        LIST_INSERT(arena, lots, index)->key = key;
    else
        index--;
    struct lot *lot = &lots->items[index];
    lot->left = points_add(lot->left, amount);
}

uint32_t
lot_find(const struct lot_list *lots, const struct lot_key *key)
{
    uint32_t index = lower_bound(lots, key);

    if (index < lots->count && lot_compare(&lots->items[index].key, key) == 0)
        return index;
    return lots->count;
}

points
lot_take(struct lot_list *lots, uint32_t index, points amount)
{
    assert(index < lots->count);
    assert(amount.value >= 0);

    struct lot *lot = &lots->items[index];
    points taken = points_min(lot->left, amount);
    lot->left = points_sub(lot->left, taken);
    if (lot->left.value == 0)
        LIST_REMOVE(lots, index);
    return taken;
}

points
lot_available(const struct lot_list *lots, int64_t at_ms)
{
    points sum = { 0 };

    for (uint32_t i = 0; i < lots->count; i++)
        if (lots->items[i].key.available_at <= at_ms)
            sum = points_add(sum, lots->items[i].left);
    return sum;
}

points
lot_pending(const struct lot_list *lots, int64_t at_ms)
{
    points sum = { 0 };

    for (uint32_t i = 0; i < lots->count; i++)
        if (lots->items[i].key.available_at > at_ms)
            sum = points_add(sum, lots->items[i].left);
    return sum;
}
