#include "tools/lookup.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { LOOKUP_SLOTS_FIRST = 1024 }; /* a power of two, so for ever */

struct slot {
    uint8_t *key; /* NULL: free */
    uint32_t size;
    uint64_t number;
};

struct lookup {
    struct slot *slots;
    uint64_t slot_count;
    uint64_t count;
    uint64_t seed;
};

struct lookup *
lookup_open(void)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (lookup == NULL)
        return NULL;
    lookup->slots = calloc(LOOKUP_SLOTS_FIRST, sizeof *lookup->slots);
    if (lookup->slots == NULL) {
        free(lookup);
        return NULL;
    }
    lookup->slot_count = LOOKUP_SLOTS_FIRST;
    /* Without randomness the table still works, only guessably. */
    if (getrandom(&lookup->seed, sizeof lookup->seed, GRND_NONBLOCK) < 0)
        lookup->seed = (uint64_t)(uintptr_t)lookup;
    return lookup;
}

void
lookup_close(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    for (uint64_t i = 0; i < lookup->slot_count; i++)
        free(lookup->slots[i].key);
    free(lookup->slots);
    free(lookup);
}

/* The slot that holds the key, or the free one where it would go. */
static struct slot *
probe(struct slot *slots, uint64_t slot_count, view key, uint64_t seed)
{
    uint64_t at = hash_64(key, seed) & (slot_count - 1);

    for (;; at = (at + 1) & (slot_count - 1)) {
        struct slot *slot = &slots[at];
        if (slot->key == NULL ||
            view_equal(key, (view) { slot->key, slot->size }))
            return slot;
    }
}

static bool
grow(struct lookup *lookup)
{
    uint64_t slot_count = lookup->slot_count * 2;
    struct slot *slots = calloc(slot_count, sizeof *slots);

    if (slots == NULL)
        return false;
    for (uint64_t i = 0; i < lookup->slot_count; i++) {
        const struct slot *old = &lookup->slots[i];
        if (old->key != NULL)
            *probe(slots, slot_count, (view) { old->key, old->size },
                   lookup->seed) = *old;
    }
    free(lookup->slots);
    lookup->slots = slots;
    lookup->slot_count = slot_count;
    return true;
}

uint64_t *
lookup_take(struct lookup *lookup, view key)
{
    struct slot *slot =
        probe(lookup->slots, lookup->slot_count, key, lookup->seed);

    if (slot->key != NULL)
        return &slot->number;
    if ((lookup->count + 1) * 2 > lookup->slot_count) {
        if (!grow(lookup))
            return NULL;
        slot = probe(lookup->slots, lookup->slot_count, key, lookup->seed);
    }
    slot->key =
        malloc((size_t)key.size + 1); /* an empty key has a place, too */
    if (slot->key == NULL)
        return NULL;
    if (key.size > 0)
        memcpy(slot->key, key.bytes, key.size);
    slot->size = key.size;
    lookup->count++;
    return &slot->number;
}

const uint64_t *
lookup_find(const struct lookup *lookup, view key)
{
    const struct slot *slot =
        probe(lookup->slots, lookup->slot_count, key, lookup->seed);

    return slot->key == NULL ? NULL : &slot->number;
}
