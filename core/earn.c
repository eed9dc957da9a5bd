#include "core/earn.h"

#include "core/rate.h"

#include <string.h>

static const struct program NO_PROGRAM = { 0 };

/* One event on its way through the rules. */
struct evaluation {
    const struct earn_input *input;
    const struct program *program;
    const struct basket *basket;        /* NULL: the event has no lines */
    const struct goods_filter *filters; /* by place of the rule */
    struct earn_outcome *outcome;
    int32_t partner;        /* number of the store's partner */
    bool ended;             /* nothing is earned any more */
    uint32_t grouped_count; /* gains that belong to groups */
};

/* --- conditions --- */

static bool
in_hours(const struct condition *when, int32_t ms_of_day)
{
    bool from = ms_of_day >= when->hours_from_ms;
    bool to = ms_of_day < when->hours_to_ms;

    return when->hours_from_ms < when->hours_to_ms ? from && to : from || to;
}

static bool
has_place(const int32_t *places, uint32_t count, int32_t place)
{
    for (uint32_t i = 0; i < count; i++)
        if (places[i] == place)
            return true;
    return false;
}

/* A store that this version's partners do not name has no place. */
static bool
of_partner(const struct evaluation *evaluation, const struct condition *when)
{
    int32_t place = version_place(evaluation->input->version, NAME_PARTNER,
                                  evaluation->partner);

    return place != PROGRAM_NONE &&
           has_place(when->partners, when->partner_count, place);
}

static bool
all_granted(const struct name_list *needed, const struct name_list *granted)
{
    for (uint32_t i = 0; i < needed->count; i++)
        if (!name_list_has(granted, needed->names[i]))
            return false;
    return true;
}

static inline bool
holds(const struct evaluation *evaluation, const struct goods_filter *filter,
      enum condition_kind kind)
{
    const struct condition *when = filter->when;
    const struct earn_context *context = evaluation->input->context;
    const struct basket *basket = evaluation->basket;
    int32_t day = context->moment.day;

    switch (kind) {
    case CONDITION_WEEKDAYS:
        return (when->weekdays >> calendar_weekday(day) & 1) != 0;
    case CONDITION_HOURS:
        return in_hours(when, context->moment.ms_of_day);
    case CONDITION_DATES:
        return day >= when->date_from && day <= when->date_to;
    case CONDITION_STORES:
        return store_set_has(&when->stores, context->store);
    case CONDITION_PARTNERS:
        return of_partner(evaluation, when);
    case CONDITION_CATEGORIES:
        return basket != NULL && basket_matches(basket, filter, false);
    case CONDITION_SKUS:
        return basket != NULL && basket_matches(basket, filter, true);
    case CONDITION_TIERS:
        return context->level != PROGRAM_NONE &&
               has_place(when->tiers, when->tier_count, context->level);
    case CONDITION_MIN_TOTAL:
        return basket != NULL &&
               basket->eligible.minor >= when->min_total.minor;
    case CONDITION_INACTIVE_DAYS:
        return context->last_visit_day != EVENT_NO_DAY &&
               day - context->last_visit_day >= when->inactive_days;
    case CONDITION_FIRST_PURCHASE:
        return context->first_purchase == when->first_purchase;
    case CONDITION_HOME_STORE:
        return (context->home_store == context->store) == when->home_store;
    case CONDITION_CONSENTS:
        return all_granted(&when->consents, &context->consents);
    case CONDITION_COUNT:
        break;
    }
    assert(!"a condition");
    return false;
}

enum { ALL_HOLD = -1 };

/* The first condition that fails, in the order of their kinds; after `ends`
 * nothing else matters. */
static int32_t
first_failing(const struct evaluation *evaluation,
              const struct goods_filter *filter)
{
    if (evaluation->ended)
        return EARN_WHY_ENDS;
    for (uint32_t rest = filter->when->given; rest != 0; rest &= rest - 1) {
        int kind = __builtin_ctz(rest);
        assert(kind < CONDITION_COUNT);
        if (!holds(evaluation, filter, (enum condition_kind)kind))
            return kind;
    }
    return ALL_HOLD;
}

/* --- the rules one by one --- */

