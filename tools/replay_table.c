#include "tools/replay_table.h"

#include "tools/table.h"

enum { EXAMPLES = 10 };

/* --- tables --- */

static void
put_points(struct table *table, const char *name, int64_t baseline,
           int64_t candidate)
{
    table_row(table);
    table_text(table, name);
    table_integer(table, baseline);
    table_integer(table, candidate);
    table_integer(table, candidate - baseline);
}

static void
put_money(struct table *table, const char *name, money baseline,
          money candidate)
{
    table_row(table);
    table_text(table, name);
    table_money(table, baseline.minor);
    table_money(table, candidate.minor);
    table_money(table, candidate.minor - baseline.minor);
}

/* The columns of a table of both sides; they must last as long as it. */
enum { SIDE_COLUMNS = 4 };

static void
name_columns(const char *heading, struct table_column ret[static SIDE_COLUMNS])
{
    ret[0] = (struct table_column) { heading, false };
    ret[1] = (struct table_column) { "BASELINE", true };
    ret[2] = (struct table_column) { "CANDIDATE", true };
    ret[3] = (struct table_column) { "CHANGE", true };
}

static bool
end_table(struct table *table, FILE *out)
{
    bool done = table_print(table, out);

    table_close(table);
    return done;
}

static bool
print_sides(const struct compare_side *a, const struct compare_side *b,
            FILE *out)
{
    static const struct {
        const char *name;
        enum measure measure;
    } ROWS[] = {
        { "points issued", MEASURE_ISSUED },
        { "points reversed", MEASURE_REVERSED },
        { "points redeemed", MEASURE_REDEEMED },
        { "points overdrawn", MEASURE_OVERDRAWN },
        { "points expired", MEASURE_EXPIRED },
        { "vouchers issued", MEASURE_VOUCHERS_ISSUED },
        { "vouchers redeemed", MEASURE_VOUCHERS_REDEEMED },
    };
    struct table_column columns[SIDE_COLUMNS];

    name_columns("", columns);
    struct table *table = table_open(columns, SIDE_COLUMNS);
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < COUNT_OF(ROWS); i++)
        put_points(table, ROWS[i].name, a->amounts[ROWS[i].measure],
                   b->amounts[ROWS[i].measure]);
    put_points(table, "redemptions overdrawn", a->overdrawn_redemptions,
               b->overdrawn_redemptions);
    put_points(table, "points outstanding", a->outstanding.value,
               b->outstanding.value);
    put_money(table, "liability", a->liability, b->liability);
    put_money(table, "vouchers outstanding, at most",
              a->vouchers_outstanding_value, b->vouchers_outstanding_value);
    put_money(table, "cost of points given", a->accrual_cost, b->accrual_cost);
    put_money(table, "cost of what was redeemed", a->burn_cost, b->burn_cost);
    put_money(table, "program's net", a->program_net, b->program_net);
    return end_table(table, out);
}

/* Of the level of that name; -1: the side has none. */
static int64_t
tier_count(const struct compare_side *side, view level)
{
    for (uint32_t i = 0; i < side->tier_count; i++)
        if (view_equal(side->tiers[i].level, level))
            return side->tiers[i].count;
    return -1;
}

static void
put_tier(struct table *table, view level, int64_t baseline, int64_t candidate)
{
    baseline = baseline < 0 ? 0 : baseline;
    candidate = candidate < 0 ? 0 : candidate;
    table_row(table);
    table_view(table, level);
    table_integer(table, baseline);
    table_integer(table, candidate);
    table_integer(table, candidate - baseline);
}

/* The levels of the candidate with what the baseline has of that name, then
 * those that only the baseline has. */
static bool
print_tiers(const struct compare_side *a, const struct compare_side *b,
            FILE *out)
{
    struct table_column columns[SIDE_COLUMNS];

    name_columns("ACCOUNTS BY TIER", columns);
    struct table *table = table_open(columns, SIDE_COLUMNS);
    if (table == NULL)
        return false;
    if (a->tier_count + b->tier_count == 0) {
        table_close(table);
        return true;
    }
    for (uint32_t i = 0; i < b->tier_count; i++)
        put_tier(table, b->tiers[i].level, tier_count(a, b->tiers[i].level),
                 b->tiers[i].count);
    for (uint32_t i = 0; i < a->tier_count; i++)
        if (tier_count(b, a->tiers[i].level) < 0)
            put_tier(table, a->tiers[i].level, a->tiers[i].count, 0);
    fputc('\n', out);
    return end_table(table, out);
}

static bool
print_pairs(const char *heading, const struct compare_pair *pairs,
            uint32_t count, bool as_money, FILE *out)
{
    struct table_column columns[SIDE_COLUMNS];

    name_columns(heading, columns);
    struct table *table = table_open(columns, SIDE_COLUMNS);
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct compare_pair *pair = &pairs[i];
        int64_t figures[] = { pair->baseline, pair->candidate,
                              pair->candidate - pair->baseline };
        table_row(table);
        table_view(table, pair->name);
        for (uint32_t k = 0; k < COUNT_OF(figures); k++)
            if (as_money)
                table_money(table, figures[k]);
            else
                table_integer(table, figures[k]);
    }
    fputc('\n', out);
    return end_table(table, out);
}

