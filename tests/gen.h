/*
 * gen.h - random programs and histories, from a seed
 *
 * A case is one to four versions of a program, as YAML, and the events of a
 * few accounts: small enough to be read when it fails, and drawn so that what
 * is rare in a shop is common here: midnights, ends of months, clock changes,
 * equal instants, returns and reversals of returns and reversals, unknown ids,
 * overdrafts, versions of the past.  The same seed gives the same case on
 * every machine.
 *
 * Seeds from GEN_WIDE on draw wider: lists of several conditions, amounts at
 * the ends of their ranges, stores and receipts that no table has room for, and
 * zones whose clock changes around the first of a month.  Those below stay what
 * they have been, so that a seed that once failed can be kept.
 */
#ifndef TESTS_GEN_H
#define TESTS_GEN_H

#include "core/event.h"
#include "core/text.h"

enum {
    GEN_VERSIONS = 4,
    GEN_EVENTS = 48,
    GEN_MEMBERS = 3,  /* numbered from 1 */
    GEN_ACCOUNTS = 4, /* and one bearer */
    GEN_YAML = 32768,
};

struct gen_version {
    char yaml[GEN_YAML];
    int32_t from_day;
};

struct gen_case {
    uint64_t seed;
    const char *zone;
    uint32_t version_count;
    uint32_t event_count;
    struct gen_version versions[GEN_VERSIONS]; /* in order of publishing */
    struct event events[GEN_EVENTS];           /* in order of arrival */
    int64_t until_ms;                          /* when to ask */
};

#define GEN_WIDE (UINT64_C(1) << 40)

/* A stream of numbers; the same for the same seed. */
struct gen {
    uint64_t state;
    bool wide; /* as GEN_WIDE says */
};

/* 0 to count - 1; count >= 1. */
uint32_t gen_below(struct gen *gen, uint32_t count);
bool gen_chance(struct gen *gen, uint32_t percent);
/* Of a wide stream; never, and without drawing, of another. */
bool gen_wide(struct gen *gen, uint32_t percent);

/* Fills in the case of that seed.  What the events borrow lives in the arena;
 * the zone is that of the name in the case, loaded by the caller. */
void gen_case_make(uint64_t seed, const struct zone *zones, struct arena *arena,
                   struct gen_case *ret_case);

/* Whether an `id` comes again with its content by another incarnation, at
 * whatever time: this is one event with the first to a ledger, but not to the
 * fold alone (test_retell.c). */
bool gen_case_tells_again(const struct gen_case *made);

/* The zones that cases play in; the last ones only wide ones. */
enum { GEN_ZONES_NARROW = 5, GEN_ZONES = 8 };
extern const char *const gen_zone_names[GEN_ZONES];

/* gen_small.c: the histories of so many events, one for each number below the
 * count; at most four events. */
uint64_t gen_small_count(uint32_t length);
void gen_small_make(uint64_t number, uint32_t length,
                    const struct zone *helsinki, struct gen_case *ret_case);

/* gen_program.c: one version.  `huge`: no rule that gives a voucher for each so
 * many euros, since there will be billions. */
void gen_program(struct gen *gen, const char *zone, int32_t first_year,
                 bool huge, struct text *text);

/* The accounts of every case. */
account_id gen_account(uint32_t index);

#endif
