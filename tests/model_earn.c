/*
 * model_earn.c - which rules match, and what they give
 *
 * Rule after rule, as RULES.md, "A purchase", has it.
 */
#include "tests/model_parts.h"

static const int64_t POINTS_MAX = 1000000000;

static bool
has_name(const struct name_list *names, view name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (model_same(names->names[i], name))
            return true;
    return false;
}

/* Whether the category is one of the names or stands below one at a dot. */
static bool
has_category(const struct name_list *names, view category)
{
    for (uint32_t i = 0; i < names->count; i++) {
        view name = names->names[i];
        view part = { category.bytes, name.size };
        if (model_same(name, category))
            return true;
        if (category.size > name.size && category.bytes[name.size] == '.' &&
            model_same(name, part))
            return true;
    }
    return false;
}

static bool
has_goods(const struct goods *goods)
{
    return goods->categories.count > 0 || goods->skus.count > 0;
}

static bool
in_any_list(const struct goods *goods, const struct line *line)
{
    return has_category(&goods->categories, line->category) ||
           has_name(&goods->skus, line->sku);
}

bool
model_eligible(const struct version_entry *version, const struct line *line)
{
    if (line->amount <= 0)
        return false;
    if (version == NULL)
        return true;
    if (in_any_list(&version->program->excluded, line))
        return false;
    return !has_goods(&version->program->only) ||
           in_any_list(&version->program->only, line);
}

int64_t
model_eligible_sum(const struct version_entry *version,
                   const struct line *lines, uint32_t count)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        if (model_eligible(version, &lines[i]))
            sum += lines[i].amount;
    return sum;
}

struct context
model_context_now(struct model *model, uint32_t store)
{
    struct context context = { .at_ms = model->now_ms, .store = store };

    context.day = model_day_of(model, model->now_ms);
    context.ms_of_day = zone_moment(&model->zone, model->now_ms).ms_of_day;
    context.home_store = model->home_store;
    context.level = model->level.id;
    context.visited = model->visit_ms != NOT_YET;
    if (context.visited)
        context.visit_day = model_day_of(model, model->visit_ms);
    context.bought_before = model->purchases > 0;
    for (uint32_t i = 0; i < model->channels.count; i++)
        if (model->channels.items[i].granted)
            PUSH(model, &context.granted, model->channels.items[i].name);
    return context;
}

static bool
given(const struct condition *when, enum condition_kind kind)
{
    return (when->given >> kind & 1) != 0;
}

static bool
in_hours(const struct condition *when, int32_t ms_of_day)
{
    int32_t from = when->hours_from_ms;
    int32_t to = when->hours_to_ms;

    if (from < to)
        return from <= ms_of_day && ms_of_day < to;
    return ms_of_day >= from || ms_of_day < to;
}

static bool
in_stores(const struct store_set *stores, uint32_t store)
{
    for (uint32_t i = 0; i < stores->count; i++)
        if (stores->ranges[i].first <= store && store <= stores->ranges[i].last)
            return true;
    return false;
}

static bool
one_partner(const struct earning *earning, const struct condition *when)
{
    const struct program *program = earning->version->program;
    view partner = model_partner_of(earning->version, earning->context->store);

    for (uint32_t i = 0; i < when->partner_count; i++)
        if (model_same(program->partners[when->partners[i]].id, partner))
            return true;
    return false;
}

static bool
one_level(const struct earning *earning, const struct condition *when)
{
    const struct program_tiers *tiers = &earning->version->program->tiers;
    view level = earning->context->level;

    for (uint32_t i = 0; i < when->tier_count; i++)
        if (level.size > 0 &&
            model_same(tiers->levels[when->tiers[i]].id, level))
            return true;
    return false;
}

static bool
all_granted(const struct context *context, const struct name_list *channels)
{
    for (uint32_t i = 0; i < channels->count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < context->granted.count; k++)
            if (model_same(context->granted.items[k], channels->names[i]))
                found = true;
        if (!found)
            return false;
    }
    return true;
}

/* All conditions but those that choose lines. */
static bool
holds(const struct earning *earning, const struct condition *when)
{
    const struct context *is = earning->context;

    if (given(when, CONDITION_WEEKDAYS) &&
        (when->weekdays >> calendar_weekday(is->day) & 1) == 0)
        return false;
    if (given(when, CONDITION_HOURS) && !in_hours(when, is->ms_of_day))
        return false;
    if (given(when, CONDITION_DATES) &&
        (is->day < when->date_from || is->day > when->date_to))
        return false;
    if (given(when, CONDITION_STORES) && !in_stores(&when->stores, is->store))
        return false;
    if (given(when, CONDITION_PARTNERS) && !one_partner(earning, when))
        return false;
    if (given(when, CONDITION_TIERS) && !one_level(earning, when))
        return false;
    if (given(when, CONDITION_MIN_TOTAL) &&
        model_eligible_sum(earning->version, earning->lines,
                           earning->line_count) < when->min_total.minor)
        return false;
    if (given(when, CONDITION_INACTIVE_DAYS) &&
        !(is->visited && is->day - is->visit_day >= when->inactive_days))
        return false;
    if (given(when, CONDITION_FIRST_PURCHASE) &&
        when->first_purchase == is->bought_before)
        return false;
    if (given(when, CONDITION_HOME_STORE) &&
        when->home_store !=
            (is->home_store != 0 && is->home_store == is->store))
        return false;
    return !given(when, CONDITION_CONSENTS) || all_granted(is, &when->consents);
}

