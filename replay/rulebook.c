#include "replay/rulebook.h"

#include <stdlib.h>

static const uint32_t ONE_BY_ONE = 1u << CONDITION_HOURS |
                                   1u << CONDITION_MIN_TOTAL |
                                   1u << CONDITION_INACTIVE_DAYS;

/* --- conditions --- */

/* One value of what conditions ask about. */
struct value {
    int32_t day;
    uint32_t store;
    int32_t partner; /* place */
    int32_t level;   /* place */
    uint32_t past;
    const struct basket *basket;
};

typedef bool test(const struct condition *when, const struct value *value);

static bool
has(const struct condition *when, enum condition_kind kind)
{
    return (when->given & 1u << kind) != 0;
}

static bool
has_number(const int32_t *numbers, uint32_t count, int32_t wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (numbers[i] == wanted)
            return true;
    return false;
}

static bool
day_holds(const struct condition *when, const struct value *value)
{
    return (!has(when, CONDITION_WEEKDAYS) ||
            (when->weekdays >> calendar_weekday(value->day) & 1) != 0) &&
           (!has(when, CONDITION_DATES) ||
            (value->day >= when->date_from && value->day <= when->date_to));
}

static bool
goods_hold(const struct condition *when, const struct value *value)
{
    const struct goods_filter filter = { when, GOODS_BY_NAME };

    return (!has(when, CONDITION_CATEGORIES) ||
            basket_matches(value->basket, &filter, false)) &&
           (!has(when, CONDITION_SKUS) ||
            basket_matches(value->basket, &filter, true));
}

static bool
store_holds(const struct condition *when, const struct value *value)
{
    return (!has(when, CONDITION_STORES) ||
            store_set_has(&when->stores, value->store)) &&
           (!has(when, CONDITION_PARTNERS) ||
            (value->partner != PROGRAM_NONE &&
             has_number(when->partners, when->partner_count, value->partner)));
}

/* An account of plain events has granted no consent. */
static bool
level_holds(const struct condition *when, const struct value *value)
{
    return (!has(when, CONDITION_TIERS) ||
            (value->level != PROGRAM_NONE &&
             has_number(when->tiers, when->tier_count, value->level))) &&
           (!has(when, CONDITION_CONSENTS) || when->consents.count == 0);
}

static bool
past_holds(const struct condition *when, const struct value *value)
{
    bool first = (value->past & PLAIN_BOUGHT) == 0;
    bool home = (value->past & PLAIN_AT_HOME) != 0;

    return (!has(when, CONDITION_FIRST_PURCHASE) ||
            when->first_purchase == first) &&
           (!has(when, CONDITION_HOME_STORE) || when->home_store == home);
}

static uint64_t
bit(uint32_t index)
{
    return UINT64_C(1) << index;
}

/* The rules and cards whose conditions, those of a multiplied rule too, hold
 * for the value. */
static uint64_t
mask_of(const struct rulebook *table, test *holds, const struct value *value)
{
    uint64_t mask = 0;

    for (uint32_t i = 0; i < table->rule_count + table->card_count; i++)
        if (holds(table->when[i], value) &&
            (table->also[i] == NULL || holds(table->also[i], value)))
            mask |= bit(i);
    return mask;
}

static void
mark_conditions(struct rulebook *table)
{
    for (int32_t i = 0; i <= RULEBOOK_LEVELS_MAX; i++)
        table->level[i] =
            mask_of(table, level_holds, &(struct value) { .level = i - 1 });
    for (uint32_t i = 0; i < PLAIN_PASTS; i++)
        table->past[i] =
            mask_of(table, past_holds, &(struct value) { .past = i });
}

/* Asks the basket what a purchase of one line of that category matches. */
static void
mark_goods(struct rulebook *table, uint32_t number, view category,
           struct basket *basket)
{
    const struct event_line line = { .amount = { 100 },
                                     .qty = 1,
                                     .category = category };
    struct event event = { .kind = EVENT_PURCHASE };

