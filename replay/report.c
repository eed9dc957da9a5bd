#include "replay/report.h"

#include "replay/candidate.h"

static void
put_measure(struct text *text, const struct compare_side *side,
            enum measure measure)
{
    text_json_integer(text, effect_measure_name(measure),
                      side->amounts[measure]);
}

static void
put_tiers(struct text *text, const struct compare_side *side)
{
    text_json_key(text, "tiers");
    text_char(text, '{');
    for (uint32_t i = 0; i < side->tier_count; i++) {
        text_comma(text);
        text_json_string(text, side->tiers[i].level);
        text_string(text, ": ");
        text_integer(text, side->tiers[i].count);
    }
    text_char(text, '}');
}

static void
put_side(struct text *text, const char *key, const struct compare_side *side)
{
    text_string(text, ",\n ");
    text_json_string(text, view_of(key));
    text_string(text, ": {");
    for (enum measure m = MEASURE_ISSUED; m <= MEASURE_OVERDRAWN; m++)
        put_measure(text, side, m);
    text_json_integer(text, "overdrawn_redemptions",
                      side->overdrawn_redemptions);
    put_measure(text, side, MEASURE_EXPIRED);
    text_json_integer(text, "outstanding", side->outstanding.value);
    text_json_integer(text, "debt", side->debt.value);
    text_json_integer(text, "liability", side->liability.minor);
    put_measure(text, side, MEASURE_VOUCHERS_ISSUED);
    put_measure(text, side, MEASURE_VOUCHERS_REDEEMED);
    put_measure(text, side, MEASURE_VOUCHERS_VALUE);
    text_json_integer(text, "vouchers_outstanding", side->vouchers_outstanding);
    text_json_integer(text, "vouchers_outstanding_value",
                      side->vouchers_outstanding_value.minor);
    put_measure(text, side, MEASURE_UNCOVERED);
    text_json_integer(text, "accrual_cost", side->accrual_cost.minor);
    text_json_integer(text, "burn_cost", side->burn_cost.minor);
    text_json_integer(text, "program_net", side->program_net.minor);
    put_tiers(text, side);
    text_char(text, '}');
}

/* Opens a list under a key, or a row of one. */
static void
open_list(struct text *text, const char *key)
{
    text_string(text, ",\n ");
    text_json_string(text, view_of(key));
    text_string(text, ": [");
}

static void
open_row(struct text *text, uint32_t index)
{
    text_string(text, index > 0 ? ",\n  {" : "\n  {");
}

static void
put_rules(struct text *text, const struct comparison *comparison)
{
    open_list(text, "rules");
    for (uint32_t i = 0; i < comparison->rule_count; i++) {
        open_row(text, i);
        text_json_view(text, "rule", comparison->rules[i].name);
        text_json_integer(text, "baseline", comparison->rules[i].baseline);
        text_json_integer(text, "candidate", comparison->rules[i].candidate);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_partners(struct text *text, const struct comparison *comparison)
{
    open_list(text, "partners");
    for (uint32_t i = 0; i < comparison->partner_count; i++) {
        const struct compare_pair *partner = &comparison->partners[i];
        open_row(text, i);
        text_json_view(text, "partner", partner->name);
        text_json_integer(text, "baseline_net", partner->baseline);
        text_json_integer(text, "candidate_net", partner->candidate);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_months(struct text *text, const struct comparison *comparison)
{
    open_list(text, "months");
    for (uint32_t i = 0; i < comparison->month_count; i++) {
        const struct compare_month *month = &comparison->months[i];
        const struct compare_month_side *a = &month->baseline;
        const struct compare_month_side *b = &month->candidate;
        char name[8];
        calendar_format_month(month->month, name);
        open_row(text, i);
        text_json_view(text, "month", view_of(name));
        text_json_integer(text, "baseline_issued", a->issued);
        text_json_integer(text, "candidate_issued", b->issued);
        text_json_integer(text, "baseline_accrual_cost", a->accrual_cost.minor);
        text_json_integer(text, "candidate_accrual_cost",
                          b->accrual_cost.minor);
        text_json_integer(text, "baseline_burn_cost", a->burn_cost.minor);
        text_json_integer(text, "candidate_burn_cost", b->burn_cost.minor);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_changed(struct text *text, const struct outcome *outcome)
{
    text_string(text, ",\n \"changed\": {");
    text_json_integer(text, "up", (int64_t)outcome->up);
    text_json_integer(text, "down", (int64_t)outcome->down);
    text_json_integer(text, "same", (int64_t)outcome->same);
    text_json_integer(text, "tier_up", (int64_t)outcome->tier_up);
    text_json_integer(text, "tier_down", (int64_t)outcome->tier_down);
    text_char(text, '}');
}

static void
put_top(struct text *text, const char *key, const struct outcome_top *top)
{
    open_list(text, key);
    for (uint32_t i = 0; i < top->count; i++) {
        const struct outcome_change *change = &top->items[i];
        open_row(text, i);
        if (change->account.member != 0)
            text_json_integer(text, "member", (int64_t)change->account.member);
        else
            text_json_view(text, "bearer", change->account.bearer);
        text_json_integer(text, "baseline", change->baseline.value);
        text_json_integer(text, "candidate", change->candidate.value);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
put_head(struct text *text, const struct simulation *simulation,
         int32_t from_day)
{
    char date[11];

    text_char(text, '{');
    if (from_day == CANDIDATE_FROM_START) {
        text_json_null(text, "from");
    } else {
        calendar_format_date(from_day, date);
        text_json_view(text, "from", view_of(date));
    }
    text_json_time(text, "until", simulation->until_ms);
    text_json_integer(text, "events", (int64_t)simulation->event_count);
    text_json_integer(text, "accounts", (int64_t)simulation->account_count);
}

void
report_json(struct text *text, const struct comparison *comparison,
            int32_t from_day)
{
    put_head(text, comparison->simulation, from_day);
    put_side(text, "baseline", &comparison->baseline);
    put_side(text, "candidate", &comparison->candidate);
    put_rules(text, comparison);
    put_partners(text, comparison);
    put_months(text, comparison);
    put_changed(text, comparison->outcome);
    put_top(text, "top_gain", &comparison->outcome->gain);
    put_top(text, "top_loss", &comparison->outcome->loss);
    text_string(text, "}\n");
}

void
report_json_all(struct text *text, const struct comparison *comparisons,
                const char *const *names, uint32_t count, int32_t from_day)
{
    assert(count > 0);
    put_head(text, comparisons[0].simulation, from_day);
    put_side(text, "baseline", &comparisons[0].baseline);
    open_list(text, "candidates");
    for (uint32_t i = 0; i < count; i++) {
        open_row(text, i);
        text_json_words(text, "candidate", view_of(names[i]));
        put_side(text, "figures", &comparisons[i].candidate);
        put_changed(text, comparisons[i].outcome);
        text_char(text, '}');
    }
    text_string(text, "]}\n");
}
