#include "replay/quick_event.h"

#include "replay/quick_book.h"
#include "replay/quick_clock.h"
#include "replay/quick_earn.h"

static struct quick_place
place_of(struct quick *quick, int64_t at_ms, int32_t day, uint16_t month,
         uint16_t store)
{
    const struct quick_era *era = quick->state.era;

    return (struct quick_place) {
        .at_ms = at_ms,
        .day = day,
        .month = month,
        .era = era,
        .table = era->table,
        .number = quick->plain->store_of[store],
        .store = rulebook_store(era->table, quick->plain, store),
    };
}

static struct quick_place
place_of_row(struct quick *quick, uint32_t row)
{
    const struct plain *plain = quick->plain;

    return place_of(quick, plain->at_ms[row], plain->day[row],
                    plain->month[row], plain->store[row]);
}

/* --- a purchase as special rules see it --- */

/* The receipt at the row if something that holds for it asks for its lines;
 * else NULL. */
static const struct plain_receipt *
receipt_of(const struct quick *quick, const struct rulebook *table,
           uint32_t row)
{
    const struct plain *plain = quick->plain;

    if (plain->receipt_count == 0 ||
        (quick->mark->mask[row] & table->line_bits) == 0)
        return NULL;
    uint32_t at = plain_receipt_from(plain, row);
    return at < plain->receipt_count && plain->receipts[at].row == row
               ? &plain->receipts[at]
               : NULL;
}

/* The purchase at the row; what its level gives has been added by columns. */
static struct quick_purchase
purchase_of(const struct quick *quick, const struct quick_place *place,
            uint32_t row)
{
    return (struct quick_purchase) {
        .table = place->table,
        .receipt = receipt_of(quick, place->table, row),
        .eligible = quick->level->eligible[row],
        .partner = place->store->partner,
        .date = place->day + quick->plain->days->first,
        .counts = { quick->counts, quick->state.count_count },
    };
}

/* --- stamps and spend rewards --- */

static void
put_stamps(struct quick *quick, const struct quick_place *place, uint64_t mask,
           const struct quick_purchase *purchase)
{
    const struct rulebook *table = place->table;

    quick->state.stamped = true;
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(rest);
        int32_t at = table->card_place[bit];
        const struct stamp_card *card = &table->program->stamps[at];
        int32_t number = version_number(table->version, NAME_CARD, at);
        int64_t *count = &quick->stamps[number];
        *count += quick_earn_stamps(purchase, bit);
        if (*count < card->need)
            continue;
        int64_t full = *count / card->need;
        *count -= full * card->need;
        if (card->reward != PROGRAM_NONE)
            quick_book_voucher(
                quick, place,
                version_number(table->version, NAME_REWARD, card->reward),
                place->store->partner, full);
        else
            quick_book_earn_by(
                quick, place, table->timeline->rule_of[NAME_CARD][number],
                book_times(full, card->points, (points) { LIMIT_POINTS })
                    .value);
    }
}

/* Progress of the account in this window. */
static struct quick_spend *
spend_of(struct quick *quick, const struct spend_reward *reward, int32_t number,
         int32_t year)
{
    struct quick_spend *row = &quick->spends[number];

    if (!row->begun || (row->by_year && row->year != year))
        *row = (struct quick_spend) {
            .year = year,
            .by_year = row->begun ? row->by_year : reward->window_year,
            .begun = true,
        };
    return row;
}

/* What progress that has come so far brings. */
static void
give_spend(struct quick *quick, const struct quick_place *place,
           const struct spend_reward *reward, int32_t number)
{
    const struct rulebook *table = place->table;
    struct quick_spend *row = &quick->spends[number];
    int64_t times = row->progress / reward->spend.minor;

    if (!reward->repeat)
        times = row->given ? 0 : 1;
    if (times == 0)
        return;
    row->progress -= times * reward->spend.minor;
    row->given = true;
    if (reward->reward != PROGRAM_NONE)
        quick_book_voucher(
            quick, place,
            version_number(table->version, NAME_REWARD, reward->reward),
            place->store->partner, times);
    else
        quick_book_earn_by(
            quick, place, table->timeline->rule_of[NAME_SPEND][number],
            book_times(times, reward->points, (points) { LIMIT_POINTS }).value);
}

