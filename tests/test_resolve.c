/*
 * test_resolve.c - names of hosts are looked up beside
 *
 * Proved: an address is its own answer, at once; a name comes to stand for an
 * address; a name that can't be one is told; whoever gives up waits for nobody.
 * That a resolver without an answer keeps nothing waiting test_ops.py shows
 * with real processes.
 */
#include "nodes/resolve.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit.h"

static enum resolve_answer
ask_until_told(struct resolve *resolve, const char *endpoint,
               char found[static KEYS_ENDPOINT_SIZE], const char **ret_why)
{
    const struct timespec pause = { .tv_nsec = 2000000 };
    enum resolve_answer answer;

    while ((answer = resolve_ask(resolve, endpoint, found, ret_why)) ==
           RESOLVE_WAIT)
        nanosleep(&pause, NULL);
    return answer;
}

TEST(an_address_is_its_own_answer)
{
    static const char *const ENDPOINTS[] = {
        "tcp://127.0.0.1:7001",
        "tcp://[::1]:7001",
        "tcp://10.1.2.3:65535",
    };
    struct resolve resolve = { 0 };
    char found[KEYS_ENDPOINT_SIZE];
    const char *why = NULL;

    for (uint32_t i = 0; i < COUNT_OF(ENDPOINTS); i++) {
        assert_int_equal(resolve_ask(&resolve, ENDPOINTS[i], found, &why),
                         RESOLVE_FOUND);
        assert_string_equal(found, ENDPOINTS[i]);
    }
    assert_null(why);
    resolve_close(&resolve);
}

TEST(a_name_stands_for_an_address)
{
    struct resolve resolve = { 0 };
    char found[KEYS_ENDPOINT_SIZE];
    const char *why = NULL;

    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(
            ask_until_told(&resolve, "tcp://localhost:7001", found, &why),
            RESOLVE_FOUND);
        assert_true(strcmp(found, "tcp://127.0.0.1:7001") == 0 ||
                    strcmp(found, "tcp://[::1]:7001") == 0);
    }
    resolve_close(&resolve);
}

TEST(what_is_no_name_is_told)
{
    struct resolve resolve = { 0 };
    char found[KEYS_ENDPOINT_SIZE];
    const char *why = NULL;

    assert_int_equal(ask_until_told(&resolve, "tcp://a..b:7001", found, &why),
                     RESOLVE_NONE);
    assert_non_null(why);
    resolve_close(&resolve);
}

/* Of the process, by the system. */
static uint32_t
count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    uint32_t count = 0;

    assert_non_null(tasks);
    while ((task = readdir(tasks)) != NULL)
        count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* More names than places: those that were given up make room once they have
 * an answer, and all may be left to themselves. */
TEST(many_names_take_turns)
{
    struct resolve resolve = { 0 };
    char found[KEYS_ENDPOINT_SIZE], endpoint[KEYS_ENDPOINT_SIZE];
    const char *why = NULL;

    for (uint32_t i = 0; i < 10 * COUNT_OF(resolve.lookups); i++) {
        snprintf(endpoint, sizeof endpoint, "tcp://localhost:%u", 7001 + i);
        enum resolve_answer answer =
            resolve_ask(&resolve, endpoint, found, &why);
        /* Its thread may have been faster than we. */
        assert_true(answer != RESOLVE_NONE || i >= COUNT_OF(resolve.lookups));
    }
    resolve_close(&resolve);
    resolve_close(&resolve);
    /* They end by themselves, and then nothing of them is left behind. */
    while (count_threads() > 1)
        nanosleep(&(struct timespec) { .tv_nsec = 2000000 }, NULL);
}

RUN(cmocka_unit_test(an_address_is_its_own_answer),
    cmocka_unit_test(a_name_stands_for_an_address),
    cmocka_unit_test(what_is_no_name_is_told),
    cmocka_unit_test(many_names_take_turns))
