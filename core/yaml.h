/*
 * yaml.h - a YAML file as a small tree with lines and columns
 *
 * Only what a file for people needs: mappings, lists and scalars.  Anchors,
 * aliases, tags, directives and a second document are mistakes (so nothing can
 * be blown up by references), and so are duplicate keys and keys that are no
 * scalars.  A scalar stays the text that was written, whatever it looks like:
 * numbers are read from it, never through a float.  Depth, keys and entries
 * are bounded.
 *
 * libyaml's events are used, not its documents: those forget anchors and can't
 * tell a tag that was written from one that was not.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include "core/err.h"
#include "core/mistake.h"

enum {
    YAML_DEPTH_MAX = 16,
    YAML_KEYS_MAX = 256,         /* of one mapping */
    YAML_NODES_MAX = 1024 * 1024 /* of a file */
};

/* YAML_WRONG stands where something was that has been told as a mistake
 * already (an alias): pass over it in silence. */
enum yaml_kind { YAML_WORD, YAML_LIST, YAML_MAP, YAML_WRONG };

struct yaml_node {
    enum yaml_kind kind;
    bool plain;                 /* a word without quotes */
    struct mistake_place place; /* where it begins */
    view word;                  /* of YAML_WORD; may be empty */
    view key;                   /* what it is the value of; empty in a list */
    struct mistake_place key_place;
    uint32_t count;                /* of its children */
    const struct yaml_node *first; /* child, in file order */
    const struct yaml_node *next;  /* sibling */
};

/* What reading `size` bytes may take of an arena, at most. */
size_t yaml_room(uint32_t size);

/* Reads a file into a tree in the arena, which has yaml_room() left.
 * ERR_INPUT: it is no YAML, or far too much of it, and `*ret_root` is not
 * written; other mistakes (anchors, duplicate keys, ...) leave what is wrong
 * out and return OK, so that the reader can go on: look at mistakes->total in
 * the end.  ERR_MEMORY: the machine has no memory left. */
NODISCARD enum err yaml_read(view bytes, struct arena *arena,
                             struct mistakes *mistakes,
                             const struct yaml_node **ret_root);

/* The value of that key in a mapping; NULL if it is absent, or no mapping. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* What was found, for a message: `"12x"`, "a list", "a mapping", "nothing". */
const char *yaml_found(const struct yaml_node *node,
                       struct mistake_quote *quote);

#endif
