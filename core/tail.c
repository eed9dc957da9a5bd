#include "core/tail.h"

#include <stdlib.h>
#include <string.h>

/* What the table holds of an account: items, from 1. */
struct chain {
    int32_t first; /* 0: none yet */
    int32_t last;
};

void
tail_close(struct tail *tail)
{
    account_table_close(&tail->accounts);
    free(tail->items);
    free(tail->bytes);
    *tail = (struct tail) { .accounts = tail->accounts };
}

static struct chain
read_chain(view blob)
{
    struct chain chain;

    assert(blob.size == sizeof chain);
    memcpy(&chain, blob.bytes, sizeof chain);
    return chain;
}

int32_t
tail_find(const struct tail *tail, view key)
{
    view blob;

    return account_table_get(&tail->accounts, key, &blob)
               ? read_chain(blob).first - 1
               : TAIL_NONE;
}

int32_t
tail_first(const struct tail *tail, const struct account_entry *entry)
{
    return read_chain(account_table_blob(&tail->accounts, entry)).first - 1;
}

view
tail_key(const struct tail *tail, const struct account_entry *entry)
{
    return account_table_key(&tail->accounts, entry);
}

/* --- adding --- */

static bool
reserve_item(struct tail *tail)
{
    enum { FIRST = 256 };

    if (tail->item_count < tail->item_room)
        return true;
    assert(tail->item_count < INT32_MAX / 2);
    uint32_t room = tail->item_room == 0 ? FIRST : tail->item_room * 2;
    struct tail_item *grown = realloc(tail->items, room * sizeof *grown);
    if (grown == NULL)
        return false;
    tail->items = grown;
    tail->item_room = room;
    return true;
}

static bool
reserve_bytes(struct tail *tail, size_t size)
{
    if (tail->size + size <= tail->room)
        return true;
    uint64_t room = (tail->size + size) * 2;
    uint8_t *grown = realloc(tail->bytes, room);
    if (grown == NULL)
        return false;
    tail->bytes = grown;
    tail->room = room;
    return true;
}

/* Behind the last item of the account. */
static bool
enter(struct tail *tail, view key, int32_t index)
{
    struct chain chain;
    void *place = account_table_make(&tail->accounts, key, sizeof chain);

    if (place == NULL)
        return false;
    memcpy(&chain, place, sizeof chain);
    if (chain.first == 0)
        chain.first = index + 1;
    else
        tail->items[chain.last - 1].next = index;
    chain.last = index + 1;
    memcpy(place, &chain, sizeof chain);
    return true;
}

enum err
tail_add(struct tail *tail, view key, const struct item *item)
{
    uint32_t size = ITEM_HEAD_SIZE + item->core.size;
    int32_t index = (int32_t)tail->item_count;

    if (!reserve_item(tail) || !reserve_bytes(tail, size) ||
        !enter(tail, key, index))
        return ERR_MEMORY;
    tail->items[index] = (struct tail_item) {
        .offset = tail->size,
        .size = size,
        .next = TAIL_NONE,
    };
    item_encode_head(item, tail->bytes + tail->size);
    if (item->core.size > 0)
        memcpy(tail->bytes + tail->size + ITEM_HEAD_SIZE, item->core.bytes,
               item->core.size);
    tail->item_count++;
    tail->size += size;
    return OK;
}

/* --- reading --- */

view
tail_bytes(const struct tail *tail, int32_t item)
{
    assert(item >= 0 && (uint32_t)item < tail->item_count);
    return (view) { tail->bytes + tail->items[item].offset,
                    tail->items[item].size };
}

enum err
tail_sort(const struct tail *tail, uint32_t partition,
          const struct account_entry ***ret_sorted, uint32_t *ret_count)
{
    return account_table_sort(&tail->accounts, partition, ret_sorted,
                              ret_count);
}

/* The chain first, then the item, then its bytes. */
void
tail_prefetch(const struct tail *tail,
              const struct account_entry *const *sorted, uint32_t count,
              uint32_t at)
{
    enum { BYTES = 4, ITEM = 8, CHAIN = 12, ENTRY = 16 };

    if (at + ENTRY >= count)
        return;
    __builtin_prefetch(sorted[at + ENTRY]);
    __builtin_prefetch(tail_key(tail, sorted[at + CHAIN]).bytes);
    __builtin_prefetch(&tail->items[tail_first(tail, sorted[at + ITEM])]);
    int32_t item = tail_first(tail, sorted[at + BYTES]);
    __builtin_prefetch(tail_bytes(tail, item).bytes);
}
