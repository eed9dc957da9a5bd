/*
 * test_lanes.c - each lane's shares come in order and once, whatever number of
 * threads takes them; and a fault ends it all
 */
#include "core/lanes.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit.h"

enum { WINDOWS = 300, NEVER = UINT32_MAX };

/* What the threads leave, and where one of them is to fail. */
struct log {
    uint64_t windows[LANES_WINDOWS]; /* which one stands there */
    uint64_t filled;
    uint64_t done[LANES];
    atomic_uint inside[LANES]; /* threads at work in the lane */
    atomic_uint filling;
    atomic_uint threads; /* seen, a bit each */
    uint32_t fill_fails;
    uint32_t work_fails; /* in the last lane */
};

static enum err
fill(void *context, uint32_t window)
{
    struct log *log = context;

    assert_int_equal(atomic_fetch_add(&log->filling, 1), 0);
    assert_int_equal(window, log->filled % LANES_WINDOWS);
    log->windows[window] = log->filled++;
    sched_yield();
    assert_int_equal(atomic_fetch_sub(&log->filling, 1), 1);
    if (log->filled == log->fill_fails)
        return ERR_CORRUPT;
    return log->filled == WINDOWS ? ERR_NOT_FOUND : OK;
}

static enum err
work(void *context, uint32_t thread, uint32_t window, uint32_t lane)
{
    struct log *log = context;

    assert_int_equal(atomic_fetch_add(&log->inside[lane], 1), 0);
    atomic_fetch_or(&log->threads, 1u << thread);
    assert_int_equal(log->windows[window], log->done[lane]);
    log->done[lane]++;
    if (lane == 2)
        sched_yield(); /* others get ahead of it */
    assert_int_equal(log->windows[window], log->done[lane] - 1);
    assert_int_equal(atomic_fetch_sub(&log->inside[lane], 1), 1);
    return lane == LANES - 1 && log->done[lane] == log->work_fails ? ERR_FULL
                                                                   : OK;
}

static struct log logged;

static enum err
run(uint32_t threads, uint32_t fill_fails, uint32_t work_fails)
{
    const struct lanes_job job = { &logged, fill, work };

    memset(&logged, 0, sizeof logged);
    logged.fill_fails = fill_fails;
    logged.work_fails = work_fails;
    enum err err = lanes_run(&job, threads);
    assert_true(logged.threads < 1u << threads);
    return err;
}

TEST(each_lane_is_worked_off_in_order)
{
    for (uint32_t threads = 1; threads <= LANES; threads++) {
        assert_int_equal(run(threads, NEVER, NEVER), OK);
        assert_int_equal(logged.filled, WINDOWS);
        for (uint32_t lane = 0; lane < LANES; lane++)
            assert_int_equal(logged.done[lane], WINDOWS);
    }
}

TEST(nothing_is_begun_after_a_fault)
{
    for (uint32_t threads = 1; threads <= LANES; threads++) {
        assert_int_equal(run(threads, 7, NEVER), ERR_CORRUPT);
        assert_int_equal(logged.filled, 7);
        assert_int_equal(run(threads, NEVER, 5), ERR_FULL);
        assert_int_equal(logged.done[LANES - 1], 5);
        assert_true(logged.filled < 5 + LANES_WINDOWS);
    }
}

RUN(cmocka_unit_test(each_lane_is_worked_off_in_order),
    cmocka_unit_test(nothing_is_begun_after_a_fault))
