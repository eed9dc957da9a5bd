/*
 * rulebook.h - a version of the rules compiled for plain events
 *
 * Rules become bits: for each day, store, category and level a mask says
 * which rules' conditions hold there, so that a purchase is judged by a few
 * ANDs.  The masks are made by asking the ordinary evaluation (core/earn.h,
 * core/basket.h), and what is rare (joins, absences, terms of lots) is left to
 * it: the meaning of the rules stays in one place.
 *
 * A version with more rules than bits, or amounts that don't fit, has none.
 */
#ifndef REPLAY_RULEBOOK_H
#define REPLAY_RULEBOOK_H

#include "core/basket.h"
#include "core/terms.h"
#include "replay/plain.h"
#include "replay/ratio.h"

enum {
    RULEBOOK_BITS = 64, /* purchase rules and stamp cards together */
    RULEBOOK_CHECKS_MAX = 2 * RULEBOOK_BITS,
    RULEBOOK_GROUPS_MAX = 64,
    RULEBOOK_LEVELS_MAX = 100,
    RULEBOOK_SPENDS_MAX = 16,
};

/* A purchase rule, by bit. */
struct rulebook_rule {
    struct ratio ratio; /* points of an amount; else 0 and ... */
    int64_t fixed;      /* ... points, whatever the amount */
    int64_t max;        /* of both */
    int32_t place;      /* in program->earn */
    int32_t number;
    int32_t issuer; /* the funder; PROGRAM_NONE: the store's partner */
    int32_t reward; /* number; PROGRAM_NONE */
    enum limit_period limit_per;
    int32_t limit_times;
    int32_t group; /* PROGRAM_NONE */
};

/* Conditions of a rule that are looked at one by one. */
struct rulebook_check {
    uint32_t bit;
    const struct condition *when;
};

/* When points earned on a day can be used and are gone.  Days of one version
 * with equal terms share them. */
struct rulebook_terms {
    int64_t available_at;
    int64_t expires_at;
    const struct rulebook_terms *next; /* that were made before */
};

struct rulebook_day {
    uint64_t mask;
    const struct rulebook_terms *terms; /* of points; NULL: not yet made */
};

struct rulebook_store {
    uint64_t mask;
    int32_t partner;
    int32_t cell; /* what its cells begin with; 0: not yet made */
};

struct rulebook {
    const struct timeline *timeline;
    const struct version *version;
    const struct program *program;
    const struct almanac *days;
    struct arena *arena;
    uint32_t rule_count; /* bits from 0 */
    uint32_t card_count; /* bits from rule_count */
    uint32_t check_count;
    struct rulebook_rule rules[RULEBOOK_BITS];
    int32_t card_place[RULEBOOK_BITS];
    struct rulebook_check checks[RULEBOOK_CHECKS_MAX];
    uint64_t rule_bits, card_bits;
    uint64_t special_bits;  /* limits, groups, funders, rewards */
    uint64_t fraction_bits; /* a fraction of the amount that nothing cuts */
    uint64_t item_bits;     /* count items */
    uint64_t line_bits;     /* these, and what holds for some goods only */
    /* The conditions of each, and of a multiplied rule; NULL. */
    const struct condition *when[RULEBOOK_BITS], *also[RULEBOOK_BITS];
    uint64_t level[RULEBOOK_LEVELS_MAX + 1]; /* by place + 1 */
    uint64_t past[PLAIN_PASTS];              /* by what plain.h says of it */
    uint64_t *goods;               /* by category number; 0: not eligible */
    uint32_t *eligible;            /* likewise, ones or 0: a mask of amounts */
    struct rulebook_day *days_of;  /* by day; made when first seen ... */
    struct rulebook_store *stores; /* ... and by small number */
    /* The effects of a partner and month are summed up in a cell, number
     * cell_base + partner * cell_months + month, above 0. */
    int32_t cell_base;
    int32_t cell_months;
    /* The tier's multiplier by place + 1; 0: nothing. */
    struct ratio tier[RULEBOOK_LEVELS_MAX + 1];
    int32_t tier_number[RULEBOOK_LEVELS_MAX + 1];
    uint64_t tier_bit;                  /* of the rule tiers multiply */
    const struct rulebook_terms *terms; /* all that have been made */
    int64_t *level_until, *idle_at;     /* by month; made when needed, else 0 */
    bool asks_lines;  /* there are line_bits, or goods not eligible */
    bool asks_amount; /* some points don't come of an amount */
    bool asks_level, asks_past, asks_gap, asks_consents; /* by conditions */
    bool simple; /* nothing but purchases and redemptions does anything */
};

/* Compiles a version for these days and words, all borrowed; what it needs by
 * store and day lies outside of the arena.  NULL: it has no table, or there is
 * no memory.  `basket` is scratch. */
struct rulebook *rulebook_make(const struct timeline *timeline,
                               const struct version *version,
                               const struct almanac *days,
                               const struct words *words, struct basket *basket,
                               struct arena *arena);
void rulebook_close(struct rulebook *table); /* NULL is allowed */

/* Makes the store of that small number, or that day. */
const struct rulebook_store *rulebook_store_make(struct rulebook *table,
                                                 const struct plain *plain,
                                                 uint32_t number);
const struct rulebook_day *rulebook_day_make(struct rulebook *table,
                                             int32_t day);

/* When the validity of the level at `place` ends if it begins in the month. */
int64_t rulebook_level_until(struct rulebook *table, int32_t place,
                             int32_t month);

/* When points that never expire are gone if nothing is done after the month. */
int64_t rulebook_idle_at(struct rulebook *table, int32_t month);

/* That store, or that day; made if it is seen for the first time. */
static inline const struct rulebook_store *
rulebook_store(struct rulebook *table, const struct plain *plain,
               uint32_t number)
{
    const struct rulebook_store *store = &table->stores[number];

    return store->cell != 0 ? store : rulebook_store_make(table, plain, number);
}

static inline const struct rulebook_day *
rulebook_day(struct rulebook *table, int32_t day)
{
    const struct rulebook_day *made = &table->days_of[day];

    return made->terms != NULL ? made : rulebook_day_make(table, day);
}

#endif
