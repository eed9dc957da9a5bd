#include "bench/crowd.h"

#include "bench/bench.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct crowd {
    crowd_task *task;
    void *context;
    double seconds;
    pthread_barrier_t start;
};

enum { TIMES_MAX = 1 << 20 };

struct member {
    struct crowd *crowd;
    uint32_t index;
    uint32_t count;
    float *times; /* seconds, of each; what is not touched costs nothing */
    pthread_t thread;
};

static void *
work(void *argument)
{
    struct member *member = argument;
    struct crowd *crowd = member->crowd;

    pthread_barrier_wait(&crowd->start);
    double begun = bench_now();
    double until = begun + crowd->seconds;
    while (begun < until && member->count < TIMES_MAX) {
        crowd->task(crowd->context, member->index);
        double done = bench_now();
        member->times[member->count++] = (float)(done - begun);
        begun = done;
    }
    return NULL;
}

static int
compare_times(const void *a, const void *b)
{
    const float *x = a;
    const float *y = b;

    return *x < *y ? -1 : *x > *y;
}

static struct crowd_result
sum_up(const struct member *members, uint32_t count, double took)
{
    size_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += members[i].count;
    float *times = malloc((total + 1) * sizeof *times);
    bench_need(times != NULL && total > 0, "have times to sort");
    size_t filled = 0;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(times + filled, members[i].times,
               members[i].count * sizeof *times);
        filled += members[i].count;
    }
    qsort(times, total, sizeof *times, compare_times);
    struct crowd_result result = { .rate = (double)total / took,
                                   .p50_us = times[total / 2] * 1e6,
                                   .p99_us = times[total * 99 / 100] * 1e6 };
    free(times);
    return result;
}

struct crowd_result
crowd_run(uint32_t count, double seconds, crowd_task *task, void *context)
{
    struct crowd crowd = { .task = task,
                           .context = context,
                           .seconds = seconds };
    struct member members[CROWD_MAX];

    assert(count > 0 && count <= CROWD_MAX);
    pthread_barrier_init(&crowd.start, NULL, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct member *member = &members[i];
        *member = (struct member) { .crowd = &crowd, .index = i };
        member->times = calloc(TIMES_MAX, sizeof *member->times);
        bench_need(member->times != NULL &&
                       pthread_create(&member->thread, NULL, work, member) == 0,
                   "start a thread");
    }
    pthread_barrier_wait(&crowd.start);
    double begun = bench_now();
    for (uint32_t i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    struct crowd_result result = sum_up(members, count, bench_now() - begun);
    for (uint32_t i = 0; i < count; i++)
        free(members[i].times);
    pthread_barrier_destroy(&crowd.start);
    return result;
}
