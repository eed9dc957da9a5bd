/*
 * compare.h - a simulation as figures side by side (REPLAY.md)
 *
 * The two sides have tables of names of their own; here they are joined by id:
 * rules, partners and months of either side, each with both figures.  Nets are
 * sums of the months' rounded statements, as settlement makes them.
 */
#ifndef REPLAY_COMPARE_H
#define REPLAY_COMPARE_H

#include "core/settlement.h"
#include "replay/simulate.h"

/* Cents; a side's costs and values that exceed it are told as so many. */
#define COMPARE_MONEY_MAX (INT64_MAX / 2)

struct compare_tier {
    view level;
    int64_t count; /* accounts */
};

struct compare_side {
    int64_t amounts[MEASURE_STATEMENT_COUNT];
    int64_t overdrawn_redemptions;
    points outstanding;
    points debt;
    money liability;
    int64_t vouchers_outstanding;
    money vouchers_outstanding_value;
    money accrual_cost;
    money burn_cost;
    money program_net;
    const struct compare_tier *tiers; /* in the order of the file */
    uint32_t tier_count;
};

/* A rule's points, a partner's net in cents. */
struct compare_pair {
    view name;
    int64_t baseline;
    int64_t candidate;
};

struct compare_month_side {
    int64_t issued;
    money accrual_cost;
    money burn_cost;
};

struct compare_month {
    int32_t month;
    struct compare_month_side baseline;
    struct compare_month_side candidate;
};

struct comparison {
    const struct simulation *simulation;
    const struct outcome *outcome; /* of the candidate */
    struct compare_side baseline;
    struct compare_side candidate;
    const struct compare_pair *rules; /* by name */
    uint32_t rule_count;
    uint32_t partner_count;
    const struct compare_pair *partners; /* by name */
    const struct compare_month *months;  /* in order */
    uint32_t month_count;
};

/* The baseline against the candidate of that index, from 0.  Everything lies
 * in the arena or borrows from the simulation. */
void compare_sides(struct simulation *simulation, uint32_t candidate,
                   struct arena *arena, struct comparison *ret_comparison);

#endif