static inline void
note_miss(struct evaluation *evaluation, int32_t rule, int32_t place,
          int32_t why)
{
    struct earn_outcome *outcome = evaluation->outcome;

    if (!evaluation->input->why)
        return;
    assert(why >= 0);
    assert(why < EARN_WHY_COUNT);
    assert(outcome->miss_count < EARN_GAINS_MAX);
    outcome->misses[outcome->miss_count++] =
        (struct earn_miss) { .rule = rule, .why = why, .place = place };
}

/* What a multiplier adds to the `per` rule it multiplies, over the lines that
 * match both. */
static int64_t
multiplied(const struct evaluation *evaluation, int32_t of,
           const struct goods_filter *filter, int32_t multiply)
{
    struct basket_sum sum =
        basket_sum(evaluation->basket, filter, &evaluation->filters[of]);

    return rate_points(
        rate_of_rule(&evaluation->program->earn[of], multiply - 1000),
        sum.amount);
}

/* The points of a rule whose conditions hold, before limit and max_points;
 * -1: a fixed rule whose amount is 0. */
static int64_t
points_of(const struct evaluation *evaluation, int32_t place)
{
    const struct earn_rule *rule = &evaluation->program->earn[place];
    const struct goods_filter *filter = &evaluation->filters[place];

    if (evaluation->basket == NULL) {
        assert(rule->shape == EARN_FIXED);
        return rule->points.value;
    }
    if (rule->shape == EARN_MULTIPLY)
        return multiplied(evaluation, rule->of, filter, rule->multiply);
    struct basket_sum sum = basket_sum(evaluation->basket, filter, filter);
    switch (rule->shape) {
    case EARN_PER_AMOUNT:
        return rate_points(rate_of_rule(rule, 1000), sum.amount);
    case EARN_PER_ITEM:
        return amount_scale_floor_max(sum.qty, rule->points.value, 1,
                                      LIMIT_POINTS);
    case EARN_FIXED:
        return sum.amount > 0 ? rule->points.value : -1;
    case EARN_MULTIPLY:
        break;
    }
    assert(!"a shape");
    return 0;
}

/* Whether the limit of the rule stops it here. */
static bool
is_stopped(const struct evaluation *evaluation, const struct earn_rule *rule,
           int32_t place, int32_t number)
{
    const struct earn_input *input = evaluation->input;

    if (rule->limit_per == LIMIT_PER_NONE || input->mode == EARN_BLIND)
        return false;
    if (input->mode == EARN_AGAIN)
        return has_place(input->stopped.places, input->stopped.count, place);
    int32_t period = terms_period(rule->limit_per, input->context->moment.day);
    return earn_count_of(&input->counts, number, rule->limit_per, period) >=
           rule->limit_times;
}

static void
note_stopped(struct earn_outcome *outcome, int32_t place)
{
    assert(outcome->stopped_count < LIMIT_EARN_RULES);
    outcome->stopped[outcome->stopped_count++] = place;
}

/* Tries one earn rule and notes what it would give, or why it gives nothing. */
static void
try_rule(struct evaluation *evaluation, int32_t place)
{
    const struct earn_input *input = evaluation->input;
    const struct earn_rule *rule = &evaluation->program->earn[place];
    struct earn_outcome *outcome = evaluation->outcome;
    int32_t number = version_number(input->version, NAME_RULE, place);

    int32_t failing = first_failing(evaluation, &evaluation->filters[place]);
    if (failing == ALL_HOLD && rule->shape == EARN_MULTIPLY)
        failing = first_failing(evaluation, &evaluation->filters[rule->of]);
    if (failing != ALL_HOLD) {
        note_miss(evaluation, number, place, failing);
        return;
    }
    int64_t value = points_of(evaluation, place);
    bool rewarded = rule->reward != PROGRAM_NONE && value >= 0;
    if (rule->max_points != PROGRAM_NO_LIMIT && input->mode != EARN_BLIND &&
        value > rule->max_points)
        value = rule->max_points;
    if (value <= 0 && !rewarded) {
        note_miss(evaluation, number, place, EARN_WHY_AMOUNT);
        return;
    }
    if (is_stopped(evaluation, rule, place, number)) {
        note_stopped(outcome, place);
        note_miss(evaluation, number, place, EARN_WHY_LIMIT);
        return;
    }
    assert(outcome->gain_count < EARN_GAINS_MAX);
    evaluation->grouped_count += rule->best_of != PROGRAM_NONE;
    outcome->gains[outcome->gain_count++] = (struct earn_gain) {
        .rule = number,
        .place = place,
        .issuer =
            rule->funder == PROGRAM_NONE
                ? evaluation->partner
                : version_number(input->version, NAME_PARTNER, rule->funder),
        .reward = version_number(input->version, NAME_REWARD, rule->reward),
        .points = { value },
        .limit_per =
            input->mode == EARN_BOUGHT ? rule->limit_per : LIMIT_PER_NONE,
    };
}

