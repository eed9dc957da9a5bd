#include "replay/quick.h"

#include "core/bonus.h"
#include "core/book.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_MONTHS = 16,
    BLOCKS = (PLAIN_MONTHS + BLOCK_MONTHS - 1) / BLOCK_MONTHS,
    ROOM_FIRST = 64,
};

/* Effects of a store and month that stand under the store's partner. */
struct cell {
    int64_t purchases;
    int64_t sales;
    int64_t issued;
    int64_t redeemed;
    int64_t overdrawn;
    int64_t vouchers;
};

struct lot_row {
    int64_t expires_at;
    int64_t available_at;
    int64_t left;
    int32_t partner;
};

/* Eligible spend of a month at a store, for the monthly bonus. */
struct store_spend {
    uint32_t store;
    uint16_t number;
    int64_t spend;
};

struct month_row {
    int32_t month;
    int64_t spend;
};

struct spend_row {
    int64_t progress;
    int32_t year;
    bool given; /* in this window */
    bool begun;
};

/* What an account has come to so far. */
struct state {
    struct lot_row *lots; /* from `lot_first`, in the order of use */
    uint32_t lot_room;
    uint32_t lot_first;
    uint32_t lot_end;
    int64_t debt;
    int32_t level; /* place; PROGRAM_NONE: no tiers */
    int64_t level_until;
    struct month_row *months;
    uint32_t month_count;
    int32_t window_first; /* months of the window that window_spend is of */
    int32_t window_last;
    int64_t window_spend;
    int64_t due;         /* the next change by the clock */
    int32_t bonus_month; /* the month whose bonus is to be given; -1 */
    struct store_spend *bonus_stores; /* of that month, by store */
    uint32_t bonus_count;
    int64_t absence_at; /* the next midnight of an absence; TERMS_NEVER */
    uint32_t absence_next;
    int32_t visit_day; /* EVENT_NO_DAY */
    uint16_t visit_store;
    bool bought;
    bool joined;
    uint32_t home_store;
    struct earn_count *counts; /* room for every rule; so has `given` */
    uint32_t count_count;
    int32_t *given; /* rules that gave in this absence */
    uint32_t given_count;
    int64_t stamps[RULEBOOK_BITS];
    struct spend_row spends[RULEBOOK_SPENDS_MAX];
    struct side_account sums;
};

struct quick {
    struct side *side;
    struct rulebook *table;
    struct plain *plain;
    struct earn_outcome *outcome;
    struct arena *arena;
    const struct program *program;
    struct cell **(*blocks);    /* by store's small number, then by block */
    int64_t *expired;           /* by partner and month */
    struct effect_list effects; /* of one rare booking */
    struct cell dropped;        /* what `since` leaves out */
    int64_t *weights;           /* of the stores of a bonus, and their parts */
    int64_t *parts;
    uint32_t bonus_room;
    struct state state;
};

struct quick *
quick_open(struct side *side, struct rulebook *table, struct plain *plain,
           struct earn_outcome *outcome, struct arena *arena)
{
    struct quick *quick = ARENA_NEW(arena, struct quick, 1);
    uint32_t partners = table->timeline->names[NAME_PARTNER].count;

    quick->side = side;
    quick->table = table;
    quick->plain = plain;
    quick->outcome = outcome;
    quick->arena = arena;
    quick->program = table->version->program;
    quick->effects.arena = arena;
    quick->state.lots = ARENA_NEW(arena, struct lot_row, ROOM_FIRST);
    quick->state.lot_room = ROOM_FIRST;
    quick->state.months = ARENA_NEW(arena, struct month_row, PLAIN_MONTHS);
    quick->state.counts =
        ARENA_NEW(arena, struct earn_count, quick->program->earn_count);
    quick->state.given = ARENA_NEW(arena, int32_t, quick->program->earn_count);
    quick->blocks = calloc(PLAIN_STORES_MAX + 1, sizeof *quick->blocks);
    quick->expired = calloc((size_t)partners * PLAIN_MONTHS, sizeof(int64_t));
    if (quick->blocks != NULL && quick->expired != NULL)
        return quick;
    quick_close(quick);
    return NULL;
}

void
quick_close(struct quick *quick)
{
    if (quick == NULL)
        return;
    free(quick->blocks);
    free(quick->expired);
}

/* --- sums --- */

static struct cell *
make_cell(struct quick *quick, uint32_t store, uint32_t month)
{
    struct cell ***blocks = &quick->blocks[store];

    if (*blocks == NULL)
        *blocks = ARENA_NEW(quick->arena, struct cell *, BLOCKS);
    struct cell **block = &(*blocks)[month / BLOCK_MONTHS];
    if (*block == NULL)
        *block = ARENA_NEW(quick->arena, struct cell, BLOCK_MONTHS);
    return &(*block)[month % BLOCK_MONTHS];
}

