/*
 * plain_live.h - an account that needs a closer look, as if it had needed none
 *
 * Voids, repeated and quarantined events take the ordinary way of gathering a
 * history to say what counts.  If all that does is plain, it is written as a
 * chapter of its own, and the account goes by tables (plain.h) after all.
 */
#ifndef REPLAY_PLAIN_LIVE_H
#define REPLAY_PLAIN_LIVE_H

#include "core/history_account.h"
#include "core/text.h"
#include "core/words.h"

/* What the chapter is made with. */
struct plain_live {
    struct words *words; /* of the history; sealed */
    struct text *text;   /* scratch */
    struct arena *arena; /* holds the chapter */
};

/* Writes the events that count.  False: some are not plain, or others' events
 * matter to the account. */
bool plain_live_chapter(const struct plain_live *live,
                        const struct history_account *history,
                        struct arena scratch, view *ret_chapter);

#endif
