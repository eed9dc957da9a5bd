/*
 * stage_same.h - a random history replayed by tables and by the ordinary fold:
 * every figure of the report and of each account must be the same
 */
#ifndef TESTS_STAGE_SAME_H
#define TESTS_STAGE_SAME_H

#include "tests/stage.h"

enum { STAGE_VERSIONS_MAX = 4 };

struct stage_same {
    struct stage_version {
        const char *from; /* NULL: no more */
        const char *rules;
    } published[STAGE_VERSIONS_MAX];
    const char *candidate;
    uint64_t seed;
    uint32_t events;
    uint32_t odd;              /* as for stage_fill() */
    uint32_t voids;            /* as for stage_void() */
    uint32_t tables;           /* at least so many accounts are by tables */
    struct comparison figures; /* by tables, of the whole time: returned, but
                                * for lists and names */
};

/* Compares the two over all of 2025, up to the middle of it, and since then. */
void stage_same(struct stage_same *same);

#endif
