/*
 * quick_book.h - the points of an account, and the sums of a side
 *
 * Lots are kept by their terms alone: who issued their points makes no figure
 * of a replay.  Effects are summed up in cells by version, partner and month,
 * which stay in the cache, and become totals of the side at the end.
 */
#ifndef REPLAY_QUICK_BOOK_H
#define REPLAY_QUICK_BOOK_H

#include "replay/quick_parts.h"

/* Lays out the cells of each version, and room for lots.  False: the machine
 * has no memory. */
NODISCARD bool quick_book_open(struct quick *quick);
/* Gives back the cells. */
void quick_book_close(struct quick *quick);

/* A lot of other terms than the last one's. */
void quick_book_lot(struct quick *quick, const struct rulebook_terms *terms,
                    int64_t amount);

/* Lots that are over by then. */
void quick_book_expire(struct quick *quick, int64_t at_ms);

/* Lots that never expire, when the months of inactivity end. */
void quick_book_idle(struct quick *quick, int64_t at_ms);

/* Points taken from the lots, or overdrawn. */
void quick_book_redeem(struct quick *quick, const struct plain_stop *stop,
                       const struct quick_era *era);

/* Counts a redemption, of whose points some were missing. */
void quick_book_count_redeemed(struct quick *quick,
                               const struct plain_stop *stop,
                               const struct quick_era *era, int64_t missing,
                               struct side_account *sums);

/* What all rules that are not special have given to the block: the points
 * issued of each cell, and of the rows up to each. */
void quick_book_issue(struct quick *quick);

/* Points issued at a place, in their cell and in the account. */
void quick_book_earn(struct quick *quick, const struct quick_place *place,
                     int32_t issuer, int64_t amount);

/* Points of a rule at a place; 0: a voucher alone. */
void quick_book_rule(struct quick *quick, const struct quick_place *place,
                     int32_t rule, int64_t amount);

/* Both, at the place's own partner. */
void quick_book_earn_by(struct quick *quick, const struct quick_place *place,
                        int32_t rule, int64_t amount);

/* Vouchers, which plain events never use. */
void quick_book_voucher(struct quick *quick, const struct quick_place *place,
                        int32_t reward, int32_t issuer, int64_t count);

/* What the rules gave, in quick->outcome. */
void quick_book_outcome(struct quick *quick, const struct quick_place *place);

/* What the account at hand has come to, with what is left in its lots. */
struct side_account quick_book_left(struct quick *quick);

/* Adds what the rules gave the account at that place of the block by columns,
 * and its level, and counts the account. */
void quick_book_end(struct quick *quick, uint32_t index,
                    struct side_account *sums);

/* Adds all cells to the side, once. */
void quick_book_finish(struct quick *quick);

/* Something that points live on was done in the month. */
static inline void
quick_book_active(struct quick *quick, int32_t month)
{
    struct quick_state *state = &quick->state;

    if (!quick->idles || state->active_month == month)
        return;
    state->active_month = month;
    if (state->era->table == NULL)
        return;
    int64_t at_ms = rulebook_idle_at(state->era->table, month);
    if (at_ms < state->due)
        state->due = at_ms;
}

/* Points for the account: they pay debt, and the rest becomes a lot. */
static inline void
quick_book_add(struct quick *quick, const struct rulebook_terms *terms,
               int64_t amount)
{
    struct quick_state *state = &quick->state;

    if (state->debt > 0) {
        int64_t paid = amount < state->debt ? amount : state->debt;
        state->debt -= paid;
        amount -= paid;
        if (amount == 0)
            return;
    }
    if (state->lot_end > state->lot_first &&
        state->lots[state->lot_end - 1].terms == terms)
        state->lots[state->lot_end - 1].left += amount;
    else
        quick_book_lot(quick, terms, amount);
}

#endif
