/*
 * tree.h - an ordered map of bytes to bytes whose versions share what they
 * have in common
 *
 * A treap, each node counted by those who point to it: a change copies the
 * path to it unless nobody else has that path.  So a snapshot, a disk image, a
 * backup and a clone are each one pointer, and going back to one is an
 * assignment.  The order is LMDB's: byte by byte, the shorter first.
 */
#ifndef TESTS_SIM_TREE_H
#define TESTS_SIM_TREE_H

#include "core/base.h"

struct tree; /* NULL: empty */

/* Another pointer to it, and one less. */
struct tree *tree_share(struct tree *tree);
void tree_drop(struct tree *tree);

/* An entry; its views live as long as somebody holds the version. */
struct tree_entry {
    view key;
    view value;
};

/* False: there is no such entry. */
bool tree_get(const struct tree *tree, view key, struct tree_entry *ret);
bool tree_first(const struct tree *tree, struct tree_entry *ret);
bool tree_last(const struct tree *tree, struct tree_entry *ret);
/* The least not below the key; the least above it; the greatest below it. */
bool tree_seek(const struct tree *tree, view key, struct tree_entry *ret);
bool tree_above(const struct tree *tree, view key, struct tree_entry *ret);
bool tree_below(const struct tree *tree, view key, struct tree_entry *ret);
/* The entry of that rank, from 0. */
bool tree_at(const struct tree *tree, uint64_t rank, struct tree_entry *ret);
uint64_t tree_count(const struct tree *tree);

/* Changes the version that the pointer stands for; others stay as they are.
 * The value's bytes, zeroed, are to be filled before anything else is done
 * with it. */
uint8_t *tree_put(struct tree **tree, view key, uint32_t size);
void tree_delete(struct tree **tree, view key);

#endif
