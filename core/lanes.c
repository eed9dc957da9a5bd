#include "core/lanes.h"

#include "core/chore.h"

#include <pthread.h>

enum { FILL = LANES };

struct lanes {
    const struct lanes_job *job;
    uint32_t ahead; /* windows that are filled before their turn */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    uint64_t filled; /* windows */
    bool filling;
    bool last;            /* none is to be filled any more */
    uint64_t done[LANES]; /* windows that are worked off */
    bool busy[LANES];
    enum err err;
};

struct worker {
    struct lanes *lanes;
    uint32_t number;
    struct chore chore;
};

struct task {
    uint64_t window;
    uint32_t lane; /* or FILL */
};

/* --- what is next --- */

/* Windows that are filled and not worked off in all lanes. */
static uint64_t
waiting(const struct lanes *lanes)
{
    uint64_t least = lanes->filled;

    for (uint32_t i = 0; i < LANES; i++)
        least = lanes->done[i] < least ? lanes->done[i] : least;
    return lanes->filled - least;
}

static bool
choose_fill(struct lanes *lanes, uint64_t bound, struct task *ret_task)
{
    if (lanes->last || lanes->filling || waiting(lanes) >= bound)
        return false;
    lanes->filling = true;
    *ret_task = (struct task) { lanes->filled, FILL };
    return true;
}

/* The share that has waited longest. */
static bool
choose_share(struct lanes *lanes, struct task *ret_task)
{
    uint64_t least = lanes->filled;

    for (uint32_t i = 0; i < LANES; i++) {
        if (lanes->busy[i] || lanes->done[i] >= least)
            continue;
        least = lanes->done[i];
        *ret_task = (struct task) { least, i };
    }
    if (least == lanes->filled)
        return false;
    lanes->busy[ret_task->lane] = true;
    return true;
}

/* Nobody has anything to begin any more, now or later. */
static bool
is_over(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < LANES; i++)
        if (lanes->done[i] + lanes->busy[i] < lanes->filled)
            return false;
    return lanes->last;
}

/* Waits for something to do; false: that was all. */
static bool
begin(struct lanes *lanes, struct task *ret_task)
{
    bool begun = false, over = false;

    pthread_mutex_lock(&lanes->lock);
    while (!begun && !over) {
        over = lanes->err != OK || is_over(lanes);
        begun = !over && (choose_fill(lanes, lanes->ahead, ret_task) ||
                          choose_share(lanes, ret_task) ||
                          choose_fill(lanes, LANES_WINDOWS, ret_task));
        if (!begun && !over)
            pthread_cond_wait(&lanes->changed, &lanes->lock);
    }
    pthread_mutex_unlock(&lanes->lock);
    return begun;
}

/* --- doing it --- */

static void
end(struct lanes *lanes, const struct task *task, enum err err)
{
    pthread_mutex_lock(&lanes->lock);
    if (task->lane == FILL) {
        lanes->filling = false;
        lanes->filled++;
        lanes->last = err == ERR_NOT_FOUND;
        err = lanes->last ? OK : err;
    } else {
        lanes->busy[task->lane] = false;
        lanes->done[task->lane]++;
    }
    if (lanes->err == OK)
        lanes->err = err;
    pthread_cond_broadcast(&lanes->changed);
    pthread_mutex_unlock(&lanes->lock);
}

static enum err
run(void *context)
{
    struct worker *worker = context;
    struct lanes *lanes = worker->lanes;
    const struct lanes_job *job = lanes->job;
    struct task task = { 0 };

    while (begin(lanes, &task)) {
        uint32_t window = (uint32_t)(task.window % LANES_WINDOWS);
        end(lanes, &task,
            task.lane == FILL
                ? job->fill(job->context, window)
                : job->work(job->context, worker->number, window, task.lane));
    }
    return OK;
}

enum err
lanes_run(const struct lanes_job *job, uint32_t threads)
{
    struct lanes lanes = {
        .job = job,
        .ahead = threads > 1 ? 2 : 1,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    struct worker workers[LANES] = { 0 };

    assert(threads >= 1);
    assert(threads <= LANES);
    for (uint32_t i = threads; i-- > 0;) {
        workers[i].lanes = &lanes;
        workers[i].number = i;
        chore_begin(&workers[i].chore, run, &workers[i], i > 0);
    }
    for (uint32_t i = 0; i < threads; i++)
        (void)!chore_end(&workers[i].chore);
    pthread_cond_destroy(&lanes.changed);
    pthread_mutex_destroy(&lanes.lock);
    return lanes.err;
}
