/*
 * test_history_update.c - bringing the files up to date writes what is new, and
 * over many times no more than a few times that; a large history stays where
 * it is
 *
 * This program has its own write(), which counts.
 */
#include "core/history.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/inflow.h"
#include "tests/unit.h"

enum { LARGE = 40000, SMALL = 100, UPDATES = 60, MEMBERS = 500 };

static atomic_ullong written;

ssize_t
write(int file, const void *bytes, size_t size)
{
    ssize_t done = syscall(SYS_write, file, bytes, size);

    if (done > 0)
        atomic_fetch_add(&written, (unsigned long long)done);
    return done;
}

static struct inflow inflow;
static struct history *history;
static uint32_t count;

static void
append(uint32_t more)
{
    static struct event events[INFLOW_BATCH_MAX];

    while (more > 0) {
        uint32_t batch = more < INFLOW_BATCH_MAX ? more : INFLOW_BATCH_MAX;
        for (uint32_t i = 0; i < batch; i++, count++)
            events[i] = (struct event) {
                .kind = EVENT_PURCHASE,
                .store = 1,
                .at_ms = INFLOW_NOW - 100000000 + 1000 * (int64_t)count,
                .account = { .member = 1 + count * 7919 % MEMBERS },
                .sale = { .receipt = view_of("77"), .total = { 100 } },
            };
        inflow_append(&inflow, 0, events, batch);
        more -= batch;
    }
}

/* Bytes written to files by what this takes in. */
static uint64_t
update(void)
{
    uint64_t before = atomic_load(&written);

    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
    return atomic_load(&written) - before;
}

TEST(an_update_writes_what_is_new)
{
    uint64_t most = 0, sum = 0;

    inflow_open(&inflow, 0);
    assert_int_equal(
        history_open(inflow.place.path, inflow.journal, true, &history), OK);
    append(LARGE);
    uint64_t large = update();
    assert_true(large > LARGE * 15);
    for (uint32_t i = 0; i < UPDATES; i++) {
        append(SMALL);
        uint64_t bytes = update();
        most = bytes > most ? bytes : most;
        sum += bytes;
    }
    /* An event of a run by itself takes some 80 bytes with its account's key
     * and chapter, and each is written again a few times. */
    assert_true(sum < UINT64_C(4) * 80 * SMALL * UPDATES);
    assert_true(most < large / 2);
    assert_int_equal(history_verify(history), OK);
    assert_int_equal(history_held(history), LARGE + SMALL * UPDATES);
    history_close(history);
    inflow_close(&inflow);
}

/* A hub with a long journal and no files, or few. */
TEST(small_steps_begin_with_a_large_one)
{
    enum { MUCH = 1 << 18, STEP = 1000, REST = 3000 };

    inflow_open(&inflow, 0);
    count = 0;
    assert_int_equal(
        history_open(inflow.place.path, inflow.journal, true, &history), OK);
    history_set_step(history, STEP);
    append(REST);
    assert_int_equal(history_refresh(history), OK);
    assert_in_range(history_position(history), STEP, STEP + INFLOW_BATCH_MAX);
    append(MUCH);
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_held(history), MUCH + REST);
    /* What is less than that comes step by step. */
    append(REST);
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_held(history), MUCH + REST);
    assert_true(history_is_behind(history));
    history_close(history);
    inflow_close(&inflow);
}

RUN(cmocka_unit_test(an_update_writes_what_is_new),
    cmocka_unit_test(small_steps_begin_with_a_large_one))
