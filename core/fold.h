/*
 * fold.h - an account's state as a function of what happened
 *
 * The fold takes one step at a time: a change by the clock, an event, or a
 * referral that makes this account's member a referrer.  It changes the
 * account, appends effects to a list, and can't refuse: what happened stands.
 * It reads no clock and keeps nothing between accounts; the order of steps is
 * the caller's business (walk.h takes a whole history).
 *
 *   fold_clock() until it is false, up to the event's instant,
 *   fold_event(), and so on; at last fold_clock() up to the time of interest.
 *
 * The parts of it, each by its own concept: book.h (points into and out of
 * lots), voucher.h, stamp.h, spend.h, tier.h, bonus.h, sale.h (a purchase),
 * give_back.h (returns), redeem.h (and reversals), pass.h, clock.h.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/clock.h"

struct fold; /* owned by the arena it was opened in */

/* "monthly_bonus", ... as explain spells it; not for CHANGE_NONE. */
const char *fold_change_name(enum change change);

/* A fold under these rules; `why`: also say which rules gave nothing, and
 * why.  The timeline is borrowed as long as the fold. */
struct fold *fold_open(const struct timeline *timeline, bool why,
                       struct arena *arena);

/* Judges by other rules from now on; between accounts, with the list drained.
 * (Several sides of a comparison share one fold's scratch.) */
void fold_use_timeline(struct fold *fold, const struct timeline *timeline);

/* Lets another one judge purchases, as long as they are by that timeline and
 * without `why`; borrowed.  NULL: nobody does. */
void fold_use_judge(struct fold *fold, const struct scene_judge *judge);

const struct timeline *fold_timeline(const struct fold *fold);

/* A basket of the fold's, for its caller between two steps. */
struct basket *fold_basket(struct fold *fold);

/* The effects since the caller set its count to 0. */
struct effect_list *fold_effects(struct fold *fold);

/* From now on none are kept: for who wants the accounts only. */
void fold_drop_effects(struct fold *fold);

/* Where effects grow until they are drained, and what a step needs; the caller
 * may move it between accounts, with the list drained. */
void fold_use_arena(struct fold *fold, struct arena *arena);

/* Makes the next change by the clock that is due at or before `until_ms` and
 * does something, and says which and when.  CHANGE_NONE: none is left, and the
 * account's clock now stands at `until_ms`. */
enum change fold_clock(struct fold *fold, struct account *account,
                       int64_t until_ms, int64_t *ret_at_ms);

/* Makes all of them, for who wants the state only: the effects are drained. */
void fold_run_clock(struct fold *fold, struct account *account,
                    int64_t until_ms);

/* Takes an event that is neither voided nor a void.  The account's clock has
 * been brought to event->at_ms.  In a whole account the event is borrowed for
 * as long as the account lives. */
void fold_event(struct fold *fold, struct account *account,
                const struct event *event);

/* The account comes into being at the scene, if it has not before; fold_event()
 * begins with it. */
void fold_begin(const struct scene *scene);
/* Of an account under the fold's rules, but for version, moment and store. */
struct scene fold_scene(struct fold *fold, struct account *account);

/* Takes the reward of the account's member for having referred another one;
 * the clock has been brought to the referral's event. */
void fold_referral(struct fold *fold, struct account *account,
                   const struct referral *referral);

/* Whether the event may be folded onto this account without its history: it
 * comes after all that the account has seen, its clock included, has not been
 * voided before, and looks back at nothing that is not there (a void; in an
 * unpacked account a return by receipt or a reversal). */
bool fold_can_forward(const struct account *account, const struct event *event);

#endif