    event.sale.total.minor = 100;
    if (number != WORDS_NONE) {
        event.sale.lines = &line;
        event.sale.line_count = 1;
    }
    basket_fill(basket, table->version, &event, NULL);
    if (basket->eligible.minor == 0)
        return;
    table->eligible[number] = UINT32_MAX;
    table->goods[number] =
        mask_of(table, goods_hold, &(struct value) { .basket = basket });
}

/* What of the rules a receipt of several lines has to be asked line by line,
 * of all goods that there are. */
static void
mark_lines(struct rulebook *table, uint32_t count)
{
    uint64_t some = 0, all = ~UINT64_C(0);

    for (uint32_t i = 0; i < count; i++) {
        table->asks_lines |= table->eligible[i] == 0;
        some |= table->goods[i];
        all &= table->eligible[i] == 0 ? ~UINT64_C(0) : table->goods[i];
    }
    table->line_bits = (some & ~all) | table->item_bits;
    table->asks_lines |= table->line_bits != 0;
}

static void
add_checks(struct rulebook *table, uint32_t index, const struct condition *when)
{
    if (when == NULL)
        return;
    table->asks_level |=
        has(when, CONDITION_TIERS) || has(when, CONDITION_CONSENTS);
    table->asks_consents |= has(when, CONDITION_CONSENTS);
    table->asks_past |=
        has(when, CONDITION_FIRST_PURCHASE) || has(when, CONDITION_HOME_STORE);
    table->asks_gap |= has(when, CONDITION_INACTIVE_DAYS);
    if ((when->given & ONE_BY_ONE) == 0)
        return;
    assert(table->check_count < RULEBOOK_CHECKS_MAX);
    table->checks[table->check_count++] =
        (struct rulebook_check) { index, when };
}

/* --- rules --- */

/* Points for each `per`, so many thousandths of them. */
static bool
ratio_per(const struct earn_rule *per, int32_t thousandths,
          struct ratio *ret_ratio)
{
    return ratio_make((uint64_t)(per->points.value * thousandths),
                      (uint64_t)(per->per.minor * 1000), ret_ratio);
}

static bool
add_rule(struct rulebook *table, int32_t place)
{
    const struct earn_rule *rule = &table->program->earn[place];
    uint32_t index = table->rule_count++;
    struct rulebook_rule *made = &table->rules[index];
    bool fits = true;

    *made = (struct rulebook_rule) {
        .max = rule->max_points == PROGRAM_NO_LIMIT ||
                       rule->max_points > LIMIT_POINTS
                   ? LIMIT_POINTS
                   : rule->max_points,
        .place = place,
        .number = version_number(table->version, NAME_RULE, place),
        .issuer = version_number(table->version, NAME_PARTNER, rule->funder),
        .reward = version_number(table->version, NAME_REWARD, rule->reward),
        .limit_per = rule->limit_per,
        .limit_times = rule->limit_times,
        .group = rule->best_of,
    };
    table->when[index] = &rule->when;
    if (rule->shape == EARN_PER_AMOUNT) {
        fits = ratio_per(rule, 1000, &made->ratio);
    } else if (rule->shape == EARN_MULTIPLY) {
        const struct earn_rule *of = &table->program->earn[rule->of];
        table->also[index] = &of->when;
        fits = ratio_per(of, rule->multiply - 1000, &made->ratio);
    } else {
        made->fixed = rule->points.value;
        if (rule->shape == EARN_PER_ITEM)
            table->item_bits |= bit(index);
    }
    if (made->issuer != PROGRAM_NONE || made->reward != PROGRAM_NONE ||
        made->limit_per != LIMIT_PER_NONE || made->group != PROGRAM_NONE)
        table->special_bits |= bit(index);
    if (made->fixed == 0 && made->reward == PROGRAM_NONE &&
        made->ratio.whole == 0 &&
        ratio_of_fraction(made->ratio.fraction, UINT32_MAX) <=
            (uint64_t)made->max)
        table->fraction_bits |= bit(index);
    if (place == table->version->tier_of)
        table->tier_bit = bit(index);
    return fits && made->group < RULEBOOK_GROUPS_MAX;
}

