/*
 * program_ids.h - the ids of a program file, collected before it is read
 *
 * A rule may name a reward that stands further below, so the ids of all lists
 * are known before the first reference is looked at.  Two entries of a list
 * with one id are a mistake.
 */
#ifndef CORE_PROGRAM_IDS_H
#define CORE_PROGRAM_IDS_H

#include "core/grammar.h"
#include "core/yaml.h"

struct program_id {
    view id;
    int32_t place; /* in its list */
    struct mistake_place at;
};

struct program_ids {
    struct {
        const struct program_id *sorted; /* by id, then place */
        uint32_t count;
    } lists[GRAMMAR_LIST_COUNT];
};

/* Collects the ids of all lists of the file into the arena; they borrow the
 * tree. */
void program_ids_collect(struct program_ids *ids, const struct yaml_node *root,
                         struct arena *arena, struct mistakes *mistakes);

/* The place of the entry that a node of the file refers to; PROGRAM_NONE after
 * a mistake that names `key` and what was probably meant. */
int32_t program_ids_resolve(const struct program_ids *ids,
                            enum grammar_list list, const char *key,
                            const struct yaml_node *node,
                            struct mistakes *mistakes);

/* The list of the file whose ids these are; NULL if it has none. */
const struct yaml_node *program_ids_list(const struct yaml_node *root,
                                         enum grammar_list list);

#endif