static bool
print_months(const struct comparison *comparison, FILE *out)
{
    static const struct table_column COLUMNS[] = {
        { "MONTH", false },    { "ISSUED", true },
        { "CANDIDATE", true }, { "COST OF POINTS", true },
        { "CANDIDATE", true }, { "COST REDEEMED", true },
        { "CANDIDATE", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < comparison->month_count; i++) {
        const struct compare_month *month = &comparison->months[i];
        char name[8];
        calendar_format_month(month->month, name);
        table_row(table);
        table_text(table, name);
        table_integer(table, month->baseline.issued);
        table_integer(table, month->candidate.issued);
        table_money(table, month->baseline.accrual_cost.minor);
        table_money(table, month->candidate.accrual_cost.minor);
        table_money(table, month->baseline.burn_cost.minor);
        table_money(table, month->candidate.burn_cost.minor);
    }
    fputc('\n', out);
    return end_table(table, out);
}

static void
put_change(struct table *table, const struct outcome_change *change)
{
    char name[ACCOUNT_SIZE];

    account_format(change->account, name);
    put_points(table, name, change->baseline.value, change->candidate.value);
}

/* Ten accounts: those that gain most and those that lose most, half and half
 * as far as there are so many. */
static bool
print_examples(const struct outcome *outcome, FILE *out)
{
    uint32_t gain = outcome->gain.count;
    uint32_t loss = outcome->loss.count;
    struct table_column columns[SIDE_COLUMNS];

    name_columns("POINTS BY ACCOUNT, FOR EXAMPLE", columns);
    struct table *table = table_open(columns, SIDE_COLUMNS);
    if (table == NULL)
        return false;
    if (gain + loss == 0) {
        table_close(table);
        return true;
    }
    if (gain > EXAMPLES / 2)
        gain = loss < EXAMPLES / 2 ? EXAMPLES - loss : EXAMPLES / 2;
    if (gain > outcome->gain.count)
        gain = outcome->gain.count;
    if (loss > EXAMPLES - gain)
        loss = EXAMPLES - gain;
    for (uint32_t i = 0; i < gain; i++)
        put_change(table, &outcome->gain.items[i]);
    for (uint32_t i = 0; i < loss; i++)
        put_change(table, &outcome->loss.items[i]);
    fputc('\n', out);
    return end_table(table, out);
}

bool
replay_table_print(const struct replay_words *words,
                   const struct comparison *comparison, FILE *out)
{
    const struct compare_side *a = &comparison->baseline;
    const struct compare_side *b = &comparison->candidate;

    replay_words_one(words, comparison, out);
    return print_sides(a, b, out) && print_tiers(a, b, out) &&
           print_pairs("NET BY PARTNER", comparison->partners,
                       comparison->partner_count, true, out) &&
           print_pairs("POINTS BY RULE", comparison->rules,
                       comparison->rule_count, false, out) &&
           print_months(comparison, out) &&
           print_examples(comparison->outcome, out);
}

/* --- several candidates --- */

static void
put_candidate(struct table *table, const char *name,
              const struct compare_side *side, const struct compare_side *base,
              const struct outcome *outcome)
{
    table_row(table);
    table_text(table, name);
    table_integer(table, side->amounts[MEASURE_ISSUED]);
    table_money(table, side->accrual_cost.minor);
    table_money(table, side->accrual_cost.minor - base->accrual_cost.minor);
    table_money(table, side->burn_cost.minor);
    table_integer(table, side->amounts[MEASURE_OVERDRAWN]);
    table_money(table, side->liability.minor);
    table_money(table, side->program_net.minor);
    if (outcome == NULL)
        return;
    table_integer(table, (int64_t)outcome->up);
    table_integer(table, (int64_t)outcome->down);
    table_integer(table, (int64_t)outcome->tier_up);
    table_integer(table, (int64_t)outcome->tier_down);
}

bool
replay_table_print_all(const struct replay_words *words,
                       const struct comparison *comparisons, FILE *out)
{
    static const struct table_column COLUMNS[] = {
        { "CANDIDATE", false },     { "ISSUED", true },
        { "COST OF POINTS", true }, { "CHANGE", true },
        { "COST REDEEMED", true },  { "OVERDRAWN", true },
        { "LIABILITY", true },      { "NET", true },
        { "MORE", true },           { "FEWER", true },
        { "TIER UP", true },        { "DOWN", true },
    };
    const struct compare_side *base = &comparisons[0].baseline;
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    replay_words_all(words, comparisons, out);
    put_candidate(table, "baseline", base, base, NULL);
    for (uint32_t i = 0; i < words->count; i++)
        put_candidate(table, words->candidates[i], &comparisons[i].candidate,
                      base, comparisons[i].outcome);
    return end_table(table, out);
}
