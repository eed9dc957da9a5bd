#include "replay/side.h"

#include "core/list.h"

#include <stdlib.h>

static uint32_t
names(const struct timeline *timeline, enum name_kind kind)
{
    return timeline->names[kind].count;
}

void
side_open(struct side *side, const struct timeline *timeline,
          const struct side_span *span, struct arena *arena)
{
    assert(span->since_ms <= span->until_ms);
    *side = (struct side) {
        .timeline = timeline,
        .totals = totals_open(arena),
        .arena = arena,
        .since_ms = span->since_ms,
        .until_ms = span->until_ms,
        .rule_points = ARENA_NEW(arena, int64_t, names(timeline, NAME_RULE)),
        .rule_gave = ARENA_NEW(arena, bool, names(timeline, NAME_RULE)),
        .level_counts = ARENA_NEW(arena, int64_t, names(timeline, NAME_LEVEL)),
    };
}

static struct side_month *
month_of(struct side *side, int32_t month)
{
    /* Histories are walked in order, so it is mostly the one used last. */
    if (side->months.last < side->months.count &&
        side->months.items[side->months.last].month == month)
        return &side->months.items[side->months.last];
    for (uint32_t i = side->months.count; i > 0; i--)
        if (side->months.items[i - 1].month == month) {
            side->months.last = i - 1;
            return &side->months.items[i - 1];
        }
    side->months.last = side->months.count;
    struct side_month *added = LIST_ADD(side->arena, &side->months);
    added->month = month;
    return added;
}

/* The cost of an effect at the value that a point has at that instant. */
static void
count_cost(struct side_month *month, const struct effect *effect, price value)
{
    points amount = { effect->amount };
    micro *accrual = &month->accrual, *burn = &month->burn;

    switch ((int)effect->measure) {
    case MEASURE_ISSUED:
        *accrual = micro_add(*accrual, micro_of_points(amount, value));
        break;
    case MEASURE_REVERSED:
        *accrual = micro_sub(*accrual, micro_of_points(amount, value));
        break;
    case MEASURE_REDEEMED:
        *burn = micro_add(*burn, micro_of_points(amount, value));
        break;
    case MEASURE_RESTORED:
        *burn = micro_sub(*burn, micro_of_points(amount, value));
        break;
    case MEASURE_VOUCHERS_VALUE:
    case MEASURE_UNCOVERED_VALUE:
        *burn = micro_add(*burn, micro_of_money((money) { effect->amount }));
        break;
    default:
        break;
    }
}

static void
count_effect(struct side *side, const struct effect *effect,
             struct side_account *account)
{
    switch ((int)effect->measure) {
    case MEASURE_RULE:
        side->rule_points[effect->name] += effect->amount;
        side->rule_gave[effect->name] = true;
        break;
    case MEASURE_ISSUED:
        account->net.value += effect->amount;
        break;
    case MEASURE_REVERSED:
        account->net.value -= effect->amount;
        break;
    case MEASURE_REDEEMED:
        account->redeemed.value += effect->amount;
        break;
    case MEASURE_RESTORED:
        account->redeemed.value -= effect->amount;
        break;
    case MEASURE_EXPIRED:
        account->expired.value += effect->amount;
        side->expired.value += effect->amount;
        break;
    case MEASURE_OVERDRAWN:
        account->overdrawn.value += effect->amount;
        side->overdrawn_redemptions++;
        break;
    default:
        break;
    }
}

/* What is summed up by month and partner. */
static bool
is_total(enum measure measure)
{
    const uint32_t others = 1u << MEASURE_EXPIRED | 1u << MEASURE_PURCHASES |
                            1u << MEASURE_SALES | 1u << MEASURE_RETURNS |
                            1u << MEASURE_REFUNDS;

    return measure < MEASURE_STATEMENT_COUNT && (others >> measure & 1) == 0;
}

/* No figure asks at which store it was. */
static void
count_total(struct side *side, int32_t month, price value,
            const struct effect *effect)
{
    struct effect counted = *effect;
    const struct effect_list one = { .items = &counted, .count = 1 };

    counted.store = SIDE_STORE;
    totals_add(side->totals, month, &one);
    count_cost(month_of(side, month), effect, value);
}

void
side_count(struct side *side, int32_t month, price value,
           const struct effect_list *effects)
{
    for (uint32_t i = 0; i < effects->count; i++)
        if (is_total(effects->items[i].measure))
            count_total(side, month, value, &effects->items[i]);
}

/* The local month of an instant, which is mostly that of the one before.  On
 * its first days a clock may go back into the month before. */
