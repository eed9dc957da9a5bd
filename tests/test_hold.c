/*
 * test_hold.c - reservations are found, bounded, and end
 */
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#include "nodes/hold.h"

static struct hold
make(uint32_t node, const char *id, const char *account, int64_t count)
{
    struct hold hold = { .node = node, .points = { count }, .until_ms = 1000 };

    strcpy(hold.id, id);
    strcpy(hold.account, account);
    return hold;
}

static void
put(struct holds *holds, struct hold hold)
{
    assert_true(hold_put(holds, &hold));
}

static int64_t
sum(const struct holds *holds, const char *account)
{
    const struct hold *hold;
    uint32_t cursor = 0;
    int64_t total = 0;

    while ((hold = hold_next(holds, view_of(account), &cursor)) != NULL)
        total += hold->points.value;
    return total;
}

TEST(an_id_is_one_reservation_of_its_node)
{
    struct holds *holds = hold_open();

    put(holds, make(11, "a", "42", 100));
    put(holds, make(12, "a", "42", 30));
    put(holds, make(11, "b", "43", 7));
    assert_int_equal(sum(holds, "42"), 130);
    put(holds, make(11, "a", "42", 50));
    assert_int_equal(sum(holds, "42"), 80);
    assert_int_equal(hold_find(holds, 12, view_of("a"))->points.value, 30);
    hold_drop(holds, 12, view_of("a"));
    hold_drop(holds, 12, view_of("a"));
    assert_null(hold_find(holds, 12, view_of("a")));
    assert_int_equal(sum(holds, "42"), 50);
    assert_int_equal(sum(holds, "4"), 0);
    hold_close(holds);
}

TEST(they_end_with_their_time)
{
    struct holds *holds = hold_open();
    struct hold later = make(11, "b", "42", 5);

    put(holds, make(11, "a", "42", 100));
    later.until_ms = 1001;
    put(holds, later);
    hold_expire(holds, 999);
    assert_int_equal(hold_count(holds), 2);
    hold_expire(holds, 1000);
    assert_int_equal(hold_count(holds), 1);
    assert_int_equal(sum(holds, "42"), 5);
    hold_expire(holds, 1001);
    assert_int_equal(hold_count(holds), 0);
    hold_close(holds);
}

TEST(a_node_has_only_so_many)
{
    struct holds *holds = hold_open();
    char id[16];

    for (int i = 0; i < HOLD_NODE_MAX; i++) {
        snprintf(id, sizeof id, "r%d", i);
        put(holds, make(11, id, "42", 1));
    }
    struct hold more = make(11, "more", "42", 1);
    assert_false(hold_put(holds, &more));
    put(holds, make(11, "r0", "42", 2)); /* in place of its own */
    put(holds, make(12, "more", "42", 1));
    assert_int_equal(sum(holds, "42"), HOLD_NODE_MAX + 2);
    hold_close(holds);
}

RUN(cmocka_unit_test(an_id_is_one_reservation_of_its_node),
    cmocka_unit_test(they_end_with_their_time),
    cmocka_unit_test(a_node_has_only_so_many))
