#include "replay/compare.h"

#include "core/list.h"

struct pair_list {
    struct compare_pair *items;
    uint32_t count;
    uint32_t room;
};

struct month_pairs {
    struct compare_month *items;
    uint32_t count;
    uint32_t room;
};

static int
compare_name(const void *item, const void *key)
{
    const struct compare_pair *pair = item;
    const view *name = key;

    return view_compare(pair->name, *name);
}

/* The entry of that name in a list kept in byte order, made if new. */
static struct compare_pair *
pair_of(struct pair_list *list, view name, struct arena *arena)
{
    uint32_t i = LIST_PLACE(list->items, list->count, &name, compare_name);

    if (i < list->count && view_equal(list->items[i].name, name))
        return &list->items[i];
    struct compare_pair *pair = LIST_INSERT(arena, list, i);
    pair->name = name;
    return pair;
}

static struct compare_month *
month_of(struct month_pairs *list, int32_t month, struct arena *arena)
{
    uint32_t i = 0;

    while (i < list->count && list->items[i].month < month)
        i++;
    if (i < list->count && list->items[i].month == month)
        return &list->items[i];
    struct compare_month *added = LIST_INSERT(arena, list, i);
    added->month = month;
    return added;
}

/* --- one side --- */

static void
list_tiers(const struct side *side, const struct version *now,
           struct compare_side *ret_side, struct arena *arena)
{
    uint32_t count = now == NULL ? 0 : now->program->tiers.count;
    struct compare_tier *tiers = ARENA_NEW(arena, struct compare_tier, count);

    for (uint32_t i = 0; i < count; i++) {
        int32_t number = version_number(now, NAME_LEVEL, (int32_t)i);
        tiers[i].level = now->program->tiers.levels[i].id;
        tiers[i].count = side->level_counts[number];
    }
    ret_side->tiers = tiers;
    ret_side->tier_count = count;
}

static void
sum_amounts(const struct side *side, struct compare_side *ret_side)
{
    uint32_t count;
    const struct totals_row *rows = totals_rows(side->totals, &count);

    for (uint32_t i = 0; i < count; i++)
        for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
            ret_side->amounts[k] += rows[i].amounts[k];
    ret_side->amounts[MEASURE_EXPIRED] = side->expired.value;
}

/* More than there are numbers for, as a rule or a price with a slip in it may
 * bring, is told as the greatest; of two the difference fits, too. */
static money
limit_cents(int128 cents)
{
    if (cents > COMPARE_MONEY_MAX)
        return (money) { COMPARE_MONEY_MAX };
    if (cents < -COMPARE_MONEY_MAX)
        return (money) { -COMPARE_MONEY_MAX };
    return (money) { (int64_t)cents };
}

/* Rounded, once. */
static money
round_sum(micro exact)
{
    return limit_cents(micro_cents_half_away(exact));
}

static void
sum_costs(const struct side *side, struct compare_side *ret_side)
{
    micro accrual = { 0 }, burn = { 0 };

    for (uint32_t i = 0; i < side->months.count; i++) {
        accrual = micro_add(accrual, side->months.items[i].accrual);
        burn = micro_add(burn, side->months.items[i].burn);
    }
    ret_side->accrual_cost = round_sum(accrual);
    ret_side->burn_cost = round_sum(burn);
}

static struct compare_side
measure_side(const struct side *side, struct arena *arena)
{
    const struct version *now = timeline_at(side->timeline, side->until_ms);
    struct compare_side result = {
        .overdrawn_redemptions = side->overdrawn_redemptions,
        .outstanding = side->outstanding,
        .debt = side->debt,
        .vouchers_outstanding = side->voucher_count,
        .vouchers_outstanding_value = round_sum(side->voucher_value),
    };

    if (now != NULL)
        result.liability = round_sum(
            micro_of_points(side->outstanding, now->program->points.value));
    sum_amounts(side, &result);
    sum_costs(side, &result);
    list_tiers(side, now, &result, arena);
    return result;
}

/* --- nets --- */

/* What a partner's statement of a month comes to, in cents. */
static int128
month_net(const struct totals_row *row)
{
    const micro *figures = row->figures;

    return micro_cents_half_away(figures[FIGURE_REDEEM_CREDIT - 1]) +
           micro_cents_half_away(figures[FIGURE_VOUCHER_CREDIT - 1]) -
           micro_cents_half_away(figures[FIGURE_ISSUE_COST - 1]);
}

/* Whether anything is left of what was booked for a partner. */
static bool
has_figures(const struct totals_row *row)
{
    bool any = month_net(row) != 0;

    for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
        any |= row->amounts[k] != 0;
    return any;
}