static void
add_card(struct rulebook *table, int32_t place)
{
    uint32_t index = table->rule_count + table->card_count++;

    table->when[index] = &table->program->stamps[place].when;
    table->card_place[index] = place;
    if (table->program->stamps[place].per == STAMP_PER_ITEM)
        table->item_bits |= bit(index);
}

static bool
add_tiers(struct rulebook *table)
{
    const struct program_tiers *tiers = &table->program->tiers;
    int32_t of = table->version->tier_of;
    bool fits = true;

    for (uint32_t i = 0; i < tiers->count; i++) {
        int32_t multiply = tiers->levels[i].multiply;
        int32_t name = version_number(table->version, NAME_LEVEL, (int32_t)i);
        if (of == PROGRAM_NONE || multiply <= 1000)
            continue;
        table->tier_number[i + 1] = table->timeline->rule_of[NAME_LEVEL][name];
        fits &= ratio_per(&table->program->earn[of], multiply - 1000,
                          &table->tier[i + 1]);
    }
    return fits;
}

/* Whether the program is one that tables can speak of. */
static bool
is_fit(const struct version *version)
{
    const struct program *program = version->program;

    return version->rules[EARN_ON_PURCHASE].count + program->stamp_count <=
               RULEBOOK_BITS &&
           program->earn_groups.count <= RULEBOOK_GROUPS_MAX &&
           program->tiers.count <= RULEBOOK_LEVELS_MAX &&
           program->spend_reward_count <= RULEBOOK_SPENDS_MAX;
}

static bool
is_simple(const struct rulebook *table)
{
    const struct version *version = table->version;
    const struct program *program = table->program;
    bool rewards = false;

    for (uint32_t i = 0; i < program->tiers.count; i++)
        rewards |= program->tiers.levels[i].reward != PROGRAM_NONE;
    return !rewards && table->special_bits == 0 && table->card_count == 0 &&
           program->spend_reward_count == 0 && program->bonus_step_count == 0 &&
           version->absence_count == 0 &&
           version->rules[EARN_ON_JOIN].count == 0 &&
           program->points.expiry != EXPIRE_INACTIVE &&
           program->points.pending_days == 0 &&
           program->points.release.count == 0;
}

static bool
add_all(struct rulebook *table)
{
    struct place_list rules = table->version->rules[EARN_ON_PURCHASE];
    bool fits = true;

    for (uint32_t i = 0; i < rules.count; i++)
        fits &= add_rule(table, rules.places[i]);
    for (uint32_t i = 0; i < table->program->stamp_count; i++)
        if (table->program->stamps[i].per != STAMP_BY_EVENT)
            add_card(table, (int32_t)i);
    for (uint32_t i = 0; i < table->rule_count + table->card_count; i++) {
        if (i < table->rule_count)
            table->rule_bits |= bit(i);
        else
            table->card_bits |= bit(i);
        add_checks(table, i, table->when[i]);
        add_checks(table, i, table->also[i]);
    }
    mark_conditions(table);
    table->asks_amount = (table->rule_bits & ~table->fraction_bits) != 0 ||
                         table->card_count > 0;
    table->simple = is_simple(table);
    return add_tiers(table) && fits;
}

