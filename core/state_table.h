/*
 * state_table.h - packed account states in memory, by account
 *
 * A hash table (seeded at random) of the accounts that were touched since the
 * last checkpoint.  A blob that fits where the one before lay is written over
 * it; else it goes to the end of the buffer, and what it leaves is lost until
 * the table is emptied.  The bounds are the owner's business.
 */
#ifndef CORE_STATE_TABLE_H
#define CORE_STATE_TABLE_H

#include "core/runs.h"

struct state_entry {
    runs_key key;
    int32_t next; /* entry in the same slot; -1 */
    uint32_t size;
    uint32_t room;
    uint64_t offset;
};

struct state_table {
    uint64_t seed;
    uint32_t count;
    uint32_t entry_room;
    uint32_t slot_count; /* a power of two */
    uint64_t size;       /* of the buffer */
    uint64_t room;
    struct state_entry *entries; /* owned, as are all */
    int32_t *slots;
    uint8_t *bytes;
};

/* A zeroed table with a seed is an empty one; closing empties it. */
void state_table_close(struct state_table *table);

/* Puts the blob, an empty one too.  ERR_MEMORY: nothing has changed. */
NODISCARD enum err state_table_put(struct state_table *table, view key,
                                   view blob);

/* False: the table has nothing of that key.  Valid until the next put. */
NODISCARD bool state_table_get(const struct state_table *table, view key,
                               view *ret_blob);

view state_table_blob(const struct state_table *table,
                      const struct state_entry *entry);

/* All entries sorted by key; malloc, owned by the caller.  ERR_MEMORY. */
NODISCARD enum err state_table_sort(const struct state_table *table,
                                    const struct state_entry ***ret_sorted);

#endif
