/*
 * golden.h - the bytes in tests/golden/events.txt, which never change
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "core/event.h"

enum { GOLDEN_MAX = 64, GOLDEN_LINE = 4096 };

/* One entry of tests/golden/events.txt. */
struct golden {
    char json[GOLDEN_LINE];
    view bare; /* the core without identity */
    view copy; /* and with it */
    view annex;
    struct event event; /* what the JSON says */
};

/* Reads all of them into the arena; returns how many.  Fails the test if the
 * file can't be read. */
uint32_t golden_read(struct arena *arena, struct golden **ret_goldens);

#endif
