/*
 * book.h - points into an account and out of it
 *
 * Whatever comes in, earned or given back, pays debt first; only what is left
 * over becomes a lot.  Whatever goes out is taken from lots; what is missing
 * becomes debt.  Each booking emits what settlement needs: its measure with
 * its exact cost or credit, and its entries of the clearing matrix, so that
 * the identities of SETTLEMENT.md hold after every step.
 */
#ifndef CORE_BOOK_H
#define CORE_BOOK_H

#include "core/scene.h"

/* The lot into which points go that `issuer` gives in this scene. */
struct lot_key book_key(const struct scene *scene, int32_t issuer);

/* Points earned: issued by key.partner, at the scene's store and prices. */
void book_earn(const struct scene *scene, struct lot_key key, points amount);

/* Points earned by a rule of that number, named in explain, by the partner of
 * the scene's store. */
void book_earn_by(const struct scene *scene, int32_t rule, points amount);

/* Whose points are withdrawn: what was issued, there and at those prices. */
struct book_undo {
    int32_t issuer;
    uint32_t store;
    const struct version *version; /* NULL: price 0 */
    const struct lot_key *first;   /* the lot named; NULL: none */
};

/* Points withdrawn (RULES.md, "Withdrawing"), counted as reversed. */
void book_withdraw(const struct scene *scene, const struct book_undo *undo,
                   points amount);

/* Points spent at the scene's store: lots, then debt.  Fills what a reversal
 * of it needs; `taken` grows in the account's arena if that is whole. */
void book_redeem(const struct scene *scene, points amount,
                 struct redemption *redemption);

/* Gives back at most `amount` of what a redemption of points took, in the
 * opposite order; returns how many points that were. */
points book_give_back(const struct scene *scene, struct redemption *redemption,
                      points amount);

/* times * each, but no more than `most`; nothing overflows. */
points book_times(int64_t times, points each, points most);

/* Takes the whole lot at `index` as breakage. */
void book_expire(const struct scene *scene, uint32_t index);

#endif
