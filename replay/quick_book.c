#include "replay/quick_book.h"

#include <stdlib.h>
#include <string.h>

struct quick *
quick_book_open(struct side *side, struct rulebook *table, struct plain *plain,
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
    quick->state.lots = ARENA_NEW(arena, struct quick_lot, ROOM_FIRST);
    quick->state.lot_room = ROOM_FIRST;
    quick->state.months = ARENA_NEW(arena, struct quick_month, PLAIN_MONTHS);
    quick->state.counts =
        ARENA_NEW(arena, struct earn_count, quick->program->earn_count);
    quick->state.given = ARENA_NEW(arena, int32_t, quick->program->earn_count);
    quick->blocks = calloc(PLAIN_STORES_MAX + 1, sizeof *quick->blocks);
    quick->expired = calloc((size_t)partners * PLAIN_MONTHS, sizeof(int64_t));
    if (quick->blocks != NULL && quick->expired != NULL)
        return quick;
    quick_book_close(quick);
    return NULL;
}

void
quick_book_close(struct quick *quick)
{
    if (quick == NULL)
        return;
    free(quick->blocks);
    free(quick->expired);
}

struct quick_cell *
quick_book_cell(struct quick *quick, uint32_t store, uint32_t month)
{
    struct quick_cell ***blocks = &quick->blocks[store];

    if (*blocks == NULL)
        *blocks = ARENA_NEW(quick->arena, struct quick_cell *, BLOCKS);
    struct quick_cell **block = &(*blocks)[month / BLOCK_MONTHS];
    if (*block == NULL)
        *block = ARENA_NEW(quick->arena, struct quick_cell, BLOCK_MONTHS);
    return &(*block)[month % BLOCK_MONTHS];
}

void
quick_book_rare(struct quick *quick, const struct quick_place *place,
                enum measure measure, int32_t partner, int64_t amount)
{
    if (!quick_counts(quick, place->at_ms))
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

void
quick_book_lot(struct quick_state *state, const struct quick_lot *lot,
               struct arena *arena)
{
    make_room(state, arena);
    uint32_t at = state->lot_end;

    while (at > state->lot_first) {
        const struct quick_lot *before = &state->lots[at - 1];
        if (before->expires_at != lot->expires_at
                ? before->expires_at < lot->expires_at
            : before->available_at != lot->available_at
                ? before->available_at < lot->available_at
                : before->partner <= lot->partner)
            break;
        at--;
    }
    if (at > state->lot_first) {
        struct quick_lot *before = &state->lots[at - 1];
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

void
quick_book_redeem(struct quick *quick, const struct quick_place *place,
                  int64_t amount)
{
    struct quick_state *state = &quick->state;
    int64_t missing = take(state, place->at_ms, true, amount);

    if (missing > 0)
        missing = take(state, place->at_ms, false, missing);
    place->cell->redeemed += amount;
    place->cell->overdrawn += missing;
    state->debt += missing;
    if (!quick_counts(quick, place->at_ms))
        return;
    state->sums.redeemed.value += amount;
    state->sums.overdrawn.value += missing;
    quick->side->overdrawn_redemptions += missing > 0;
}

void
quick_book_voucher(struct quick *quick, const struct quick_place *place,
                   int32_t reward, int32_t issuer, int64_t count)
{
    int32_t at = version_place(quick->table->version, NAME_REWARD, reward);
    const struct program_reward *terms = &quick->program->rewards[at];
    int64_t expires_at =
        terms_voucher_expires_at(quick->table->days->zone, terms,
                                 place->day + quick->table->days->first);

    if (issuer == place->store->partner)
        place->cell->vouchers += count;
    else
        quick_book_rare(quick, place, MEASURE_VOUCHERS_ISSUED, issuer, count);
    if (expires_at <= quick->side->until_ms)
        return;
    quick->state.sums.vouchers += count;
    quick->side->voucher_value.minor += count * terms->value.minor;
}

static void
count_limit(struct quick_state *state, int32_t rule, enum limit_period per,
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

void
quick_book_outcome(struct quick *quick, const struct quick_place *place)
{
    const struct earn_outcome *outcome = quick->outcome;
    int32_t day = place->day + quick->table->days->first;

    for (uint32_t i = 0; i < outcome->gain_count; i++) {
        const struct earn_gain *gain = &outcome->gains[i];
        quick_rule(quick, place, gain->rule, gain->points.value);
        if (gain->reward != PROGRAM_NONE)
            quick_book_voucher(quick, place, gain->reward, gain->issuer, 1);
        if (gain->limit_per != LIMIT_PER_NONE)
            count_limit(&quick->state, gain->rule, gain->limit_per,
                        terms_period(gain->limit_per, day));
    }
    for (uint32_t i = 0; i < outcome->share_count; i++)
        quick_earn(quick, place, outcome->shares[i].issuer,
                   outcome->shares[i].points.value);
}

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
            int32_t month, const struct quick_cell *cell)
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
    struct quick_cell **blocks = quick->blocks[number];

    for (int32_t block = 0; blocks != NULL && block < BLOCKS; block++)
        for (int32_t i = 0; blocks[block] != NULL && i < BLOCK_MONTHS; i++)
            finish_cell(quick, store, block * BLOCK_MONTHS + i,
                        &blocks[block][i]);
}

void
quick_book_finish(struct quick *quick)
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
