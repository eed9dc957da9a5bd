/*
 * chore.h - work that is done in a thread of its own, or at once
 *
 * One piece of work at a time: begun, looked at now and then, ended.  What it
 * uses is left alone by whoever began it until the end.
 */
#ifndef CORE_CHORE_H
#define CORE_CHORE_H

#include "core/base.h"
#include "core/err.h"

#include <pthread.h>
#include <stdatomic.h>

typedef enum err chore_work(void *context);

/* Zeroed, nothing is going on. */
struct chore {
    bool begun;
    bool threaded;
    pthread_t thread;
    atomic_bool done;
    chore_work *work;
    void *context;
    enum err err;
};

/* `beside`: in a thread, if one is to be had; else it is done when this
 * returns. */
void chore_begin(struct chore *chore, chore_work *work, void *context,
                 bool beside);
/* Nothing has been begun, or it is done. */
bool chore_is_done(const struct chore *chore);
/* Waits for it; what came of it, OK where nothing had been begun. */
NODISCARD enum err chore_end(struct chore *chore);

#endif
