#include "core/tail.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

void
tail_close(struct tail *tail)
{
    free(tail->accounts);
    free(tail->items);
    free(tail->slots);
    free(tail->bytes);
    *tail = (struct tail) { .seed = tail->seed };
}

static int32_t *
slot_of(const struct tail *tail, view key)
{
    assert(tail->slot_count > 0);
    uint64_t hash = hash_64(key, tail->seed);
    return &tail->slots[hash & (tail->slot_count - 1)];
}

const struct tail_account *
tail_find(const struct tail *tail, view key)
{
    if (tail->slot_count == 0)
        return NULL;
    for (int32_t i = *slot_of(tail, key); i != TAIL_NONE;
         i = tail->accounts[i].next)
        if (view_equal(runs_key_view(&tail->accounts[i].key), key))
            return &tail->accounts[i];
    return NULL;
}

/* Twice the room for an array when `count` has reached it. */
static bool
grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return true;
    assert(count < INT32_MAX / 2);
    uint32_t wanted = *room == 0 ? 256 : *room * 2;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

static bool
rehash(struct tail *tail)
{
    if (tail->account_count < tail->slot_count)
        return true;
    uint32_t count = tail->slot_count == 0 ? 256 : tail->slot_count * 2;
    int32_t *slots = malloc(count * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0xff, count * sizeof *slots); /* TAIL_NONE */
    free(tail->slots);
    tail->slots = slots;
    tail->slot_count = count;
    for (uint32_t i = 0; i < tail->account_count; i++) {
        struct tail_account *account = &tail->accounts[i];
        int32_t *slot = slot_of(tail, runs_key_view(&account->key));
        account->next = *slot;
        *slot = (int32_t)i;
    }
    return true;
}

static bool
reserve(struct tail *tail, size_t size)
{
    if (tail->size + size <= tail->room)
        return true;
    uint64_t wanted = (tail->size + size) * 2;
    uint8_t *grown = realloc(tail->bytes, wanted);
    if (grown == NULL)
        return false;
    tail->bytes = grown;
    tail->room = wanted;
    return true;
}

static struct tail_account *
find_or_make(struct tail *tail, const runs_key *key)
{
    const struct tail_account *found = tail_find(tail, runs_key_view(key));

    if (found != NULL)
        return &tail->accounts[found - tail->accounts];
    int32_t *slot = slot_of(tail, runs_key_view(key));
    struct tail_account *made = &tail->accounts[tail->account_count];
    *made = (struct tail_account) {
        .key = *key,
        .first = TAIL_NONE,
        .last = TAIL_NONE,
        .next = *slot,
    };
    *slot = (int32_t)tail->account_count++;
    return made;
}

enum err
tail_add(struct tail *tail, account_id account, const struct item *item)
{
    uint32_t size = ITEM_HEAD_SIZE + item->core.size;
    runs_key key = runs_key_of(account);
    void *accounts = tail->accounts;
    void *items = tail->items;

    bool room = grow(&accounts, tail->account_count, &tail->account_room,
                     sizeof *tail->accounts);
    tail->accounts = accounts;
    room = room && grow(&items, tail->item_count, &tail->item_room,
                        sizeof *tail->items);
    tail->items = items;
    if (!room || !rehash(tail) || !reserve(tail, size))
        return ERR_MEMORY;
    struct tail_account *owner = find_or_make(tail, &key);
    int32_t index = (int32_t)tail->item_count++;
    tail->items[index] = (struct tail_item) {
        .offset = tail->size,
        .size = size,
        .next = TAIL_NONE,
    };
    item_encode_head(item, tail->bytes + tail->size);
    if (item->core.size > 0)
        memcpy(tail->bytes + tail->size + ITEM_HEAD_SIZE, item->core.bytes,
               item->core.size);
    tail->size += size;
    if (owner->last == TAIL_NONE)
        owner->first = index;
    else
        tail->items[owner->last].next = index;
    owner->last = index;
    return OK;
}

view
tail_bytes(const struct tail *tail, int32_t item)
{
    assert(item >= 0 && (uint32_t)item < tail->item_count);
    return (view) { tail->bytes + tail->items[item].offset,
                    tail->items[item].size };
}

static int
compare_keys(const void *a, const void *b)
{
    const struct tail_account *const *x = a;
    const struct tail_account *const *y = b;

    return view_compare(runs_key_view(&(*x)->key), runs_key_view(&(*y)->key));
}

enum err
tail_sort(const struct tail *tail, uint32_t partition,
          const struct tail_account ***ret_sorted, uint32_t *ret_count)
{
    uint32_t count = 0;
    bool all = partition == LIMIT_PARTITIONS;

    for (uint32_t i = 0; i < tail->account_count; i++)
        count += all || tail->accounts[i].key.bytes[0] == partition;
    const struct tail_account **sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return ERR_MEMORY;
    count = 0;
    for (uint32_t i = 0; i < tail->account_count; i++)
        if (all || tail->accounts[i].key.bytes[0] == partition)
            sorted[count++] = &tail->accounts[i];
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, compare_keys);
    *ret_sorted = sorted;
    *ret_count = count;
    return OK;
}
