/*
 * walk.h - the whole history of an account, step by step
 *
 * A walk resolves the voids, puts the account's own events and its referrals
 * into canonical order, and gives one step after another: each change by the
 * clock at its instant, each event, up to and including a time.  Balance,
 * explain, settlement, totals and replay all read the same walk.
 *
 *   walk_open(&walk, &input, &arena);
 *   while (walk_next(&walk))
 *       ... walk.step ...
 *   ... walk.account is the state at input.until_ms ...
 */
#ifndef CORE_WALK_H
#define CORE_WALK_H

#include "core/fold.h"

enum step_kind {
    STEP_CHANGE,   /* by the clock */
    STEP_EVENT,    /* an event that counts */
    STEP_REFERRAL, /* of another member, at its qualifying event */
    STEP_VOID,     /* a void: no effect of its own */
    STEP_VOIDED,   /* an event that a void undid: no effect */
    STEP_ASIDE,    /* a quarantined event: no effect */
};

struct step {
    enum step_kind kind;
    enum change change; /* STEP_CHANGE; else CHANGE_NONE */
    bool unmatched;     /* STEP_VOID */
    int64_t at_ms;
    const struct event *event;         /* NULL for a change */
    const struct version *version;     /* in force after the step, or NULL */
    const struct effect_list *effects; /* valid until the next step */
};

struct walk_input {
    struct fold *fold;
    const struct scene_judge *judge; /* for fold_use_judge() */
    account_id account;              /* borrowed */
    /* All events of the account, in canonical order, voids and those after
     * `until_ms` too; borrowed as long as the walk. */
    const struct event *const *events;
    uint32_t event_count;
    const struct referral *referrals; /* any order; borrowed for the call */
    uint32_t referral_count;
    /* Quarantined events to be shown in their places; any order; borrowed as
     * long as the walk. */
    const struct event *const *aside;
    uint32_t aside_count;
    int64_t until_ms;
    /* Nobody but the account's own returns looks back at its purchases: the
     * account remembers no others. */
    bool forgets;
};

struct walk_item {
    const struct event *event;
    const struct referral *referral; /* NULL: an event of its own */
    enum step_kind kind;
    bool unmatched;
};

struct walk {
    struct account account; /* as it is after the step */
    struct step step;
    struct fold *fold;
    struct name_list recalled; /* of an account that forgets */
    struct walk_item *items;
    uint32_t item_count;
    uint32_t next; /* item */
    int64_t until_ms;
};

/* Starts before the first step.  Everything lives in the arena (which the
 * fold uses, too). */
void walk_open(struct walk *walk, const struct walk_input *input,
               struct arena *arena);

/* Takes the next step; false after the last, with the clock at until_ms. */
bool walk_next(struct walk *walk);

/* Takes all steps that are left and drops their effects. */
void walk_finish(struct walk *walk);

/* The events that count, in order: neither voids nor what they undo (what
 * referral_find() and lists of receipts want).  `ret_count` of them. */
const struct event *const *walk_live(const struct event *const *events,
                                     uint32_t count, struct arena *arena,
                                     uint32_t *ret_count);

#endif
