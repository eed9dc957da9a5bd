/*
 * tail.h - the end of the journal that no run holds yet, by account
 *
 * An index in memory: a hash table of accounts (seeded at random) and for each
 * a chain of its items in order of arrival, all bytes in one buffer.  It is
 * bounded by count and by size; whoever fills it writes it to a run when it is
 * full and empties it.
 */
#ifndef CORE_TAIL_H
#define CORE_TAIL_H

#include "core/item.h"
#include "core/runs.h"

enum { TAIL_NONE = -1 };

struct tail_account {
    runs_key key;
    int32_t first; /* item */
    int32_t last;
    int32_t next; /* account in the same slot */
};

struct tail_item {
    uint64_t offset; /* in the buffer */
    uint32_t size;
    int32_t next; /* item of the same account; TAIL_NONE */
};

struct tail {
    uint64_t seed;
    uint32_t account_count;
    uint32_t account_room;
    uint32_t item_count;
    uint32_t item_room;
    uint32_t slot_count; /* a power of two */
    uint64_t size;       /* of the buffer */
    uint64_t room;
    struct tail_account *accounts; /* owned, as are all */
    struct tail_item *items;
    int32_t *slots;
    uint8_t *bytes;
};

/* A zeroed tail with a seed is an empty one.  Closing empties it and gives its
 * memory back; it can be filled again. */
void tail_close(struct tail *tail);

/* Appends an item of the account.  ERR_MEMORY: nothing has changed. */
NODISCARD enum err tail_add(struct tail *tail, account_id account,
                            const struct item *item);

/* The account of that key; NULL if it has nothing here. */
const struct tail_account *tail_find(const struct tail *tail, view key);

/* The bytes of an item; valid until the tail changes. */
view tail_bytes(const struct tail *tail, int32_t item);

/* The accounts with a key of that partition (LIMIT_PARTITIONS: all), sorted
 * by key; malloc, owned by the caller.  ERR_MEMORY. */
NODISCARD enum err tail_sort(const struct tail *tail, uint32_t partition,
                             const struct tail_account ***ret_sorted,
                             uint32_t *ret_count);

#endif