struct rulebook *
rulebook_make(const struct timeline *timeline, const struct version *version,
              const struct almanac *days, const struct words *words,
              struct basket *basket, struct arena *arena)
{
    if (!is_fit(version))
        return NULL;
    struct rulebook *table = ARENA_NEW(arena, struct rulebook, 1);
    table->timeline = timeline;
    table->version = version;
    table->program = version->program;
    table->days = days;
    table->arena = arena;
    if (!add_all(table))
        return NULL;
    table->goods = ARENA_NEW(arena, uint64_t, words->count + 1);
    table->eligible = ARENA_NEW(arena, uint32_t, words->count + 1);
    mark_goods(table, WORDS_NONE, (view) { 0 }, basket);
    for (uint32_t i = 1; i <= words->count; i++)
        mark_goods(table, i, words_get(words, i), basket);
    mark_lines(table, words->count + 1);
    /* Most of these pages are never touched, so they must come from the
     * system as they are. */
    table->stores = calloc(PLAIN_STORES_MAX + 1, sizeof *table->stores);
    table->days_of = calloc(ALMANAC_DAYS, sizeof *table->days_of);
    table->level_until = calloc(ALMANAC_MONTHS, sizeof *table->level_until);
    table->idle_at = calloc(ALMANAC_MONTHS, sizeof *table->idle_at);
    if (table->stores != NULL && table->days_of != NULL &&
        table->level_until != NULL && table->idle_at != NULL)
        return table;
    rulebook_close(table);
    return NULL;
}

void
rulebook_close(struct rulebook *table)
{
    if (table == NULL)
        return;
    free(table->stores);
    free(table->days_of);
    free(table->level_until);
    free(table->idle_at);
}

/* --- made when first needed --- */

const struct rulebook_store *
rulebook_store_make(struct rulebook *table, const struct plain *plain,
                    uint32_t number)
{
    uint32_t store = plain->store_of[number];
    int32_t partner =
        timeline_partner_of(table->timeline, table->version, store);
    const struct value value = {
        .store = store,
        .partner = version_place(table->version, NAME_PARTNER, partner),
    };

    assert(table->cell_base > 0); /* whoever has the cells has laid them out */
    table->stores[number] = (struct rulebook_store) {
        .mask = mask_of(table, store_holds, &value),
        .partner = partner,
        .cell = table->cell_base + partner * table->cell_months,
    };
    return &table->stores[number];
}

static const struct rulebook_terms *
terms_of(struct rulebook *table, int32_t date)
{
    const struct program_points *rules = &table->program->points;
    const struct zone *zone = table->days->zone;
    int64_t available_at = terms_available_at(zone, rules, date);
    int64_t expires_at = terms_expires_at(zone, rules, date);
    const struct rulebook_terms *terms = table->terms;

    while (terms != NULL && (terms->available_at != available_at ||
                             terms->expires_at != expires_at))
        terms = terms->next;
    if (terms != NULL)
        return terms;
    struct rulebook_terms *made =
        ARENA_NEW(table->arena, struct rulebook_terms, 1);
    *made = (struct rulebook_terms) { available_at, expires_at, table->terms };
    table->terms = made;
    return made;
}

const struct rulebook_day *
rulebook_day_make(struct rulebook *table, int32_t day)
{
    const struct value value = { .day = day + table->days->first };

    table->days_of[day] = (struct rulebook_day) {
        .mask = mask_of(table, day_holds, &value),
        .terms = terms_of(table, value.day),
    };
    return &table->days_of[day];
}

int64_t
rulebook_level_until(struct rulebook *table, int32_t place, int32_t month)
{
    int64_t *until = &table->level_until[month];

    if (place == 0)
        return TERMS_NEVER;
    if (*until == 0)
        *until = terms_tier_until(table->days->zone, &table->program->tiers,
                                  table->days->month_day[month] +
                                      table->days->first);
    return *until;
}

int64_t
rulebook_idle_at(struct rulebook *table, int32_t month)
{
    int64_t *at_ms = &table->idle_at[month];

    if (*at_ms == 0)
        *at_ms = terms_inactive_at(table->days->zone, &table->program->points,
                                   table->days->month_day[month] +
                                       table->days->first);
    return *at_ms;
}
