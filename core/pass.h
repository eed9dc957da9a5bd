/*
 * pass.h - prepaid passes: sold, used, and cheaper the faster they are used up
 */
#ifndef CORE_PASS_H
#define CORE_PASS_H

#include "core/scene.h"

/* Folds the sale of a pass. */
void pass_sell(const struct scene *scene, const struct event *event);

/* Folds one visit with a pass. */
void pass_use(const struct scene *scene, const struct event *event);

#endif
