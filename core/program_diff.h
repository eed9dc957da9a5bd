/*
 * program_diff.h - what changed between two programs, in words
 *
 * One line for each change, in the order of RULES.md's grammar:
 *
 *   earn.base: points 1 -> 2
 *   partners.cafe: stores +12 -30-31
 *   tiers.levels.gold: removed
 *
 * It compares what the files mean, not how they are written: a default that is
 * written out is no change.  It goes by the tables of grammar.h, so
 * that no key of the grammar can be missed.
 */
#ifndef CORE_PROGRAM_DIFF_H
#define CORE_PROGRAM_DIFF_H

#include "core/program.h"
#include "core/text.h"

/* Appends the lines, each ended by a newline; returns how many. */
uint32_t program_diff_write(const struct program *old,
                            const struct program *new, struct text *text);

#endif
