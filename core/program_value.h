/*
 * program_value.h - one value of a program file, read into its field
 *
 * The row of the grammar says what must stand there and where it goes.  A
 * value that is no such thing is a mistake, and the field keeps its default.
 */
#ifndef CORE_PROGRAM_VALUE_H
#define CORE_PROGRAM_VALUE_H

#include "core/program_stores.h"
#include "core/program_tests.h"

struct program_reader {
    struct arena *arena;   /* the caller's: where the program goes */
    struct arena *scratch; /* until the file has been read */
    struct mistakes *mistakes;
    struct program_ids ids;
    struct program_stores stores;
    view *groups; /* names of best_of, by number; LIMIT_EARN_RULES fit */
    uint32_t group_count;
};

/* Reads the value of a key, of any kind but a mapping and a list of mappings,
 * into the struct at `base`. */
void program_value_read(struct program_reader *reader,
                        const struct grammar_key *key,
                        const struct yaml_node *node, void *base);

/* Whether the node is a list of as many entries as the key allows; false
 * after a mistake. */
bool program_value_is_list(struct program_reader *reader,
                           const struct grammar_key *key,
                           const struct yaml_node *node);

#endif