static inline bool
is_counted(const struct quick *quick, int64_t at_ms)
{
    return at_ms >= quick->side->since_ms;
}

static inline struct cell *
cell_of(struct quick *quick, uint32_t store, uint32_t month, int64_t at_ms)
{
    if (!is_counted(quick, at_ms))
        return &quick->dropped;
    struct cell **blocks = quick->blocks[store];
    if (blocks != NULL) {
        struct cell *block = blocks[month / BLOCK_MONTHS];
        if (block != NULL)
            return &block[month % BLOCK_MONTHS];
    }
    return make_cell(quick, store, month);
}

/* A step at an instant and a store. */
struct place {
    int64_t at_ms;
    int32_t day;
    uint16_t month;
    uint16_t number; /* of the store */
    const struct rulebook_store *store;
    struct cell *cell;
};

/* An effect that no cell has room for. */
static void
book_rare(struct quick *quick, const struct place *place, enum measure measure,
          int32_t partner, int64_t amount)
{
    if (!is_counted(quick, place->at_ms))
        return;
    struct effect *effect = effect_add(&quick->effects, measure);
    effect->partner = partner;
    effect->store = place->store->store;
    effect->amount = amount;
    if (measure == MEASURE_ISSUED)
        effect->money = micro_of_points(
            (points) { amount },
            version_issue_price(quick->table->version, partner));
    side_count(quick->side, place->month + PLAIN_MONTH_FIRST,
               quick->program->points.value, &quick->effects);
    quick->effects.count = 0;
}

static inline void
book_rule(struct quick *quick, const struct place *place, int32_t rule,
          int64_t amount)
{
    if (!is_counted(quick, place->at_ms))
        return;
    quick->side->rule_points[rule] += amount;
    quick->side->rule_gave[rule] = true;
}

/* --- points --- */

/* Room for one more: what has been used up, or twice as much. */
static void
make_room(struct state *state, struct arena *arena)
{
    uint32_t count = state->lot_end - state->lot_first;
    struct lot_row *lots = state->lots;

    if (state->lot_end < state->lot_room)
        return;
    if (count * 2 > state->lot_room) {
        state->lot_room *= 2;
        lots = ARENA_NEW(arena, struct lot_row, state->lot_room);
    }
    memmove(lots, state->lots + state->lot_first, count * sizeof *lots);
    state->lots = lots;
    state->lot_first = 0;
    state->lot_end = count;
}

/* Keeps the order of use: expiry, availability, partner. */
static void
insert_lot(struct state *state, const struct lot_row *lot, struct arena *arena)
{
    make_room(state, arena);
    uint32_t at = state->lot_end;

    while (at > state->lot_first) {
        const struct lot_row *before = &state->lots[at - 1];
        if (before->expires_at != lot->expires_at
                ? before->expires_at < lot->expires_at
            : before->available_at != lot->available_at
                ? before->available_at < lot->available_at
                : before->partner <= lot->partner)
            break;
        at--;
    }
    if (at > state->lot_first) {
        struct lot_row *before = &state->lots[at - 1];
        if (before->expires_at == lot->expires_at &&
            before->available_at == lot->available_at &&
            before->partner == lot->partner) {
            before->left += lot->left;
            return;
        }
    }
    memmove(&state->lots[at + 1], &state->lots[at],
            (state->lot_end - at) * sizeof *lot);
    state->lots[at] = *lot;
    state->lot_end++;
}

static inline void
earn(struct quick *quick, const struct place *place, int32_t issuer,
     int64_t amount)
{
    struct state *state = &quick->state;

    if (is_counted(quick, place->at_ms))
        state->sums.net.value += amount;
    if (issuer == place->store->partner)
        place->cell->issued += amount;
    else
        book_rare(quick, place, MEASURE_ISSUED, issuer, amount);
    if (state->debt > 0) {
        int64_t paid = amount < state->debt ? amount : state->debt;
        state->debt -= paid;
        amount -= paid;
        if (amount == 0)
            return;
    }
    const struct rulebook_terms *terms = &quick->table->terms[place->day];
    if (!terms->known)
        terms = rulebook_terms(quick->table, place->day);
    if (state->lot_end > state->lot_first) {
        struct lot_row *last = &state->lots[state->lot_end - 1];
        if (last->expires_at == terms->expires_at &&
            last->available_at == terms->available_at &&
            last->partner == issuer) {
            last->left += amount;
            return;
        }
    }
    const struct lot_row lot = { terms->expires_at, terms->available_at, amount,
                                 issuer };
    insert_lot(state, &lot, quick->arena);
    if (state->lots[state->lot_first].expires_at < state->due)
        state->due = state->lots[state->lot_first].expires_at;
}

static void
remove_lot(struct state *state, uint32_t at)
{
    if (at == state->lot_first) {
        state->lot_first++;
        return;
    }
    memmove(&state->lots[at], &state->lots[at + 1],
            (state->lot_end - at - 1) * sizeof *state->lots);
    state->lot_end--;
}

