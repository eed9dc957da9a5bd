/*
 * crowd.h - many threads that each do one thing again and again for a while
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdint.h>

enum { CROWD_MAX = 64 };

/* One time, by thread `member` of the crowd, from 0. */
typedef void crowd_task(void *context, uint32_t member);

/* How often it was done in a second, all together, and how long one time took
 * for half of them and for all but one in a hundred. */
struct crowd_result {
    double rate;
    double p50_us;
    double p99_us;
};
struct crowd_result crowd_run(uint32_t count, double seconds, crowd_task *task,
                              void *context);

#endif
