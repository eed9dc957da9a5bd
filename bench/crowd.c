#include "bench/crowd.h"

#include "bench/bench.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

struct crowd {
    crowd_task *task;
    void *context;
    double until;
    pthread_barrier_t start;
};

struct member {
    struct crowd *crowd;
    uint32_t index;
    uint64_t count;
    pthread_t thread;
};

static void *
work(void *argument)
{
    struct member *member = argument;
    struct crowd *crowd = member->crowd;

    pthread_barrier_wait(&crowd->start);
    for (; bench_now() < crowd->until; member->count++)
        crowd->task(crowd->context, member->index);
    return NULL;
}

double
crowd_run(uint32_t count, double seconds, crowd_task *task, void *context)
{
    struct crowd crowd = { .task = task, .context = context };
    struct member members[CROWD_MAX];
    uint64_t total = 0;

    assert(count > 0 && count <= CROWD_MAX);
    pthread_barrier_init(&crowd.start, NULL, count);
    double begun = bench_now();
    crowd.until = begun + seconds;
    for (uint32_t i = 0; i < count; i++) {
        members[i] = (struct member) { .crowd = &crowd, .index = i };
        bench_need(
            pthread_create(&members[i].thread, NULL, work, &members[i]) == 0,
            "start a thread");
    }
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(members[i].thread, NULL);
        total += members[i].count;
    }
    double took = bench_now() - begun;
    pthread_barrier_destroy(&crowd.start);
    return (double)total / took;
}
