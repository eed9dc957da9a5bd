/*
 * program_stores.h - lists of stores in a program file as sets of numbers
 *
 * A list holds numbers, ranges (10-19) and ids of store groups, in any order
 * and overlapping; a set is ascending and disjoint.  A group may name other
 * groups, wherever they stand, if they don't go in a circle.  What groups add
 * up to is bounded, so that a small file can't grow into a big one.
 */
#ifndef CORE_PROGRAM_STORES_H
#define CORE_PROGRAM_STORES_H

#include "core/program_ids.h"

enum {
    PROGRAM_STORES_DEPTH_MAX = 16,         /* groups within groups */
    PROGRAM_STORES_ADDED_MAX = 512 * 1024, /* ranges that groups stand for */
};

struct program_store_state;

struct program_stores {
    struct arena *arena;   /* of the program: the sets */
    struct arena *scratch; /* what is needed while a list is read */
    struct mistakes *mistakes;
    const struct program_ids *ids;
    struct program_store_state *groups; /* in file order */
    uint32_t group_count;
    uint32_t added; /* ranges that came from groups, of all sets */
    uint32_t depth;
    uint32_t next; /* group whose list is read next by the file's order */
};

/* What `size` bytes of lists may take of the program's arena, at most. */
size_t program_stores_room(uint32_t size);

/* Finds the groups of the file.  All that is passed must outlive `stores`. */
void program_stores_open(struct program_stores *stores,
                         const struct yaml_node *root);

/* The set for a list of the file, empty after mistakes.  `key` names it in
 * them.  The lists of the groups themselves come in file order. */
struct store_set program_stores_read(struct program_stores *stores,
                                     const char *key,
                                     const struct yaml_node *list);

#endif
