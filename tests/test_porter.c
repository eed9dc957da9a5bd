/*
 * test_porter.c - who comes while no descriptor is free waits, and rings once
 * there is one
 */
#include "nodes/porter.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "nodes/local.h"
#include "tests/descriptors.h"
#include "tests/place.h"
#include "tests/unit.h"

static bool
rings(const struct porter *porter)
{
    struct epoll_event event;

    return epoll_wait(porter->bell, &event, 1, 0) == 1 &&
           event.data.u32 == porter->who;
}

TEST(a_door_that_is_shut_does_not_ring)
{
    struct place place = place_make();
    struct porter porter = { .name = "door", .node = 7, .who = 3 };
    const int folder = open(place.path, O_RDONLY | O_DIRECTORY);

    porter.bell = epoll_create1(0);
    assert_int_equal(local_listen(folder, "door", 4, &porter.listener), OK);
    assert_int_equal(porter_open(&porter), OK);
    assert_int_equal(porter_let_in(&porter), -1);
    assert_false(porter.shut);
    const int first = local_dial(place.path, "door");
    const int second = local_dial(place.path, "door");
    assert_true(first >= 0 && second >= 0);
    assert_true(rings(&porter));

    const int next = dup(first); /* the lowest that is free */
    close(next);
    descriptors_allow((rlim_t)next);
    assert_int_equal(porter_let_in(&porter), -1);
    assert_true(porter.shut);
    assert_false(rings(&porter));
    assert_int_equal(porter_let_in(&porter), -1);
    assert_true(porter.shut);

    descriptors_allow((rlim_t)next + 10);
    const int inside = porter_let_in(&porter);
    assert_true(inside >= 0);
    assert_false(porter.shut);
    assert_true(rings(&porter));
    close(inside);
    close(porter_let_in(&porter));
    assert_false(rings(&porter));

    close(first);
    close(second);
    close(porter.listener);
    close(porter.bell);
    close(folder);
    place_remove(&place);
}

RUN(cmocka_unit_test(a_door_that_is_shut_does_not_ring))