/* Takes from the lots that can (or can't yet) be used; returns what is
 * missing. */
static int64_t
take(struct state *state, int64_t at_ms, bool available, int64_t amount)
{
    for (uint32_t i = state->lot_first; i < state->lot_end && amount > 0;) {
        struct lot_row *lot = &state->lots[i];
        if ((lot->available_at <= at_ms) != available) {
            i++;
            continue;
        }
        int64_t taken = lot->left < amount ? lot->left : amount;
        lot->left -= taken;
        amount -= taken;
        if (lot->left > 0)
            break;
        bool first = i == state->lot_first;
        remove_lot(state, i);
        i += first;
    }
    return amount;
}

static void
redeem(struct quick *quick, const struct place *place, int64_t amount)
{
    struct state *state = &quick->state;
    int64_t missing = take(state, place->at_ms, true, amount);

    if (missing > 0)
        missing = take(state, place->at_ms, false, missing);
    place->cell->redeemed += amount;
    place->cell->overdrawn += missing;
    state->debt += missing;
    if (!is_counted(quick, place->at_ms))
        return;
    state->sums.redeemed.value += amount;
    state->sums.overdrawn.value += missing;
    quick->side->overdrawn_redemptions += missing > 0;
}

static void
issue(struct quick *quick, const struct place *place, int32_t reward,
      int32_t issuer, int64_t count)
{
    int32_t at = version_place(quick->table->version, NAME_REWARD, reward);
    const struct program_reward *terms = &quick->program->rewards[at];
    int64_t expires_at =
        terms_voucher_expires_at(quick->table->days->zone, terms,
                                 place->day + quick->table->days->first);

    if (issuer == place->store->partner)
        place->cell->vouchers += count;
    else
        book_rare(quick, place, MEASURE_VOUCHERS_ISSUED, issuer, count);
    if (expires_at <= quick->side->until_ms)
        return;
    quick->state.sums.vouchers += count;
    quick->side->voucher_value.minor += count * terms->value.minor;
}

/* --- rare evaluation, by the ordinary one --- */

static void
count_limit(struct state *state, int32_t rule, enum limit_period per,
            int32_t period)
{
    for (uint32_t i = 0; i < state->count_count; i++) {
        struct earn_count *count = &state->counts[i];
        if (count->rule != rule || count->per != per)
            continue;
        count->times = count->period < period ? 1 : count->times + 1;
        count->period = period;
        return;
    }
    state->counts[state->count_count++] =
        (struct earn_count) { rule, per, period, 1 };
}

/* Books what the rules gave: all vouchers and counts, then the points by
 * issuer. */
static void
book_outcome(struct quick *quick, const struct place *place)
{
    const struct earn_outcome *outcome = quick->outcome;
    int32_t day = place->day + quick->table->days->first;

    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        const struct earn_gain *gain = &outcome->gains[i];
        book_rule(quick, place, gain->rule, gain->points.value);
        if (gain->reward != PROGRAM_NONE)
            issue(quick, place, gain->reward, gain->issuer, 1);
        if (gain->limit_per != LIMIT_PER_NONE)
            count_limit(&quick->state, gain->rule, gain->limit_per,
                        terms_period(gain->limit_per, day));
    }
    for (uint32_t i = 0; i < outcome->share_count; i++)
        earn(quick, place, outcome->shares[i].issuer,
             outcome->shares[i].points.value);
}

static struct earn_context
context_of(const struct quick *quick, const struct place *place)
{
    const struct state *state = &quick->state;
    int32_t first = quick->table->days->first;

    return (struct earn_context) {
        .moment = zone_moment(quick->table->days->zone, place->at_ms),
        .store = place->store->store,
        .home_store = state->home_store,
        .level = state->level,
        .last_visit_day = state->visit_day == EVENT_NO_DAY
                              ? EVENT_NO_DAY
                              : state->visit_day + first,
        .first_purchase = !state->bought,
    };
}

static struct earn_input
input_of(const struct quick *quick, const struct earn_context *context)
{
    return (struct earn_input) {
        .timeline = quick->table->timeline,
        .version = quick->table->version,
        .context = context,
        .mode = EARN_BOUGHT,
        .counts = { quick->state.counts, quick->state.count_count },
    };
}

static void
join(struct quick *quick, const struct place *place, uint32_t home_store)
{
    struct state *state = &quick->state;
    bool first = !state->joined;

    state->joined = true;
    if (home_store != 0)
        state->home_store = home_store;
    if (!first || quick->table->version->rules[EARN_ON_JOIN].count == 0)
        return;
    struct earn_context context = context_of(quick, place);
    struct earn_input input = input_of(quick, &context);
    earn_join(&input, quick->outcome);
    book_outcome(quick, place);
}

/* --- the clock --- */

