/*
 * redeem.h - points and rewards redeemed, and redemptions reversed
 */
#ifndef CORE_REDEEM_H
#define CORE_REDEEM_H

#include "core/scene.h"

/* Folds a redemption of points or of a reward. */
void redeem_fold(const struct scene *scene, const struct event *event);

/* Folds the reversal of a redemption; the account has to be whole. */
void redeem_reverse(const struct scene *scene, const struct event *event);

#endif
