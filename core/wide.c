#include "core/wide.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    PAGE = 1 << 21, /* a large one, here and on arm64 with pages of 4 kB */
    LARGE = PAGE,   /* bytes, from which on an array is mapped */
};

/* What is mapped for an array. */
static size_t
mapped_size(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

/* Address space that begins where a large page can. */
static uint8_t *
reserve(size_t size)
{
    uint8_t *base = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
    size_t before = (PAGE - (uintptr_t)base % PAGE) % PAGE;
    if (before > 0)
        munmap(base, before);
    munmap(base + before + size, PAGE - before);
    return base + before;
}

static void *
grow_mapped(void *old, size_t old_size, size_t size)
{
    size_t mapped = mapped_size(size);
    uint8_t *grown = reserve(mapped);

    if (grown == NULL)
        return NULL;
    if (old_size >= LARGE) {
        void *moved = mremap(old, mapped_size(old_size), mapped,
                             MREMAP_MAYMOVE | MREMAP_FIXED, grown);
        if (moved == MAP_FAILED) {
            munmap(grown, mapped);
            return NULL;
        }
    }
    /* Before it is written to, for what lies in small pages stays there.  Where
     * there are no large ones, small ones do. */
    (void)madvise(grown, mapped, MADV_HUGEPAGE);
    if (old_size > 0 && old_size < LARGE) {
        memcpy(grown, old, old_size);
        free(old);
    }
    return grown;
}

void *
wide_grow(void *old, size_t old_size, size_t size)
{
    assert(size >= old_size);
    assert((old == NULL) == (old_size == 0));
    return size < LARGE ? realloc(old, size) : grow_mapped(old, old_size, size);
}

void
wide_free(void *array, size_t size)
{
    if (array != NULL && size >= LARGE)
        munmap(array, mapped_size(size));
    else
        free(array);
}
