#include "core/account_table.h"

#include "core/hash.h"
#include "core/wide.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 64,
    ENTRIES_FIRST = 64,
    ROOM_UNIT = 16,      /* rooms and places are multiples of this, ... */
    ROOM_UNITS_MAX = 64, /* ... beyond so many, powers of two of it */
    SPARE_SHARE = 8,     /* of its size, that a room has to spare */
};

void
account_table_close(struct account_table *table)
{
    wide_free(table->entries, table->entry_room * sizeof *table->entries);
    wide_free(table->changed, table->changed_room * sizeof *table->changed);
    wide_free(table->slots, table->slot_count * sizeof *table->slots);
    wide_free(table->bytes, table->room);
    *table = (struct account_table) { .seed = table->seed };
}

/* --- finding --- */

uint64_t
account_table_hash(const struct account_table *table, view key)
{
    return hash_64(key, table->seed);
}

/* A slot has the upper half of the hash, by which it is found and told from
 * others, and the entry's number. */
static uint64_t
slot_of(uint64_t hash, uint32_t entry)
{
    return (hash & ~(uint64_t)UINT32_MAX) | (entry + 1);
}

static uint32_t
slot_entry(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

static uint32_t
first_slot(const struct account_table *table, uint64_t hash)
{
    return (uint32_t)(hash >> 32) & (table->slot_count - 1);
}

static uint8_t *
bytes_at(const struct account_table *table, uint32_t place)
{
    return table->bytes + (uint64_t)place * ROOM_UNIT;
}

view
account_table_key(const struct account_table *table,
                  const struct account_entry *entry)
{
    return (view) { bytes_at(table, entry->place), entry->key_size };
}

view
account_table_blob(const struct account_table *table,
                   const struct account_entry *entry)
{
    return (view) { bytes_at(table, entry->place) + entry->key_size,
                    entry->size };
}

/* Nearly all keys are a member's, of ten bytes. */
static inline bool
is_key(const uint8_t *held, uint32_t held_size, view key)
{
    uint64_t begins[2], ends[2];
    uint32_t end = key.size - (uint32_t)sizeof ends[0];

    if (held_size != key.size)
        return false;
    if (key.size < sizeof ends[0] || key.size > 2 * sizeof ends[0])
        return memcmp(held, key.bytes, key.size) == 0;
    memcpy(&begins[0], held, sizeof begins[0]);
    memcpy(&begins[1], key.bytes, sizeof begins[1]);
    memcpy(&ends[0], held + end, sizeof ends[0]);
    memcpy(&ends[1], key.bytes + end, sizeof ends[1]);
    return begins[0] == begins[1] && ends[0] == ends[1];
}

/* The slot of the key, or the free one where it belongs. */
static uint64_t *
find_slot(const struct account_table *table, view key, uint64_t hash)
{
    for (uint32_t at = first_slot(table, hash);;
         at = (at + 1) & (table->slot_count - 1)) {
        uint64_t *slot = &table->slots[at];
        if (*slot == 0)
            return slot;
        if (*slot >> 32 != hash >> 32)
            continue;
        const struct account_entry *entry = &table->entries[slot_entry(*slot)];
        if (is_key(bytes_at(table, entry->place), entry->key_size, key))
            return slot;
    }
}

struct account_entry *
account_table_find(const struct account_table *table, uint64_t hash, view key)
{
    if (table->slot_count == 0)
        return NULL;
    uint64_t slot = *find_slot(table, key, hash);
    return slot == 0 ? NULL : &table->entries[slot_entry(slot)];
}

bool
account_table_get(const struct account_table *table, view key, view *ret_blob)
{
    const struct account_entry *entry =
        account_table_find(table, account_table_hash(table, key), key);

    if (entry == NULL)
        return false;
    *ret_blob = account_table_blob(table, entry);
    return true;
}

/* The first slot that may be the key's by what stands in it, or a free one: of
 * two keys with half a hash in common one only loses the prefetch.  (A third
 * of all keys are not where they would be alone.) */
static uint64_t
likely_slot(const struct account_table *table, uint64_t hash)
{
    uint32_t at = first_slot(table, hash);

    while (table->slots[at] != 0 && table->slots[at] >> 32 != hash >> 32)
        at = (at + 1) & (table->slot_count - 1);
    return table->slots[at];
}

void
account_table_prefetch(const struct account_table *table, uint64_t hash,
                       enum account_table_step step)
{
    enum { LINE = 64, LINES_MAX = 4 };

    if (table->slot_count == 0)
        return;
    if (step == ACCOUNT_TABLE_SLOT) {
        __builtin_prefetch(&table->slots[first_slot(table, hash)]);
        return;
    }
    uint64_t slot = likely_slot(table, hash);
    if (slot == 0)
        return;
    const struct account_entry *entry = &table->entries[slot_entry(slot)];
    if (step == ACCOUNT_TABLE_ENTRY) {
        __builtin_prefetch(entry);
        return;
    }
    const uint8_t *bytes = bytes_at(table, entry->place);
    uint32_t size = entry->key_size + entry->size;
    for (uint32_t i = 0; i < LINES_MAX && i * LINE < size; i++)
        __builtin_prefetch(bytes + i * LINE);
}

/* --- room --- */

/* Twice the room for an array when `count` has reached it. */
static bool
grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return true;
    assert(count < INT32_MAX / 2);
    uint32_t wanted = *room == 0 ? ENTRIES_FIRST : *room * 2;
    void *grown = wide_grow(*array, *room * size, wanted * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

static bool
grow_entries(struct account_table *table)
{
    void *entries = table->entries;

    bool fits = grow(&entries, table->count, &table->entry_room,
                     sizeof *table->entries);
    table->entries = entries;
    return fits;
}

static bool
grow_changed(struct account_table *table)
{
    void *changed = table->changed;

    bool fits = grow(&changed, table->changed_count, &table->changed_room,
                     sizeof *table->changed);
    table->changed = changed;
    return fits;
}

/* At most half of the slots are taken. */
static bool
grow_slots(struct account_table *table)
{
    if (table->count * 2 < table->slot_count)
        return true;
    uint32_t old_count = table->slot_count;
    uint64_t *old = table->slots;
    uint32_t count = old_count == 0 ? SLOTS_FIRST : old_count * 2;
    uint64_t *slots = wide_grow(NULL, 0, count * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0, count * sizeof *slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < old_count; i++) {
        uint32_t at = first_slot(table, old[i]);
        while (old[i] != 0 && slots[at] != 0)
            at = (at + 1) & (count - 1);
        if (old[i] != 0)
            slots[at] = old[i];
    }
    wide_free(old, old_count * sizeof *old);
    return true;
}

/* The room for so many bytes, and its class. */
static uint32_t
room_for(uint32_t size, uint32_t *ret_class)
{
    uint32_t units = (size + ROOM_UNIT - 1) / ROOM_UNIT;
    uint32_t class = units;

    if (units > ROOM_UNITS_MAX) {
        class = ROOM_UNITS_MAX;
        for (units = ROOM_UNITS_MAX; units * ROOM_UNIT < size; units *= 2)
            class ++;
    }
    assert(class < ACCOUNT_TABLE_CLASSES);
    *ret_class = class;
    return units * ROOM_UNIT;
}

/* All rooms that are taken, one after the other in a buffer of their own, with
 * room for so much again and more: where all accounts grow together nobody has
 * the size for what they leave, and there would be ever more of it. */
static bool
pack(struct account_table *table, uint32_t more)
{
    const uint64_t wanted = (table->size - table->left + more) * 2;
    uint8_t *packed = wide_grow(NULL, 0, wanted);
    uint64_t size = 0;

    if (packed == NULL)
        return false;
    for (uint32_t i = 0; i < table->count; i++) {
        struct account_entry *entry = &table->entries[i];
        memcpy(packed + size, bytes_at(table, entry->place),
               entry->key_size + entry->size);
        entry->place = (uint32_t)(size / ROOM_UNIT);
        size += entry->room;
    }
    assert(size == table->size - table->left);
    wide_free(table->bytes, table->room);
    table->bytes = packed;
    table->room = wanted;
    table->size = size;
    table->left = 0;
    memset(table->spare, 0, sizeof table->spare);
    return true;
}

/* Makes the buffer's end reach so much further. */
static bool
reach(struct account_table *table, uint32_t more)
{
    if (table->size + more <= table->room)
        return true;
    if (table->left > table->size / 2)
        return pack(table, more);
    uint64_t wanted = (table->size + more) * 2;
    uint8_t *grown = wide_grow(table->bytes, table->room, wanted);
    if (grown == NULL)
        return false;
    table->bytes = grown;
    table->room = wanted;
    return true;
}

/* Room for an entry's bytes: one that was left, or at the end.  Rooms that
 * are left begin with the place of the next. */
static bool
take_room(struct account_table *table, uint32_t size,
          struct account_entry *entry)
{
    uint32_t class;
    uint32_t room = room_for(size, &class);

    if (table->spare[class] != 0) {
        entry->place = table->spare[class] - 1;
        memcpy(&table->spare[class], bytes_at(table, entry->place),
               sizeof table->spare[class]);
        table->left -= room;
    } else {
        if ((table->size + room) / ROOM_UNIT > UINT32_MAX ||
            !reach(table, room))
            return false;
        entry->place = (uint32_t)(table->size / ROOM_UNIT);
        table->size += room;
    }
    entry->room = room;
    return true;
}

static void
leave_room(struct account_table *table, const struct account_entry *entry)
{
    uint32_t class;
    uint32_t next = entry->place + 1;

    if (entry->room == 0)
        return;
    (void)room_for(entry->room, &class);
    memcpy(bytes_at(table, entry->place), &table->spare[class],
           sizeof table->spare[class]);
    table->spare[class] = next;
    table->left += entry->room;
}

/* --- putting --- */

/* What has grown will grow again, a little each time: with some bytes to spare
 * it stays where it is for several times, and leaves fewer rooms behind that
 * nobody else has the size for.  What is new may never grow. */
static uint32_t
with_spare(const struct account_entry *entry, uint32_t size)
{
    return entry->room == 0 ? size : size + size / SPARE_SHARE;
}

/* The key may lie in the table itself, in the room that is left. */
static bool
move(struct account_table *table, struct account_entry *entry, view key,
     uint32_t size)
{
    struct account_entry moved = *entry;
    runs_key kept;

    assert(key.size > 0);
    assert(key.size <= sizeof kept.bytes);
    memcpy(kept.bytes, key.bytes, key.size);
    if (!take_room(table, with_spare(entry, size), &moved))
        return false;
    leave_room(table, entry);
    memcpy(bytes_at(table, moved.place), kept.bytes, key.size);
    moved.key_size = (uint8_t)key.size;
    *entry = moved;
    return true;
}

/* The entry of the key with room for the blob; a new one if there is none. */
static struct account_entry *
make_entry(struct account_table *table, uint64_t hash, view key,
           uint32_t blob_size)
{
    uint32_t size = key.size + blob_size;

    if (!grow_entries(table) || !grow_changed(table) || !grow_slots(table))
        return NULL;
    uint64_t *slot = find_slot(table, key, hash);
    bool new = *slot == 0;
    struct account_entry *entry =
        &table->entries[new ? table->count : slot_entry(*slot)];
    if (new)
        *entry = (struct account_entry) { 0 };
    if (entry->room < size && !move(table, entry, key, size))
        return NULL;
    if (new)
        *slot = slot_of(hash, table->count++);
    return entry;
}

static void
fill(struct account_table *table, struct account_entry *entry, view head,
     view rest)
{
    uint8_t *bytes = bytes_at(table, entry->place) + entry->key_size;

    entry->size = head.size + rest.size;
    if (head.size > 0)
        memcpy(bytes, head.bytes, head.size);
    if (rest.size > 0)
        memcpy(bytes + head.size, rest.bytes, rest.size);
}

static void
note_change(struct account_table *table, struct account_entry *entry)
{
    if (!entry->changed)
        table->changed[table->changed_count++] =
            (uint32_t)(entry - table->entries);
    entry->changed = true;
}

enum err
account_table_put_parts(struct account_table *table, uint64_t hash, view key,
                        view head, view rest)
{
    struct account_entry *entry =
        make_entry(table, hash, key, head.size + rest.size);

    if (entry == NULL)
        return ERR_MEMORY;
    fill(table, entry, head, rest);
    note_change(table, entry);
    return OK;
}

enum err
account_table_set(struct account_table *table, struct account_entry *entry,
                  view head, view rest)
{
    uint32_t size = entry->key_size + head.size + rest.size;

    if (!grow_changed(table) ||
        (entry->room < size &&
         !move(table, entry, account_table_key(table, entry), size)))
        return ERR_MEMORY;
    fill(table, entry, head, rest);
    note_change(table, entry);
    return OK;
}

uint8_t *
account_table_edit(struct account_table *table, struct account_entry *entry)
{
    if (!grow_changed(table))
        return NULL;
    note_change(table, entry);
    return bytes_at(table, entry->place) + entry->key_size;
}

enum err
account_table_put(struct account_table *table, view key, view blob)
{
    return account_table_put_parts(table, account_table_hash(table, key), key,
                                   (view) { 0 }, blob);
}

enum err
account_table_load(struct account_table *table, view key, view blob)
{
    struct account_entry *entry =
        make_entry(table, account_table_hash(table, key), key, blob.size);

    if (entry == NULL)
        return ERR_MEMORY;
    assert(!entry->changed);
    fill(table, entry, (view) { 0 }, blob);
    return OK;
}

/* --- checkpoints --- */

void
account_table_settle(struct account_table *table)
{
    for (uint32_t i = 0; i < table->changed_count; i++)
        table->entries[table->changed[i]].changed = false;
    table->changed_count = 0;
}

uint64_t
account_table_memory(const struct account_table *table)
{
    return table->size + table->count * sizeof *table->entries +
           table->changed_room * sizeof *table->changed +
           table->slot_count * sizeof *table->slots;
}
