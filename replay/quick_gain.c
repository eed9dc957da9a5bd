#include "replay/quick_gain.h"

#include "replay/quick_lines.h"
#include "replay/quick_mark.h"

#include <string.h>

enum { FRACTIONS = 3 }; /* rules that are reckoned together */

static inline uint64_t
fraction_of(uint64_t fraction, uint32_t amount)
{
    return VECTORS ? ratio_of_fraction_by_halves(fraction, amount)
                   : ratio_of_fraction(fraction, amount);
}

/* Ones where the bit is set. */
static inline uint64_t
spread(uint64_t mask, uint32_t bit)
{
    return -(mask >> bit & 1);
}

/* --- points --- */

static void
count_rule(const struct quick *quick, const struct quick_era *era, int32_t rule,
           int64_t amount)
{
    if (!era->counts || amount == 0)
        return;
    quick->side->rule_points[rule] += amount;
    quick->side->rule_gave[rule] = true;
}

/* Adds what a rule gives in each row. */
static OVER_COLUMNS void
add_rule(const struct quick *quick, const struct quick_stretch *stretch,
         uint32_t bit)
{
    const struct rulebook_rule *rule = &stretch->era->table->rules[bit];
    const uint64_t *mask = quick->mark->mask;
    const uint32_t *eligible = quick->level->eligible;
    int64_t *gain = quick->columns->gain;
    const struct ratio ratio = rule->ratio;
    uint64_t fixed = (uint64_t)rule->fixed;
    uint64_t max = (uint64_t)rule->max;
    uint64_t sum = 0;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        uint64_t value = fixed + ratio.whole * eligible[i] +
                         fraction_of(ratio.fraction, eligible[i]);
        value = value < max ? value : max;
        value &= spread(mask[i], bit);
        gain[i] += (int64_t)value;
        sum += value;
    }
    count_rule(quick, stretch->era, rule->number, (int64_t)sum);
}

/* The same of rules that give a fraction of the amount and nothing else, as
 * most do.  The compiler makes a body of it for each count. */
static inline __attribute__((always_inline)) void
add_fractions(const struct quick *quick, const struct quick_stretch *stretch,
              const uint32_t *bits, uint32_t count)
{
    const struct rulebook_rule *rules = stretch->era->table->rules;
    const uint64_t *mask = quick->mark->mask;
    const uint32_t *eligible = quick->level->eligible;
    int64_t *gain = quick->columns->gain;
    uint64_t fractions[FRACTIONS], sets[FRACTIONS], sums[FRACTIONS];

    for (uint32_t k = 0; k < count; k++) {
        fractions[k] = rules[bits[k]].ratio.fraction;
        sets[k] = UINT64_C(1) << bits[k];
        sums[k] = 0;
    }
    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < count; k++) {
            uint64_t value = fraction_of(fractions[k], eligible[i]);
            value &= -(uint64_t)((mask[i] & sets[k]) != 0);
            sum += value;
            sums[k] += value;
        }
        gain[i] += (int64_t)sum;
    }
    for (uint32_t k = 0; k < count; k++)
        count_rule(quick, stretch->era, rules[bits[k]].number,
                   (int64_t)sums[k]);
}

static OVER_COLUMNS void
add_some_fractions(const struct quick *quick,
                   const struct quick_stretch *stretch, const uint32_t *bits,
                   uint32_t count)
{
    if (count == 1)
        add_fractions(quick, stretch, bits, 1);
    else if (count == 2)
        add_fractions(quick, stretch, bits, 2);
    else if (count == 3)
        add_fractions(quick, stretch, bits, 3);
}

/* What a level gives in rows in which it is held; returns the sum. */
static OVER_COLUMNS int64_t
add_level(const struct quick *quick, const struct rulebook *table,
          uint8_t level, uint32_t row, uint32_t end)
{
    const uint32_t *eligible = quick->level->eligible;
    const uint64_t *mask = quick->mark->mask;
    int64_t *gain = quick->columns->gain;
    const struct ratio ratio = table->tier[level];
    uint64_t set = table->tier_bit;
    uint64_t sum = 0;

    for (; row < end; row++) {
        uint64_t value = ratio.whole * eligible[row] +
                         fraction_of(ratio.fraction, eligible[row]);
        value = value < LIMIT_POINTS ? value : LIMIT_POINTS;
        value &= -(uint64_t)((mask[row] & set) != 0);
        gain[row] += (int64_t)value;
        sum += value;
    }
    return (int64_t)sum;
}

/* Goes by the stretches of one level; `at` is the place of the first of them
 * that may be of these rows, and moves on. */
