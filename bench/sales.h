/*
 * sales.h - the programs and the purchases that benchmarks work with
 *
 * Two programs: the whole example of RULES.md, and the one that asks the five
 * questions of bench_replay (weekends, a category, tiers, months of expiry).
 * Purchases follow from their number alone, so that each side of a comparison
 * gets the same.
 */
#ifndef BENCH_SALES_H
#define BENCH_SALES_H

#include "core/event.h"
#include "core/timeline.h"

enum { SALES_LINES = 5, SALES_RECEIPT_SIZE = 24 };

/* The first instant of which purchases are made. */
#define SALES_START_MS INT64_C(1735689600000) /* 2025-01-01 */

enum sales_program { SALES_FIVE, SALES_WHOLE, SALES_PROGRAMS };

/* "five questions", "whole program". */
const char *sales_program_name(enum sales_program program);

/* The program as YAML; free() gives it back. */
char *sales_program_text(enum sales_program program);

/* It alone, in force from 2000 on; lives in the arena. */
const struct timeline *sales_timeline(enum sales_program program,
                                      struct arena *arena);

/* What a purchase needs beside the event; lives as long. */
struct sale {
    struct event event;
    struct event_line lines[SALES_LINES];
    char receipt[SALES_RECEIPT_SIZE];
};

/* The purchase of that number: by the member, then; with five lines of several
 * categories, or none. */
void sales_make(struct sale *sale, uint64_t number, uint64_t member,
                int64_t at_ms, bool lines);

/* A member from 1 to `count`, as if at random, for each number. */
uint64_t sales_member(uint64_t number, uint64_t count);

#endif
