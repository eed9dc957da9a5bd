#include "replay/quick_book.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOTS_FIRST = 64,
    CELLS_FIRST = ALMANAC_MONTHS + 1, /* so that no cell_base is below 1 */
};

/* --- cells --- */

/* The months in which a version has cells, with one to spare on either side:
 * a zone's clock may go back over midnight. */
struct months {
    int32_t first;
    int32_t count;
};

static int32_t
month_at(const struct quick *quick, int64_t at_ms)
{
    int64_t least = LIMIT_AT_MS_MIN;
    int32_t month =
        zone_month(quick->plain->days->zone, at_ms < least ? least : at_ms) -
        ALMANAC_MONTH_FIRST;

    if (month < 0)
        return 0;
    return month < ALMANAC_MONTHS ? month : ALMANAC_MONTHS - 1;
}

static struct months
months_of(const struct quick *quick, const struct version *version)
{
    int64_t until_ms = version->until_ms < quick->side->until_ms
                           ? version->until_ms
                           : quick->side->until_ms;
    int32_t first = month_at(quick, version->from_ms) - 1;
    int32_t last = month_at(quick, until_ms) + 1;

    return (struct months) {
        .first = first,
        .count = last < first ? 0 : last - first + 1,
    };
}

static int32_t
partner_count(const struct quick *quick)
{
    return (int32_t)quick->timeline->names[NAME_PARTNER].count;
}

bool
quick_book_open(struct quick *quick)
{
    int32_t count = CELLS_FIRST;

    for (uint32_t i = 0; i < quick->timeline->version_count; i++) {
        struct rulebook *table = quick->tables[i];
        struct months months = months_of(quick, table->version);
        table->cell_base = count - months.first;
        table->cell_months = months.count;
        count += partner_count(quick) * months.count;
    }
    quick->state.lots = ARENA_NEW(quick->arena, struct quick_lot, LOTS_FIRST);
    quick->state.lot_room = LOTS_FIRST;
    /* Most of them are never touched. */
    quick->cells = calloc((size_t)count, sizeof *quick->cells);
    return quick->cells != NULL;
}

void
quick_book_close(struct quick *quick)
{
    free(quick->cells);
}

static struct quick_cell *
cell_of(const struct quick *quick, const struct quick_era *era, int32_t partner,
        uint32_t month)
{
    const struct rulebook *table = era->table;

    return &quick->cells[!era->counts
                             ? 0
                             : table->cell_base + partner * table->cell_months +
                                   (int32_t)month];
}

/* --- lots --- */

/* Room for one more: what has been used up, or twice as much. */
static void
make_room(struct quick_state *state, struct arena *arena)
{
    uint32_t count = state->lot_end - state->lot_first;
    struct quick_lot *lots = state->lots;

    if (state->lot_end < state->lot_room)
        return;
    if (count * 2 > state->lot_room) {
        state->lot_room *= 2;
        lots = ARENA_NEW(arena, struct quick_lot, state->lot_room);
    }
    memmove(lots, state->lots + state->lot_first, count * sizeof *lots);
    state->lots = lots;
    state->lot_first = 0;
    state->lot_end = count;
}

static bool
is_after(const struct rulebook_terms *a, const struct rulebook_terms *b)
{
    return a->expires_at != b->expires_at ? a->expires_at > b->expires_at
                                          : a->available_at > b->available_at;
}

void
quick_book_lot(struct quick *quick, const struct rulebook_terms *terms,
               int64_t amount)
{
    struct quick_state *state = &quick->state;

    make_room(state, quick->arena);
    uint32_t at = state->lot_end;
    while (at > state->lot_first && is_after(state->lots[at - 1].terms, terms))
        at--;
    memmove(&state->lots[at + 1], &state->lots[at],
            (state->lot_end - at) * sizeof *state->lots);
    state->lots[at] = (struct quick_lot) { terms, amount };
    state->lot_end++;
    if (terms->expires_at < state->due)
        state->due = terms->expires_at;
}

void
quick_book_expire(struct quick *quick, int64_t at_ms)
{
    struct quick_state *state = &quick->state;

    while (state->lot_first < state->lot_end) {
        const struct quick_lot *lot = &state->lots[state->lot_first];
        if (lot->terms->expires_at > at_ms)
            break;
        state->lot_first++;
        if (lot->terms->expires_at >= quick->side->since_ms)
            state->sums.expired.value += lot->left;
    }
}

void
quick_book_idle(struct quick *quick, int64_t at_ms)
{
    struct quick_state *state = &quick->state;

    state->idle_ended_ms = at_ms;
    while (state->lot_first < state->lot_end &&
           state->lots[state->lot_end - 1].terms->expires_at == TERMS_NEVER) {
        state->lot_end--;
        if (at_ms >= quick->side->since_ms)
            state->sums.expired.value += state->lots[state->lot_end].left;
    }
}

