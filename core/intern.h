/*
 * intern.h - small numbers for strings: 0, 1, 2, ... in the order in which
 * they first came
 *
 * Open addressing over copies of the strings.  What it has outgrown stays in
 * the arena.  The seed is the caller's: a random one where outsiders choose
 * the strings, so that they can't make them collide.
 */
#ifndef CORE_INTERN_H
#define CORE_INTERN_H

#include "core/base.h"

struct intern {
    struct arena *arena; /* borrowed */
    uint64_t seed;
    struct intern_list {
        view *items; /* by number */
        uint32_t count;
        uint32_t room;
    } strings;
    uint32_t *places; /* number + 1; 0: free */
    uint32_t mask;
};

/* Empty, and growing in the arena. */
void intern_open(struct intern *intern, uint64_t seed, struct arena *arena);

/* The number of the string, which may be empty; a new one if it is new. */
uint32_t intern_number(struct intern *intern, view string);

/* How many strings have a number: these are from 0 on. */
uint32_t intern_count(const struct intern *intern);

/* The string of a number; lives in the arena. */
view intern_string(const struct intern *intern, uint32_t number);

#endif
