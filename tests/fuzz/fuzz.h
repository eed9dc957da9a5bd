/*
 * fuzz.h - what the fuzzers share
 *
 * Each fuzz_x.c gives one parser bytes of every sort.  Whatever they are, the
 * parser must end, within its arena, without reading beside them, and what it
 * takes must come out the same when it is written and read again.  `make fuzz`
 * looks for new bytes; tests/test_fuzz.sh runs what was found.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Also where assert() would be off. */
#define FUZZ_CHECK(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,         \
                    #condition);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The process's arena of that size, emptied. */
static inline struct arena *
fuzz_arena(size_t size)
{
    static struct arena arena;
    static bool open;

    if (!open)
        FUZZ_CHECK(arena_open(&arena, size));
    open = true;
    arena_reset(&arena);
    return &arena;
}

#endif
