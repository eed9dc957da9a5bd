/*
 * stage_rules.h - the candidate of a stage, apart from stage.c because a place
 * in a file and a place on disk have one name
 */
#ifndef TESTS_STAGE_RULES_H
#define TESTS_STAGE_RULES_H

#include "core/ledger.h"

/* Compiles a program file as a candidate from the beginning; the test stops if
 * it has mistakes. */
const struct timeline *stage_rules_compile(struct ledger *ledger, view file,
                                           struct arena *arena);

#endif
