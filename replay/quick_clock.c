#include "replay/quick_clock.h"

#include "core/bonus.h"
#include "replay/quick_book.h"
#include "replay/quick_era.h"
#include "replay/quick_level.h"

#include <string.h>

struct earn_context
quick_clock_context(const struct quick *quick, const struct quick_place *place,
                    moment now, int64_t level_ms)
{
    const struct quick_state *state = &quick->state;
    const struct almanac *days = quick->plain->days;

    return (struct earn_context) {
        .moment = now,
        .store = place->number,
        .home_store = state->home_store,
        .level =
            quick_level_before(quick->level, state->held, level_ms, state->row),
        .last_visit_day = state->visit_day == EVENT_NO_DAY
                              ? EVENT_NO_DAY
                              : state->visit_day + days->first,
        .first_purchase = !state->bought,
    };
}

struct earn_input
quick_clock_input(const struct quick *quick, const struct quick_place *place,
                  const struct earn_context *context)
{
    return (struct earn_input) {
        .timeline = quick->timeline,
        .version = place->table->version,
        .context = context,
        .mode = EARN_BOUGHT,
        .counts = { quick->counts, quick->state.count_count },
    };
}

/* The place of a midnight, at a store; judged by the version before it. */
static struct quick_place
place_at(struct quick *quick, int64_t at_ms, int32_t day, uint16_t number)
{
    const struct almanac *days = quick->plain->days;
    struct rulebook *table = quick_era_at(quick, at_ms - 1)->table;

    return (struct quick_place) {
        .at_ms = at_ms,
        .day = day,
        .month = days->months[day],
        .era = quick_era_at(quick, at_ms),
        .table = table,
        .number = quick->plain->store_of[number],
        .store = rulebook_store(table, quick->plain, number),
    };
}

/* --- visits --- */

static void
lower_due(struct quick_state *state, int64_t at_ms)
{
    if (at_ms < state->due)
        state->due = at_ms;
}

void
quick_clock_visit(struct quick *quick, uint32_t row)
{
    const struct plain *plain = quick->plain;
    struct quick_state *state = &quick->state;

    state->bought = true;
    state->visit_day = plain->day[row];
    state->visit_store = plain->store[row];
    state->given_count = 0;
    state->row = row + 1;
    quick_book_active(quick, plain->month[row]);
    if (quick->bonused && state->bonus_month != plain->month[row]) {
        state->bonus_month = plain->month[row];
        state->bonus_row = row;
        lower_due(state, plain->days->month_begins_ms[state->bonus_month + 1]);
    }
    /* No midnight of an absence comes before this. */
    if (quick->absence_min != 0)
        lower_due(state, plain->at_ms[row] +
                             (quick->absence_min - 2) * CALENDAR_DAY_MS);
}

/* --- changes --- */

/* Adds the eligible spend of a row to its store's. */
static void
add_share(struct quick *quick, uint32_t row, uint32_t *count)
{
    uint16_t number = quick->plain->store[row];
    uint32_t store = quick->plain->store_of[number];
    int64_t spend = quick->level->eligible[row];
    struct quick_share *shares = quick->bonus;
    uint32_t at = *count;

    while (at > 0 && shares[at - 1].store > store)
        at--;
    if (at > 0 && shares[at - 1].store == store) {
        shares[at - 1].spend += spend;
        return;
    }
    memmove(&shares[at + 1], &shares[at], ((*count)++ - at) * sizeof *shares);
    shares[at] = (struct quick_share) { store, number, spend };
}

/* Whether one partner has all stores of these rows. */
static bool
is_of_one_partner(struct quick *quick, struct rulebook *table, uint32_t row,
                  uint32_t end)
{
    const uint16_t *stores = quick->plain->store;
    int32_t partner = rulebook_store(table, quick->plain, stores[row])->partner;
    bool one = true;

    for (row++; row < end; row++)
        one &= rulebook_store(table, quick->plain, stores[row])->partner ==
               partner;
    return one;
}

/* Issues the bonus in the shares of the stores' spend, in their order. */
static void
share_bonus(struct quick *quick, int64_t at_ms, int32_t day, points bonus)
{
    uint32_t end = quick->state.row, count = 0;

    for (uint32_t row = quick->state.bonus_row; row < end; row++)
        add_share(quick, row, &count);
    for (uint32_t i = 0; i < count; i++)
        quick->weights[i] = quick->bonus[i].spend;
    amount_split(bonus.value, quick->weights, count, quick->parts);
    for (uint32_t i = 0; i < count; i++) {
        if (quick->parts[i] == 0)
            continue;
        struct quick_place place =
            place_at(quick, at_ms, day, quick->bonus[i].number);
        quick_book_earn(quick, &place, place.store->partner, quick->parts[i]);
    }
}

static void
give_bonus(struct quick *quick, int64_t at_ms)
{
    struct quick_state *state = &quick->state;
    const struct almanac *days = quick->plain->days;
    struct rulebook *table = quick_era_at(quick, at_ms - 1)->table;
    int32_t month = state->bonus_month;
    int32_t day = days->month_begins_day[month + 1];
    uint32_t row = state->bonus_row;

    state->bonus_month = -1;
    if (table == NULL || table->program->bonus_step_count == 0 ||
        days->month_day[month] + days->first > table->program->ends)
        return;
    points bonus =
        bonus_reckon(table->program, (money) { quick->level->spent[state->row] -
                                               quick->level->spent[row] });
    if (bonus.value == 0)
        return;
    struct quick_place place =
        place_at(quick, at_ms, day, quick->plain->store[row]);
    quick_book_rule(quick, &place, quick->timeline->rule_monthly_bonus,
                    bonus.value);
    if (is_of_one_partner(quick, table, row, state->row))
        quick_book_earn(quick, &place, place.store->partner, bonus.value);
    else
        share_bonus(quick, at_ms, day, bonus);
}