static void
set_due(struct quick *quick)
{
    struct state *state = &quick->state;
    int64_t due = state->level_until;

    if (state->lot_first < state->lot_end &&
        state->lots[state->lot_first].expires_at < due)
        due = state->lots[state->lot_first].expires_at;
    if (state->absence_at < due)
        due = state->absence_at;
    if (state->bonus_month >= 0) {
        const struct plain_days *days = quick->table->days;
        int64_t bonus =
            days->midnight_ms[days->month_day[state->bonus_month + 1]];
        if (bonus < due)
            due = bonus;
    }
    state->due = due;
}

/* The place of a midnight, at a store. */
static struct place
place_at(struct quick *quick, int64_t at_ms, uint16_t number)
{
    const struct plain_days *days = quick->table->days;
    int32_t day = zone_day(days->zone, at_ms) - days->first;

    return (struct place) {
        .at_ms = at_ms,
        .day = day,
        .month = days->month[day],
        .number = number,
        .store = rulebook_store(quick->table, quick->plain, number),
        .cell = cell_of(quick, number, days->month[day], at_ms),
    };
}

static void
give_bonus(struct quick *quick, int64_t at_ms)
{
    struct state *state = &quick->state;
    int32_t month = state->bonus_month;
    int64_t spend = 0;

    state->bonus_month = -1;
    for (uint32_t i = 0; i < state->bonus_count; i++) {
        spend += state->bonus_stores[i].spend;
        quick->weights[i] = state->bonus_stores[i].spend;
    }
    if (quick->table->days->month_day[month] + quick->table->days->first >
        quick->program->ends)
        return;
    points bonus = bonus_reckon(quick->program, (money) { spend });
    if (bonus.value == 0)
        return;
    amount_split(bonus.value, quick->weights, state->bonus_count, quick->parts);
    for (uint32_t i = 0; i < state->bonus_count; i++) {
        struct place place =
            place_at(quick, at_ms, state->bonus_stores[i].number);
        if (i == 0)
            book_rule(quick, &place, quick->table->timeline->rule_monthly_bonus,
                      bonus.value);
        if (quick->parts[i] > 0)
            earn(quick, &place, place.store->partner, quick->parts[i]);
    }
}

/* The next midnight at which an absence since the last visit is rewarded. */
static void
next_absence(struct quick *quick)
{
    const struct version *version = quick->table->version;
    struct state *state = &quick->state;

    state->absence_at = TERMS_NEVER;
    if (state->absence_next == version->absence_count)
        return;
    int32_t day = state->visit_day + version->absence_days[state->absence_next];
    assert(day < PLAIN_DAYS);
    state->absence_at = quick->table->days->midnight_ms[day];
}

static void
give_absence(struct quick *quick, int64_t at_ms)
{
    struct state *state = &quick->state;
    struct place place = place_at(quick, at_ms, state->visit_store);
    struct earn_context context = context_of(quick, &place);
    struct earn_input input = input_of(quick, &context);
    const struct place_list given = { state->given, state->given_count };
    int32_t after_days =
        quick->table->version->absence_days[state->absence_next++];

    next_absence(quick);
    earn_absence(&input, after_days, given, quick->outcome);
    book_outcome(quick, &place);
    for (uint32_t i = 0; i < quick->outcome->gain_count; i++)
        state->given[state->given_count++] = quick->outcome->gains[i].rule;
}

static void
expire(struct quick *quick, int64_t at_ms)
{
    struct state *state = &quick->state;
    const struct plain_days *days = quick->table->days;
    uint32_t month = days->month[zone_day(days->zone, at_ms) - days->first];

    while (state->lot_first < state->lot_end &&
           state->lots[state->lot_first].expires_at <= at_ms) {
        const struct lot_row *lot = &state->lots[state->lot_first++];
        if (!is_counted(quick, at_ms))
            continue;
        quick->expired[(size_t)lot->partner * PLAIN_MONTHS + month] +=
            lot->left;
        state->sums.expired.value += lot->left;
    }
}

static int64_t
window_at(struct quick *quick, int32_t month)
{
    const struct program_tiers *tiers = &quick->program->tiers;
    struct state *state = &quick->state;
    int32_t first = terms_window_first(tiers, month + PLAIN_MONTH_FIRST) -
                    PLAIN_MONTH_FIRST;
    int64_t sum = 0;

    for (uint32_t i = state->month_count; i-- > 0;) {
        if (state->months[i].month < first)
            break;
        if (state->months[i].month <= month)
            sum += state->months[i].spend;
    }
    state->window_first = first;
    state->window_last = month;
    state->window_spend = sum;
    return sum;
}

static int32_t
supported(const struct program_tiers *tiers, int64_t spend)
{
    int32_t place = 0;

    for (uint32_t i = 1; i < tiers->count; i++)
        if (tiers->levels[i].from.minor <= spend)
            place = (int32_t)i;
    return place;
}

