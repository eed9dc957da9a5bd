#include "replay/quick_clock.h"

#include "core/bonus.h"
#include "replay/quick_book.h"

static struct earn_context
context_of(const struct quick *quick, const struct quick_place *place)
{
    const struct quick_state *state = &quick->state;
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

void
quick_clock_join(struct quick *quick, const struct quick_place *place,
                 uint32_t home_store)
{
    struct quick_state *state = &quick->state;
    bool first = !state->joined;

    state->joined = true;
    if (home_store != 0)
        state->home_store = home_store;
    if (!first || quick->table->version->rules[EARN_ON_JOIN].count == 0)
        return;
    struct earn_context context = context_of(quick, place);
    struct earn_input input = input_of(quick, &context);
    earn_join(&input, quick->outcome);
    quick_book_outcome(quick, place);
}

void
quick_clock_due(struct quick *quick)
{
    struct quick_state *state = &quick->state;
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
static struct quick_place
place_at(struct quick *quick, int64_t at_ms, uint16_t number)
{
    const struct plain_days *days = quick->table->days;
    int32_t day = zone_day(days->zone, at_ms) - days->first;

    return (struct quick_place) {
        .at_ms = at_ms,
        .day = day,
        .month = days->month[day],
        .number = number,
        .store = rulebook_store(quick->table, quick->plain, number),
        .cell = quick_cell(quick, number, days->month[day], at_ms),
    };
}

static void
give_bonus(struct quick *quick, int64_t at_ms)
{
    struct quick_state *state = &quick->state;
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
        struct quick_place place =
            place_at(quick, at_ms, state->bonus_stores[i].number);
        if (i == 0)
            quick_rule(quick, &place,
                       quick->table->timeline->rule_monthly_bonus, bonus.value);
        if (quick->parts[i] > 0)
            quick_earn(quick, &place, place.store->partner, quick->parts[i]);
    }
}

void
quick_clock_absence(struct quick *quick)
{
    const struct version *version = quick->table->version;
    struct quick_state *state = &quick->state;

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
    struct quick_state *state = &quick->state;
    struct quick_place place = place_at(quick, at_ms, state->visit_store);
    struct earn_context context = context_of(quick, &place);
    struct earn_input input = input_of(quick, &context);
    const struct place_list given = { state->given, state->given_count };
    int32_t after_days =
        quick->table->version->absence_days[state->absence_next];

    /* Two absences may come due at once where a zone left out a day. */
    do {
        state->absence_next++;
        quick_clock_absence(quick);
    } while (state->absence_at == at_ms);
    earn_absence(&input, after_days, given, quick->outcome);
    quick_book_outcome(quick, &place);
    for (uint32_t i = 0; i < quick->outcome->gain_count; i++)
        state->given[state->given_count++] = quick->outcome->gains[i].rule;
}

static void
expire(struct quick *quick, int64_t at_ms)
{
    struct quick_state *state = &quick->state;
    const struct plain_days *days = quick->table->days;
    uint32_t month = days->month[zone_day(days->zone, at_ms) - days->first];

    while (state->lot_first < state->lot_end &&
           state->lots[state->lot_first].expires_at <= at_ms) {
        const struct quick_lot *lot = &state->lots[state->lot_first++];
        if (!quick_counts(quick, at_ms))
            continue;
        quick->expired[(size_t)lot->partner * PLAIN_MONTHS + month] +=
            lot->left;
        state->sums.expired.value += lot->left;
    }
}

int64_t
quick_clock_window(struct quick *quick, int32_t month)
{
    const struct program_tiers *tiers = &quick->program->tiers;
    struct quick_state *state = &quick->state;
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

int32_t
quick_clock_level(const struct program_tiers *tiers, int64_t spend)
{
    int32_t place = 0;

    for (uint32_t i = 1; i < tiers->count; i++)
        if (tiers->levels[i].from.minor <= spend)
            place = (int32_t)i;
    return place;
}

int64_t
quick_clock_until(const struct quick *quick, int32_t place, int32_t month)
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
    struct quick_state *state = &quick->state;
    int32_t before = zone_day(days->zone, at_ms - 1) - days->first;
    int32_t now = zone_day(days->zone, at_ms) - days->first;
    int32_t place = quick_clock_level(
        tiers, quick_clock_window(quick, days->month[before]));

    if (tiers->one_level && place < state->level - 1)
        place = state->level - 1;
    state->level = place;
    state->level_until = quick_clock_until(quick, place, days->month[now]);
}

void
quick_clock_run(struct quick *quick, int64_t until_ms)
{
    const struct plain_days *days = quick->table->days;
    struct quick_state *state = &quick->state;

    for (quick_clock_due(quick); state->due <= until_ms;
         quick_clock_due(quick)) {
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