/* Adds the rounded nets of all months; returns the program's. */
static money
add_nets(const struct side *side, bool is_candidate, struct pair_list *partners,
         struct arena *arena)
{
    const struct timeline *timeline = side->timeline;
    const uint32_t partner_count = timeline->names[NAME_PARTNER].count;
    int128 *nets = ARENA_NEW(arena, int128, partner_count);
    bool *told = ARENA_NEW(arena, bool, partner_count);
    int128 program = 0;
    uint32_t count;
    const struct totals_row *rows = totals_rows(side->totals, &count);

    for (uint32_t i = 0; i < count; i++) {
        assert(rows[i].store == SIDE_STORE); /* one row of a partner's month */
        nets[rows[i].partner] += month_net(&rows[i]);
        told[rows[i].partner] |= has_figures(&rows[i]);
        program -= month_net(&rows[i]);
    }
    for (uint32_t p = 0; p < partner_count; p++) {
        if (!told[p])
            continue;
        struct compare_pair *pair = pair_of(
            partners, timeline_name(timeline, NAME_PARTNER, (int32_t)p), arena);
        *(is_candidate ? &pair->candidate : &pair->baseline) =
            limit_cents(nets[p]).minor;
    }
    return limit_cents(program);
}

/* Partners of any version, with figures or without. */
static void
add_partners(const struct side *side, struct pair_list *partners,
             struct arena *arena)
{
    const struct timeline *timeline = side->timeline;

    for (uint32_t v = 0; v < timeline->version_count; v++) {
        const struct program *program = timeline->versions[v].program;
        for (uint32_t i = 0; i < program->partner_count; i++)
            pair_of(partners, program->partners[i].id, arena);
    }
}

/* --- rules and months --- */

static void
add_rules(const struct side *side, bool is_candidate, struct pair_list *rules,
          struct arena *arena)
{
    const struct timeline *timeline = side->timeline;

    for (uint32_t i = 0; i < timeline->names[NAME_RULE].count; i++) {
        if (!side->rule_gave[i])
            continue;
        struct compare_pair *pair = pair_of(
            rules, timeline_name(timeline, NAME_RULE, (int32_t)i), arena);
        if (is_candidate)
            pair->candidate = side->rule_points[i];
        else
            pair->baseline = side->rule_points[i];
    }
}

static struct compare_month_side *
month_side(struct month_pairs *months, int32_t month, bool is_candidate,
           struct arena *arena)
{
    struct compare_month *one = month_of(months, month, arena);

    return is_candidate ? &one->candidate : &one->baseline;
}

static void
add_months(const struct side *side, bool is_candidate,
           struct month_pairs *months, struct arena *arena)
{
    uint32_t count;
    const struct totals_row *rows = totals_rows(side->totals, &count);

    for (uint32_t i = 0; i < count; i++)
        if (rows[i].amounts[MEASURE_ISSUED] != 0)
            month_side(months, rows[i].month, is_candidate, arena)->issued +=
                rows[i].amounts[MEASURE_ISSUED];
    for (uint32_t i = 0; i < side->months.count; i++) {
        const struct side_month *cost = &side->months.items[i];
        money accrual = round_sum(cost->accrual);
        money burn = round_sum(cost->burn);
        if (accrual.minor == 0 && burn.minor == 0)
            continue;
        struct compare_month_side *sum =
            month_side(months, cost->month, is_candidate, arena);
        sum->accrual_cost = accrual;
        sum->burn_cost = burn;
    }
}

void
compare_sides(struct simulation *simulation, uint32_t candidate,
              struct arena *arena, struct comparison *ret_comparison)
{
    assert(candidate + 1 < simulation->side_count);

    struct pair_list rules = { 0 }, partners = { 0 };
    struct month_pairs months = { 0 };
    struct side *sides[] = { &simulation->sides[0],
                             &simulation->sides[candidate + 1] };
    struct compare_side measured[2];

    for (int i = 0; i < 2; i++) {
        measured[i] = measure_side(sides[i], arena);
        add_rules(sides[i], i == 1, &rules, arena);
        add_months(sides[i], i == 1, &months, arena);
        add_partners(sides[i], &partners, arena);
        measured[i].program_net = add_nets(sides[i], i == 1, &partners, arena);
    }
    *ret_comparison = (struct comparison) {
        .simulation = simulation,
        .outcome = &simulation->outcomes[candidate],
        .baseline = measured[0],
        .candidate = measured[1],
        .rules = rules.items,
        .rule_count = rules.count,
        .partners = partners.items,
        .partner_count = partners.count,
        .months = months.items,
        .month_count = months.count,
    };
}
