/*
 * mistakes.h - lines of JSON that must be refused, and how
 */
#ifndef TESTS_MISTAKES_H
#define TESTS_MISTAKES_H

#include "core/json.h"

/* A line, how the complaint about it begins, and what else it says. */
struct mistake {
    const char *line;
    const char *begin;
    const char *found;
};

#define JOIN "{\"kind\":\"join\",\"member\":4,"
#define PURCHASE "{\"kind\":\"purchase\",\"member\":4,\"receipt\":\"R\","
#define REDEEM "{\"kind\":\"redeem\",\"member\":4,\"id\":\"x\","

/* Each line is refused with these words on one line, and nothing is written
 * to what it was to be read into. */
void mistakes_check(struct arena *arena, const struct mistake *mistakes,
                    uint32_t count);

#endif
