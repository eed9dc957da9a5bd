/*
 * tier.h - the level an account holds: reached, kept, lost
 */
#ifndef CORE_TIER_H
#define CORE_TIER_H

#include "core/scene.h"

/* The account's first event or referral: the lowest level. */
void tier_begin(const struct scene *scene);

/* After the facts of a purchase: a rise, with its reward, or a longer
 * validity. */
void tier_purchase(const struct scene *scene);

/* The place of the highest level that so much spend in the window supports. */
int32_t tier_supported(const struct program_tiers *tiers, money spend);
/* A purchase that supports the level keeps it up to then, if that is longer. */
void tier_keep(struct level_state *level, int64_t until_ms);

/* The validity ends at the scene's instant; its version is the one in force
 * before.  True: the level changed. */
bool tier_end(const struct scene *scene);

/* The scene's version takes effect. */
void tier_version(const struct scene *scene);

/* Goods of a purchase came back; the facts have been reduced by `refund`. */
void tier_return(const struct scene *scene, const struct purchase *purchase,
                 money refund);

#endif
