/*
 * program_tests.h - `tests:` of a program file: what happens, what must come
 *
 *   tests:
 *     - name: a weekend counts double
 *       events:
 *         - {kind: purchase, at: "2026-01-03T10:00:00Z", store: 10, member: 42,
 *            receipt: 1, total: 2000}
 *       at: 2026-01-04T00:00:00Z
 *       expect: {42: {available: 40, tier: basic, stamps: {coffee: 0}}}
 *
 * Events have the fields of EVENTS.md and become its JSON lines, one each: what
 * EVENTS.md has as text becomes a string however it is written, other whole
 * numbers and true and false become themselves.  Expectations have the names
 * and units of `balance --json`; what is not named is not looked at.
 */
#ifndef CORE_PROGRAM_TESTS_H
#define CORE_PROGRAM_TESTS_H

#include "core/program_ids.h"

struct program_tests {
    struct arena *arena; /* of the program */
    struct arena *scratch;
    struct mistakes *mistakes;
    const struct program_ids *ids;
};

/* Reads the value of `events` into the test.  Each event must be one that
 * EVENTS.md allows, with `at` and `store`. */
void program_tests_events(const struct program_tests *tests,
                          const struct yaml_node *list,
                          struct program_test *test);

/* Reads the value of `expect` into the test. */
void program_tests_expect(const struct program_tests *tests,
                          const struct yaml_node *accounts,
                          struct program_test *test);

/* The list whose ids an expectation names, as in `stamps: {coffee: 3}`;
 * GRAMMAR_NO_LIST where it has one value only. */
enum grammar_list program_tests_list(enum expectation_kind kind);

#endif
