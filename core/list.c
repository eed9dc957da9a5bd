/*
 * list.c - lists that grow in an arena (see list.h)
 */
#include "core/list.h"

#include <string.h>

enum { ROOM_FIRST = 8 };

void *
list_grow(struct arena *arena, const void *items, uint32_t count,
          uint32_t *room, size_t size)
{
    assert(count == *room);
    assert(size > 0);

    uint32_t larger = *room ? *room * 2 : ROOM_FIRST;
    assert(larger > count);
    void *copy = arena_take(arena, (size_t)larger * size);
    if (count > 0)
        memcpy(copy, items, (size_t)count * size);
    *room = larger;
    return copy;
}

void *
list_reserve(struct arena *arena, void *items, uint32_t count, uint32_t *room,
             uint32_t wanted, size_t size)
{
    if (wanted <= *room)
        return items;
    void *copy = arena_take(arena, (size_t)wanted * size);
    if (count > 0)
        memcpy(copy, items, (size_t)count * size);
    *room = wanted;
    return copy;
}

void
list_remove(void *items, uint32_t *count, uint32_t index, size_t size)
{
    assert(index < *count);

    uint8_t *at = (uint8_t *)items + (size_t)index * size;
    uint32_t after = *count - index - 1;
    memmove(at, at + size, (size_t)after * size);
    memset(at + (size_t)after * size, 0, size);
    --*count;
}

void
list_insert(void *items, uint32_t *count, uint32_t index, size_t size)
{
    assert(index <= *count);

    uint8_t *at = (uint8_t *)items + (size_t)index * size;
    memmove(at + size, at, (size_t)(*count - index) * size);
    memset(at, 0, size);
    ++*count;
}
