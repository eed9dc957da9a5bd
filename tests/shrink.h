/*
 * shrink.h - the smallest case that still fails
 *
 * Drops events, versions, lines and keys of the programs one by one as long as
 * something is still different, or the process still dies of it: every try
 * runs in a child of its own.
 */
#ifndef TESTS_SHRINK_H
#define TESTS_SHRINK_H

#include "tests/trial.h"

/* Makes the failing case smaller in place. */
void shrink_case(struct trial *trial, struct gen_case *made);

/* Prints programs, events as JSON Lines, and what is different. */
void shrink_print(struct trial *trial, const struct gen_case *made);

#endif
