#include "core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

view
view_of(const char *string)
{
    assert(string != NULL);
    size_t size = strlen(string);
    assert(size <= UINT32_MAX);
    return (view) { (const uint8_t *)string, (uint32_t)size };
}

int
view_compare(view a, view b)
{
    uint32_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.bytes, b.bytes, shared);

    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool
arena_open(struct arena *arena, size_t size)
{
    assert(size > 0);
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    *arena = (struct arena) { base, (uint8_t *)base + size, base };
    return true;
}

void
arena_close(struct arena *arena)
{
    if (arena->base != NULL)
        munmap(arena->base, (size_t)(arena->end - arena->base));
    *arena = (struct arena) { 0 };
}

/* Pages are handed back only when they are many: a reset in a hot loop must
 * not cost a page fault for each page it had touched. */
void
arena_reset(struct arena *arena)
{
    enum { KEEP = 1 << 20 };
    size_t used = (size_t)(arena->next - arena->base);

    if (used > KEEP)
        madvise(arena->base + KEEP, used - KEEP, MADV_DONTNEED);
    arena->next = arena->base;
}

static void *
take_raw(struct arena *arena, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;

    assert(rounded >= size);
    if (rounded > (size_t)(arena->end - arena->next)) {
        fputs("leima: out of reserved memory\n", stderr);
        abort();
    }
    void *taken = arena->next;
    arena->next += rounded;
    return taken;
}

/* Scratch copies hand the same bytes out again, so what was fresh from the
 * system once may be dirty now. */
void *
arena_take(struct arena *arena, size_t size)
{
    return memset(take_raw(arena, size), 0, size);
}

view
arena_copy(struct arena *arena, view bytes)
{
    if (bytes.size == 0)
        return (view) { 0 };
    uint8_t *copy = take_raw(arena, bytes.size);
    memcpy(copy, bytes.bytes, bytes.size);
    return (view) { copy, bytes.size };
}
