#include "replay/quick_gain.h"

#include <string.h>

/* Ones where the bit is set. */
static inline uint64_t
spread(uint64_t mask, uint32_t bit)
{
    return -(mask >> bit & 1);
}

/* --- conditions --- */

/* Fills in what days, stores and goods say of a stretch; returns the bits that
 * are set anywhere. */
static uint64_t
mark(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct plain *plain = quick->plain;
    struct rulebook *table = stretch->era->table;
    const uint64_t *goods = table->goods;
    uint64_t *masks = quick->columns->mask;
    uint32_t *cells = quick->columns->cell;
    const struct rulebook_terms **terms = quick->columns->terms;
    uint32_t counted = stretch->era->counts ? UINT32_MAX : 0;
    uint64_t any = 0;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        const struct rulebook_store *store =
            rulebook_store(table, plain, plain->store[i]);
        const struct rulebook_day *day = rulebook_day(table, plain->day[i]);
        uint64_t mask = store->mask & day->mask & goods[plain->goods[i]];
        masks[i] = mask;
        any |= mask;
        cells[i] = ((uint32_t)store->cell + plain->month[i]) & counted;
        terms[i] = day->terms;
    }
    return any;
}

/* Takes out what needs an amount, where there is none. */
static void
check_amount(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint32_t *amount = quick->plain->amount;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= -(uint64_t)(amount[i] != 0);
}

static void
check_level(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *level = stretch->era->table->level;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= level[quick->level->held[i]];
}

static void
check_past(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *past = stretch->era->table->past;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= past[quick->plain->past[i]];
}

static void
check_hours(const struct quick *quick, const struct quick_stretch *stretch,
            const struct rulebook_check *check)
{
    const int32_t *ms_of_day = quick->plain->ms_of_day;
    int32_t from = check->when->hours_from_ms;
    int32_t to = check->when->hours_to_ms;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        bool begun = ms_of_day[i] >= from;
        bool over = ms_of_day[i] >= to;
        bool holds = from < to ? begun & !over : begun | !over;
        quick->columns->mask[i] &= ~((uint64_t)!holds << check->bit);
    }
}

static void
check_total(const struct quick *quick, const struct quick_stretch *stretch,
            const struct rulebook_check *check)
{
    const uint32_t *eligible = quick->level->eligible;
    int64_t least = check->when->min_total.minor;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &=
            ~((uint64_t)(eligible[i] < least) << check->bit);
}

static void
check_absence(const struct quick *quick, const struct quick_stretch *stretch,
              const struct rulebook_check *check)
{
    const int32_t *gap = quick->plain->gap;
    int32_t least = check->when->inactive_days;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= ~((uint64_t)(gap[i] < least) << check->bit);
}

/* Takes out what the other conditions don't allow. */
static void
check_all(const struct quick *quick, const struct quick_stretch *stretch,
          uint64_t any)
{
    const struct rulebook *table = stretch->era->table;

    if (table->asks_amount)
        check_amount(quick, stretch);
    if (table->asks_level)
        check_level(quick, stretch);
    if (table->asks_past)
        check_past(quick, stretch);
    for (uint32_t i = 0; i < table->check_count; i++) {
        const struct rulebook_check *check = &table->checks[i];
        uint32_t given = check->when->given;
        if ((any >> check->bit & 1) == 0)
            continue;
        if ((given & 1u << CONDITION_HOURS) != 0)
            check_hours(quick, stretch, check);
        if ((given & 1u << CONDITION_MIN_TOTAL) != 0)
            check_total(quick, stretch, check);
        if ((given & 1u << CONDITION_INACTIVE_DAYS) != 0)
            check_absence(quick, stretch, check);
    }
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
static void
add_rule(const struct quick *quick, const struct quick_stretch *stretch,
         uint32_t bit)
{
    const struct rulebook_rule *rule = &stretch->era->table->rules[bit];
    const uint64_t *mask = quick->columns->mask;
    const uint32_t *eligible = quick->level->eligible;
    int64_t *gain = quick->columns->gain;
    const struct ratio ratio = rule->ratio;
    uint64_t fixed = (uint64_t)rule->fixed;
    uint64_t max = (uint64_t)rule->max;
    uint64_t sum = 0;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        uint64_t value = fixed + ratio_of(ratio, eligible[i]);
        value = value < max ? value : max;
        value &= spread(mask[i], bit);
        gain[i] += (int64_t)value;
        sum += value;
    }
    count_rule(quick, stretch->era, rule->number, (int64_t)sum);
}

