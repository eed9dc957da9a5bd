/*
 * round.h - many random histories in one ledger, to be replayed
 *
 * A round takes the versions of one case of gen.h as what is published, and
 * the events of several cases, each with accounts of its own.  Every other
 * history is made of plain events only (core/chapter.h), which come from this
 * ledger's own node; the others come as copies.
 *
 * In a wide round (gen.h, GEN_WIDE) all accounts lie in one partition, so that
 * they fill blocks together; plain events keep the lines of their receipts; and
 * candidates differ from each other in one number, as those of --vary do.
 */
#ifndef TESTS_ROUND_H
#define TESTS_ROUND_H

#include "core/ledger.h"
#include "tests/gen.h"
#include "tests/place.h"
#include "tests/trial.h"

enum {
    ROUND_CASES = 8,
    ROUND_CANDIDATES = 3,
    /* Of a history; the last is recommending at most, and has no events. */
    ROUND_MEMBERS = GEN_MEMBERS + 1,
};

struct round_history {
    struct event *events;
    uint32_t count;
};

struct round {
    struct trial *trial; /* borrowed */
    uint64_t seed;
    struct gen gen;
    bool large; /* amounts that no table has room for occur */
    struct place place;
    struct ledger *ledger;
    struct arena arena;
    const struct zone *zone;
    uint32_t version_count; /* of what is published */
    struct gen_version versions[GEN_VERSIONS];
    const char *candidates[ROUND_CANDIDATES]; /* as YAML */
    uint64_t members[ROUND_CASES * ROUND_MEMBERS];
    struct round_history histories[ROUND_CASES];
    view bearers[ROUND_CASES];
    int64_t first_ms; /* of the first case */
    int64_t last_ms;  /* when to ask */
};

/* Fills a ledger; the test stops if it can't. */
void round_open(struct round *round, struct trial *trial, uint64_t seed);
void round_close(struct round *round);

/* The members of a history, from 0, and its bearer. */
account_id round_member(const struct round *round, uint32_t history,
                        uint32_t index);
account_id round_bearer(const struct round *round, uint32_t history);

#endif
