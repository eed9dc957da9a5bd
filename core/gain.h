/*
 * gain.h - books what rules gave for an event (earn.h) into the account
 */
#ifndef CORE_GAIN_H
#define CORE_GAIN_H

#include "core/scene.h"

/* What the account is before the event, for the evaluation.  The list of
 * consents lives as long as the account. */
void gain_context(const struct scene *scene, struct earn_context *ret_context);

/* The input of an evaluation as things happen. */
struct earn_input gain_input(const struct scene *scene,
                             const struct earn_context *context);

/* Books scene->scratch->outcome: each rule's contribution for explain (and
 * those that gave nothing, if asked), vouchers, limits used, and the points as
 * one lot for each issuer. */
void gain_book(const struct scene *scene);

#endif
