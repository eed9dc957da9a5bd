/*
 * clock.h - what changes in an account by the clock alone
 *
 * A version takes effect, a month's bonus is given, an absence becomes long,
 * pending points become available, points or vouchers expire, a level's
 * validity ends: each at an instant that follows from the state.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/scene.h"

/* Changes by the clock, in their order at one instant.  IDLE_EXPIRE is the
 * expiry that a version brings at once; it follows its row. */
enum change {
    CHANGE_MONTHLY_BONUS,
    CHANGE_INACTIVE,
    CHANGE_RELEASE,
    CHANGE_EXPIRE,
    CHANGE_VOUCHER_EXPIRE,
    CHANGE_TIER,
    CHANGE_VERSION,
    CHANGE_NONE,
};

/* Makes the next change that is due at or before `until_ms` and does something,
 * at the instant that it returns in `ret_at_ms`.  The scene gives account,
 * timeline, effects and scratch; its instant and version play no part.
 * CHANGE_NONE: nothing is left, the account's clock stands at `until_ms`. */
enum change clock_step(const struct scene *scene, int64_t until_ms,
                       int64_t *ret_at_ms);

/* Nothing is due before that instant but releases, which leave nothing in an
 * account, as long as it only gets later visits and activity, and no lots that
 * expire sooner; TERMS_NEVER. */
int64_t clock_due(const struct scene *scene);

#endif
