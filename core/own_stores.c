#include "core/own_stores.h"

#include <stdio.h>
#include <string.h>

#define NAME "own_stores"

/* Of those that there are so many are named. */
enum { TOLD_MAX = 8, WORDS_SIZE = 12 * TOLD_MAX + 6 };

enum err
own_stores_load(struct journal *journal, struct own_stores *ret_stores)
{
    uint8_t bytes[sizeof ret_stores->items];
    view value = { 0 };

    enum err err =
        journal_get_note(journal, view_of(NAME), bytes, sizeof bytes, &value);
    if (err == OK && value.size % sizeof ret_stores->items[0] != 0)
        return err_corrupt();
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    ret_stores->count = value.size / sizeof ret_stores->items[0];
    memcpy(ret_stores->items, bytes, value.size);
    return OK;
}

/* The index of the store, or where it would stand. */
static uint32_t
place(const struct own_stores *stores, uint32_t store)
{
    uint32_t index = 0;

    while (index < stores->count && stores->items[index] < store)
        index++;
    return index;
}

static bool
is_at(const struct own_stores *stores, uint32_t index, uint32_t store)
{
    return index < stores->count && stores->items[index] == store;
}

bool
own_stores_admit(const struct own_stores *stores, uint32_t store)
{
    return stores->count == 0 || is_at(stores, place(stores, store), store);
}

/* "10, 11", or the first of them and "...". */
static void
write_words(const struct own_stores *stores, char words[static WORDS_SIZE])
{
    const uint32_t told = stores->count < TOLD_MAX ? stores->count : TOLD_MAX;
    int size = 0;

    for (uint32_t i = 0; i < told; i++)
        size += snprintf(words + size, WORDS_SIZE - (size_t)size, "%s%u",
                         i == 0 ? "" : ", ", stores->items[i]);
    if (told < stores->count)
        snprintf(words + size, WORDS_SIZE - (size_t)size, ", ...");
}

enum err
own_stores_check(const struct own_stores *stores, uint32_t node, uint32_t store,
                 struct complaint *complaint)
{
    char words[WORDS_SIZE];

    if (own_stores_admit(stores, store))
        return OK;
    write_words(stores, words);
    return complain(complaint,
                    "store: %u is not one of node %u's, which its hub has "
                    "enrolled for %s; say one of them, or have the node "
                    "enrolled for %u, too (leima enrol new, at the hub)",
                    store, node, words, store);
}

static void
insert(struct own_stores *stores, uint32_t store)
{
    uint32_t index = place(stores, store);

    if (is_at(stores, index, store) || stores->count == OWN_STORES_MAX)
        return;
    memmove(&stores->items[index + 1], &stores->items[index],
            (stores->count - index) * sizeof stores->items[0]);
    stores->items[index] = store;
    stores->count++;
}

enum err
own_stores_add(struct journal *journal, const uint32_t *stores, uint32_t count)
{
    struct own_stores all;

    enum err err = own_stores_load(journal, &all);
    if (err != OK)
        return err;
    const uint32_t before = all.count;
    for (uint32_t i = 0; i < count; i++)
        insert(&all, stores[i]);
    if (all.count == before)
        return OK;
    return journal_put_note(
        journal, view_of(NAME),
        (view) { (const uint8_t *)all.items,
                 all.count * (uint32_t)sizeof all.items[0] });
}

enum err
own_stores_forget(struct journal *journal)
{
    return journal_put_note(journal, view_of(NAME), (view) { 0 });
}
