/*
 * heap.h - how much memory the process on each machine holds
 *
 * The linker puts the functions of heap.c before malloc() and its kin and
 * before the arenas' (core/base.h).  What is taken, or given back, while a
 * process is watched is its own: heap blocks with what malloc() has set aside
 * for them, arenas with what has been touched of them and not been handed back
 * to the system.  Not counted: maps of files, stacks, libraries.
 *
 * What the simulator itself takes in the middle of a process's turn, for its
 * disks and cables, it takes by the heap_own_ functions.
 */
#ifndef TESTS_SIM_HEAP_H
#define TESTS_SIM_HEAP_H

#include "core/base.h"

struct heap {
    int64_t bytes; /* held now */
    int64_t most;  /* ever */
};

/* Whose code runs from now on; returns whose it was.  NULL: nobody's. */
struct heap *heap_watch(struct heap *heap);

/* The simulator's own: zeroed, grown, given back.  They end the program where
 * there is no memory. */
void *heap_own_take(size_t size);
void *heap_own_grow(void *block, size_t size);
void heap_own_drop(void *block);

#endif
