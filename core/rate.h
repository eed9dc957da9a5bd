/*
 * rate.h - so many points for so many cents
 *
 * What `per: amount` rules, their multipliers and those of the tiers come down
 * to once their conditions have been met.
 */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include "core/program.h"

/* An amount in cents gives floor(amount * times / per) points. */
struct rate {
    int64_t times;
    int64_t per;
};

/* That of a `per: amount` rule, or so many thousandths of it: what a multiplier
 * of M thousandths adds is M - 1000 of them. */
struct rate rate_of_rule(const struct earn_rule *rule, int32_t thousandths);

/* At most LIMIT_POINTS; negative for a negative amount. */
int64_t rate_points(struct rate rate, int64_t amount);

#endif