static int64_t
level_until(const struct quick *quick, int32_t place, int32_t month)
{
    const struct plain_days *days = quick->table->days;
    int64_t *until = &quick->table->level_until[month];

    if (place == 0)
        return TERMS_NEVER;
    if (*until == 0)
        *until = terms_tier_until(days->zone, &quick->program->tiers,
                                  days->month_day[month] + days->first);
    return *until;
}

static void
end_level(struct quick *quick, int64_t at_ms)
{
    const struct program_tiers *tiers = &quick->program->tiers;
    const struct plain_days *days = quick->table->days;
    struct state *state = &quick->state;
    int32_t before = zone_day(days->zone, at_ms - 1) - days->first;
    int32_t now = zone_day(days->zone, at_ms) - days->first;
    int32_t place = supported(tiers, window_at(quick, days->month[before]));

    if (tiers->one_level && place < state->level - 1)
        place = state->level - 1;
    state->level = place;
    state->level_until = level_until(quick, place, days->month[now]);
}

/* Makes all changes that are due up to and including that instant, in their
 * order. */
static void
run_clock(struct quick *quick, int64_t until_ms)
{
    const struct plain_days *days = quick->table->days;
    struct state *state = &quick->state;

    for (set_due(quick); state->due <= until_ms; set_due(quick)) {
        int64_t at_ms = state->due;
        if (state->bonus_month >= 0 &&
            days->midnight_ms[days->month_day[state->bonus_month + 1]] == at_ms)
            give_bonus(quick, at_ms);
        else if (state->absence_at == at_ms)
            give_absence(quick, at_ms);
        else if (state->lot_first < state->lot_end &&
                 state->lots[state->lot_first].expires_at == at_ms)
            expire(quick, at_ms);
        else
            end_level(quick, at_ms);
    }
}

/* --- a purchase --- */

static inline uint64_t
points_by(uint64_t amount, uint64_t factor, uint64_t divisor, uint64_t magic)
{
    uint64_t value = rulebook_divide(amount * factor, divisor, magic);

    return value < LIMIT_POINTS ? value : LIMIT_POINTS;
}

static inline int64_t
rule_points(const struct rulebook_rule *rule, int64_t amount)
{
    if (!rule->by_amount)
        return (int64_t)rule->factor;
    return (int64_t)points_by((uint64_t)amount, rule->factor, rule->divisor,
                              rule->magic);
}

static inline int64_t
tier_points(const struct quick *quick, uint64_t mask, int64_t amount)
{
    const struct rulebook *table = quick->table;
    int32_t level = quick->state.level;

    if (level <= 0 && (level < 0 || table->tier_factor[0] == 0))
        return 0;
    if ((mask & table->tier_bit) == 0 || table->tier_factor[level] == 0)
        return 0;
    return (int64_t)points_by((uint64_t)amount, table->tier_factor[level],
                              table->tier_divisor, table->tier_magic);
}

/* Whether the rule's limit has been reached. */
static bool
is_stopped(const struct quick *quick, const struct rulebook_rule *rule,
           int32_t day)
{
    const struct earn_counts counts = { quick->state.counts,
                                        quick->state.count_count };

    if (rule->limit_per == LIMIT_PER_NONE)
        return false;
    int32_t period =
        terms_period(rule->limit_per, day + quick->table->days->first);
    return earn_count_of(&counts, rule->number, rule->limit_per, period) >=
           rule->limit_times;
}

/* Notes a gain; of a group only the best stays, in its own place. */
static void
add_gain(struct earn_outcome *outcome, const struct earn_gain *gain,
         int32_t group, uint32_t *best)
{
    if (group != PROGRAM_NONE && best[group] != 0) {
        struct earn_gain *rival = &outcome->gains[best[group] - 1];
        if (gain->points.value <= rival->points.value)
            return;
        rival->rule = PROGRAM_NONE; /* it gives nothing */
    }
    outcome->gains[outcome->gain_count++] = *gain;
    if (group != PROGRAM_NONE)
        best[group] = outcome->gain_count;
}

static void
add_share(struct earn_outcome *outcome, int32_t issuer, int64_t amount)
{
    uint32_t at = outcome->share_count;

    while (at > 0 && outcome->shares[at - 1].issuer > issuer)
        at--;
    if (at > 0 && outcome->shares[at - 1].issuer == issuer) {
        outcome->shares[at - 1].points.value += amount;
        return;
    }
    memmove(&outcome->shares[at + 1], &outcome->shares[at],
            (outcome->share_count++ - at) * sizeof outcome->shares[0]);
    outcome->shares[at] = (struct earn_share) { issuer, { amount } };
}

static void
settle_gains(struct earn_outcome *outcome)
{
    uint32_t kept = 0;

    outcome->share_count = 0;
    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        struct earn_gain gain = outcome->gains[i];
        if (gain.rule == PROGRAM_NONE)
            continue;
        outcome->gains[kept++] = gain;
        if (gain.points.value > 0)
            add_share(outcome, gain.issuer, gain.points.value);
    }
    outcome->gain_count = kept;
}

