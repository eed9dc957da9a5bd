/*
 * trial.h - the `tests:` of a program file, run
 *
 * Each test is a small history of its own; it is folded under the program
 * alone, in force from 2000-01-01, and what it comes to is compared with what
 * the file expects, in the names and units of `balance --json`.
 */
#ifndef TOOLS_TRIAL_H
#define TOOLS_TRIAL_H

#include "core/mistake.h"
#include "core/program.h"

/* Runs all tests of the program.  Each expectation that fails, and each event
 * that can't be read, is a mistake at its line.  ERR_INPUT: there are such;
 * ERR_MEMORY. */
NODISCARD enum err trial_run(const struct program *program,
                             const struct zone *zone,
                             struct mistakes *mistakes);

#endif
