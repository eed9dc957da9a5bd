/*
 * spend.h - spend rewards: progress towards them, and back by returns
 */
#ifndef CORE_SPEND_H
#define CORE_SPEND_H

#include "core/book.h"

/* An eligible amount counts towards every spend reward of the scene's program;
 * gives what has been reached. */
void spend_add(const struct scene *scene, money eligible);

/* A return takes `eligible` off the progress towards the spend rewards of
 * undo->version, where the window in which the purchase of `bought_ms` fell is
 * still the current one; below 0, what was issued in this window is withdrawn
 * as long as there is any. */
void spend_take(const struct scene *scene, const struct book_undo *undo,
                int64_t bought_ms, money eligible);

/* A version takes effect: a reward with another window starts from 0. */
void spend_version(const struct scene *scene);

/* The progress in the window that is current at that local day. */
money spend_progress(const struct spend_state *state, int32_t day);

#endif