/* Rules with limits, groups, funders, vouchers or maxima among the others. */
static void
earn_special(struct quick *quick, const struct place *place, uint64_t mask,
             int64_t amount)
{
    const struct rulebook *table = quick->table;
    struct earn_outcome *outcome = quick->outcome;
    uint32_t best[RULEBOOK_GROUPS_MAX] = { 0 };

    outcome->gain_count = 0;
    for (uint64_t rest = mask & table->rule_bits; rest != 0; rest &= rest - 1) {
        const struct rulebook_rule *rule = &table->rules[__builtin_ctzll(rest)];
        int64_t value = rule_points(rule, amount);
        if (rule->max_points != PROGRAM_NO_LIMIT && value > rule->max_points)
            value = rule->max_points;
        if ((value <= 0 && rule->reward == PROGRAM_NONE) ||
            is_stopped(quick, rule, place->day))
            continue;
        const struct earn_gain gain = {
            .rule = rule->number,
            .issuer = rule->issuer == PROGRAM_NONE ? place->store->partner
                                                   : rule->issuer,
            .reward = rule->reward,
            .points = { value },
            .limit_per = rule->limit_per,
        };
        add_gain(outcome, &gain, rule->group, best);
    }
    int64_t tier = tier_points(quick, mask, amount);
    if (tier > 0) {
        const struct earn_gain gain = {
            .rule = table->tier_number[quick->state.level],
            .issuer = place->store->partner,
            .reward = PROGRAM_NONE,
            .points = { tier },
        };
        add_gain(outcome, &gain, PROGRAM_NONE, best);
    }
    settle_gains(outcome);
    book_outcome(quick, place);
}

static inline void
earn_plain(struct quick *quick, const struct place *place, uint64_t mask,
           int64_t amount)
{
    const struct rulebook *table = quick->table;
    int64_t sum = 0;

    for (uint64_t rest = mask & table->rule_bits; rest != 0; rest &= rest - 1) {
        const struct rulebook_rule *rule = &table->rules[__builtin_ctzll(rest)];
        int64_t value = rule_points(rule, amount);
        if (value == 0)
            continue;
        sum += value;
        book_rule(quick, place, rule->number, value);
    }
    int64_t tier = tier_points(quick, mask, amount);
    if (tier > 0) {
        sum += tier;
        book_rule(quick, place, table->tier_number[quick->state.level], tier);
    }
    if (sum > 0)
        earn(quick, place, place->store->partner, sum);
}

static void
earn_by(struct quick *quick, const struct place *place, int32_t rule,
        int64_t amount)
{
    if (amount == 0)
        return;
    book_rule(quick, place, rule, amount);
    earn(quick, place, place->store->partner, amount);
}

static void
put_stamps(struct quick *quick, const struct place *place, uint64_t mask)
{
    const struct rulebook *table = quick->table;

    for (uint64_t rest = mask & table->card_bits; rest != 0; rest &= rest - 1) {
        uint32_t index = (uint32_t)__builtin_ctzll(rest);
        int32_t at = table->card_place[index];
        const struct stamp_card *card = &quick->program->stamps[at];
        if (++quick->state.stamps[index] < card->need)
            continue;
        quick->state.stamps[index] = 0;
        if (card->reward != PROGRAM_NONE) {
            issue(quick, place,
                  version_number(table->version, NAME_REWARD, card->reward),
                  place->store->partner, 1);
            continue;
        }
        int32_t number = version_number(table->version, NAME_CARD, at);
        earn_by(quick, place, table->timeline->rule_of[NAME_CARD][number],
                card->points.value);
    }
}

static void
add_bonus(struct state *state, const struct place *place, int64_t amount)
{
    uint32_t at = state->bonus_count;

    if (state->bonus_month != place->month) {
        state->bonus_month = place->month;
        at = state->bonus_count = 0;
    }
    while (at > 0 && state->bonus_stores[at - 1].store > place->store->store)
        at--;
    if (at > 0 && state->bonus_stores[at - 1].number == place->number) {
        state->bonus_stores[at - 1].spend += amount;
        return;
    }
    memmove(&state->bonus_stores[at + 1], &state->bonus_stores[at],
            (state->bonus_count++ - at) * sizeof *state->bonus_stores);
    state->bonus_stores[at] =
        (struct store_spend) { place->store->store, place->number, amount };
}

static inline void
note_facts(struct quick *quick, const struct place *place, int64_t amount)
{
    struct state *state = &quick->state;

    state->bought = true;
    state->visit_day = place->day;
    state->visit_store = place->number;
    if (quick->table->version->absence_count > 0) {
        state->given_count = 0;
        state->absence_next = 0;
        next_absence(quick);
    }
    if (state->month_count == 0 ||
        state->months[state->month_count - 1].month != place->month)
        state->months[state->month_count++] =
            (struct month_row) { place->month, amount };
    else
        state->months[state->month_count - 1].spend += amount;
    if (quick->program->bonus_step_count > 0)
        add_bonus(state, place, amount);
}

