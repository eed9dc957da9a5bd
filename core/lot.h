/*
 * lot.h - the lots in which an account's points sit
 *
 * A lot has a key (when its points can be used, when they are gone, who issued
 * them) and what remains of it; lots of one account with equal keys are one.
 * The list is always in the order in which lots are consumed: expires_at
 * (never is last), available_at, partner id.  An empty lot is not kept.
 */
#ifndef CORE_LOT_H
#define CORE_LOT_H

#include "core/amount.h"
#include "core/list.h"
#include "core/terms.h"

struct lot_key {
    int64_t available_at; /* ms; TERMS_AT_ONCE: since it was earned */
    int64_t expires_at;   /* ms; TERMS_NEVER */
    int32_t partner;      /* the issuer's number */
};

struct lot {
    struct lot_key key;
    points left; /* > 0 */
};

struct lot_list {
    struct lot *items;
    uint32_t count;
    uint32_t room;
};

/* In the order of consumption: negative, 0 or positive. */
int lot_compare(const struct lot_key *a, const struct lot_key *b);

/* Puts `amount` (>= 0) into the lot of that key. */
void lot_add(struct lot_list *lots, struct lot_key key, points amount,
             struct arena *arena);

/* The index of the lot of that key; lots->count if there is none. */
uint32_t lot_find(const struct lot_list *lots, const struct lot_key *key);

/* Takes at most `amount` from the lot at `index`, which goes when it is empty;
 * returns what was taken. */
points lot_take(struct lot_list *lots, uint32_t index, points amount);

/* The sum of what can be used at that instant, and of what can't yet. */
points lot_available(const struct lot_list *lots, int64_t at_ms);
points lot_pending(const struct lot_list *lots, int64_t at_ms);

#endif
