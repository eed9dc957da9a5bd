#include "replay/rulebook.h"

#include <stdlib.h>

/* A table's products stay below this, so that rulebook_divide() is exact. */
#define PRODUCT_MAX (UINT64_C(1) << 53)

static const uint32_t GOODS = 1u << CONDITION_CATEGORIES | 1u << CONDITION_SKUS;
static const uint32_t ONE_BY_ONE =
    1u << CONDITION_HOURS | 1u << CONDITION_DATES | 1u << CONDITION_MIN_TOTAL |
    1u << CONDITION_INACTIVE_DAYS;

/* Rounded up. */
static uint64_t
magic_of(uint64_t divisor)
{
    return divisor == 1 ? 0 : UINT64_MAX / divisor + 1;
}

/* --- conditions --- */

static bool
has_number(const int32_t *numbers, uint32_t count, int32_t wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (numbers[i] == wanted)
            return true;
    return false;
}

static bool
goods_hold(const struct condition *when, const struct basket *basket)
{
    if ((when->given & 1u << CONDITION_CATEGORIES) != 0 &&
        !basket_matches(basket, when, false))
        return false;
    return (when->given & 1u << CONDITION_SKUS) == 0 ||
           basket_matches(basket, when, true);
}

static bool
store_holds(const struct condition *when, uint32_t store, int32_t partner_place)
{
    if ((when->given & 1u << CONDITION_STORES) != 0 &&
        !store_set_has(&when->stores, store))
        return false;
    return (when->given & 1u << CONDITION_PARTNERS) == 0 ||
           (partner_place != PROGRAM_NONE &&
            has_number(when->partners, when->partner_count, partner_place));
}

static bool
level_holds(const struct condition *when, int32_t place)
{
    return (when->given & 1u << CONDITION_TIERS) == 0 ||
           (place != PROGRAM_NONE &&
            has_number(when->tiers, when->tier_count, place));
}

/* An account of plain events has granted no consent. */
static bool
may_hold(const struct condition *when)
{
    return (when->given & 1u << CONDITION_CONSENTS) == 0 ||
           when->consents.count == 0;
}

static uint64_t
bit(uint32_t index)
{
    return UINT64_C(1) << index;
}

/* The bits whose conditions, both of them, `holds`. */
#define MASK_OF(table, index, when_, holds)                                    \
    do {                                                                       \
        const struct condition *when_ = (table)->when[index];                  \
        bool all_hold = (holds);                                               \
        when_ = (table)->also[index];                                          \
        if (all_hold && when_ != NULL)                                         \
            all_hold = (holds);                                                \
        if (all_hold)                                                          \
            mask |= bit(index);                                                \
    } while (0)

static void
mark_days(struct rulebook *table, uint32_t index)
{
    for (uint32_t day = 0; day < 7; day++) {
        uint64_t mask = 0;
        MASK_OF(table, index, when,
                (when->given & 1u << CONDITION_WEEKDAYS) == 0 ||
                    (when->weekdays >> day & 1) != 0);
        table->weekday[day] |= mask;
    }
}

static void
mark_account(struct rulebook *table, uint32_t index)
{
    for (int32_t place = -1; place < RULEBOOK_LEVELS_MAX; place++) {
        uint64_t mask = 0;
        MASK_OF(table, index, when, level_holds(when, place) && may_hold(when));
        table->level[place + 1] |= mask;
    }
    for (int32_t yes = 0; yes < 2; yes++) {
        uint64_t mask = 0;
        MASK_OF(table, index, when,
                (when->given & 1u << CONDITION_FIRST_PURCHASE) == 0 ||
                    when->first_purchase == (yes == 1));
        table->first[yes] |= mask;
        mask = 0;
        MASK_OF(table, index, when,
                (when->given & 1u << CONDITION_HOME_STORE) == 0 ||
                    when->home_store == (yes == 1));
        table->home[yes] |= mask;
    }
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
    uint64_t mask = 0;

    event.sale.total.minor = 100;
    if (number != WORDS_NONE) {
        event.sale.lines = &line;
        event.sale.line_count = 1;
    }
    basket_fill(basket, table->version, &event, NULL);
    table->eligible[number] = basket->eligible.minor > 0;
    for (uint32_t i = 0; i < table->rule_count + table->card_count; i++)
        MASK_OF(table, i, when,
                (when->given & GOODS) == 0 || goods_hold(when, basket));
    table->goods[number] = mask;
}

