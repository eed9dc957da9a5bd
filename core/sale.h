/*
 * sale.h - a purchase, and what other events have in common with it
 */
#ifndef CORE_SALE_H
#define CORE_SALE_H

#include "core/scene.h"

/* Folds a purchase, in the order of RULES.md, "A purchase". */
void sale_fold(const struct scene *scene, const struct event *event);

/* Notes the facts of a purchase in that month, the scene's. */
void sale_note(const struct scene *scene, int32_t month, money eligible);

/* Notes that the account was seen at the scene's store: an absence ends. */
void sale_visit(const struct scene *scene);

/* Asks whether this event is the one for which its member and the one who
 * recommended it are rewarded, and books the member's part. */
void sale_referral(const struct scene *scene, const struct event *event,
                   money eligible);

/* Books one side's reward for a referral. */
struct sale_reward {
    points points;
    int32_t reward; /* place in the scene's program; PROGRAM_NONE */
};
void sale_referral_reward(const struct scene *scene,
                          const struct sale_reward *reward);

#endif
