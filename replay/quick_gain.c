#include "replay/quick_gain.h"

#include "replay/quick_lines.h"

#include <string.h>

enum { FRACTIONS = 3 }; /* rules that are reckoned together */

/* Of a loop over columns the compiler makes vectors, and where it can a body
 * for each generation of processors, of which the machine takes its own.  What
 * has no vectors multiplies at once. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
enum { VECTORS = true };
#define OVER_COLUMNS                                                           \
    __attribute__((                                                            \
        optimize("O3"),                                                        \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
enum { VECTORS = false };
#define OVER_COLUMNS
#endif

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

/* --- conditions --- */

/* Fills in what days, stores and goods say of a stretch; returns the bits that
 * are set anywhere. */
static uint64_t
mark(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct plain *plain = quick->plain;
    struct rulebook *table = stretch->era->table;
    const uint16_t *stores = plain->store, *goods = plain->goods;
    const uint16_t *months = plain->month;
    const int32_t *days = plain->day;
    const uint64_t *of_goods = table->goods;
    uint64_t *masks = quick->columns->mask;
    uint32_t *cells = quick->columns->cell;
    uint32_t counted = stretch->era->counts ? UINT32_MAX : 0;
    uint32_t end = stretch->end;
    uint64_t any = 0;

    for (uint32_t i = stretch->first; i < end; i++) {
        const struct rulebook_store *store =
            rulebook_store(table, plain, stores[i]);
        const struct rulebook_day *day = rulebook_day(table, days[i]);
        uint64_t mask = store->mask & day->mask & of_goods[goods[i]];
        masks[i] = mask;
        any |= mask;
        cells[i] = ((uint32_t)store->cell + months[i]) & counted;
    }
    return any;
}

/* Takes out what needs an amount, where there is none. */
static OVER_COLUMNS void
check_amount(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint32_t *amount = quick->plain->amount;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= -(uint64_t)(amount[i] != 0);
}

static OVER_COLUMNS void
check_level(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *level = stretch->era->table->level;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= level[quick->level->held[i]];
}

static OVER_COLUMNS void
check_past(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *past = stretch->era->table->past;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &= past[quick->plain->past[i]];
}

static OVER_COLUMNS void
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

static OVER_COLUMNS void
check_total(const struct quick *quick, const struct quick_stretch *stretch,
            const struct rulebook_check *check)
{
    const uint32_t *eligible = quick->level->eligible;
    int64_t least = check->when->min_total.minor;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->columns->mask[i] &=
            ~((uint64_t)(eligible[i] < least) << check->bit);
}

static OVER_COLUMNS void
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
static OVER_COLUMNS void
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
    const uint64_t *mask = quick->columns->mask;
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
    const uint64_t *mask = quick->columns->mask;
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

/* Levels mostly last for many rows. */
static void
add_tier(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct rulebook *table = stretch->era->table;
    const uint8_t *held = quick->level->held;
    uint32_t end = stretch->end;
    uint32_t row = stretch->first;

    while (row < end) {
        uint8_t level = held[row];
        uint32_t first = row;
        while (row < end && held[row] == level)
            row++;
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

/* Receipts of a stretch, by place. */
struct receipts {
    uint32_t first;
    uint32_t end;
};

static struct receipts
find_receipts(const struct quick *quick, const struct quick_stretch *stretch)
{
    if (quick->plain->receipt_count == 0 || !stretch->era->table->asks_lines)
        return (struct receipts) { 0, 0 };
    return (struct receipts) {
        plain_receipt_from(quick->plain, stretch->first),
        plain_receipt_from(quick->plain, stretch->end),
    };
}

/* What mark() does, by the lines; returns the same. */
static uint64_t
mark_receipts(const struct quick *quick, const struct quick_stretch *stretch,
              struct receipts receipts)
{
    const struct plain *plain = quick->plain;
    struct rulebook *table = stretch->era->table;
    uint64_t any = 0;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        const struct plain_receipt *receipt = &plain->receipts[i];
        uint32_t row = receipt->row;
        uint64_t mask = rulebook_store(table, plain, plain->store[row])->mask &
                        rulebook_day(table, plain->day[row])->mask &
                        quick_lines_mask(table, receipt);
        quick->columns->mask[row] = mask;
        any |= mask;
    }
    return any;
}

/* What asks for lines is not for the passes over all rows. */
static void
hold_back(const struct quick *quick, const struct quick_stretch *stretch,
          struct receipts receipts)
{
    uint64_t line_bits = stretch->era->table->line_bits;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        uint64_t *mask = &quick->columns->mask[quick->plain->receipts[i].row];
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
             struct receipts receipts)
{
    const struct quick_era *era = stretch->era;
    const struct rulebook *table = era->table;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        const struct plain_receipt *receipt = &quick->plain->receipts[i];
        uint64_t held = quick->columns->held_back[i];
        quick->columns->mask[receipt->row] |= held;
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
        memset(columns->cell + first, 0, count * sizeof *columns->cell);
        return;
    }
    struct receipts receipts = find_receipts(quick, stretch);
    uint64_t any = mark(quick, stretch);
    any |= mark_receipts(quick, stretch, receipts);
    check_all(quick, stretch, any);
    hold_back(quick, stretch, receipts);
    add_rules(quick, stretch, any & table->rule_bits & ~table->special_bits);
    if (quick->tiered && (any & table->tier_bit) != 0)
        add_tier(quick, stretch);
    add_receipts(quick, stretch, receipts);
}

void
quick_gain_run(struct quick *quick)
{
    for (uint32_t i = 0; i < quick->columns->stretch_count; i++)
        run_stretch(quick, &quick->columns->stretches[i]);
}
