/*
 * scene.h - what every part of the fold needs to know of the step it is in
 *
 * A step happens to one account, at an instant, at a store, and is judged by
 * one version of the rules; its effects go to one list.  Mostly the version is
 * the one in force; for what falls due at an instant by rule (a monthly bonus,
 * an absence) it is the one in force a millisecond before.
 */
#ifndef CORE_SCENE_H
#define CORE_SCENE_H

#include "core/account.h"

/* What one step needs besides, one per fold. */
struct scratch {
    struct basket basket;
    struct earn_outcome outcome;
    struct earn_stamps stamps[LIMIT_PROGRAM_LIST];
    struct earn_stamps stamps_left[LIMIT_PROGRAM_LIST];
    /* The terms of points earned on a day, as reckoned last. */
    const struct version *terms_version;
    int32_t terms_day;
    int64_t available_at;
    int64_t expires_at;
};

/* What a purchase comes to before anything is booked: the outcome and the
 * stamps in the scratch, and ... */
struct scene_worth {
    money eligible;
    uint32_t stamp_count; /* in scratch->stamps */
};

/* Somebody else who says what purchases earn, to the same result: a replay has
 * tables.  False: this one is to be evaluated in the ordinary way. */
struct scene;
struct scene_judge {
    bool (*earn)(void *context, const struct scene *scene,
                 const struct event *event, const struct earn_input *input,
                 struct scene_worth *ret_worth);
    void *context;
};

struct scene {
    const struct timeline *timeline;
    const struct version *version; /* NULL: before the first */
    struct account *account;
    struct effect_list *effects;
    struct scratch *scratch;
    const struct scene_judge *judge; /* NULL: none */
    bool why;                        /* say which rules gave nothing */
    moment moment;
    uint32_t store;  /* 0: none */
    int32_t partner; /* number of the one whose store it is */
};

/* The same scene at another instant, at another store, by another version. */
struct scene scene_move(const struct scene *scene,
                        const struct version *version, int64_t at_ms,
                        uint32_t store);

/* Whether nothing is earned by rule: after `ends`, or before all versions. */
bool scene_ended(const struct scene *scene);

/* The version with that index of the timeline; NULL for PROGRAM_NONE. */
const struct version *scene_version(const struct timeline *timeline,
                                    int32_t index);

/* Appends an effect at the scene's store for `partner`. */
struct effect *scene_effect(const struct scene *scene, enum measure measure,
                            int32_t partner, int64_t amount);

#endif
