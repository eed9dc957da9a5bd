/*
 * tariff.c - what a purchase without lines earns, by its total (see tariff.h)
 */
#include "core/tariff.h"

/* Conditions that purchases of one day, store and level answer alike; those on
 * goods are never met without lines. */
enum {
    ALIKE = 1u << CONDITION_WEEKDAYS | 1u << CONDITION_DATES |
            1u << CONDITION_STORES | 1u << CONDITION_PARTNERS |
            1u << CONDITION_TIERS,
    GOODS = 1u << CONDITION_CATEGORIES | 1u << CONDITION_SKUS,
};

static bool
rule_fits(const struct earn_rule *rule)
{
    if ((rule->when.given & GOODS) != 0)
        return true;
    return (rule->when.given & ~(uint32_t)ALIKE) == 0 &&
           (rule->shape == EARN_PER_AMOUNT || rule->shape == EARN_MULTIPLY) &&
           rule->reward == PROGRAM_NONE && rule->limit_per == LIMIT_PER_NONE &&
           rule->max_points == PROGRAM_NO_LIMIT &&
           rule->best_of == PROGRAM_NONE;
}

bool
tariff_fits(const struct version *version)
{
    const struct place_list *rules = &version->rules[EARN_ON_PURCHASE];

    for (uint32_t i = 0; i < rules->count; i++)
        if (!rule_fits(&version->program->earn[rules->places[i]]))
            return false;
    return true;
}

/* The rate of a gain, whose conditions have been met. */
static struct rate
rate_of(const struct earn_input *input, const struct earn_gain *gain)
{
    const struct version *version = input->version;
    const struct program *program = version->program;

    if (gain->place == PROGRAM_NONE) {
        int32_t level = input->context->level;
        return rate_of_rule(&program->earn[version->tier_of],
                            program->tiers.levels[level].multiply - 1000);
    }
    const struct earn_rule *rule = &program->earn[gain->place];
    if (rule->shape == EARN_MULTIPLY)
        return rate_of_rule(&program->earn[rule->of], rule->multiply - 1000);
    return rate_of_rule(rule, 1000);
}

/* What gives nothing for the greatest total gives nothing for any. */
void
tariff_make(const struct earn_input *input, const struct event *event,
            struct basket *basket, struct earn_outcome *outcome,
            struct tariff *ret_tariff)
{
    struct event greatest = *event;

    assert(event->sale.line_count == 0);
    assert(tariff_fits(input->version));
    greatest.sale.total.minor = LIMIT_MONEY_MINOR;
    basket_fill(basket, input->version, &greatest, NULL);
    earn_purchase(input, basket, outcome);
    *ret_tariff = (struct tariff) {
        .fits = outcome->gain_count <= TARIFF_RATES_MAX &&
                outcome->share_count <= 1,
        .eligible = basket->eligible.minor > 0,
        .issuer =
            outcome->share_count > 0 ? outcome->shares[0].issuer : PROGRAM_NONE,
    };
    for (uint32_t i = 0; ret_tariff->fits && i < outcome->gain_count; i++)
        ret_tariff->rates[ret_tariff->count++] =
            rate_of(input, &outcome->gains[i]);
}

int64_t
tariff_points(const struct tariff *tariff, money total)
{
    int64_t sum = 0;

    assert(tariff->fits);
    assert(total.minor > 0);
    for (uint32_t i = 0; i < tariff->count; i++)
        sum += rate_points(tariff->rates[i], total.minor);
    return sum;
}
