/*
 * wide.h - large arrays that are read all over
 *
 * With pages of 4 kB nearly every read at random of a large array also misses
 * what the processor remembers of pages, so arrays of megabytes lie in
 * large pages, where the machine has any.  They grow by moving pages, not
 * bytes.  The owner remembers the size: it says how the array is held.
 */
#ifndef CORE_WIDE_H
#define CORE_WIDE_H

#include "core/base.h"

/* `size` bytes that begin with the `old_size` ones of `old` (NULL and 0: none),
 * which is gone; what follows is undefined.  NULL: no memory, the old array
 * stands. */
NODISCARD void *wide_grow(void *old, size_t old_size, size_t size);

/* NULL is allowed. */
void wide_free(void *array, size_t size);

#endif
