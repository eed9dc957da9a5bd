/*
 * vary.h - variants of a program file: one value or several written otherwise
 *
 * `PATH=VALUES` names one scalar of the file and what to try in its place:
 *
 *   earn.base.points=1,2,3          tiers.levels.gold.from=1500..2500:250
 *
 * A path goes from key to key; an element of a list is named by its `id`, or
 * by its place from 0 where it has none.  Values are words between commas or
 * ranges FROM..TO:STEP of decimal numbers, both ends included.  A variant is
 * the file's own bytes with these words replaced, so that it means exactly
 * what an analyst would have got by editing the file.
 */
#ifndef REPLAY_VARY_H
#define REPLAY_VARY_H

#include "core/err.h"

enum {
    VARY_AXES_MAX = 8,
    VARY_VALUES_MAX = 1000,
};

struct vary_axis {
    view path; /* borrowed from the option */
    uint32_t count;
    const view *values; /* in the arena */
};

/* Reads `PATH=VALUES`, which is borrowed.  ERR_INPUT: the complaint says what
 * was expected. */
NODISCARD enum err vary_parse(const char *option, struct arena *arena,
                              struct vary_axis *ret_axis,
                              struct complaint *complaint);

/* How many combinations there are; at most `max` + 1. */
uint64_t vary_count(const struct vary_axis *axes, uint32_t count, uint64_t max);

struct variant {
    view file;
    view name; /* "PATH=VALUE PATH=VALUE", for people */
};

/* The combination of that index: the last axis changes fastest.  `file` is a
 * program file without mistakes.  ERR_INPUT: a path names no word of it. */
NODISCARD enum err vary_make(view file, const struct vary_axis *axes,
                             uint32_t count, uint64_t index,
                             struct arena *arena, struct variant *ret_variant,
                             struct complaint *complaint);

#endif