static void
add_spend(struct quick *quick, uint32_t row)
{
    const struct rulebook *table = quick->state.era->table;
    int32_t year = (quick->plain->month[row] + ALMANAC_MONTH_FIRST) / 12;

    quick->state.spent = true;
    for (uint32_t i = 0; i < table->program->spend_reward_count; i++) {
        const struct spend_reward *reward = &table->program->spend_rewards[i];
        int32_t number = version_number(table->version, NAME_SPEND, (int32_t)i);
        struct quick_spend *spend = spend_of(quick, reward, number, year);
        spend->progress += quick->level->eligible[row];
        if (spend->progress < reward->spend.minor)
            continue;
        const struct quick_place place = place_of_row(quick, row);
        give_spend(quick, &place, reward, number);
    }
}

/* --- a purchase --- */

/* A rise at that row brings the level's reward. */
static void
reward_level(struct quick *quick, uint32_t row)
{
    const struct quick_changes *changes = &quick->level->changes;
    struct quick_state *state = &quick->state;
    const struct rulebook *table = state->era->table;
    int64_t at_ms = quick->plain->at_ms[row];

    while (state->change < state->held->change_end) {
        const struct quick_change *change = &changes->items[state->change];
        if (change->row == QUICK_BY_CLOCK ? change->at_ms > at_ms
                                          : change->row > row)
            return;
        state->change++;
        if (change->row != row || !state->era->earns)
            continue;
        int32_t reward = table->program->tiers.levels[change->place].reward;
        if (reward == PROGRAM_NONE)
            continue;
        const struct quick_place place = place_of_row(quick, row);
        quick_book_voucher(quick, &place,
                           version_number(table->version, NAME_REWARD, reward),
                           place.store->partner, 1);
    }
}

/* The points of rules that are not special have been issued (quick_book.h):
 * what is left to do is to put them into a lot. */
static void
earn(struct quick *quick, uint32_t row)
{
    const struct quick_columns *columns = quick->columns;
    struct rulebook *table = quick->state.era->table;
    uint64_t mask = quick->mark->mask[row];
    uint64_t special = mask & table->special_bits;
    uint64_t cards = mask & table->card_bits;

    if (columns->gain[row] > 0)
        quick_book_add(quick,
                       rulebook_day(table, quick->plain->day[row])->terms,
                       columns->gain[row]);
    if ((special | cards) == 0)
        return;
    const struct quick_place place = place_of_row(quick, row);
    const struct quick_purchase purchase = purchase_of(quick, &place, row);
    if (special != 0) {
        quick_earn(&purchase, special, quick->outcome);
        quick_book_outcome(quick, &place);
    }
    if (cards != 0)
        put_stamps(quick, &place, cards, &purchase);
}

void
quick_event_buy(struct quick *quick, uint32_t row)
{
    struct quick_state *state = &quick->state;

    if (quick->plain->at_ms[row] >= state->due)
        quick_clock_run(quick, quick->plain->at_ms[row]);
    const struct quick_era *era = state->era;
    if (era->earns)
        earn(quick, row);
    quick_clock_visit(quick, row);
    if (era->table == NULL)
        return;
    if (state->change < state->held->change_end)
        reward_level(quick, row);
    if (era->earns && era->table->program->spend_reward_count > 0)
        add_spend(quick, row);
}

void
quick_event_join(struct quick *quick, const struct plain_stop *stop)
{
    struct quick_state *state = &quick->state;
    const struct rulebook *table = state->era->table;
    bool first = !state->joined;

    state->joined = true;
    if (stop->amount != 0)
        state->home_store = stop->amount;
    if (!first || table == NULL ||
        table->version->rules[EARN_ON_JOIN].count == 0)
        return;
    const struct quick_place place =
        place_of(quick, stop->at_ms, stop->day, stop->month, stop->store);
    /* What changes by the clock at this very instant has been done. */
    struct earn_context context = quick_clock_context(
        quick, &place, zone_moment(quick->plain->days->zone, stop->at_ms),
        stop->at_ms + 1);
    struct earn_input input = quick_clock_input(quick, &place, &context);
    earn_join(&input, quick->outcome);
    quick_book_outcome(quick, &place);
}