static inline void
raise_level(struct quick *quick, const struct place *place, int64_t amount)
{
    const struct program_tiers *tiers = &quick->program->tiers;
    struct state *state = &quick->state;

    if (tiers->count == 0)
        return;
    if (state->window_last == place->month)
        state->window_spend += amount;
    else
        window_at(quick, place->month);
    int32_t now = supported(tiers, state->window_spend);
    if (now < state->level)
        return;
    int64_t until = level_until(quick, now, place->month);
    if (now == state->level) {
        if (until > state->level_until)
            state->level_until = until;
        return;
    }
    state->level = now;
    state->level_until = until;
    if (tiers->levels[now].reward != PROGRAM_NONE &&
        place->at_ms < quick->table->ends_ms)
        issue(quick, place,
              version_number(quick->table->version, NAME_REWARD,
                             tiers->levels[now].reward),
              place->store->partner, 1);
}

static void
add_spend(struct quick *quick, const struct place *place, int64_t amount)
{
    const struct rulebook *table = quick->table;
    int32_t year = (place->month + PLAIN_MONTH_FIRST) / 12;

    for (uint32_t i = 0; i < quick->program->spend_reward_count; i++) {
        const struct spend_reward *reward = &quick->program->spend_rewards[i];
        struct spend_row *row = &quick->state.spends[i];
        if (!row->begun || (reward->window_year && row->year != year))
            *row = (struct spend_row) { .year = year, .begun = true };
        row->progress += amount;
        int64_t times = row->progress / reward->spend.minor;
        if (!reward->repeat && times > 0)
            times = row->given ? 0 : 1;
        if (times == 0)
            continue;
        row->progress -= times * reward->spend.minor;
        row->given = true;
        if (reward->reward != PROGRAM_NONE) {
            issue(quick, place,
                  version_number(table->version, NAME_REWARD, reward->reward),
                  place->store->partner, times);
            continue;
        }
        int32_t number = version_number(table->version, NAME_SPEND, (int32_t)i);
        points given =
            book_times(times, reward->points, (points) { LIMIT_POINTS });
        earn_by(quick, place, table->timeline->rule_of[NAME_SPEND][number],
                given.value);
    }
}

static inline void
buy(struct quick *quick, const struct plain_event *event,
    const struct place *place)
{
    const struct rulebook *table = quick->table;
    struct state *state = &quick->state;
    int64_t amount = table->eligible[event->goods] ? event->amount : 0;
    bool earns = event->at_ms < table->ends_ms && amount > 0;

    place->cell->purchases++;
    place->cell->sales += event->amount;
    if (earns) {
        uint64_t mask = table->weekday[event->weekday] & place->store->mask &
                        table->goods[event->goods] &
                        table->level[state->level + 1] &
                        table->first[!state->bought] &
                        table->home[state->home_store == place->store->store];
        if ((mask & table->check_bits) != 0)
            mask = rulebook_check(table, mask, event, state->visit_day);
        if ((mask & table->special_bits) != 0)
            earn_special(quick, place, mask, amount);
        else
            earn_plain(quick, place, mask, amount);
        if ((mask & table->card_bits) != 0)
            put_stamps(quick, place, mask);
    }
    note_facts(quick, place, amount);
    raise_level(quick, place, amount);
    if (earns)
        add_spend(quick, place, amount);
    set_due(quick);
}

/* --- an account --- */

static void
begin(struct quick *quick)
{
    struct state *state = &quick->state;
    uint32_t count = quick->plain->event_count;

    if (count > quick->bonus_room) {
        quick->bonus_room = count * 2;
        state->bonus_stores =
            ARENA_NEW(quick->arena, struct store_spend, quick->bonus_room);
        quick->weights = ARENA_NEW(quick->arena, int64_t, quick->bonus_room);
        quick->parts = ARENA_NEW(quick->arena, int64_t, quick->bonus_room);
    }
    state->lot_first = 0;
    state->lot_end = 0;
    state->debt = 0;
    state->level = quick->program->tiers.count == 0 ? PROGRAM_NONE : 0;
    state->level_until = TERMS_NEVER;
    state->month_count = 0;
    state->window_last = -1;
    state->due = TERMS_NEVER;
    state->bonus_month = -1;
    state->absence_at = TERMS_NEVER;
    state->visit_day = EVENT_NO_DAY;
    state->bought = false;
    state->joined = false;
    state->home_store = 0;
    state->count_count = 0;
    state->given_count = 0;
    memset(state->stamps, 0, sizeof state->stamps);
    memset(state->spends, 0, sizeof state->spends);
    state->sums = (struct side_account) { .begun = true };
}