uint64_t
rulebook_check(const struct rulebook *table, uint64_t mask,
               const struct plain_event *event, int32_t last_visit_day)
{
    int32_t day = event->day + table->days->first;

    for (uint64_t rest = mask & table->check_bits; rest != 0;
         rest &= rest - 1) {
        uint32_t index = (uint32_t)__builtin_ctzll(rest);
        for (int i = 0; i < 2; i++) {
            const struct condition *when =
                i == 0 ? table->when[index] : table->also[index];
            if (when == NULL)
                continue;
            bool from = event->ms_of_day >= when->hours_from_ms;
            bool to = event->ms_of_day < when->hours_to_ms;
            bool in_hours = when->hours_from_ms < when->hours_to_ms
                                ? from && to
                                : from || to;
            bool absent = last_visit_day != EVENT_NO_DAY &&
                          event->day - last_visit_day >= when->inactive_days;
            uint32_t given = when->given;
            if (((given & 1u << CONDITION_HOURS) != 0 && !in_hours) ||
                ((given & 1u << CONDITION_DATES) != 0 &&
                 (day < when->date_from || day > when->date_to)) ||
                ((given & 1u << CONDITION_MIN_TOTAL) != 0 &&
                 event->amount < when->min_total.minor) ||
                ((given & 1u << CONDITION_INACTIVE_DAYS) != 0 && !absent))
                mask &= ~bit(index);
        }
    }
    return mask;
}

/* --- rules --- */

static bool
set_amount(struct rulebook_rule *rule, const struct earn_rule *of,
           int64_t times, int64_t divisor)
{
    rule->by_amount = true;
    rule->factor = (uint64_t)(of->points.value * times);
    rule->divisor = (uint64_t)divisor;
    rule->magic = magic_of(rule->divisor);
    return rule->factor <= PRODUCT_MAX / UINT32_MAX;
}

static bool
add_rule(struct rulebook *table, int32_t place)
{
    const struct program *program = table->version->program;
    const struct earn_rule *rule = &program->earn[place];
    uint32_t index = table->rule_count++;
    struct rulebook_rule *made = &table->rules[index];
    bool fits = true;

    *made = (struct rulebook_rule) {
        .factor = (uint64_t)rule->points.value,
        .max_points = rule->max_points,
        .number = version_number(table->version, NAME_RULE, place),
        .issuer = version_number(table->version, NAME_PARTNER, rule->funder),
        .reward = version_number(table->version, NAME_REWARD, rule->reward),
        .limit_per = rule->limit_per,
        .limit_times = rule->limit_times,
        .group = rule->best_of,
    };
    table->when[index] = &rule->when;
    if (rule->shape == EARN_PER_AMOUNT)
        fits = set_amount(made, rule, 1, rule->per.minor);
    if (rule->shape == EARN_MULTIPLY) {
        const struct earn_rule *of = &program->earn[rule->of];
        table->also[index] = &of->when;
        fits =
            set_amount(made, of, rule->multiply - 1000, of->per.minor * 1000);
    }
    if (made->issuer != PROGRAM_NONE || made->reward != PROGRAM_NONE ||
        made->limit_per != LIMIT_PER_NONE || made->group != PROGRAM_NONE ||
        made->max_points != PROGRAM_NO_LIMIT)
        table->special_bits |= bit(index);
    if (place == table->version->tier_of)
        table->tier_bit = bit(index);
    return fits && made->group < RULEBOOK_GROUPS_MAX;
}

static void
add_card(struct rulebook *table, int32_t place)
{
    uint32_t index = table->rule_count + table->card_count++;

    table->when[index] = &table->version->program->stamps[place].when;
    table->card_place[index] = place;
}

static bool
add_tiers(struct rulebook *table)
{
    const struct program *program = table->version->program;
    int32_t of = table->version->tier_of;

    for (uint32_t i = 0; i < program->tiers.count; i++) {
        int32_t multiply = program->tiers.levels[i].multiply;
        int32_t name = version_number(table->version, NAME_LEVEL, (int32_t)i);
        if (of == PROGRAM_NONE || multiply <= 1000)
            continue;
        const struct earn_rule *rule = &program->earn[of];
        table->tier_number[i] = table->timeline->rule_of[NAME_LEVEL][name];
        table->tier_factor[i] =
            (uint64_t)(rule->points.value * (multiply - 1000));
        table->tier_divisor = (uint64_t)(rule->per.minor * 1000);
        table->tier_magic = magic_of(table->tier_divisor);
        if (table->tier_factor[i] > PRODUCT_MAX / UINT32_MAX)
            return false;
    }
    return true;
}

