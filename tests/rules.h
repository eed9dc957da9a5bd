/*
 * rules.h - programs written out in C, for tests that come before the parser
 *
 * Compound literals at file scope live as long as the test.
 */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include "core/timeline.h"

/* A constant view of a string, as an initialiser and as a value. */
#define NAME(text)                                                             \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }
#define VIEW(text) ((view)NAME(text))

/* A list and its count, as two members of an initialiser. */
#define LIST(type, ...)                                                        \
    (const type[]) { __VA_ARGS__ }, COUNT_OF(((const type[]) { __VA_ARGS__ }))

/* What every rule of a test starts from: no reward, no limit, ... */
#define RULE                                                                   \
    .reward = PROGRAM_NONE, .funder = PROGRAM_NONE, .best_of = PROGRAM_NONE,   \
    .max_points = PROGRAM_NO_LIMIT, .of = PROGRAM_NONE
#define GIVEN(kind) (1u << CONDITION_##kind)

/* The zone of every example, Europe/Helsinki. */
struct zone rules_zone(void);

/* "2026-01-15T12:00:00+02:00" in ms, "2026-01-15" as a day. */
int64_t rules_ms(const char *time);
int32_t rules_day(const char *date);

/* The versions in the order of publishing, each from its date; lives until
 * the test program ends. */
const struct timeline *rules_timeline(const struct program *const *programs,
                                      const char *const *dates, uint32_t count);

/* One version from 2000-01-01 on. */
const struct timeline *rules_single(const struct program *program);

#endif
