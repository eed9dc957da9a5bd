#include "tests/sim/tree.h"

#include <string.h>

#include "core/hash.h"
#include "tests/sim/heap.h"

struct value {
    uint32_t holders;
    uint32_t size;
    uint8_t bytes[];
};

struct tree {
    uint32_t holders;
    uint32_t key_size;
    uint64_t priority; /* greater than the children's; follows from the key */
    uint64_t count;    /* of the entries from here down */
    struct tree *left;
    struct tree *right;
    struct value *value;
    uint8_t key[];
};

struct tree *
tree_share(struct tree *tree)
{
    if (tree != NULL)
        tree->holders++;
    return tree;
}

static void
drop_value(struct value *value)
{
    assert(value->holders > 0);
    if (--value->holders == 0)
        heap_own_drop(value);
}

void
tree_drop(struct tree *tree)
{
    if (tree == NULL)
        return;
    assert(tree->holders > 0);
    if (--tree->holders > 0)
        return;
    tree_drop(tree->left);
    tree_drop(tree->right);
    drop_value(tree->value);
    heap_own_drop(tree);
}

uint64_t
tree_count(const struct tree *tree)
{
    return tree == NULL ? 0 : tree->count;
}

static view
key_of(const struct tree *tree)
{
    return (view) { tree->key, tree->key_size };
}

static bool
tell(const struct tree *tree, struct tree_entry *ret)
{
    if (tree == NULL)
        return false;
    *ret = (struct tree_entry) { key_of(tree),
                                 { tree->value->bytes, tree->value->size } };
    return true;
}

bool
tree_get(const struct tree *tree, view key, struct tree_entry *ret)
{
    while (tree != NULL) {
        int order = view_compare(key, key_of(tree));
        if (order == 0)
            return tell(tree, ret);
        tree = order < 0 ? tree->left : tree->right;
    }
    return false;
}

bool
tree_first(const struct tree *tree, struct tree_entry *ret)
{
    while (tree != NULL && tree->left != NULL)
        tree = tree->left;
    return tell(tree, ret);
}

bool
tree_last(const struct tree *tree, struct tree_entry *ret)
{
    while (tree != NULL && tree->right != NULL)
        tree = tree->right;
    return tell(tree, ret);
}

/* The least whose comparison with the key is at least `least`. */
static bool
next_of(const struct tree *tree, view key, int least, struct tree_entry *ret)
{
    const struct tree *found = NULL;

    while (tree != NULL) {
        int order = view_compare(key_of(tree), key);
        order = (order > 0) - (order < 0);
        if (order >= least) {
            found = tree;
            tree = tree->left;
        } else {
            tree = tree->right;
        }
    }
    return tell(found, ret);
}

bool
tree_seek(const struct tree *tree, view key, struct tree_entry *ret)
{
    return next_of(tree, key, 0, ret);
}

bool
tree_above(const struct tree *tree, view key, struct tree_entry *ret)
{
    return next_of(tree, key, 1, ret);
}

bool
tree_below(const struct tree *tree, view key, struct tree_entry *ret)
{
    const struct tree *found = NULL;

    while (tree != NULL) {
        if (view_compare(key_of(tree), key) < 0) {
            found = tree;
            tree = tree->right;
        } else {
            tree = tree->left;
        }
    }
    return tell(found, ret);
}

bool
tree_at(const struct tree *tree, uint64_t rank, struct tree_entry *ret)
{
    while (tree != NULL) {
        uint64_t before = tree_count(tree->left);
        if (rank == before)
            return tell(tree, ret);
        if (rank < before) {
            tree = tree->left;
        } else {
            rank -= before + 1;
            tree = tree->right;
        }
    }
    return false;
}

/* --- changing --- */

static void
recount(struct tree *tree)
{
    tree->count = tree_count(tree->left) + tree_count(tree->right) + 1;
}

/* The node for ourselves: itself if nobody else has it, or a copy. */
static struct tree *
own(struct tree *tree)
{
    if (tree->holders == 1)
        return tree;
    struct tree *copy = heap_own_take(sizeof *copy + tree->key_size);
    memcpy(copy, tree, sizeof *copy + tree->key_size);
    copy->holders = 1;
    tree_share(copy->left);
    tree_share(copy->right);
    copy->value->holders++;
    tree->holders--;
    return copy;
}

static struct tree *
rotate_right(struct tree *tree)
{
    struct tree *top = tree->left;

    tree->left = top->right;
    top->right = tree;
    recount(tree);
    recount(top);
    return top;
}

static struct tree *
rotate_left(struct tree *tree)
{
    struct tree *top = tree->right;

    tree->right = top->left;
    top->left = tree;
    recount(tree);
    recount(top);
    return top;
}

static struct tree *
new_node(view key, struct value *value)
{
    struct tree *tree = heap_own_take(sizeof *tree + key.size);

    tree->holders = 1;
    tree->key_size = key.size;
    tree->priority = hash_64(key, 0);
    tree->count = 1;
    tree->value = value;
    memcpy(tree->key, key.bytes, key.size);
    return tree;
}

static struct tree *
insert(struct tree *tree, view key, struct value *value)
{
    if (tree == NULL)
        return new_node(key, value);
    tree = own(tree);
    int order = view_compare(key, key_of(tree));
    if (order == 0) {
        drop_value(tree->value);
        tree->value = value;
    } else if (order < 0) {
        tree->left = insert(tree->left, key, value);
        recount(tree);
        if (tree->left->priority > tree->priority)
            tree = rotate_right(tree);
    } else {
        tree->right = insert(tree->right, key, value);
        recount(tree);
        if (tree->right->priority > tree->priority)
            tree = rotate_left(tree);
    }
    return tree;
}

uint8_t *
tree_put(struct tree **tree, view key, uint32_t size)
{
    struct value *value = heap_own_take(sizeof *value + size);

    value->holders = 1;
    value->size = size;
    *tree = insert(*tree, key, value);
    return value->bytes;
}

/* All of `left` is less than all of `right`. */
static struct tree *
join(struct tree *left, struct tree *right)
{
    if (left == NULL)
        return right;
    if (right == NULL)
        return left;
    if (left->priority > right->priority) {
        left = own(left);
        left->right = join(left->right, right);
        recount(left);
        return left;
    }
    right = own(right);
    right->left = join(left, right->left);
    recount(right);
    return right;
}

static struct tree *
erase(struct tree *tree, view key)
{
    tree = own(tree);
    int order = view_compare(key, key_of(tree));
    if (order == 0) {
        struct tree *rest = join(tree->left, tree->right);
        tree->left = NULL;
        tree->right = NULL;
        tree_drop(tree);
        return rest;
    }
    if (order < 0)
        tree->left = erase(tree->left, key);
    else
        tree->right = erase(tree->right, key);
    recount(tree);
    return tree;
}

void
tree_delete(struct tree **tree, view key)
{
    struct tree_entry entry;

    if (tree_get(*tree, key, &entry))
        *tree = erase(*tree, key);
}