/* The tier's multiplier: like a rule without conditions of its own. */
static void
try_tier(struct evaluation *evaluation)
{
    static const struct condition NONE = { 0 };
    static const struct goods_filter ANY = { &NONE, GOODS_ANY };
    const struct earn_input *input = evaluation->input;
    const struct program_tiers *tiers = &evaluation->program->tiers;
    struct earn_outcome *outcome = evaluation->outcome;
    int32_t level = input->context->level;

    if (input->version == NULL || level == PROGRAM_NONE)
        return;
    assert((uint32_t)level < tiers->count);
    int32_t of = input->version->tier_of;
    if (of == PROGRAM_NONE)
        return;
    if (tiers->levels[level].multiply <= 1000)
        return;
    int32_t name = version_number(input->version, NAME_LEVEL, level);
    int32_t number = input->timeline->rule_of[NAME_LEVEL][name];
    int32_t failing = first_failing(evaluation, &evaluation->filters[of]);
    if (failing != ALL_HOLD) {
        note_miss(evaluation, number, PROGRAM_NONE, failing);
        return;
    }
    int64_t value =
        multiplied(evaluation, of, &ANY, tiers->levels[level].multiply);
    if (value <= 0) {
        note_miss(evaluation, number, PROGRAM_NONE, EARN_WHY_AMOUNT);
        return;
    }
    assert(outcome->gain_count < EARN_GAINS_MAX);
    outcome->gains[outcome->gain_count++] = (struct earn_gain) {
        .rule = number,
        .place = PROGRAM_NONE,
        .issuer = evaluation->partner,
        .reward = PROGRAM_NONE,
        .points = { value },
        .limit_per = LIMIT_PER_NONE,
    };
}

/* --- all together --- */

static int32_t
group_of(const struct evaluation *evaluation, const struct earn_gain *gain)
{
    return gain->place == PROGRAM_NONE
               ? PROGRAM_NONE
               : evaluation->program->earn[gain->place].best_of;
}

/* Of each group leaves the gain with the most points, the first on a tie. */
static void
settle_groups(struct evaluation *evaluation)
{
    struct earn_outcome *outcome = evaluation->outcome;
    int32_t best[LIMIT_EARN_RULES]; /* by group: which gain */
    uint32_t kept = 0;

    assert(evaluation->program->earn_count <= LIMIT_EARN_RULES);
    for (uint32_t i = 0; i < evaluation->program->earn_count; i++)
        best[i] = -1;
    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        const struct earn_gain *gain = &outcome->gains[i];
        int32_t group = group_of(evaluation, gain);
        if (group == PROGRAM_NONE)
            continue;
        assert((uint32_t)group < evaluation->program->earn_count);
        int32_t rival = best[group];
        if (rival < 0 ||
            gain->points.value > outcome->gains[rival].points.value)
            best[group] = (int32_t)i;
    }
    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        struct earn_gain gain = outcome->gains[i];
        int32_t group = group_of(evaluation, &gain);
        if (group == PROGRAM_NONE || best[group] == (int32_t)i)
            outcome->gains[kept++] = gain;
        else
            note_miss(evaluation, gain.rule, gain.place, EARN_WHY_BEST_OF);
    }
    outcome->gain_count = kept;
}