/* The next midnight at which an absence is rewarded; TERMS_NEVER. */
static int64_t
absence_due(const struct quick *quick, int32_t *ret_after_days)
{
    const struct quick_state *state = &quick->state;
    const struct almanac *days = quick->plain->days;
    const struct rulebook *table = state->era->table;

    if (table == NULL || state->visit_day == EVENT_NO_DAY)
        return TERMS_NEVER;
    for (uint32_t i = 0; i < table->version->absence_count; i++) {
        int32_t after_days = table->version->absence_days[i];
        int64_t at_ms = days->day_begins_ms[state->visit_day + after_days];
        if (at_ms <= state->absence_ms || at_ms <= table->version->from_ms)
            continue;
        *ret_after_days = after_days;
        return at_ms <= table->version->until_ms ? at_ms : TERMS_NEVER;
    }
    return TERMS_NEVER;
}

static void
give_absence(struct quick *quick, int64_t at_ms, int32_t after_days)
{
    struct quick_state *state = &quick->state;
    const struct almanac *days = quick->plain->days;
    int32_t day = state->visit_day + after_days;

    while (days->day_begins_ms[day + 1] == at_ms)
        day++; /* there was no such day */
    struct quick_place place = place_at(quick, at_ms, day, state->visit_store);
    const moment midnight = { .at_ms = at_ms, .day = day + days->first };
    struct earn_context context =
        quick_clock_context(quick, &place, midnight, at_ms);
    struct earn_input input = quick_clock_input(quick, &place, &context);
    const struct place_list given = { quick->given, state->given_count };

    state->absence_ms = at_ms;
    earn_absence(&input, after_days, given, quick->outcome);
    quick_book_outcome(quick, &place);
    for (uint32_t i = 0; i < quick->outcome->gain_count; i++)
        quick->given[state->given_count++] = quick->outcome->gains[i].rule;
}

/* When points of the inactive are gone next: where that is past, as under a
 * version that takes effect, at once. */
static int64_t
idle_due(const struct quick *quick)
{
    const struct quick_state *state = &quick->state;
    const struct quick_era *era = state->era;

    if (!quick->idles || era->table == NULL || state->active_month < 0)
        return TERMS_NEVER;
    int64_t at_ms = rulebook_idle_at(era->table, state->active_month);
    if (at_ms <= state->idle_ended_ms)
        return TERMS_NEVER;
    return at_ms < era->from_ms ? era->from_ms : at_ms;
}

/* A version that gives a spend reward another window starts it from 0. */
static void
enter_era(struct quick *quick)
{
    struct quick_state *state = &quick->state;
    const struct quick_era *era = ++state->era;

    if (!state->spent || era[-1].table == era->table)
        return;
    const struct version *version = era->table->version;
    const struct almanac *days = quick->plain->days;
    int32_t month = zone_month(days->zone, era->from_ms);
    for (uint32_t i = 0; i < quick->timeline->names[NAME_SPEND].count; i++) {
        struct quick_spend *row = &quick->spends[i];
        int32_t place = version_place(version, NAME_SPEND, (int32_t)i);
        if (!row->begun || place == PROGRAM_NONE)
            continue;
        bool by_year = version->program->spend_rewards[place].window_year;
        if (by_year != row->by_year)
            *row = (struct quick_spend) { .year = month / 12,
                                          .by_year = by_year,
                                          .begun = true };
    }
}

/* What is due, in the order in which changes are made at one instant. */
enum change_due {
    DUE_BONUS,
    DUE_ABSENCE,
    DUE_EXPIRY,
    DUE_IDLE,
    DUE_ERA,
    DUE_COUNT,
};

static enum change_due
next_due(struct quick *quick, int32_t *ret_after_days)
{
    struct quick_state *state = &quick->state;
    const struct almanac *days = quick->plain->days;
    int64_t at_ms[DUE_COUNT] = {
        [DUE_BONUS] = state->bonus_month < 0
                          ? TERMS_NEVER
                          : days->month_begins_ms[state->bonus_month + 1],
        [DUE_ABSENCE] = absence_due(quick, ret_after_days),
        [DUE_EXPIRY] = state->lot_first == state->lot_end
                           ? TERMS_NEVER
                           : state->lots[state->lot_first].terms->expires_at,
        [DUE_IDLE] = idle_due(quick),
        [DUE_ERA] = state->era->until_ms,
    };
    enum change_due next = DUE_BONUS;

    for (enum change_due i = DUE_ABSENCE; i < DUE_COUNT; i++)
        if (at_ms[i] < at_ms[next])
            next = i;
    state->due = at_ms[next];
    return next;
}

void
quick_clock_run(struct quick *quick, int64_t until_ms)
{
    struct quick_state *state = &quick->state;
    int32_t after_days = 0;

    for (;;) {
        enum change_due next = next_due(quick, &after_days);
        if (state->due > until_ms || state->due == TERMS_NEVER)
            return;
        switch (next) {
        case DUE_BONUS:
            give_bonus(quick, state->due);
            break;
        case DUE_ABSENCE:
            give_absence(quick, state->due, after_days);
            break;
        case DUE_EXPIRY:
            quick_book_expire(quick, state->due);
            break;
        case DUE_IDLE:
            quick_book_idle(quick, state->due);
            break;
        case DUE_ERA:
            enter_era(quick);
            break;
        case DUE_COUNT:
            break;
        }
    }
}