static void
remove_lot(struct quick_state *state, uint32_t at)
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
take(struct quick_state *state, int64_t at_ms, bool available, int64_t amount)
{
    for (uint32_t i = state->lot_first; i < state->lot_end && amount > 0;) {
        struct quick_lot *lot = &state->lots[i];
        if ((lot->terms->available_at <= at_ms) != available) {
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

void
quick_book_redeem(struct quick *quick, const struct plain_stop *stop,
                  const struct quick_era *era)
{
    struct quick_state *state = &quick->state;
    int64_t amount = stop->amount;

    if (era->table == NULL)
        return;
    int64_t missing = take(state, stop->at_ms, true, amount);
    if (missing > 0)
        missing = take(state, stop->at_ms, false, missing);
    state->debt += missing;
    quick_book_count_redeemed(quick, stop, era, missing, &state->sums);
}

void
quick_book_count_redeemed(struct quick *quick, const struct plain_stop *stop,
                          const struct quick_era *era, int64_t missing,
                          struct side_account *sums)
{
    if (!era->counts)
        return;
    const struct rulebook_store *store =
        rulebook_store(era->table, quick->plain, stop->store);
    struct quick_cell *cell = cell_of(quick, era, store->partner, stop->month);
    cell->redeemed += stop->amount;
    cell->overdrawn += missing;
    sums->redeemed.value += stop->amount;
    sums->overdrawn.value += missing;
    quick->side->overdrawn_redemptions += missing > 0;
}

/* --- points of a whole block --- */

void
quick_book_issue(struct quick *quick)
{
    const struct quick_columns *columns = quick->columns;
    const int64_t *gain = columns->gain;
    const uint32_t *cell = quick->cell;
    struct quick_cell *cells = quick->cells;
    int64_t sum = 0;

    columns->gained[0] = 0;
    for (uint32_t i = 0; i < quick->plain->row_count; i++) {
        cells[cell[i]].issued += gain[i];
        columns->gained[i + 1] = sum += gain[i];
    }
}

/* --- points and vouchers at a place --- */

/* Points under a version that is no longer in force: at its price, but what a
 * point is worth is said by the new one. */
static void
issue_late(struct quick *quick, const struct quick_place *place, int32_t issuer,
           int64_t amount)
{
    struct effect *effect = effect_add(&quick->effects, MEASURE_ISSUED);

    effect->partner = issuer;
    effect->store = SIDE_STORE;
    effect->amount = amount;
    effect->money =
        micro_of_points((points) { amount },
                        version_issue_price(place->table->version, issuer));
    side_count(quick->side, place->month + ALMANAC_MONTH_FIRST,
               place->era->table->program->points.value, &quick->effects);
    quick->effects.count = 0;
}

void
quick_book_earn(struct quick *quick, const struct quick_place *place,
                int32_t issuer, int64_t amount)
{
    const struct quick_era *era = place->era;

    quick_book_active(quick, place->month);
    if (era->counts)
        quick->state.sums.net.value += amount;
    if (era->table == place->table)
        cell_of(quick, era, issuer, place->month)->issued += amount;
    else if (era->counts)
        issue_late(quick, place, issuer, amount);
    quick_book_add(quick, rulebook_day(place->table, place->day)->terms,
                   amount);
}

void
quick_book_rule(struct quick *quick, const struct quick_place *place,
                int32_t rule, int64_t amount)
{
    if (!place->era->counts)
        return;
    quick->side->rule_points[rule] += amount;
    quick->side->rule_gave[rule] = true;
}

void
quick_book_earn_by(struct quick *quick, const struct quick_place *place,
                   int32_t rule, int64_t amount)
{
    if (amount == 0)
        return;
    quick_book_rule(quick, place, rule, amount);
    quick_book_earn(quick, place, place->store->partner, amount);
}

/* What a voucher is worth at the end: by the version in force then, or, if it
 * does not know the reward, by that of its issue. */
static money
worth(const struct quick *quick, const struct version *issue, int32_t reward)
{
    const struct version *version = quick->last;

    if (version_place(version, NAME_REWARD, reward) == PROGRAM_NONE)
        version = issue;
    int32_t place = version_place(version, NAME_REWARD, reward);
    return version->program->rewards[place].value;
}

void
quick_book_voucher(struct quick *quick, const struct quick_place *place,
                   int32_t reward, int32_t issuer, int64_t count)
{
    const struct version *version = place->table->version;
    const struct quick_era *era = place->era;
    int32_t at = version_place(version, NAME_REWARD, reward);
    int64_t expires_at = terms_voucher_expires_at(
        quick->plain->days->zone, &version->program->rewards[at],
        place->day + quick->plain->days->first);

    /* A voucher that is issued costs nothing yet, so the value of a point
     * plays no part. */
    if (era->table == place->table) {
        cell_of(quick, era, issuer, place->month)->vouchers += count;
    } else if (era->counts) {
        struct effect *effect =
            effect_add(&quick->effects, MEASURE_VOUCHERS_ISSUED);
        effect->partner = issuer;
        effect->store = SIDE_STORE;
        effect->amount = count;
        side_count(quick->side, place->month + ALMANAC_MONTH_FIRST,
                   (price) { 0 }, &quick->effects);
        quick->effects.count = 0;
    }
    if (expires_at <= quick->side->until_ms)
        return;
    quick->state.sums.vouchers += count;
    side_hold(quick->side, worth(quick, version, reward), count);
}

static void
count_limit(struct quick *quick, int32_t rule, enum limit_period per,
            int32_t period)
{
    struct quick_state *state = &quick->state;

    for (uint32_t i = 0; i < state->count_count; i++) {
        struct earn_count *count = &quick->counts[i];
        if (count->rule != rule || count->per != per)
            continue;
        count->times = count->period < period ? 1 : count->times + 1;
        count->period = period;
        return;
    }
    quick->counts[state->count_count++] =
        (struct earn_count) { rule, per, period, 1 };
}

void
quick_book_outcome(struct quick *quick, const struct quick_place *place)
{
    const struct earn_outcome *outcome = quick->outcome;
    int32_t day = place->day + quick->plain->days->first;

    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        const struct earn_gain *gain = &outcome->gains[i];
        quick_book_rule(quick, place, gain->rule, gain->points.value);
        if (gain->reward != PROGRAM_NONE)
            quick_book_voucher(quick, place, gain->reward, gain->issuer, 1);
        if (gain->limit_per != LIMIT_PER_NONE)
            count_limit(quick, gain->rule, gain->limit_per,
                        terms_period(gain->limit_per, day));
    }
    for (uint32_t i = 0; i < outcome->share_count; i++)
        quick_book_earn(quick, place, outcome->shares[i].issuer,
                        outcome->shares[i].points.value);
}

/* --- the end --- */

struct side_account
quick_book_left(struct quick *quick)
{
    struct quick_state *state = &quick->state;
    struct side_account *sums = &state->sums;

    for (uint32_t i = state->lot_first; i < state->lot_end; i++)
        sums->outstanding.value += state->lots[i].left;
    sums->debt.value = state->debt;
    return *sums;
}

/* What all rules that are not special have given the account since `since`. */
static int64_t
net_of(const struct quick *quick, const struct plain_account *account)
{
    const int64_t *at_ms = quick->plain->at_ms;
    const int64_t *gained = quick->columns->gained;
    uint32_t first = account->row_first;

    while (first < account->row_end && at_ms[first] < quick->side->since_ms)
        first++;
    return gained[account->row_end] - gained[first];
}

void
quick_book_end(struct quick *quick, uint32_t index, struct side_account *sums)
{
    struct side *side = quick->side;
    int32_t place = quick->level->accounts[index].last;

    sums->net.value += net_of(quick, &quick->plain->accounts[index]);
    if (quick->last != NULL)
        sums->level = version_number(quick->last, NAME_LEVEL, place);
    sums->level_place = place == PROGRAM_NONE ? 0 : place;
    side->expired.value += sums->expired.value;
    side->outstanding.value += sums->outstanding.value;
    side->debt.value += sums->debt.value;
    side->voucher_count += sums->vouchers;
    if (sums->level != PROGRAM_NONE)
        side->level_counts[sums->level]++;
}

static void
put_effect(struct quick *quick, enum measure measure, int32_t partner,
           int64_t amount, micro exact)
{
    if (amount == 0)
        return;
    struct effect *effect = effect_add(&quick->effects, measure);
    effect->store = SIDE_STORE;
    effect->partner = partner;
    effect->amount = amount;
    effect->money = exact;
}

static void
finish_cell(struct quick *quick, const struct version *version, int32_t partner,
            int32_t month, const struct quick_cell *cell)
{
    const struct program *program = version->program;
    int64_t credited =
        cell->redeemed - (program->overdraft_partner ? cell->overdrawn : 0);
    const micro nothing = { 0 };

    if ((cell->issued | cell->redeemed | cell->vouchers) == 0)
        return;
    put_effect(quick, MEASURE_ISSUED, partner, cell->issued,
               micro_of_points((points) { cell->issued },
                               version_issue_price(version, partner)));
    put_effect(quick, MEASURE_REDEEMED, partner, cell->redeemed,
               micro_of_points((points) { credited },
                               version_redeem_price(version, partner)));
    put_effect(quick, MEASURE_OVERDRAWN, partner, cell->overdrawn, nothing);
    put_effect(quick, MEASURE_VOUCHERS_ISSUED, partner, cell->vouchers,
               nothing);
    side_count(quick->side, month + ALMANAC_MONTH_FIRST, program->points.value,
               &quick->effects);
    quick->effects.count = 0;
}

void
quick_book_finish(struct quick *quick)
{
    const struct quick_cell *cell = quick->cells + CELLS_FIRST;

    for (uint32_t i = 0; i < quick->timeline->version_count; i++) {
        const struct version *version = quick->tables[i]->version;
        struct months months = months_of(quick, version);
        for (int32_t p = 0; p < partner_count(quick); p++)
            for (int32_t m = 0; m < months.count; m++)
                finish_cell(quick, version, p, months.first + m, cell++);
    }
}