static void
add_share(struct earn_outcome *outcome, int32_t issuer, points more)
{
    uint32_t at = outcome->share_count;

    while (at > 0 && outcome->shares[at - 1].issuer > issuer)
        at--;
    if (at > 0 && outcome->shares[at - 1].issuer == issuer) {
        outcome->shares[at - 1].points =
            points_add(outcome->shares[at - 1].points, more);
        return;
    }
    assert(outcome->share_count < EARN_GAINS_MAX);
    memmove(&outcome->shares[at + 1], &outcome->shares[at],
            (outcome->share_count - at) * sizeof(outcome->shares[0]));
    outcome->shares[at] = (struct earn_share) { issuer, more };
    outcome->share_count++;
}

/* The places of rules ascend, the tier stands last. */
static bool
stands_before(const struct earn_miss *a, const struct earn_miss *b)
{
    return (uint32_t)a->place < (uint32_t)b->place;
}

/* Those that lost in their group were noted after the others. */
static void
sort_misses(struct earn_outcome *outcome)
{
    for (uint32_t i = 1; i < outcome->miss_count; i++) {
        struct earn_miss miss = outcome->misses[i];
        uint32_t at = i;
        for (; at > 0 && stands_before(&miss, &outcome->misses[at - 1]); at--)
            outcome->misses[at] = outcome->misses[at - 1];
        outcome->misses[at] = miss;
    }
}

static struct evaluation
begin(const struct earn_input *input, const struct basket *basket,
      struct earn_outcome *outcome)
{
    const struct version *version = input->version;
    const struct earn_context *context = input->context;
    int32_t partner =
        timeline_partner_of(input->timeline, version, context->store);

    if (outcome != NULL) {
        outcome->gain_count = 0;
        outcome->share_count = 0;
        outcome->miss_count = 0;
        outcome->stopped_count = 0;
        outcome->points = (points) { 0 };
    }
    return (struct evaluation) {
        .input = input,
        .program = version == NULL ? &NO_PROGRAM : version->program,
        .basket = basket,
        .outcome = outcome,
        .filters = version == NULL ? NULL : version->goods->earn,
        .partner = partner,
        .ended = version_ended(version, context->moment.at_ms),
    };
}

/* The places of the rules with that `on`; none before the first version. */
static struct place_list
rules_on(const struct earn_input *input, enum earn_on on)
{
    if (input->version == NULL)
        return (struct place_list) { 0 };
    return input->version->rules[on];
}

static void
finish(struct evaluation *evaluation)
{
    struct earn_outcome *outcome = evaluation->outcome;

    if (evaluation->grouped_count > 1)
        settle_groups(evaluation);
    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        const struct earn_gain *gain = &outcome->gains[i];
        assert(gain->points.value >= 0);
        assert(gain->points.value <= LIMIT_POINTS);
        if (gain->points.value == 0)
            continue;
        outcome->points = points_add(outcome->points, gain->points);
        add_share(outcome, gain->issuer, gain->points);
    }
    sort_misses(outcome);
}

void
earn_purchase(const struct earn_input *input, const struct basket *basket,
              struct earn_outcome *ret_outcome)
{
    struct evaluation evaluation = begin(input, basket, ret_outcome);
    struct place_list rules = rules_on(input, EARN_ON_PURCHASE);
    int32_t day = input->context->moment.day;
    int32_t weekday = calendar_weekday(day);

    assert(basket != NULL);
    for (uint32_t i = 0; i < rules.count; i++) {
        if (!input->why &&
            !campaign_runs(&input->version->campaigns[i], day, weekday))
            continue;
        const struct earn_rule *rule =
            &evaluation.program->earn[rules.places[i]];
        if (input->mode != EARN_BLIND || rule->shape != EARN_FIXED)
            try_rule(&evaluation, rules.places[i]);
    }
    try_tier(&evaluation);
    finish(&evaluation);
}

void
earn_join(const struct earn_input *input, struct earn_outcome *ret_outcome)
{
    struct evaluation evaluation = begin(input, NULL, ret_outcome);
    struct place_list rules = rules_on(input, EARN_ON_JOIN);

    assert(input->mode == EARN_BOUGHT);
    for (uint32_t i = 0; i < rules.count; i++)
        try_rule(&evaluation, rules.places[i]);
    finish(&evaluation);
}

