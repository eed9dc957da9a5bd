#include "replay/outcome.h"

#include <string.h>

/* Where the bands begin, on either side of 0. */
static const int64_t BOUNDS[] = {
    1, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 100000, 1000000,
};
static_assert(COUNT_OF(BOUNDS) * 2 + 1 == OUTCOME_BANDS, "a band each");

/* The greater difference first; among equals the earlier account. */
static bool
comes_before(const struct outcome_change *a, const struct outcome_change *b)
{
    int64_t left = a->candidate.value - a->baseline.value;
    int64_t right = b->candidate.value - b->baseline.value;

    left = left < 0 ? -left : left;
    right = right < 0 ? -right : right;
    if (left != right)
        return left > right;
    return account_compare(a->account, b->account) < 0;
}

/* With the code of a bearer in the place beside it. */
static void
keep(struct outcome_change *place, const struct outcome_change *change)
{
    view code = change->account.bearer;

    *place = *change;
    assert(code.size <= sizeof place->bearer);
    if (code.size == 0)
        return;
    memmove(place->bearer, code.bytes, code.size);
    place->account.bearer.bytes = (const uint8_t *)place->bearer;
}

static void
offer(struct outcome_top *top, const struct outcome_change *change)
{
    uint32_t place = top->count;

    while (place > 0 && comes_before(change, &top->items[place - 1]))
        place--;
    if (place == OUTCOME_TOP)
        return;
    if (top->count < OUTCOME_TOP)
        top->count++;
    for (uint32_t i = top->count - 1; i > place; i--)
        keep(&top->items[i], &top->items[i - 1]);
    keep(&top->items[place], change);
}

static uint32_t
band_of(int64_t change)
{
    int64_t size = change < 0 ? -change : change;
    uint32_t band = 0;

    while (band < COUNT_OF(BOUNDS) && size >= BOUNDS[band])
        band++;
    return change < 0 ? OUTCOME_BAND_NONE - band : OUTCOME_BAND_NONE + band;
}

int64_t
outcome_band_from(uint32_t band)
{
    assert(band < OUTCOME_BANDS);
    if (band == OUTCOME_BAND_NONE)
        return 0;
    if (band > OUTCOME_BAND_NONE)
        return BOUNDS[band - OUTCOME_BAND_NONE - 1];
    return -BOUNDS[OUTCOME_BAND_NONE - band - 1];
}

void
outcome_count(struct outcome *outcome, account_id account,
              const struct side_account *baseline,
              const struct side_account *candidate)
{
    int64_t change = candidate->net.value - baseline->net.value;

    if (!baseline->begun && !candidate->begun)
        return;
    outcome->tier_up += candidate->level_place > baseline->level_place;
    outcome->tier_down += candidate->level_place < baseline->level_place;
    outcome->up += change > 0;
    outcome->down += change < 0;
    outcome->same += change == 0;
    outcome->bands[band_of(change)]++;
    if (change == 0)
        return;
    const struct outcome_change told = { .account = account,
                                         .baseline = baseline->net,
                                         .candidate = candidate->net };
    offer(change > 0 ? &outcome->gain : &outcome->loss, &told);
}

void
outcome_merge(struct outcome *outcome, const struct outcome *from)
{
    outcome->up += from->up;
    outcome->down += from->down;
    outcome->same += from->same;
    outcome->tier_up += from->tier_up;
    outcome->tier_down += from->tier_down;
    for (uint32_t i = 0; i < OUTCOME_BANDS; i++)
        outcome->bands[i] += from->bands[i];
    for (uint32_t i = 0; i < from->gain.count; i++)
        offer(&outcome->gain, &from->gain.items[i]);
    for (uint32_t i = 0; i < from->loss.count; i++)
        offer(&outcome->loss, &from->loss.items[i]);
}
