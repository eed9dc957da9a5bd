/*
 * test_group.c - each request is done exactly once and before its caller goes
 * on, by one leader at a time, and groups stay within their weight
 */
#include "core/group.h"

#include <sched.h>

#include "tests/unit.h"

enum { THREADS = 6, ROUNDS = 2000, WEIGHT_MAX = 5 };

struct request {
    struct group_request queued; /* the first member */
    uint32_t done_count;
};

struct counter {
    struct group group;
    uint32_t inside; /* touched by the leader only */
    uint32_t total;
    uint32_t faults;
    uint32_t groups;
};

static void
work(void *context, struct group_request *first)
{
    struct counter *counter = context;
    uint32_t weight = 0;

    counter->faults += ++counter->inside != 1;
    for (struct group_request *each = first; each != NULL; each = each->next) {
        weight += each->weight;
        ((struct request *)each)->done_count++;
        counter->total++;
    }
    counter->faults += weight > WEIGHT_MAX && first->next != NULL;
    counter->groups++;
    sched_yield();
    counter->inside--;
}

static void *
submit_all(void *context)
{
    struct counter *counter = context;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct request request = { .queued.weight = 1 + i % 7 };
        group_submit(&counter->group, &request.queued);
        if (request.done_count != 1)
            return (void *)"not done once";
    }
    return NULL;
}

TEST(every_request_is_done_once)
{
    struct counter counter = { 0 };
    pthread_t threads[THREADS];

    group_open(&counter.group, WEIGHT_MAX, work, &counter);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, submit_all, &counter), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    group_close(&counter.group);
    assert_int_equal(counter.total, THREADS * ROUNDS);
    assert_int_equal(counter.faults, 0);
    assert_true(counter.groups <= counter.total);
}

/* Chains of several requests, longer than a group may be heavy. */
static void *
submit_chains(void *context)
{
    enum { LINKS_MAX = 9 };
    struct counter *counter = context;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct request chain[LINKS_MAX] = { 0 };
        uint32_t count = 1 + i % LINKS_MAX;
        for (uint32_t k = 0; k < count; k++) {
            chain[k].queued.weight = 1 + (i + k) % 3;
            chain[k].queued.next = k + 1 < count ? &chain[k + 1].queued : NULL;
        }
        group_submit(&counter->group, &chain[0].queued);
        for (uint32_t k = 0; k < count; k++)
            if (chain[k].done_count != 1)
                return (void *)"not done once";
    }
    return NULL;
}

TEST(a_chain_is_done_to_its_end)
{
    struct counter counter = { 0 };
    pthread_t threads[THREADS];

    group_open(&counter.group, WEIGHT_MAX, work, &counter);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL,
                                        i % 2 ? submit_chains : submit_all,
                                        &counter),
                         0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    assert_int_equal(counter.group.queued, 0);
    group_close(&counter.group);
    assert_int_equal(counter.faults, 0);
}

static void *
submit_few(void *context)
{
    struct counter *counter = context;

    for (uint32_t i = 0; i < 20; i++) {
        struct request request = { .queued.weight = 1 + i % 7 };
        group_submit(&counter->group, &request.queued);
        if (i % 5 == 0)
            sched_yield();
    }
    return NULL;
}

/* At the end of a crowd nobody comes who would wake a forgotten one. */
TEST(the_last_ones_are_woken_too)
{
    for (int crowd = 0; crowd < 200; crowd++) {
        struct counter counter = { 0 };
        pthread_t threads[THREADS];
        group_open(&counter.group, WEIGHT_MAX, work, &counter);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(
                pthread_create(&threads[i], NULL, submit_few, &counter), 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        group_close(&counter.group);
        assert_int_equal(counter.faults, 0);
    }
}

TEST(a_lone_caller_waits_for_nobody)
{
    struct counter counter = { 0 };

    group_open(&counter.group, WEIGHT_MAX, work, &counter);
    assert_null(submit_all(&counter));
    group_close(&counter.group);
    assert_int_equal(counter.groups, ROUNDS);
}

RUN(cmocka_unit_test(every_request_is_done_once),
    cmocka_unit_test(a_chain_is_done_to_its_end),
    cmocka_unit_test(the_last_ones_are_woken_too),
    cmocka_unit_test(a_lone_caller_waits_for_nobody))
