#include "core/spread.h"

#include "core/chore.h"
#include "core/ledger_parts.h"
#include "core/runs.h"

#include <unistd.h>

enum {
    ARENA_SIZE = INT32_MAX, /* address space for one account */
    TRIES = 3,              /* where a run is found damaged */
};

/* What all threads share. */
struct job {
    struct ledger *ledger;
    uint64_t known;
    spread_take *take;
    atomic_uint next; /* partition */
    atomic_bool stop;
    atomic_ullong events; /* of the partitions that are done */
};

struct worker {
    struct job *job;
    void *context;
    struct chore chore;
    struct arena arena; /* of one account */
    uint32_t partition; /* at work; LIMIT_PARTITIONS: none */
    runs_key last;      /* in it, the account taken last; size 0: none */
    uint64_t events;    /* in it, taken */
    bool tells;         /* it is the caller's own thread */
};

uint32_t
spread_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < 1)
        return 1;
    return processors > SPREAD_THREADS_MAX ? SPREAD_THREADS_MAX
                                           : (uint32_t)processors;
}

/* Takes the next account, unless it has been taken before the scan began. */
static enum err
take_next(struct worker *worker, struct history_scan *scan)
{
    struct history_account history;

    arena_reset(&worker->arena);
    enum err err = history_scan_next(scan, &worker->arena, &history);
    if (err != OK)
        return err;
    runs_key key = runs_key_of(history.account);
    if (worker->last.size > 0 &&
        view_compare(runs_key_view(&key), runs_key_view(&worker->last)) <= 0)
        return OK;
    err = worker->job->take(worker->context, &history, &worker->arena);
    if (err != OK)
        return err;
    worker->last = key;
    worker->events += history.event_count;
    return OK;
}

static void
end_partition(struct worker *worker)
{
    struct job *job = worker->job;
    uint64_t events =
        atomic_fetch_add(&job->events, worker->events) + worker->events;

    worker->partition = LIMIT_PARTITIONS;
    worker->last.size = 0;
    worker->events = 0;
    if (worker->tells)
        watch_reach(job->ledger->watch, events);
}

/* Goes on with the partition; it is still at work after a fault or a stop. */
static enum err
take_partition(struct worker *worker)
{
    struct job *job = worker->job;
    struct history_scan *scan = NULL;
    enum err err = history_scan_partition(job->ledger->history,
                                          worker->partition, job->known, &scan);

    while (err == OK && !atomic_load(&job->stop))
        err = take_next(worker, scan);
    history_scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    end_partition(worker);
    return OK;
}

static enum err
work(void *context)
{
    struct worker *worker = context;
    struct job *job = worker->job;
    enum err err = OK;

    while (err == OK && !atomic_load(&job->stop)) {
        if (worker->partition == LIMIT_PARTITIONS) {
            uint32_t partition = atomic_fetch_add(&job->next, 1);
            if (partition >= LIMIT_PARTITIONS)
                break;
            worker->partition = partition;
        }
        err = take_partition(worker);
    }
    if (err != OK)
        atomic_store(&job->stop, true);
    return err;
}

/* All that is left; the first worker's share in this thread.  What can't be
 * mended outweighs a damaged run. */
static enum err
run_all(struct worker *workers, uint32_t count)
{
    enum err err = OK;

    atomic_store(&workers->job->stop, false);
    for (uint32_t i = count; i-- > 0;)
        chore_begin(&workers[i].chore, work, &workers[i], i > 0);
    for (uint32_t i = 0; i < count; i++) {
        enum err own = chore_end(&workers[i].chore);
        if (own != OK && (err == OK || err == ERR_CORRUPT))
            err = own;
    }
    return err;
}

static enum err
run_and_mend(struct worker *workers, uint32_t count)
{
    enum err err = run_all(workers, count);

    for (int i = 1; i < TRIES && err == ERR_CORRUPT &&
                    ledger_mend(workers->job->ledger) == OK;
         i++)
        err = run_all(workers, count);
    return err;
}

enum err
spread_run(struct ledger *ledger, uint64_t known, spread_take *take,
           const struct spread_contexts *contexts)
{
    struct job job = { .ledger = ledger, .known = known, .take = take };
    struct worker workers[SPREAD_THREADS_MAX] = { 0 };
    const uint32_t count = contexts->count;
    enum err err = ledger_refuse(ledger, NULL);

    assert(count > 0);
    assert(count <= SPREAD_THREADS_MAX);
    for (uint32_t i = 0; i < count && err == OK; i++) {
        workers[i].job = &job;
        workers[i].context = contexts->items[i];
        workers[i].partition = LIMIT_PARTITIONS;
        workers[i].tells = i == 0;
        if (!arena_open(&workers[i].arena, ARENA_SIZE))
            err = ERR_MEMORY;
    }
    if (err == OK)
        err = run_and_mend(workers, count);
    for (uint32_t i = 0; i < count; i++)
        arena_close(&workers[i].arena);
    return err;
}