void
earn_activity(const struct earn_input *input, view name,
              struct earn_outcome *ret_outcome)
{
    struct evaluation evaluation = begin(input, NULL, ret_outcome);
    struct place_list rules = rules_on(input, EARN_ON_ACTIVITY);

    assert(input->mode == EARN_BOUGHT);
    for (uint32_t i = 0; i < rules.count; i++) {
        view wanted = evaluation.program->earn[rules.places[i]].activity;
        if (wanted.size == 0 || view_equal(wanted, name))
            try_rule(&evaluation, rules.places[i]);
    }
    finish(&evaluation);
}

/* Whether a rule is due so many days after the last visit, or at the same
 * midnight because a zone left out the day between. */
static bool
is_due(const struct earn_input *input, int32_t rule_days, int32_t after_days)
{
    const struct zone *zone = &input->timeline->zone;
    int32_t visit_day = input->context->last_visit_day;

    if (rule_days != after_days + 1)
        return rule_days == after_days;
    return terms_absence_at(zone, visit_day, rule_days) ==
           terms_absence_at(zone, visit_day, after_days);
}

void
earn_absence(const struct earn_input *input, int32_t after_days,
             struct place_list given, struct earn_outcome *ret_outcome)
{
    struct evaluation evaluation = begin(input, NULL, ret_outcome);
    struct place_list rules = rules_on(input, EARN_ON_INACTIVE);

    assert(input->mode == EARN_BOUGHT);
    for (uint32_t i = 0; i < rules.count; i++) {
        int32_t place = rules.places[i];
        int32_t number = version_number(input->version, NAME_RULE, place);
        if (is_due(input, evaluation.program->earn[place].after_days,
                   after_days) &&
            !has_place(given.places, given.count, number))
            try_rule(&evaluation, place);
    }
    finish(&evaluation);
}

uint32_t
earn_stamp(const struct earn_input *input, const struct basket *basket,
           struct earn_stamps *ret_stamps)
{
    uint32_t found = 0;

    assert(basket != NULL);
    if (input->version == NULL || input->version->program->stamp_count == 0)
        return 0;
    struct evaluation evaluation = begin(input, basket, NULL);
    const struct program *program = evaluation.program;
    if (evaluation.ended)
        return 0;
    for (uint32_t i = 0; i < program->stamp_count; i++) {
        const struct stamp_card *card = &program->stamps[i];
        const struct goods_filter *filter = &input->version->goods->stamps[i];
        if (card->per == STAMP_BY_EVENT ||
            first_failing(&evaluation, filter) != ALL_HOLD)
            continue;
        struct basket_sum sum = basket_sum(basket, filter, filter);
        int64_t count = card->per == STAMP_PER_ITEM ? sum.qty : sum.amount > 0;
        if (count > 0)
            ret_stamps[found++] = (struct earn_stamps) { (int32_t)i, count };
    }
    return found;
}

int32_t
earn_count_of(const struct earn_counts *counts, int32_t rule,
              enum limit_period per, int32_t period)
{
    for (uint32_t i = 0; i < counts->count; i++) {
        const struct earn_count *count = &counts->list[i];
        if (count->rule == rule && count->per == per)
            return count->period >= period ? count->times : 0;
    }
    return 0;
}

const char *
earn_why_name(int32_t why)
{
    static const char *const NAMES[] = {
        [EARN_WHY_LIMIT - CONDITION_COUNT] = "limit",
        [EARN_WHY_BEST_OF - CONDITION_COUNT] = "best_of",
        [EARN_WHY_ENDS - CONDITION_COUNT] = "ends",
        [EARN_WHY_AMOUNT - CONDITION_COUNT] = "amount",
    };
    static_assert(COUNT_OF(NAMES) == EARN_WHY_COUNT - CONDITION_COUNT,
                  "a name for every reason");

    assert(why >= 0);
    assert(why < EARN_WHY_COUNT);
    if (why < CONDITION_COUNT)
        return condition_name((enum condition_kind)why);
    return NAMES[why - CONDITION_COUNT];
}