static void
add_tier(const struct quick *quick, const struct quick_stretch *stretch,
         uint32_t *at)
{
    const struct rulebook *table = stretch->era->table;
    const struct quick_hold *holds = quick->level->holds;
    uint32_t row = stretch->first;

    while (row < stretch->end) {
        while (holds[*at].end <= row)
            ++*at;
        uint8_t level = holds[*at].held;
        uint32_t first = row;
        row = holds[*at].end < stretch->end ? holds[*at].end : stretch->end;
        if (table->tier[level].whole != 0 || table->tier[level].fraction != 0)
            count_rule(quick, stretch->era, table->tier_number[level],
                       add_level(quick, table, level, first, row));
    }
}

static void
add_rules(const struct quick *quick, const struct quick_stretch *stretch,
          uint64_t bits)
{
    uint64_t fraction_bits = stretch->era->table->fraction_bits;
    uint32_t fractions[FRACTIONS];
    uint32_t count = 0;

    for (uint64_t rest = bits; rest != 0; rest &= rest - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(rest);
        if ((fraction_bits >> bit & 1) == 0) {
            add_rule(quick, stretch, bit);
            continue;
        }
        fractions[count++] = bit;
        if (count < FRACTIONS)
            continue;
        add_some_fractions(quick, stretch, fractions, count);
        count = 0;
    }
    add_some_fractions(quick, stretch, fractions, count);
}

/* --- receipts of several lines --- */

/* What asks for lines is not for the passes over all rows. */
static void
hold_back(const struct quick *quick, const struct quick_stretch *stretch,
          struct quick_receipts receipts)
{
    uint64_t line_bits = stretch->era->table->line_bits;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        uint64_t *mask = &quick->mark->mask[quick->plain->receipts[i].row];
        quick->columns->held_back[i] = *mask & line_bits;
        *mask &= ~line_bits;
    }
}

static void
add_value(const struct quick *quick, const struct quick_era *era, int32_t rule,
          uint32_t row, int64_t value)
{
    quick->columns->gain[row] += value;
    count_rule(quick, era, rule, value);
}

static void
add_receipt_tier(const struct quick *quick, const struct quick_era *era,
                 const struct plain_receipt *receipt)
{
    const struct rulebook *table = era->table;
    uint8_t level = quick->level->held[receipt->row];
    uint32_t amount = quick_lines_amount(
        table, receipt, (uint32_t)__builtin_ctzll(table->tier_bit));
    uint64_t value = ratio_of(table->tier[level], amount);

    add_value(quick, era, table->tier_number[level], receipt->row,
              value < LIMIT_POINTS ? (int64_t)value : LIMIT_POINTS);
}

/* Adds what has been held back, and puts it where special rules and cards look
 * for it. */
static void
add_receipts(const struct quick *quick, const struct quick_stretch *stretch,
             struct quick_receipts receipts)
{
    const struct quick_era *era = stretch->era;
    const struct rulebook *table = era->table;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        const struct plain_receipt *receipt = &quick->plain->receipts[i];
        uint64_t held = quick->columns->held_back[i];
        quick->mark->mask[receipt->row] |= held;
        if (quick->tiered && (held & table->tier_bit) != 0)
            add_receipt_tier(quick, era, receipt);
        for (uint64_t rest = held & table->rule_bits & ~table->special_bits;
             rest != 0; rest &= rest - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(rest);
            const struct rulebook_rule *rule = &table->rules[bit];
            int64_t value = quick_lines_points(table, receipt, bit);
            add_value(quick, era, rule->number, receipt->row,
                      value < rule->max ? value : rule->max);
        }
    }
}

/* --- a stretch --- */

static void
run_stretch(const struct quick *quick, uint32_t index, uint32_t *held)
{
    const struct quick_stretch *stretch = &quick->columns->stretches[index];
    const struct rulebook *table = stretch->era->table;
    uint64_t any = quick->mark->any[index];
    uint32_t first = stretch->first;

    memset(quick->columns->gain + first, 0,
           (stretch->end - first) * sizeof *quick->columns->gain);
    if (!stretch->era->earns)
        return;
    struct quick_receipts receipts = quick_mark_receipts(quick, stretch);
    hold_back(quick, stretch, receipts);
    add_rules(quick, stretch, any & table->rule_bits & ~table->special_bits);
    if (quick->tiered && (any & table->tier_bit) != 0)
        add_tier(quick, stretch, held);
    add_receipts(quick, stretch, receipts);
}

void
quick_gain_run(struct quick *quick)
{
    uint32_t held = 0;

    for (uint32_t i = 0; i < quick->columns->stretch_count; i++)
        run_stretch(quick, i, &held);
}