static void
count_end(struct quick *quick)
{
    struct side *side = quick->side;
    struct state *state = &quick->state;
    struct side_account *sums = &state->sums;

    for (uint32_t i = state->lot_first; i < state->lot_end; i++)
        sums->outstanding.value += state->lots[i].left;
    sums->debt.value = state->debt;
    sums->level =
        version_number(quick->table->version, NAME_LEVEL, state->level);
    sums->level_place = state->level == PROGRAM_NONE ? 0 : state->level;
    side->outstanding.value += sums->outstanding.value;
    side->debt.value += sums->debt.value;
    side->voucher_count += sums->vouchers;
    if (sums->level != PROGRAM_NONE)
        side->level_counts[sums->level]++;
}

bool
quick_fold(struct quick *quick, struct side_account *ret_account)
{
    const struct plain *plain = quick->plain;

    *ret_account = (struct side_account) { .level = PROGRAM_NONE };
    if (plain->event_count == 0)
        return true;
    if (plain->events[0].at_ms < quick->table->version->from_ms)
        return false;
    begin(quick);
    for (uint32_t i = 0; i < plain->event_count; i++) {
        const struct plain_event *event = &plain->events[i];
        if (event->at_ms >= quick->state.due)
            run_clock(quick, event->at_ms);
        const struct rulebook_store *store =
            &quick->table->stores[event->store];
        if (store->store == 0)
            store = rulebook_store(quick->table, plain, event->store);
        const struct place place = {
            .at_ms = event->at_ms,
            .day = event->day,
            .month = event->month,
            .number = event->store,
            .store = store,
            .cell = cell_of(quick, event->store, event->month, event->at_ms),
        };
        if (event->kind == CHAPTER_REDEEM)
            redeem(quick, &place, event->amount);
        else if (event->kind == CHAPTER_JOIN)
            join(quick, &place, event->amount);
        else
            buy(quick, event, &place);
    }
    run_clock(quick, quick->side->until_ms);
    count_end(quick);
    *ret_account = quick->state.sums;
    return true;
}

/* --- the end --- */

static void
put_effect(struct quick *quick, enum measure measure, uint32_t store,
           int32_t partner, int64_t amount)
{
    if (amount == 0)
        return;
    struct effect *effect = effect_add(&quick->effects, measure);
    effect->store = store;
    effect->partner = partner;
    effect->amount = amount;
}

static void
finish_cell(struct quick *quick, const struct rulebook_store *store,
            int32_t month, const struct cell *cell)
{
    const struct version *version = quick->table->version;
    struct effect_list *effects = &quick->effects;
    int32_t partner = store->partner;
    int64_t credited =
        cell->redeemed -
        (quick->program->overdraft_partner ? cell->overdrawn : 0);

    put_effect(quick, MEASURE_PURCHASES, store->store, partner,
               cell->purchases);
    put_effect(quick, MEASURE_SALES, store->store, partner, cell->sales);
    put_effect(quick, MEASURE_VOUCHERS_ISSUED, store->store, partner,
               cell->vouchers);
    put_effect(quick, MEASURE_OVERDRAWN, store->store, partner,
               cell->overdrawn);
    put_effect(quick, MEASURE_ISSUED, store->store, partner, cell->issued);
    if (cell->issued > 0)
        effects->items[effects->count - 1].money = micro_of_points(
            (points) { cell->issued }, version_issue_price(version, partner));
    put_effect(quick, MEASURE_REDEEMED, store->store, partner, cell->redeemed);
    if (cell->redeemed > 0)
        effects->items[effects->count - 1].money = micro_of_points(
            (points) { credited }, version_redeem_price(version, partner));
    side_count(quick->side, month + PLAIN_MONTH_FIRST,
               quick->program->points.value, effects);
    effects->count = 0;
}

static void
finish_store(struct quick *quick, uint32_t number)
{
    const struct rulebook_store *store = &quick->table->stores[number];
    struct cell **blocks = quick->blocks[number];

    for (int32_t block = 0; blocks != NULL && block < BLOCKS; block++)
        for (int32_t i = 0; blocks[block] != NULL && i < BLOCK_MONTHS; i++)
            finish_cell(quick, store, block * BLOCK_MONTHS + i,
                        &blocks[block][i]);
}

void
quick_finish(struct quick *quick)
{
    uint32_t partners = quick->table->timeline->names[NAME_PARTNER].count;

    for (uint32_t i = 1; i <= quick->plain->store_count; i++)
        finish_store(quick, i);
    for (uint32_t p = 0; p < partners; p++)
        for (int32_t month = 0; month < PLAIN_MONTHS; month++) {
            put_effect(
                quick, MEASURE_EXPIRED, 0, (int32_t)p,
                quick->expired[(size_t)p * PLAIN_MONTHS + (size_t)month]);
            if (quick->effects.count > 0)
                side_count(quick->side, month + PLAIN_MONTH_FIRST,
                           quick->program->points.value, &quick->effects);
            quick->effects.count = 0;
        }
}