static bool
line_matches(const struct earning *earning, const struct condition *when,
             const struct line *line)
{
    if (!model_eligible(earning->version, line))
        return false;
    if (given(when, CONDITION_CATEGORIES) &&
        !has_category(&when->goods.categories, line->category))
        return false;
    return !given(when, CONDITION_SKUS) ||
           has_name(&when->goods.skus, line->sku);
}

/* The sum of the lines that match both; `also` may be NULL. */
static int64_t
amount_of(const struct earning *earning, const struct condition *when,
          const struct condition *also)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < earning->line_count; i++)
        if (line_matches(earning, when, &earning->lines[i]) &&
            (also == NULL || line_matches(earning, also, &earning->lines[i])))
            sum += earning->lines[i].amount;
    return sum;
}

/* A line of which goods came back counts floor(qty x remaining / original). */
static int64_t
items_of(const struct earning *earning, const struct condition *when)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < earning->line_count; i++) {
        const struct line *line = &earning->lines[i];
        if (line_matches(earning, when, line))
            sum += line->qty * line->amount / line->bought;
    }
    return sum;
}

/* floor(a x b / c), at most 10^9. */
static int64_t
share_of(int64_t a, int64_t b, int64_t c)
{
    int128 quotient = (int128)a * b / c;

    return quotient > POINTS_MAX ? POINTS_MAX : (int64_t)quotient;
}

/* What a multiplier gives on top of a `per: A` rule, -1 being none. */
static int64_t
multiplied(const struct earning *earning, const struct condition *when,
           int32_t of, int32_t multiply)
{
    const struct earn_rule *base = &earning->version->program->earn[of];

    if (!holds(earning, &base->when))
        return 0;
    int64_t amount = amount_of(earning, &base->when, when);
    return share_of(amount, base->points.value * (multiply - 1000),
                    base->per.minor * 1000);
}

struct offer {
    int64_t points;
    bool voucher;
};

/* What a rule that matches would give, limits and groups apart. */
static struct offer
offer_of(const struct earning *earning, const struct earn_rule *rule)
{
    struct offer offer = { 0, false };

    if (!holds(earning, &rule->when))
        return offer;
    switch (rule->shape) {
    case EARN_PER_AMOUNT:
        offer.points = share_of(amount_of(earning, &rule->when, NULL),
                                rule->points.value, rule->per.minor);
        break;
    case EARN_PER_ITEM:
        offer.points =
            share_of(items_of(earning, &rule->when), rule->points.value, 1);
        break;
    case EARN_MULTIPLY:
        offer.points =
            multiplied(earning, &rule->when, rule->of, rule->multiply);
        break;
    case EARN_FIXED:
        if (earning->evaluation == BLIND)
            break;
        if (rule->on == EARN_ON_PURCHASE &&
            amount_of(earning, &rule->when, NULL) <= 0)
            break;
        offer.points = rule->points.value;
        offer.voucher = rule->reward != PROGRAM_NONE;
        break;
    }
    if (earning->evaluation != BLIND && rule->max_points != PROGRAM_NO_LIMIT &&
        offer.points > rule->max_points)
        offer.points = rule->max_points;
    return offer;
}

static bool
something(struct offer offer)
{
    return offer.points > 0 || offer.voucher;
}

int32_t
model_limit_period(const struct model *model, const struct earn_rule *rule,
                   int32_t day)
{
    int32_t period = model_limit_number(rule->limit_per, day);

    for (uint32_t i = 0; i < model->limits.count; i++) {
        const struct used_limit *used = &model->limits.items[i];
        if (model_same(used->rule, rule->id) && used->per == rule->limit_per &&
            used->period > period)
            period = used->period;
    }
    return period;
}

static bool
limit_reached(const struct model *model, const struct earning *earning,
              const struct earn_rule *rule)
{
    int32_t period = model_limit_period(model, rule, earning->context->day);

    for (uint32_t i = 0; i < model->limits.count; i++) {
        const struct used_limit *used = &model->limits.items[i];
        if (model_same(used->rule, rule->id) && used->per == rule->limit_per &&
            used->period == period)
            return used->times >= rule->limit_times;
    }
    return false;
}

static bool
is_stopped(const struct model *model, const struct earning *earning,
           uint32_t place)
{
    const struct earn_rule *rule = &earning->version->program->earn[place];

    if (earning->evaluation == AS_BOUGHT && rule->limit_per != LIMIT_PER_NONE)
        return limit_reached(model, earning, rule);
    for (uint32_t i = 0; i < earning->stopped_count; i++)
        if (earning->stopped[i] == place)
            return true;
    return false;
}