static int32_t
month_at(struct side *side, int64_t at_ms)
{
    const struct zone *zone = &side->timeline->zone;

    if (at_ms >= side->month_from_ms && at_ms < side->month_until_ms)
        return side->month;
    side->month = zone_month(zone, at_ms);
    side->month_from_ms =
        zone_month_start_ms(zone, side->month) + 2 * CALENDAR_DAY_MS;
    side->month_until_ms = zone_month_start_ms(zone, side->month + 1);
    return side->month;
}

static void
count_step(struct side *side, const struct step *step,
           struct side_account *account)
{
    price value = { 0 };

    if (step->effects->count == 0 || step->at_ms < side->since_ms)
        return;
    int32_t month = month_at(side, step->at_ms);
    if (step->version != NULL)
        value = step->version->program->points.value;
    for (uint32_t i = 0; i < step->effects->count; i++) {
        const struct effect *effect = &step->effects->items[i];
        count_effect(side, effect, account);
        if (is_total(effect->measure))
            count_total(side, month, value, effect);
    }
}

void
side_hold(struct side *side, money each, int64_t count)
{
    micro value = { micro_of_money(each).value * count };

    side->voucher_value = micro_add(side->voucher_value, value);
}

static money
voucher_value(const struct side *side, const struct voucher *voucher)
{
    const struct version *now = timeline_at(side->timeline, side->until_ms);
    int32_t place = version_place(now, NAME_REWARD, voucher->reward);

    /* One that the rules no longer know is worth what it was at its issue. */
    if (place == PROGRAM_NONE) {
        now = &side->timeline->versions[voucher->version];
        place = version_place(now, NAME_REWARD, voucher->reward);
    }
    assert(place != PROGRAM_NONE);
    return now->program->rewards[place].value;
}

static void
count_end(struct side *side, const struct account *end,
          struct side_account *account)
{
    const struct version *now = timeline_at(side->timeline, side->until_ms);

    account->debt = end->debt;
    for (uint32_t i = 0; i < end->lots.count; i++)
        account->outstanding =
            points_add(account->outstanding, end->lots.items[i].left);
    for (uint32_t i = 0; i < end->vouchers.count; i++) {
        const struct voucher *voucher = &end->vouchers.items[i];
        account->vouchers += voucher->count;
        side_hold(side, voucher_value(side, voucher), voucher->count);
    }
    side->debt = points_add(side->debt, account->debt);
    side->outstanding = points_add(side->outstanding, account->outstanding);
    side->voucher_count += account->vouchers;
    account->level = end->level.level;
    if (end->level.level == PROGRAM_NONE)
        return;
    side->level_counts[end->level.level]++;
    int32_t place = version_place(now, NAME_LEVEL, end->level.level);
    account->level_place = place == PROGRAM_NONE ? 0 : place;
}

void
side_fold(struct side *side, const struct walk_input *input,
          struct arena *arena, struct side_account *ret_account)
{
    struct walk walk;

    assert(input->until_ms == side->until_ms);
    *ret_account = (struct side_account) { .level = PROGRAM_NONE };
    fold_use_timeline(input->fold, side->timeline);
    fold_use_arena(input->fold, arena);
    walk_open(&walk, input, arena);
    while (walk_next(&walk))
        count_step(side, &walk.step, ret_account);
    ret_account->begun = walk.account.begun;
    count_end(side, &walk.account, ret_account);
    fold_effects(input->fold)->count = 0;
}

void
side_merge(struct side *side, const struct side *from)
{
    assert(side->timeline == from->timeline);
    totals_merge(side->totals, from->totals);
    for (uint32_t i = 0; i < from->months.count; i++) {
        const struct side_month *month = &from->months.items[i];
        struct side_month *sum = month_of(side, month->month);
        sum->accrual = micro_add(sum->accrual, month->accrual);
        sum->burn = micro_add(sum->burn, month->burn);
    }
    for (uint32_t i = 0; i < names(side->timeline, NAME_RULE); i++) {
        side->rule_points[i] += from->rule_points[i];
        side->rule_gave[i] |= from->rule_gave[i];
    }
    for (uint32_t i = 0; i < names(side->timeline, NAME_LEVEL); i++)
        side->level_counts[i] += from->level_counts[i];
    side->overdrawn_redemptions += from->overdrawn_redemptions;
    side->expired = points_add(side->expired, from->expired);
    side->outstanding = points_add(side->outstanding, from->outstanding);
    side->debt = points_add(side->debt, from->debt);
    side->voucher_count += from->voucher_count;
    side->voucher_value = micro_add(side->voucher_value, from->voucher_value);
}

static int
compare_months(const void *a, const void *b)
{
    int32_t left = ((const struct side_month *)a)->month;
    int32_t right = ((const struct side_month *)b)->month;

    return left < right ? -1 : left > right;
}

void
side_sort_months(struct side *side)
{
    if (side->months.count > 0)
        qsort(side->months.items, side->months.count,
              sizeof *side->months.items, compare_months);
}
