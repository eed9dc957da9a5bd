/*
 * list.h - lists that grow in an arena
 *
 * A list is a pointer, a count and a room.  What a list has outgrown stays in
 * the arena until that is reset: lists are for things that live as long as one
 * account is folded.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include "core/base.h"

/* A copy of `items` twice as large, and its new room. */
void *list_grow(struct arena *arena, const void *items, uint32_t count,
                uint32_t *room, size_t size);

/* Makes room for one more item of `size` bytes behind the first `count`:
 * returns `items` itself, or where it has grown. */
static inline void *
list_room(struct arena *arena, void *items, uint32_t count, uint32_t *room,
          size_t size)
{
    return count < *room ? items : list_grow(arena, items, count, room, size);
}

/* Appends a zeroed item to `(list)->items` and gives its address. */
#define LIST_ADD(arena, list)                                                  \
    ((list)->items = list_room((arena), (list)->items, (list)->count,          \
                               &(list)->room, sizeof *(list)->items),          \
     &(list)->items[(list)->count++])

/* Makes room for `wanted` items, no more, if there is less. */
#define LIST_RESERVE(arena, list, wanted)                                      \
    ((list)->items =                                                           \
         list_reserve((arena), (list)->items, (list)->count, &(list)->room,    \
                      (wanted), sizeof *(list)->items))
/* The functions of these macros; `size` is that of an item. */
void *list_reserve(struct arena *arena, void *items, uint32_t count,
                   uint32_t *room, uint32_t wanted, size_t size);

/* Takes the item at `index` out and closes the gap. */
#define LIST_REMOVE(list, index)                                               \
    list_remove((list)->items, &(list)->count, (index), sizeof *(list)->items)
void list_remove(void *items, uint32_t *count, uint32_t index, size_t size);

/* Opens a zeroed gap at `index` (<= count). */
#define LIST_INSERT(arena, list, index)                                        \
    ((list)->items = list_room((arena), (list)->items, (list)->count,          \
                               &(list)->room, sizeof *(list)->items),          \
     list_insert((list)->items, &(list)->count, (index),                       \
                 sizeof *(list)->items),                                       \
     &(list)->items[index])
void list_insert(void *items, uint32_t *count, uint32_t index, size_t size);

/* The index of the first of `count` items that is not before the key, by
 * which they ascend; `count` if all are.  `compare` is as of bsearch(), but
 * takes the item first. */
static inline uint32_t
list_place(const void *items, uint32_t count, size_t size, const void *key,
           int (*compare)(const void *item, const void *key))
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare((const uint8_t *)items + middle * size, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
#define LIST_PLACE(items, count, key, compare)                                 \
    list_place((items), (count), sizeof *(items), (key), (compare))

#endif
