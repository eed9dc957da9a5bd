/*
 * effect.c - what a step of the fold does, as figures (see effect.h)
 */
#include "core/effect.h"

#include "core/program.h"

static const char *const names[] = {
    [MEASURE_ISSUED] = "issued",
    [MEASURE_REVERSED] = "reversed",
    [MEASURE_REDEEMED] = "redeemed",
    [MEASURE_RESTORED] = "restored",
    [MEASURE_OVERDRAWN] = "overdrawn",
    [MEASURE_EXPIRED] = "expired",
    [MEASURE_PURCHASES] = "purchases",
    [MEASURE_SALES] = "sales",
    [MEASURE_RETURNS] = "returns",
    [MEASURE_REFUNDS] = "refunds",
    [MEASURE_VOUCHERS_ISSUED] = "vouchers_issued",
    [MEASURE_VOUCHERS_REDEEMED] = "vouchers_redeemed",
    [MEASURE_VOUCHERS_VALUE] = "vouchers_value",
    [MEASURE_VOUCHERS_CHARGED] = "vouchers_charged",
    [MEASURE_UNCOVERED] = "uncovered",
    [MEASURE_UNCOVERED_VALUE] = "uncovered_value",
    [MEASURE_PASSES_SOLD] = "passes_sold",
    [MEASURE_PASSES_PRICE] = "passes_price",
    [MEASURE_PASS_USES] = "pass_uses",
    [MEASURE_PASS_VALUE] = "pass_value",
    [MEASURE_PASS_CHARGED] = "pass_charged",
};
static_assert(COUNT_OF(names) == MEASURE_STATEMENT_COUNT, "all named");

struct effect *
effect_append(struct effect_list *effects, enum measure measure)
{
    assert(measure < MEASURE_COUNT);

    struct effect *effect = LIST_ADD(effects->arena, effects);
    *effect = (struct effect) {
        .measure = measure,
        .partner = PROGRAM_NONE,
        .other = PROGRAM_NONE,
        .name = PROGRAM_NONE,
    };
    return effect;
}

const char *
effect_measure_name(enum measure measure)
{
    return measure < MEASURE_STATEMENT_COUNT ? names[measure] : NULL;
}

enum figure
effect_figure(enum measure measure)
{
    if (measure == MEASURE_ISSUED || measure == MEASURE_REVERSED)
        return FIGURE_ISSUE_COST;
    if (measure == MEASURE_REDEEMED || measure == MEASURE_RESTORED)
        return FIGURE_REDEEM_CREDIT;
    bool voucher = measure == MEASURE_VOUCHERS_VALUE ||
                   measure == MEASURE_VOUCHERS_CHARGED ||
                   measure == MEASURE_UNCOVERED_VALUE ||
                   measure == MEASURE_PASS_VALUE ||
                   measure == MEASURE_PASS_CHARGED;
    return voucher ? FIGURE_VOUCHER_CREDIT : FIGURE_NONE;
}

int64_t
effect_sum(const struct effect_list *effects, enum measure measure)
{
    points sum = { 0 };

    for (uint32_t i = 0; i < effects->count; i++)
        if (effects->items[i].measure == measure)
            sum = points_add(sum, (points) { effects->items[i].amount });
    return sum.value;
}

points
effect_points(const struct effect_list *effects)
{
    int64_t up = effect_sum(effects, MEASURE_ISSUED) +
                 effect_sum(effects, MEASURE_RESTORED);
    int64_t down = effect_sum(effects, MEASURE_REVERSED) +
                   effect_sum(effects, MEASURE_REDEEMED) +
                   effect_sum(effects, MEASURE_EXPIRED);

    return (points) { up - down };
}
