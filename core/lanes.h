/*
 * lanes.h - work that flows through lanes: in order in each, side by side in
 * all
 *
 * What arrives is filled into windows, one after the other.  A window has a
 * share for each lane, and a lane's shares are worked off in the order of
 * windows, by one thread at a time.  So what must stay in order, as the events
 * of an account, has its place in one lane, and all else goes on at once: other
 * lanes, and the filling of the next windows.  No thread waits for another at
 * the end of a window, only for one that is several windows behind.
 *
 *     struct lanes_job job = { context, fill, work };
 *     err = lanes_run(&job, threads);
 */
#ifndef CORE_LANES_H
#define CORE_LANES_H

#include "core/base.h"
#include "core/err.h"

enum { LANES = 8, LANES_WINDOWS = 4 };

struct lanes_job {
    void *context; /* borrowed */
    /* Fills a window, below LANES_WINDOWS, whose shares have all been worked
     * off; one call at a time.  ERR_NOT_FOUND: it is the last one. */
    enum err (*fill)(void *context, uint32_t window);
    /* Works off a lane's share of a window.  `thread` tells the threads that
     * run at once apart, the caller's own being 0. */
    enum err (*work)(void *context, uint32_t thread, uint32_t window,
                     uint32_t lane);
};

/* Runs the job in so many threads, fewer where no more are to be had; all have
 * ended when this returns.  After a fault, which is returned, nothing new is
 * begun. */
NODISCARD enum err lanes_run(const struct lanes_job *job, uint32_t threads);

#endif
