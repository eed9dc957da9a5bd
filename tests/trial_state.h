/*
 * trial_state.h - what a trial is made of, for tests/trial*.c only
 */
#ifndef TESTS_TRIAL_STATE_H
#define TESTS_TRIAL_STATE_H

#include "core/onward.h"
#include "core/walk.h"
#include "tests/model.h"
#include "tests/trial.h"

enum { TRIAL_REFERRALS = 8, TRIAL_PACK_ROOM = 1 << 16 };

struct packed {
    uint8_t bytes[TRIAL_PACK_ROOM];
    uint32_t size;
};

struct trial {
    struct zone zones[GEN_ZONES];
    struct model *models[GEN_ZONES]; /* made when first needed */
    struct arena keep;               /* zones, as long as the trial */
    struct arena arena;              /* of one case */
    const struct gen_case *made;
    const struct program *programs[GEN_VERSIONS];
    const struct timeline *timeline;
    struct fold *fold;       /* of the case, for one walk after another */
    struct fold *why_fold;   /* that also says why not */
    struct onward *onward;   /* of the fold */
    struct packed packed[3]; /* scratch */
    struct model *model;
    struct basket *basket;
    struct text *why;
    bool failed;
    /* Of the account at hand: its events in canonical order, each once. */
    account_id account;
    const struct event *const *events;
    uint32_t event_count;
    struct referral referrals[TRIAL_REFERRALS];
    uint32_t referral_count;
};

/* Says what is different, unless something has been said; returns false. */
bool trial_differs(struct trial *trial, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The events of an account in canonical order, each once, in the arena. */
const struct event *const *trial_events(struct trial *trial, account_id account,
                                        uint32_t *ret_count);

/* Opens a walk over the first `count` events and the referrals up to the last
 * of them, until `until_ms`.  A walk lasts until the next one of its fold. */
void trial_walk(struct trial *trial, uint32_t count, int64_t until_ms,
                struct walk *ret_walk);
void trial_walk_why(struct trial *trial, struct walk *ret_walk);

/* Whether both lists hold the same effects, apart from why rules gave nothing
 * (MEASURE_MISS). */
bool trial_same_effects(const struct effect_list *a,
                        const struct effect_list *b);

/* trial_identities.c: asked with the reasons, every step has the same effects,
 * and the identities after every step of the whole walk. */
bool trial_check_identities(struct trial *trial);

/* trial_forward.c: forward as anew, saved as never saved. */
bool trial_check_forward(struct trial *trial);

#endif
