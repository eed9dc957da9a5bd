/*
 * test_link.c - when a node dials again
 */
#include "nodes/link.h"

#include <stdio.h>

#include "tests/hearing.h"
#include "tests/unit.h"

enum { NOW_MS = 1000, HOUR_MS = 3600000 };

static void
open_one(const char *told, struct link *ret_link)
{
    struct keys_hubs hubs = { .count = 2 };
    struct keys_pair keys;

    transport_keypair(&keys);
    for (uint32_t i = 0; i < hubs.count; i++) {
        snprintf(hubs.list[i].endpoint, KEYS_ENDPOINT_SIZE,
                 "tcp://127.0.0.1:%u", 7001 + i);
        hubs.list[i].key = keys.public_key;
    }
    assert_int_equal(link_open(&(struct link_options) { .keys = &keys,
                                                        .hubs = &hubs,
                                                        .told = told,
                                                        .node = 3 },
                               ret_link),
                     OK);
}

TEST(after_each_branch_it_waits_twice_as_long)
{
    struct link link;
    int64_t before_ms = 0;

    open_one(NULL, &link);
    for (uint32_t i = 0; i < 40; i++) {
        link_is_well(&link); /* a session has lived */
        link_branched(&link, NOW_MS);
        const int64_t wait_ms = link.dial_ms - NOW_MS;
        if (i == 0)
            assert_int_equal(wait_ms, 1);
        else
            assert_true(wait_ms == 2 * before_ms ||
                        (wait_ms == before_ms && wait_ms > HOUR_MS));
        before_ms = wait_ms;
    }
    assert_in_range(before_ms, HOUR_MS, 2 * HOUR_MS);
    link_close(&link);
}

TEST(each_failure_is_followed_by_another_hub)
{
    struct link link;

    open_one(NULL, &link);
    link_drop(&link, NOW_MS, 0);
    assert_int_equal(link.hub, 1);
    assert_in_range(link.dial_ms, NOW_MS + 1, NOW_MS + 200);
    link_drop(&link, NOW_MS, 7);
    assert_int_equal(link.hub, 0);
    assert_int_equal(link.dial_ms, NOW_MS + 7);
    link_close(&link);
}

static void
expect_dialled(const struct link *link, uint32_t hub, const char *endpoint)
{
    assert_int_equal(link->hub, hub);
    assert_string_equal(link_hub(link).endpoint, endpoint);
}

/* What was told by hand once may be where a hub was that stands by now. */
TEST(each_hub_is_looked_for_where_it_was_told_and_where_it_is_listed)
{
    static const char TOLD[] = "tcp://127.0.0.1:7009";
    struct link link;

    open_one(TOLD, &link);
    for (uint32_t round = 0; round < 2; round++) {
        expect_dialled(&link, 0, TOLD);
        link_drop(&link, NOW_MS, 0);
        expect_dialled(&link, 0, "tcp://127.0.0.1:7001");
        link_drop(&link, NOW_MS, 0);
        expect_dialled(&link, 1, TOLD);
        link_drop(&link, NOW_MS, 0);
        expect_dialled(&link, 1, "tcp://127.0.0.1:7002");
        link_drop(&link, NOW_MS, 0);
    }
    link_close(&link);
}

/* Who reads it would look for what is wrong at the standby, where nothing is.
 */
TEST(each_hub_that_is_not_reached_is_told_as_often)
{
    struct link link;
    int64_t now_ms = NOW_MS;

    open_one(NULL, &link);
    hearing_begin();
    link_drop(&link, now_ms, 0); /* a session with the first has ended */
    while (link.failures < 18)
        link_look(&link, now_ms += HOUR_MS);
    hearing_end();
    assert_int_equal(hearing_count(" unreached hub=tcp://127.0.0.1:7001 "), 4);
    assert_int_equal(hearing_count(" unreached hub=tcp://127.0.0.1:7002 "), 4);
    link_close(&link);
}

RUN(cmocka_unit_test(after_each_branch_it_waits_twice_as_long),
    cmocka_unit_test(each_failure_is_followed_by_another_hub),
    cmocka_unit_test(
        each_hub_is_looked_for_where_it_was_told_and_where_it_is_listed),
    cmocka_unit_test(each_hub_that_is_not_reached_is_told_as_often))
