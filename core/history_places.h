/*
 * history_places.h - where in the journal the events of an account stand
 *
 * For who wants the events as they were stored, all that arrived: copies beside
 * their originals, what was told again, what is quarantined.
 */
#ifndef CORE_HISTORY_PLACES_H
#define CORE_HISTORY_PLACES_H

#include "core/history.h"

struct history_places {
    uint64_t *items; /* in the arena */
    uint32_t count;
    uint32_t room;
};

/* All positions up to history_position() at which an event of the account
 * stands, ascending; the joins that name it as their referrer are among them.
 * Nothing tells of events that could not be decoded (history_counts().odd).
 * ERR_CORRUPT: a run is damaged. */
NODISCARD enum err history_places(const struct history *history,
                                  account_id account, struct arena *arena,
                                  struct history_places *ret_places);

#endif