/* The same of two rules that give a fraction of the amount and nothing else,
 * as most do. */
static void
add_fractions(const struct quick *quick, const struct quick_stretch *stretch,
              uint32_t bit, uint32_t also)
{
    const struct rulebook_rule *rules = stretch->era->table->rules;
    const uint64_t *mask = quick->columns->mask;
    const uint32_t *eligible = quick->level->eligible;
    int64_t *gain = quick->columns->gain;
    uint64_t fraction = rules[bit].ratio.fraction;
    uint64_t other = rules[also].ratio.fraction;
    uint64_t set = UINT64_C(1) << bit, set_also = UINT64_C(1) << also;
    uint64_t sum = 0, sum_also = 0;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        uint64_t a = ratio_of_fraction(fraction, eligible[i]);
        uint64_t b = ratio_of_fraction(other, eligible[i]);
        a = (mask[i] & set) != 0 ? a : 0;
        b = (mask[i] & set_also) != 0 ? b : 0;
        gain[i] += (int64_t)(a + b);
        sum += a;
        sum_also += b;
    }
    count_rule(quick, stretch->era, rules[bit].number, (int64_t)sum);
    count_rule(quick, stretch->era, rules[also].number, (int64_t)sum_also);
}

static void
add_tier(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct rulebook *table = stretch->era->table;
    const uint32_t *eligible = quick->level->eligible;
    const uint8_t *held = quick->level->held;
    uint64_t sums[RULEBOOK_LEVELS_MAX + 1] = { 0 };
    uint32_t bit = (uint32_t)__builtin_ctzll(table->tier_bit);

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        uint64_t value = ratio_of(table->tier[held[i]], eligible[i]);
        value = value < LIMIT_POINTS ? value : LIMIT_POINTS;
        value &= spread(quick->columns->mask[i], bit);
        quick->columns->gain[i] += (int64_t)value;
        sums[held[i]] += value;
    }
    for (uint32_t i = 0; i <= table->program->tiers.count; i++)
        count_rule(quick, stretch->era, table->tier_number[i],
                   (int64_t)sums[i]);
}

static void
run_stretch(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct quick_era *era = stretch->era;
    struct rulebook *table = era->table;
    struct quick_columns *columns = quick->columns;
    uint32_t first = stretch->first;
    uint32_t count = stretch->end - first;

    memset(columns->gain + first, 0, count * sizeof *columns->gain);
    if (!era->earns) {
        memset(columns->mask + first, 0, count * sizeof *columns->mask);
        return;
    }
    uint64_t any = mark(quick, stretch);
    check_all(quick, stretch, any);
    for (uint64_t rest = any & table->rule_bits & ~table->special_bits;
         rest != 0; rest &= rest - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(rest);
        uint64_t others = rest & ~(UINT64_C(1) << bit) & table->fraction_bits;
        if ((table->fraction_bits >> bit & 1) == 0 || others == 0) {
            add_rule(quick, stretch, bit);
            continue;
        }
        uint32_t also = (uint32_t)__builtin_ctzll(others);
        add_fractions(quick, stretch, bit, also);
        rest &= ~(UINT64_C(1) << also);
    }
    if (quick->tiered && (any & table->tier_bit) != 0)
        add_tier(quick, stretch);
}

void
quick_gain_run(struct quick *quick)
{
    for (uint32_t i = 0; i < quick->columns->stretch_count; i++)
        run_stretch(quick, &quick->columns->stretches[i]);
}
