#include "core/state_table.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

void
state_table_close(struct state_table *table)
{
    free(table->entries);
    free(table->slots);
    free(table->bytes);
    *table = (struct state_table) { .seed = table->seed };
}

static int32_t *
slot_of(const struct state_table *table, view key)
{
    assert(table->slot_count > 0);
    return &table->slots[hash_64(key, table->seed) & (table->slot_count - 1)];
}

static int32_t
find(const struct state_table *table, view key)
{
    if (table->slot_count == 0)
        return NONE;
    int32_t at = *slot_of(table, key);
    while (at != NONE &&
           !view_equal(runs_key_view(&table->entries[at].key), key))
        at = table->entries[at].next;
    return at;
}

static bool
grow_entries(struct state_table *table)
{
    if (table->count < table->entry_room)
        return true;
    assert(table->count < INT32_MAX / 2);
    uint32_t room = table->entry_room == 0 ? 64 : table->entry_room * 2;
    void *grown = realloc(table->entries, room * sizeof *table->entries);
    if (grown == NULL)
        return false;
    table->entries = grown;
    table->entry_room = room;
    return true;
}

static bool
grow_slots(struct state_table *table)
{
    if (table->count < table->slot_count)
        return true;
    uint32_t count = table->slot_count == 0 ? 64 : table->slot_count * 2;
    int32_t *slots = malloc(count * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0xff, count * sizeof *slots); /* NONE */
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < table->count; i++) {
        int32_t *slot = slot_of(table, runs_key_view(&table->entries[i].key));
        table->entries[i].next = *slot;
        *slot = (int32_t)i;
    }
    return true;
}

static bool
grow_bytes(struct state_table *table, uint64_t size)
{
    if (table->size + size <= table->room)
        return true;
    uint64_t room = (table->size + size) * 2;
    uint8_t *grown = realloc(table->bytes, room);
    if (grown == NULL)
        return false;
    table->bytes = grown;
    table->room = room;
    return true;
}

static struct state_entry *
add(struct state_table *table, view key)
{
    int32_t *slot = slot_of(table, key);
    struct state_entry *entry = &table->entries[table->count];

    assert(key.size <= sizeof entry->key.bytes);
    *entry = (struct state_entry) { .next = *slot };
    entry->key.size = (uint8_t)key.size;
    memcpy(entry->key.bytes, key.bytes, key.size);
    *slot = (int32_t)table->count++;
    return entry;
}

/* States grow a little at most steps: some room is left for that. */
enum err
state_table_put(struct state_table *table, view key, view blob)
{
    uint32_t room = (blob.size + blob.size / 4 + 15) & ~15u;

    if (!grow_entries(table) || !grow_slots(table) || !grow_bytes(table, room))
        return ERR_MEMORY;
    int32_t at = find(table, key);
    struct state_entry *entry =
        at == NONE ? add(table, key) : &table->entries[at];
    if (entry->room < blob.size) {
        entry->offset = table->size;
        entry->room = room;
        table->size += room;
    }
    entry->size = blob.size;
    if (blob.size > 0)
        memcpy(table->bytes + entry->offset, blob.bytes, blob.size);
    return OK;
}

view
state_table_blob(const struct state_table *table,
                 const struct state_entry *entry)
{
    return (view) { table->bytes + entry->offset, entry->size };
}

bool
state_table_get(const struct state_table *table, view key, view *ret_blob)
{
    int32_t at = find(table, key);

    if (at == NONE)
        return false;
    *ret_blob = state_table_blob(table, &table->entries[at]);
    return true;
}

static int
compare_keys(const void *a, const void *b)
{
    const struct state_entry *const *x = a;
    const struct state_entry *const *y = b;

    return view_compare(runs_key_view(&(*x)->key), runs_key_view(&(*y)->key));
}

enum err
state_table_sort(const struct state_table *table,
                 const struct state_entry ***ret_sorted)
{
    const struct state_entry **sorted =
        malloc((table->count + 1u) * sizeof *sorted);

    if (sorted == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < table->count; i++)
        sorted[i] = &table->entries[i];
    if (table->count > 0)
        qsort(sorted, table->count, sizeof *sorted, compare_keys);
    *ret_sorted = sorted;
    return OK;
}