/* Whether the program is one that tables can speak of. */
static bool
is_fit(const struct timeline *timeline)
{
    if (timeline->version_count != 1 ||
        timeline->names[NAME_PARTNER].count > RULEBOOK_PARTNERS_MAX)
        return false;
    const struct version *version = &timeline->versions[0];
    const struct program *program = version->program;
    return version->rules[EARN_ON_PURCHASE].count + program->stamp_count <=
               RULEBOOK_BITS &&
           program->earn_groups.count <= RULEBOOK_GROUPS_MAX &&
           program->tiers.count <= RULEBOOK_LEVELS_MAX &&
           program->spend_reward_count <= RULEBOOK_SPENDS_MAX &&
           program->points.expiry != EXPIRE_INACTIVE;
}

static bool
add_all(struct rulebook *table)
{
    const struct program *program = table->version->program;
    struct place_list rules = table->version->rules[EARN_ON_PURCHASE];
    bool fits = true;

    for (uint32_t i = 0; i < rules.count; i++)
        fits &= add_rule(table, rules.places[i]);
    for (uint32_t i = 0; i < program->stamp_count; i++)
        if (program->stamps[i].per != STAMP_BY_EVENT)
            add_card(table, (int32_t)i);
    for (uint32_t i = 0; i < table->rule_count + table->card_count; i++) {
        uint32_t given = table->when[i]->given |
                         (table->also[i] == NULL ? 0 : table->also[i]->given);
        mark_days(table, i);
        mark_account(table, i);
        if (i < table->rule_count)
            table->rule_bits |= bit(i);
        else
            table->card_bits |= bit(i);
        if ((given & ONE_BY_ONE) != 0)
            table->check_bits |= bit(i);
    }
    return add_tiers(table) && fits;
}

struct rulebook *
rulebook_make(const struct timeline *timeline, const struct plain_days *days,
              const struct words *words, struct basket *basket,
              struct arena *arena)
{
    if (!is_fit(timeline) || !zone_equal(&timeline->zone, days->zone))
        return NULL;
    struct rulebook *table = ARENA_NEW(arena, struct rulebook, 1);
    table->timeline = timeline;
    table->version = &timeline->versions[0];
    table->days = days;
    table->ends_ms = table->version->ends_ms;
    if (!add_all(table))
        return NULL;
    table->goods = ARENA_NEW(arena, uint64_t, words->count + 1);
    table->eligible = ARENA_NEW(arena, bool, words->count + 1);
    mark_goods(table, WORDS_NONE, (view) { 0 }, basket);
    for (uint32_t i = 1; i <= words->count; i++)
        mark_goods(table, i, words_get(words, i), basket);
    /* Most of these pages are never touched, so they must come from the
     * system as they are. */
    table->stores = calloc(PLAIN_STORES_MAX + 1, sizeof *table->stores);
    table->terms = calloc(PLAIN_DAYS, sizeof *table->terms);
    table->level_until = calloc(PLAIN_MONTHS, sizeof *table->level_until);
    if (table->stores != NULL && table->terms != NULL &&
        table->level_until != NULL)
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
    free(table->terms);
    free(table->level_until);
}

const struct rulebook_store *
rulebook_store(struct rulebook *table, const struct plain *plain,
               uint32_t number)
{
    struct rulebook_store *made = &table->stores[number];
    uint64_t mask = 0;

    if (made->store != 0)
        return made;
    uint32_t store = plain->store_of[number];
    int32_t partner =
        timeline_partner_of(table->timeline, table->version, store);
    int32_t place = version_place(table->version, NAME_PARTNER, partner);
    for (uint32_t i = 0; i < table->rule_count + table->card_count; i++)
        MASK_OF(table, i, when, store_holds(when, store, place));
    *made = (struct rulebook_store) { mask, store, partner };
    return made;
}

const struct rulebook_terms *
rulebook_terms(struct rulebook *table, int32_t day)
{
    struct rulebook_terms *terms = &table->terms[day];
    const struct program_points *rules = &table->version->program->points;

    if (terms->known)
        return terms;
    *terms = (struct rulebook_terms) {
        .available_at = terms_available_at(table->days->zone, rules,
                                           day + table->days->first),
        .expires_at = terms_expires_at(table->days->zone, rules,
                                       day + table->days->first),
        .known = true,
    };
    return terms;
}
