/*
 * quick_book.h - the sums of a side and the points of an account
 */
#ifndef REPLAY_QUICK_BOOK_H
#define REPLAY_QUICK_BOOK_H

#include "replay/quick_parts.h"

/* For one side in one thread; see quick_open(). */
struct quick *quick_book_open(struct side *side, struct rulebook *table,
                              struct plain *plain, struct earn_outcome *outcome,
                              struct arena *arena);
void quick_book_close(struct quick *quick);

/* The cell of a store and month, made if there is none yet. */
struct quick_cell *quick_book_cell(struct quick *quick, uint32_t store,
                                   uint32_t month);

/* An effect that no cell has room for. */
void quick_book_rare(struct quick *quick, const struct quick_place *place,
                     enum measure measure, int32_t partner, int64_t amount);

/* A lot that is not the last one grown. */
void quick_book_lot(struct quick_state *state, const struct quick_lot *lot,
                    struct arena *arena);

/* Points taken from the lots, or overdrawn. */
void quick_book_redeem(struct quick *quick, const struct quick_place *place,
                       int64_t amount);

/* Vouchers, which plain events never use. */
void quick_book_voucher(struct quick *quick, const struct quick_place *place,
                        int32_t reward, int32_t issuer, int64_t count);

/* What the rules gave, in quick->outcome. */
void quick_book_outcome(struct quick *quick, const struct quick_place *place);

/* Adds all cells to the side, once. */
void quick_book_finish(struct quick *quick);

/* Whether effects at that instant are counted. */
static inline bool
quick_counts(const struct quick *quick, int64_t at_ms)
{
    return at_ms >= quick->side->since_ms;
}

static inline struct quick_cell *
quick_cell(struct quick *quick, uint32_t store, uint32_t month, int64_t at_ms)
{
    if (!quick_counts(quick, at_ms))
        return &quick->dropped;
    struct quick_cell **blocks = quick->blocks[store];
    if (blocks != NULL) {
        struct quick_cell *block = blocks[month / BLOCK_MONTHS];
        if (block != NULL)
            return &block[month % BLOCK_MONTHS];
    }
    return quick_book_cell(quick, store, month);
}

static inline void
quick_rule(struct quick *quick, const struct quick_place *place, int32_t rule,
           int64_t amount)
{
    if (!quick_counts(quick, place->at_ms))
        return;
    quick->side->rule_points[rule] += amount;
    quick->side->rule_gave[rule] = true;
}

static inline void
quick_earn(struct quick *quick, const struct quick_place *place, int32_t issuer,
           int64_t amount)
{
    struct quick_state *state = &quick->state;

    if (quick_counts(quick, place->at_ms))
        state->sums.net.value += amount;
    if (issuer == place->store->partner)
        place->cell->issued += amount;
    else
        quick_book_rare(quick, place, MEASURE_ISSUED, issuer, amount);
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
        struct quick_lot *last = &state->lots[state->lot_end - 1];
        if (last->expires_at == terms->expires_at &&
            last->available_at == terms->available_at &&
            last->partner == issuer) {
            last->left += amount;
            return;
        }
    }
    const struct quick_lot lot = { terms->expires_at, terms->available_at,
                                   amount, issuer };
    quick_book_lot(state, &lot, quick->arena);
    if (state->lots[state->lot_first].expires_at < state->due)
        state->due = state->lots[state->lot_first].expires_at;
}

#endif
