/*
 * rulebook.h - a program compiled for plain events
 *
 * Rules become bits: for each weekday, store, category and level a mask says
 * which rules' conditions hold there, so that a purchase is judged by a few
 * ANDs.  The masks are made by asking the ordinary evaluation (core/earn.h,
 * core/basket.h), and what is rare (joins, absences, terms of lots) is left to
 * it: the meaning of the rules stays in one place.
 *
 * Not every timeline has a table: several versions, expiry by inactivity, or
 * more rules than there are bits are left to the ordinary fold.
 */
#ifndef REPLAY_RULEBOOK_H
#define REPLAY_RULEBOOK_H

#include "core/basket.h"
#include "core/terms.h"
#include "replay/plain.h"

enum {
    RULEBOOK_BITS = 64, /* purchase rules and stamp cards together */
    RULEBOOK_GROUPS_MAX = 64,
    RULEBOOK_LEVELS_MAX = 100,
    RULEBOOK_SPENDS_MAX = 16,
    RULEBOOK_PARTNERS_MAX = 256,
};

/* A purchase rule, by bit. */
struct rulebook_rule {
    uint64_t factor; /* points = floor(amount * factor / divisor) ... */
    uint64_t divisor;
    uint64_t magic; /* ... by multiplication: rulebook_divide() */
    bool by_amount; /* else `factor` points, whatever the amount */
    int64_t max_points;
    int32_t number;
    int32_t issuer; /* the funder; PROGRAM_NONE: the store's partner */
    int32_t reward; /* number; PROGRAM_NONE */
    enum limit_period limit_per;
    int32_t limit_times;
    int32_t group; /* PROGRAM_NONE */
};

/* A lot earned on a day. */
struct rulebook_terms {
    int64_t available_at;
    int64_t expires_at;
    bool known;
};

struct rulebook_store {
    uint64_t mask;
    uint32_t store;
    int32_t partner;
};

struct rulebook {
    const struct timeline *timeline;
    const struct version *version;
    const struct plain_days *days;
    uint32_t rule_count; /* bits from 0 */
    uint32_t card_count; /* bits from rule_count */
    struct rulebook_rule rules[RULEBOOK_BITS];
    int32_t card_place[RULEBOOK_BITS];
    uint64_t rule_bits;
    uint64_t card_bits;
    uint64_t special_bits; /* limits, groups, funders, rewards, maxima */
    uint64_t check_bits;   /* rules with a condition looked at one by one */
    const struct condition *when[RULEBOOK_BITS];
    const struct condition
        *also[RULEBOOK_BITS]; /* of a multiplied rule; NULL */
    uint64_t weekday[7];
    uint64_t level[RULEBOOK_LEVELS_MAX + 1]; /* by place + 1 */
    uint64_t first[2];             /* whether it is the first purchase */
    uint64_t home[2];              /* whether it is the home store */
    uint64_t *goods;               /* by category number */
    bool *eligible;                /* likewise */
    struct rulebook_store *stores; /* by small number; made when first seen */
    int64_t ends_ms;
    /* The tier's multiplier: by place; 0: nothing. */
    uint64_t tier_factor[RULEBOOK_LEVELS_MAX];
    int32_t tier_number[RULEBOOK_LEVELS_MAX];
    uint64_t tier_divisor;
    uint64_t tier_magic;
    uint64_t tier_bit;            /* of the rule that tiers multiply */
    struct rulebook_terms *terms; /* by day; made when first needed */
    int64_t *level_until;         /* by month; likewise, 0: not yet */
};

/* Compiles the timeline for these days and words, all borrowed; what it needs
 * by store and by day lies outside of the arena.  NULL: it has no table, or
 * the machine no memory.  `basket` is scratch. */
struct rulebook *rulebook_make(const struct timeline *timeline,
                               const struct plain_days *days,
                               const struct words *words, struct basket *basket,
                               struct arena *arena);
void rulebook_close(struct rulebook *table);

/* The store of that small number. */
const struct rulebook_store *rulebook_store(struct rulebook *table,
                                            const struct plain *plain,
                                            uint32_t number);

/* The terms of points earned on that day. */
const struct rulebook_terms *rulebook_terms(struct rulebook *table,
                                            int32_t day);

/* Whether the conditions of the rules that are looked at one by one hold;
 * those that don't are taken out of the mask. */
uint64_t rulebook_check(const struct rulebook *table, uint64_t mask,
                        const struct plain_event *event,
                        int32_t last_visit_day);

/* floor(product / divisor) for products below 2^53: the reciprocal is rounded
 * up, so that the quotient may be too great by one, but never too small. */
static inline uint64_t
rulebook_divide(uint64_t product, uint64_t divisor, uint64_t magic)
{
    if (divisor == 1)
        return product;
    uint64_t quotient = (uint64_t)((unsigned __int128)product * magic >> 64);
    return quotient - (quotient * divisor > product);
}

#endif
