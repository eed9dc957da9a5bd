/*
 * account_table.h - blobs in memory, by account
 *
 * A hash table (seeded at random): packed states, chains of events, marks.  It
 * knows which of them have been put since the last checkpoint; those loaded
 * from one are held beside them.
 * A blob that no longer fits where it lies goes elsewhere, and what it leaves
 * is given to another, or given up when most of the buffer is such.  The bounds
 * are the owner's business.
 *
 * Whoever visits many accounts prefetches: a look costs three reads that miss
 * the caches, and those of different accounts can be under way together.
 */
#ifndef CORE_ACCOUNT_TABLE_H
#define CORE_ACCOUNT_TABLE_H

#include "core/runs.h"

enum { ACCOUNT_TABLE_CLASSES = 80 };

/* Of 16 bytes, so that none lies in two lines of a cache. */
struct account_entry {
    uint32_t place; /* of the key, in units; the blob follows it */
    uint32_t size;  /* of the blob */
    uint32_t room;  /* for both */
    uint8_t key_size;
    bool changed;
};

struct account_table {
    uint64_t seed;
    uint32_t count;
    uint32_t entry_room;
    uint32_t changed_count;
    uint32_t changed_room;
    uint32_t slot_count;           /* a power of two */
    uint64_t size;                 /* of the buffer */
    uint64_t room;                 /* likewise */
    uint64_t left;                 /* of the size, in rooms that are left */
    struct account_entry *entries; /* owned, as are all; in order of coming */
    uint32_t *changed;             /* entries */
    uint64_t *slots;               /* hash, then entry + 1; 0: free */
    uint8_t *bytes;
    uint32_t spare[ACCOUNT_TABLE_CLASSES]; /* place + 1 of the first room of
                                            * each size; 0: none */
};

/* A zeroed table with a seed is an empty one; closing empties it. */
void account_table_close(struct account_table *table);

/* Puts the blob, an empty one too; it has changed.  ERR_MEMORY: nothing was
 * put. */
NODISCARD enum err account_table_put(struct account_table *table, view key,
                                     view blob);

/* The same for who has hashed the key already and has the blob in two parts,
 * neither of them from the table. */
NODISCARD enum err account_table_put_parts(struct account_table *table,
                                           uint64_t hash, view key, view head,
                                           view rest);

/* Puts a blob that stands in a checkpoint: it has not changed.  The key's
 * blob in the table must not have, either.  As account_table_put(). */
NODISCARD enum err account_table_load(struct account_table *table, view key,
                                      view blob);

/* False: the table has nothing of that key.  Valid until the next put. */
NODISCARD bool account_table_get(const struct account_table *table, view key,
                                 view *ret_blob);
/* The same for who has hashed the key already, as an entry: it stays where it
 * is until the next put of a new key, what it holds until the next put.  NULL:
 * none. */
struct account_entry *account_table_find(const struct account_table *table,
                                         uint64_t hash, view key);

/* account_table_put_parts() for who has found the entry. */
NODISCARD enum err account_table_set(struct account_table *table,
                                     struct account_entry *entry, view head,
                                     view rest);

/* The bytes of the entry's blob, to be changed where they lie; it has changed.
 * NULL: there is no memory to note that. */
uint8_t *account_table_edit(struct account_table *table,
                            struct account_entry *entry);

/* Of an entry; valid until the next put. */
view account_table_key(const struct account_table *table,
                       const struct account_entry *entry);
view account_table_blob(const struct account_table *table,
                        const struct account_entry *entry);

/* The table's own hash of a key; and one step towards the key's blob, to be
 * taken for all keys before the next step is taken for any. */
uint64_t account_table_hash(const struct account_table *table, view key);
enum account_table_step {
    ACCOUNT_TABLE_SLOT,
    ACCOUNT_TABLE_ENTRY,
    ACCOUNT_TABLE_BLOB,
    ACCOUNT_TABLE_STEPS,
};
void account_table_prefetch(const struct account_table *table, uint64_t hash,
                            enum account_table_step step);

/* What has changed stands in a checkpoint from now on. */
void account_table_settle(struct account_table *table);

/* Bytes that the table takes. */
uint64_t account_table_memory(const struct account_table *table);

#endif
