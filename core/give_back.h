/*
 * give_back.h - goods come back: returns by receipt, and blind ones
 */
#ifndef CORE_GIVE_BACK_H
#define CORE_GIVE_BACK_H

#include "core/scene.h"

/* Folds a return.  By receipt: the purchase is evaluated again with what is
 * left of it, and the differences are taken issuer by issuer; the account has
 * to be whole.  Blind: what a purchase of those lines would give is
 * withdrawn. */
void give_back_fold(const struct scene *scene, const struct event *event);

#endif
