/*
 * onward.h - an ordinary purchase onto an account, and nothing besides
 *
 * What a hub takes in is mostly purchases without lines, each of which gives
 * points, adds to the spend of its month and perhaps keeps a level going.  Who
 * only wants the account as it is afterwards takes this way, which emits no
 * effects and has its points from tariffs.  fold_event() says what is right,
 * and whatever it could do besides (a level reached, debt paid, a referral,
 * stamps, spend rewards) is left to it.  Where this way goes, both give the
 * same account (test_onward.c, tests/trial_forward.c).
 */
#ifndef CORE_ONWARD_H
#define CORE_ONWARD_H

#include "core/fold.h"
#include "core/warm.h"

struct onward; /* owned by the arena it was opened in */

/* The timeline and the fold's room to work in are borrowed as long. */
struct onward *onward_open(struct fold *fold, struct arena *arena);

/* The same as fold_event() but for the effects; as there, the account's clock
 * has been brought to event->at_ms, and nothing is due at that instant
 * afterwards.  The account is not whole, or has not begun.  False: nothing has
 * happened but that it may have begun; fold the event. */
NODISCARD bool onward_take(struct onward *onward, struct account *account,
                           const struct event *event);

/* What of an ordinary purchase, which has no lines and a total above 0, its
 * account is changed by. */
struct onward_sale {
    int64_t at_ms;
    money total;
    identity identity;
    uint32_t store;
};
/* False: the event is none. */
NODISCARD bool onward_sale_of(const struct event *event,
                              struct onward_sale *ret_sale);

/* Takes it onto a warm account, in its bytes or, where it has grown, in `room`
 * of WARM_SIZE_MAX bytes; where the clock has nothing to do before, and what
 * the day and the store give is known from an event that was taken in another
 * way.  False: nothing has happened. */
NODISCARD bool onward_pass(struct onward *onward, struct warm *warm,
                           const struct onward_sale *sale, uint8_t *room);

#endif
