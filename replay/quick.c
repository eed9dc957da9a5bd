#include "replay/quick.h"

#include "replay/quick_book.h"
#include "replay/quick_clock.h"

#include <string.h>

struct quick *
quick_open(struct side *side, struct rulebook *table, struct plain *plain,
           struct earn_outcome *outcome, struct arena *arena)
{
    return quick_book_open(side, table, plain, outcome, arena);
}

void
quick_close(struct quick *quick)
{
    quick_book_close(quick);
}

void
quick_finish(struct quick *quick)
{
    quick_book_finish(quick);
}

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
earn_special(struct quick *quick, const struct quick_place *place,
             uint64_t mask, int64_t amount)
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
    quick_book_outcome(quick, place);
}

static inline void
earn_plain(struct quick *quick, const struct quick_place *place, uint64_t mask,
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
        quick_rule(quick, place, rule->number, value);
    }
    int64_t tier = tier_points(quick, mask, amount);
    if (tier > 0) {
        sum += tier;
        quick_rule(quick, place, table->tier_number[quick->state.level], tier);
    }
    if (sum > 0)
        quick_earn(quick, place, place->store->partner, sum);
}

static void
earn_by(struct quick *quick, const struct quick_place *place, int32_t rule,
        int64_t amount)
{
    if (amount == 0)
        return;
    quick_rule(quick, place, rule, amount);
    quick_earn(quick, place, place->store->partner, amount);
}

static void
put_stamps(struct quick *quick, const struct quick_place *place, uint64_t mask)
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
            quick_book_voucher(
                quick, place,
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
add_bonus(struct quick_state *state, const struct quick_place *place,
          int64_t amount)
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
        (struct quick_share) { place->store->store, place->number, amount };
}

static inline void
note_facts(struct quick *quick, const struct quick_place *place, int64_t amount)
{
    struct quick_state *state = &quick->state;

    state->bought = true;
    state->visit_day = place->day;
    state->visit_store = place->number;
    if (quick->table->version->absence_count > 0) {
        state->given_count = 0;
        state->absence_next = 0;
        quick_clock_absence(quick);
    }
    if (state->month_count == 0 ||
        state->months[state->month_count - 1].month != place->month)
        state->months[state->month_count++] =
            (struct quick_month) { place->month, amount };
    else
        state->months[state->month_count - 1].spend += amount;
    if (quick->program->bonus_step_count > 0)
        add_bonus(state, place, amount);
}

static inline void
raise_level(struct quick *quick, const struct quick_place *place,
            int64_t amount)
{
    const struct program_tiers *tiers = &quick->program->tiers;
    struct quick_state *state = &quick->state;

    if (tiers->count == 0)
        return;
    if (state->window_last == place->month)
        state->window_spend += amount;
    else
        quick_clock_window(quick, place->month);
    int32_t now = quick_clock_level(tiers, state->window_spend);
    if (now < state->level)
        return;
    int64_t until = quick_clock_until(quick, now, place->month);
    if (now == state->level) {
        if (until > state->level_until)
            state->level_until = until;
        return;
    }
    state->level = now;
    state->level_until = until;
    if (tiers->levels[now].reward != PROGRAM_NONE &&
        place->at_ms < quick->table->ends_ms)
        quick_book_voucher(quick, place,
                           version_number(quick->table->version, NAME_REWARD,
                                          tiers->levels[now].reward),
                           place->store->partner, 1);
}

static void
add_spend(struct quick *quick, const struct quick_place *place, int64_t amount)
{
    const struct rulebook *table = quick->table;
    int32_t year = (place->month + PLAIN_MONTH_FIRST) / 12;

    for (uint32_t i = 0; i < quick->program->spend_reward_count; i++) {
        const struct spend_reward *reward = &quick->program->spend_rewards[i];
        struct quick_spend *row = &quick->state.spends[i];
        if (!row->begun || (reward->window_year && row->year != year))
            *row = (struct quick_spend) { .year = year, .begun = true };
        row->progress += amount;
        int64_t times = row->progress / reward->spend.minor;
        if (!reward->repeat && times > 0)
            times = row->given ? 0 : 1;
        if (times == 0)
            continue;
        row->progress -= times * reward->spend.minor;
        row->given = true;
        if (reward->reward != PROGRAM_NONE) {
            quick_book_voucher(
                quick, place,
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
    const struct quick_place *place)
{
    const struct rulebook *table = quick->table;
    struct quick_state *state = &quick->state;
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
    quick_clock_due(quick);
}

static void
begin(struct quick *quick)
{
    struct quick_state *state = &quick->state;
    uint32_t count = quick->plain->event_count;

    if (count > quick->bonus_room) {
        quick->bonus_room = count * 2;
        state->bonus_stores =
            ARENA_NEW(quick->arena, struct quick_share, quick->bonus_room);
        quick->weights = ARENA_NEW(quick->arena, int64_t, quick->bonus_room);
        quick->parts = ARENA_NEW(quick->arena, int64_t, quick->bonus_room);
        quick->cells =
            ARENA_NEW(quick->arena, struct quick_cell *, quick->bonus_room);
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
    struct quick_state *state = &quick->state;
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

/* Looks all cells up before the first is used, so that the machine fetches
 * many at a time. */
static void
find_cells(struct quick *quick)
{
    const struct plain *plain = quick->plain;

    for (uint32_t i = 0; i < plain->event_count; i++) {
        const struct plain_event *event = &plain->events[i];
        quick->cells[i] =
            quick_cell(quick, event->store, event->month, event->at_ms);
        __builtin_prefetch(quick->cells[i], 1);
    }
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
    find_cells(quick);
    for (uint32_t i = 0; i < plain->event_count; i++) {
        const struct plain_event *event = &plain->events[i];
        if (event->at_ms >= quick->state.due)
            quick_clock_run(quick, event->at_ms);
        const struct rulebook_store *store =
            &quick->table->stores[event->store];
        if (store->store == 0)
            store = rulebook_store(quick->table, plain, event->store);
        const struct quick_place place = {
            .at_ms = event->at_ms,
            .day = event->day,
            .month = event->month,
            .number = event->store,
            .store = store,
            .cell = quick->cells[i],
        };
        if (event->kind == CHAPTER_REDEEM)
            quick_book_redeem(quick, &place, event->amount);
        else if (event->kind == CHAPTER_JOIN)
            quick_clock_join(quick, &place, event->amount);
        else
            buy(quick, event, &place);
    }
    quick_clock_run(quick, quick->side->until_ms);
    count_end(quick);
    *ret_account = quick->state.sums;
    return true;
}