static bool
concerns(const struct model *model, const struct earning *earning,
         const struct earn_rule *rule)
{
    if (rule->on != earning->on)
        return false;
    if (rule->on == EARN_ON_ACTIVITY)
        return rule->activity.size == 0 ||
               model_same(rule->activity, earning->activity);
    if (rule->on != EARN_ON_INACTIVE)
        return true;
    if (model_midnight(model, earning->context->visit_day + rule->after_days) !=
        model->now_ms)
        return false;
    for (uint32_t i = 0; i < model->absent.count; i++)
        if (model_same(model->absent.items[i], rule->id))
            return false;
    return true;
}

/* Of the rules of a group only the best counts, on a tie the first. */
static void
drop_lesser(const struct program *program, struct offer *offers)
{
    for (uint32_t a = 0; a < program->earn_count; a++)
        for (uint32_t b = 0; b < program->earn_count; b++) {
            if (a == b || program->earn[a].best_of == PROGRAM_NONE ||
                program->earn[a].best_of != program->earn[b].best_of)
                continue;
            if (!something(offers[a]) || !something(offers[b]))
                continue;
            bool better = offers[a].points > offers[b].points ||
                          (offers[a].points == offers[b].points && a < b);
            if (better)
                offers[b] = (struct offer) { 0, false };
        }
}

static void
add_share(struct model *model, struct gains *gains, view issuer, int64_t worth)
{
    uint32_t place = 0;

    if (worth == 0)
        return;
    while (place < gains->shares.count &&
           model_order(gains->shares.items[place].issuer, issuer) < 0)
        place++;
    if (place < gains->shares.count &&
        model_same(gains->shares.items[place].issuer, issuer)) {
        gains->shares.items[place].points += worth;
        return;
    }
    PUSH(model, &gains->shares, (struct share) { issuer, worth });
    for (uint32_t i = gains->shares.count - 1; i > place; i--)
        gains->shares.items[i] = gains->shares.items[i - 1];
    gains->shares.items[place] = (struct share) { issuer, worth };
}

static void
add_tier(struct model *model, const struct earning *earning,
         struct gains *gains)
{
    static const struct condition none;
    const struct program *program = earning->version->program;
    int32_t place =
        earning->context->level.size == 0
            ? -1
            : model_level_place(earning->version, earning->context->level);
    int32_t base = -1;

    if (place < 0 || earning->on != EARN_ON_PURCHASE)
        return;
    const struct tier_level *level = &program->tiers.levels[place];
    for (uint32_t i = program->earn_count; i-- > 0;)
        if (program->earn[i].shape == EARN_PER_AMOUNT)
            base = (int32_t)i;
    if (base < 0 || level->multiply <= 1000)
        return;
    int64_t worth = multiplied(earning, &none, base, level->multiply);
    if (worth == 0)
        return;
    view issuer = model_partner_of(earning->version, earning->context->store);
    PUSH(model, &gains->all,
         (struct gain) { model_joined_name(model, "tier.", level->id),
                         issuer,
                         { NULL, 0 },
                         worth });
    add_share(model, gains, issuer, worth);
}

static void
add_gain(struct model *model, const struct earning *earning,
         struct gains *gains, uint32_t place, struct offer offer)
{
    const struct program *program = earning->version->program;
    const struct earn_rule *rule = &program->earn[place];
    struct gain gain = { .rule = rule->id, .points = offer.points };

    gain.issuer =
        rule->funder != PROGRAM_NONE
            ? program->partners[rule->funder].id
            : model_partner_of(earning->version, earning->context->store);
    if (offer.voucher)
        gain.reward = program->rewards[rule->reward].id;
    PUSH(model, &gains->all, gain);
    add_share(model, gains, gain.issuer, gain.points);
    if (rule->limit_per != LIMIT_PER_NONE)
        PUSH(model, &gains->contributed, place);
}

struct gains
model_earn(struct model *model, const struct earning *earning)
{
    struct gains gains = { 0 };

    if (earning->version == NULL ||
        model_ended(model, earning->version, earning->context->at_ms))
        return gains;
    const struct program *program = earning->version->program;
    struct offer *offers =
        ARENA_NEW(&model->arena, struct offer, program->earn_count + 1);
    for (uint32_t i = 0; i < program->earn_count; i++) {
        if (!concerns(model, earning, &program->earn[i]))
            continue;
        offers[i] = offer_of(earning, &program->earn[i]);
        if (something(offers[i]) && is_stopped(model, earning, i)) {
            PUSH(model, &gains.stopped, i);
            offers[i] = (struct offer) { 0, false };
        }
    }
    drop_lesser(program, offers);
    for (uint32_t i = 0; i < program->earn_count; i++)
        if (something(offers[i]))
            add_gain(model, earning, &gains, i, offers[i]);
    add_tier(model, earning, &gains);
    return gains;
}

/* The stamps that the lines bring on a card, after `ends` none. */
int64_t
model_stamps_for(const struct earning *earning, const struct stamp_card *card)
{
    if (card->per == STAMP_BY_EVENT || !holds(earning, &card->when))
        return 0;
    if (card->per == STAMP_PER_ITEM)
        return items_of(earning, &card->when);
    return amount_of(earning, &card->when, NULL) > 0 ? 1 : 0;
}
