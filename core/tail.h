/*
 * tail.h - the end of the journal that no run holds yet, by account
 *
 * An index in memory: a table of accounts, for each a chain of its items in
 * order of arrival, all bytes in one buffer.  It is bounded by count and by
 * size; whoever fills it writes it to a run when it is full and empties it.
 */
#ifndef CORE_TAIL_H
#define CORE_TAIL_H

#include "core/account_table.h"
#include "core/item.h"

enum { TAIL_NONE = -1 };

struct tail_item {
    uint64_t offset; /* in the buffer */
    uint32_t size;
    int32_t next; /* item of the same account; TAIL_NONE */
};

struct tail {
    struct account_table accounts; /* each: its chain */
    uint32_t item_count;
    uint32_t item_room;
    uint64_t size; /* of the buffer */
    uint64_t room;
    struct tail_item *items; /* owned, as are the bytes */
    uint8_t *bytes;
};

/* A zeroed tail with a seed in its table is an empty one.  Closing empties it
 * and gives its memory back; it can be filled again. */
void tail_close(struct tail *tail);

/* Appends an item under the account's key.  ERR_MEMORY. */
NODISCARD enum err tail_add(struct tail *tail, view key,
                            const struct item *item);

/* The first item under a key; TAIL_NONE if there is none. */
int32_t tail_find(const struct tail *tail, view key);

/* The first item of an account, and its key; valid until the tail changes. */
int32_t tail_first(const struct tail *tail, const struct account_entry *entry);
view tail_key(const struct tail *tail, const struct account_entry *entry);

/* The bytes of an item; valid until the tail changes. */
view tail_bytes(const struct tail *tail, int32_t item);

/* The accounts with a key of that partition (LIMIT_PARTITIONS: all), sorted
 * by key; malloc, owned by the caller.  ERR_MEMORY. */
NODISCARD enum err tail_sort(const struct tail *tail, uint32_t partition,
                             const struct account_entry ***ret_sorted,
                             uint32_t *ret_count);

/* Asks for what is read of these accounts soon: in the order of a tail_sort(),
 * `at` is being read. */
void tail_prefetch(const struct tail *tail,
                   const struct account_entry *const *sorted, uint32_t count,
                   uint32_t at);

#endif
