#include "tests/sim/heap.h"

#include <malloc.h>
#include <stdlib.h>

enum { KEPT_BY_RESET = 1 << 20 }; /* as in core/base.c */
static const uint64_t GOLDEN = UINT64_C(0x9e3779b97f4a7c15);

void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
bool __real_arena_open(struct arena *arena, size_t size);
void __real_arena_close(struct arena *arena);
void __real_arena_reset(struct arena *arena);
void *__real_arena_take(struct arena *arena, size_t size);
view __real_arena_copy(struct arena *arena, view bytes);

void *__wrap_malloc(size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
bool __wrap_arena_open(struct arena *arena, size_t size);
void __wrap_arena_close(struct arena *arena);
void __wrap_arena_reset(struct arena *arena);
void *__wrap_arena_take(struct arena *arena, size_t size);
view __wrap_arena_copy(struct arena *arena, view bytes);

static struct heap *watched;

struct heap *
heap_watch(struct heap *heap)
{
    struct heap *before = watched;

    watched = heap;
    return before;
}

static void
add(struct heap *heap, int64_t bytes)
{
    if (heap == NULL)
        return;
    heap->bytes += bytes;
    if (heap->bytes > heap->most)
        heap->most = heap->bytes;
}

static int64_t
size_of(void *block)
{
    return (int64_t)malloc_usable_size(block);
}

/* --- the simulator's own --- */

static void *
need(void *block)
{
    if (block == NULL)
        abort();
    return block;
}

void *
heap_own_take(size_t size)
{
    return need(__real_calloc(1, size));
}

void *
heap_own_grow(void *block, size_t size)
{
    return need(__real_realloc(block, size));
}

void
heap_own_drop(void *block)
{
    __real_free(block);
}

/* --- blocks --- */

void *
__wrap_malloc(size_t size)
{
    void *block = __real_malloc(size);

    add(watched, size_of(block));
    return block;
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    void *block = __real_aligned_alloc(alignment, size);

    add(watched, size_of(block));
    return block;
}

void *
__wrap_calloc(size_t count, size_t size)
{
    void *block = __real_calloc(count, size);

    add(watched, size_of(block));
    return block;
}

void *
__wrap_realloc(void *block, size_t size)
{
    int64_t before = size_of(block);
    void *grown = __real_realloc(block, size);

    if (grown != NULL)
        add(watched, size_of(grown) - before);
    return grown;
}

void
__wrap_free(void *block)
{
    add(watched, -size_of(block));
    __real_free(block);
}

/* --- arenas --- */

/* One that is open, found by where it begins. */
struct region {
    uint8_t *base; /* NULL: none here */
    size_t touched;
    struct heap *heap;
};

static struct region *regions;
static uint32_t region_room; /* a power of two */
static uint32_t region_count;

static struct region *
find_region(const uint8_t *base)
{
    /* Bases differ in their upper bits: arenas are gigabytes apart. */
    uint32_t at = (uint32_t)(((uint64_t)(uintptr_t)base * GOLDEN) >> 32);

    while (regions[at & (region_room - 1)].base != NULL &&
           regions[at & (region_room - 1)].base != base)
        at++;
    return &regions[at & (region_room - 1)];
}

static void
make_room(void)
{
    struct region *before = regions;
    uint32_t room = region_room;

    if (region_count < room / 2)
        return;
    region_room = room == 0 ? 1024 : room * 2;
    regions = heap_own_take(region_room * sizeof *regions);
    for (uint32_t i = 0; i < room; i++)
        if (before[i].base != NULL)
            *find_region(before[i].base) = before[i];
    heap_own_drop(before);
}

/* What came after it in its row is put in its place again. */
static void
forget_region(struct region *region)
{
    region->base = NULL;
    region_count--;
    for (;;) {
        region = region + 1 < regions + region_room ? region + 1 : regions;
        if (region->base == NULL)
            return;
        struct region moved = *region;
        region->base = NULL;
        *find_region(moved.base) = moved;
    }
}

static void
touch(const struct arena *arena)
{
    struct region *region = find_region(arena->base);
    size_t used = (size_t)(arena->next - arena->base);

    /* Of a piece of one it is not known whose it is. */
    if (region->base == NULL || used <= region->touched)
        return;
    add(region->heap, (int64_t)(used - region->touched));
    region->touched = used;
}

bool
__wrap_arena_open(struct arena *arena, size_t size)
{
    if (!__real_arena_open(arena, size))
        return false;
    make_room();
    *find_region(arena->base) =
        (struct region) { .base = arena->base, .heap = watched };
    region_count++;
    return true;
}

void
__wrap_arena_close(struct arena *arena)
{
    if (arena->base != NULL) {
        struct region *region = find_region(arena->base);
        add(region->heap, -(int64_t)region->touched);
        forget_region(region);
    }
    __real_arena_close(arena);
}

void
__wrap_arena_reset(struct arena *arena)
{
    struct region *region = find_region(arena->base);
    size_t used = (size_t)(arena->next - arena->base);

    if (used > KEPT_BY_RESET) {
        add(region->heap, KEPT_BY_RESET - (int64_t)used);
        region->touched -= used - KEPT_BY_RESET;
    }
    __real_arena_reset(arena);
}

void *
__wrap_arena_take(struct arena *arena, size_t size)
{
    void *taken = __real_arena_take(arena, size);

    touch(arena);
    return taken;
}

view
__wrap_arena_copy(struct arena *arena, view bytes)
{
    view copy = __real_arena_copy(arena, bytes);

    if (bytes.size > 0)
        touch(arena);
    return copy;
}
