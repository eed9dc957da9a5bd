/*
 * rate.c - so many points for so many cents (see rate.h)
 */
#include "core/rate.h"

#include "core/limits.h"

struct rate
rate_of_rule(const struct earn_rule *rule, int32_t thousandths)
{
    assert(rule->shape == EARN_PER_AMOUNT);
    assert(thousandths >= 0);
    if (thousandths == 1000)
        return (struct rate) { rule->points.value, rule->per.minor };
    return (struct rate) { rule->points.value * thousandths,
                           rule->per.minor * 1000 };
}

int64_t
rate_points(struct rate rate, int64_t amount)
{
    return amount_scale_floor_max(amount, rate.times, rate.per, LIMIT_POINTS);
}
