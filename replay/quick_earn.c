#include "replay/quick_earn.h"

#include "replay/quick_lines.h"

#include <string.h>

/* Whether the rule's limit has been reached. */
static bool
is_stopped(const struct quick_purchase *purchase,
           const struct rulebook_rule *rule)
{
    if (rule->limit_per == LIMIT_PER_NONE)
        return false;
    int32_t period = terms_period(rule->limit_per, purchase->date);
    return earn_count_of(&purchase->counts, rule->number, rule->limit_per,
                         period) >= rule->limit_times;
}

/* Notes a gain; of a group only the best stays, in its own place. */
static void
add_gain(struct earn_outcome *outcome, const struct earn_gain *gain,
         int32_t group, uint32_t *best)
{
    if (group != PROGRAM_NONE && best[group] != 0) {
        struct earn_gain *rival = &outcome->gains[best[group] - 1];
        if (gain->points.value <= rival->points.value)
            return;
        rival->rule = PROGRAM_NONE; /* it gives nothing */
    }
    outcome->gains[outcome->gain_count++] = *gain;
    if (group != PROGRAM_NONE)
        best[group] = outcome->gain_count;
}

static void
add_share(struct earn_outcome *outcome, int32_t issuer, points amount)
{
    uint32_t at = outcome->share_count;

    while (at > 0 && outcome->shares[at - 1].issuer > issuer)
        at--;
    if (at > 0 && outcome->shares[at - 1].issuer == issuer) {
        outcome->shares[at - 1].points =
            points_add(outcome->shares[at - 1].points, amount);
        return;
    }
    memmove(&outcome->shares[at + 1], &outcome->shares[at],
            (outcome->share_count++ - at) * sizeof outcome->shares[0]);
    outcome->shares[at] = (struct earn_share) { issuer, amount };
}

/* Leaves out what lost in its group, and divides the rest by issuer. */
static void
settle_gains(struct earn_outcome *outcome)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        struct earn_gain gain = outcome->gains[i];
        if (gain.rule == PROGRAM_NONE)
            continue;
        outcome->gains[kept++] = gain;
        outcome->points = points_add(outcome->points, gain.points);
        if (gain.points.value > 0)
            add_share(outcome, gain.issuer, gain.points);
    }
    outcome->gain_count = kept;
}

static bool
asks_lines(const struct quick_purchase *purchase, uint32_t bit)
{
    return purchase->receipt != NULL &&
           (purchase->table->line_bits >> bit & 1) != 0;
}

static int64_t
points_of(const struct quick_purchase *purchase, uint32_t bit)
{
    const struct rulebook_rule *rule = &purchase->table->rules[bit];
    int64_t value =
        asks_lines(purchase, bit)
            ? quick_lines_points(purchase->table, purchase->receipt, bit)
            : rule->fixed + (int64_t)ratio_of(rule->ratio, purchase->eligible);

    return value < rule->max ? value : rule->max;
}

/* Tries the rule of the bit, whose conditions hold. */
static void
try_rule(const struct quick_purchase *purchase, uint32_t bit,
         struct earn_outcome *outcome, uint32_t *best)
{
    const struct rulebook_rule *rule = &purchase->table->rules[bit];
    int64_t value = points_of(purchase, bit);

    if (value <= 0 && rule->reward == PROGRAM_NONE)
        return;
    if (is_stopped(purchase, rule)) {
        outcome->stopped[outcome->stopped_count++] = rule->place;
        return;
    }
    const struct earn_gain gain = {
        .rule = rule->number,
        .issuer =
            rule->issuer == PROGRAM_NONE ? purchase->partner : rule->issuer,
        .reward = rule->reward,
        .place = rule->place,
        .points = { value },
        .limit_per = rule->limit_per,
    };
    add_gain(outcome, &gain, rule->group, best);
}

/* What the level held adds to the rule that tiers multiply. */
static void
add_tier(const struct quick_purchase *purchase, struct earn_outcome *outcome)
{
    const struct rulebook *table = purchase->table;
    uint32_t bit = (uint32_t)__builtin_ctzll(table->tier_bit);
    uint32_t amount = asks_lines(purchase, bit)
                          ? quick_lines_amount(table, purchase->receipt, bit)
                          : purchase->eligible;
    uint64_t value = ratio_of(table->tier[purchase->level], amount);

    if (value == 0)
        return;
    outcome->gains[outcome->gain_count++] = (struct earn_gain) {
        .rule = table->tier_number[purchase->level],
        .issuer = purchase->partner,
        .reward = PROGRAM_NONE,
        .place = PROGRAM_NONE,
        .points = { value < LIMIT_POINTS ? (int64_t)value : LIMIT_POINTS },
    };
}

void
quick_earn(const struct quick_purchase *purchase, uint64_t mask,
           struct earn_outcome *ret_outcome)
{
    const struct rulebook *table = purchase->table;
    uint32_t best[RULEBOOK_GROUPS_MAX];

    memset(best, 0, table->program->earn_groups.count * sizeof best[0]);
    ret_outcome->gain_count = 0;
    ret_outcome->share_count = 0;
    ret_outcome->miss_count = 0;
    ret_outcome->stopped_count = 0;
    ret_outcome->points = (points) { 0 };
    for (uint64_t rest = mask & table->rule_bits; rest != 0; rest &= rest - 1)
        try_rule(purchase, (uint32_t)__builtin_ctzll(rest), ret_outcome, best);
    if (purchase->level != 0 && (mask & table->tier_bit) != 0)
        add_tier(purchase, ret_outcome);
    settle_gains(ret_outcome);
}

int64_t
quick_earn_stamps(const struct quick_purchase *purchase, uint32_t bit)
{
    return purchase->receipt != NULL &&
                   (purchase->table->item_bits >> bit & 1) != 0
               ? quick_lines_items(purchase->table, purchase->receipt, bit)
               : 1;
}
