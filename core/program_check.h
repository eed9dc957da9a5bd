/*
 * program_check.h - mistakes of a program file that no single value shows
 *
 * Rules of mixed shapes, conditions where they can't hold, stores in two
 * partners, levels out of order, reserved ids: whatever RULES.md says about
 * keys beside one another.  The program has been read as far as it could be;
 * its lists are those of the tree, entry by entry, which gives the places.
 */
#ifndef CORE_PROGRAM_CHECK_H
#define CORE_PROGRAM_CHECK_H

#include "core/program_ids.h"

/* Adds the mistakes.  `scratch` needs program_check_room() for a file of that
 * size. */
void program_check(const struct program *program, const struct yaml_node *root,
                   struct arena scratch, struct mistakes *mistakes);

/* Bytes that program_check() takes at most for a file of `size` bytes. */
size_t program_check_room(uint32_t size);

#endif
