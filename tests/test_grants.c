/*
 * test_grants.c - what the nodes of a hub may send: bounded in sum whatever
 * they do, shared fairly, and never so that anybody waits for ever
 */
#include "nodes/grants.h"

#include "tests/unit.h"

enum { NODES = 2000, ITEMS = 1000000 };

static struct grant nodes[NODES];

static void
clear(struct grants *grants)
{
    *grants = (struct grants) { 0 };
    for (uint32_t i = 0; i < NODES; i++)
        nodes[i] = (struct grant) { .owner = &nodes[i] };
}

static uint64_t
sum_held(void)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < NODES; i++)
        sum += nodes[i].held;
    return sum;
}

static uint32_t
serve(struct grants *grants)
{
    uint32_t count = 0;
    uint64_t size = 0;

    for (struct grant *grant; (grant = grants_next(grants, &size)); count++) {
        assert_true(size > 0);
        assert_int_equal(grant->held, size);
    }
    return count;
}

TEST(one_alone_has_a_whole_turn_and_goes_on)
{
    struct grants grants;

    clear(&grants);
    grants_note(&grants, &nodes[0], GRANTS_REST, ITEMS, 0);
    assert_int_equal(serve(&grants), 1);
    assert_int_equal(nodes[0].held, GRANTS_TURN);
    grants_note(&grants, &nodes[0], GRANTS_TURN / 2 + 1, ITEMS, 0);
    assert_int_equal(serve(&grants), 0); /* not for a trifle, ... */
    grants_note(&grants, &nodes[0], GRANTS_TURN / 2, ITEMS, 0);
    assert_int_equal(serve(&grants), 1); /* ... but half used it is filled up */
    assert_int_equal(nodes[0].held, GRANTS_TURN);
}

/* Little is left over where all has been brought. */
TEST(a_turn_is_not_more_than_what_is_to_come)
{
    struct grants grants;

    clear(&grants);
    grants_note(&grants, &nodes[0], 0, 1000, 0);
    assert_int_equal(serve(&grants), 1);
    assert_int_equal(nodes[0].held, 1000 * GRANTS_ITEM);
    grants_note(&grants, &nodes[0], 100, 3, 0);
    assert_int_equal(serve(&grants), 1);
    assert_int_equal(nodes[0].held, GRANTS_REST);
    grants_note(&grants, &nodes[0], GRANTS_REST, 0, 0);
    assert_int_equal(serve(&grants), 0);
    assert_int_equal(grants.flow, 0);
}

TEST(all_turns_together_are_bounded_and_go_round)
{
    struct grants grants;
    static uint32_t turns[NODES];
    uint32_t queue[NODES];

    clear(&grants);
    for (uint32_t i = 0; i < NODES; i++) {
        turns[i] = 0;
        grants_note(&grants, &nodes[i], 0, ITEMS, 0);
    }
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t count = 0;
        uint64_t size;
        for (struct grant *grant; (grant = grants_next(&grants, &size));)
            queue[count++] = (uint32_t)(grant - nodes);
        assert_true(count > 0);
        assert_true(sum_held() <= GRANTS_FLOW);
        for (uint32_t i = 0; i < count; i++) {
            turns[queue[i]]++;
            grants_note(&grants, &nodes[queue[i]], 0, ITEMS, 0);
        }
    }
    for (uint32_t i = 0; i < NODES; i++)
        assert_true(turns[i] + 1 >= turns[0] && turns[i] <= turns[0] + 1);
}

TEST(who_needs_more_than_a_rest_gets_it_in_turn)
{
    struct grants grants;

    clear(&grants);
    for (uint32_t i = 0; i < 100; i++)
        grants_note(&grants, &nodes[i], 0, ITEMS, 0);
    /* One that has told of nothing, and has a rest: a record is too large. */
    grants_note(&grants, &nodes[100], GRANTS_REST, 0, GRANTS_REST + 1);
    grants_note(&grants, &nodes[101], GRANTS_REST, 0, UINT64_MAX);
    for (uint32_t round = 0; round < 3; round++) {
        (void)serve(&grants);
        for (uint32_t i = 0; i < 100; i++)
            grants_note(&grants, &nodes[i], 0, 0, 0);
    }
    assert_int_equal(nodes[100].held, GRANTS_REST + 1);
    assert_false(nodes[101].waits && nodes[101].held > GRANTS_REST);
    grants_note(&grants, &nodes[100], GRANTS_REST, 0, 0);
    (void)serve(&grants);
    assert_true(nodes[101].held > LIMIT_FRAME_SIZE);
}

/* Those who had a turn are gone, and use none of it: the others come to theirs
 * when time goes by, and sooner where nothing comes, as far as the bound
 * allows. */
TEST(who_does_not_use_a_turn_keeps_nobody_waiting)
{
    const uint32_t beyond = GRANTS_LEAST - GRANTS_REST;
    struct grants grants;

    for (uint32_t quiet = 0; quiet < 2; quiet++) {
        clear(&grants);
        for (uint32_t i = 0; i < NODES; i++)
            grants_note(&grants, &nodes[i], 0, ITEMS, 0);
        uint32_t had = serve(&grants);
        assert_true(had < NODES / 8);
        assert_int_equal(serve(&grants), 0);
        for (uint32_t i = 0; i < 100 && had < NODES; i++) {
            if (quiet)
                grants_came(&grants, 0);
            for (uint32_t k = 0; k < NODES && !quiet; k++)
                grants_tick(&grants, &nodes[k]);
            had += serve(&grants);
        }
        assert_true(had >= GRANTS_MAX / (quiet ? GRANTS_LEAST : beyond));
        assert_true(sum_held() <= (uint64_t)NODES * GRANTS_REST + GRANTS_MAX);
        /* Who has all it can do takes the flow back. */
        for (uint32_t i = 0; i < 64; i++)
            grants_came(&grants, GRANTS_FLOW);
        assert_int_equal(grants.raised, 0);
    }
}

/* Nodes that take as much as there is and bring nothing. */
TEST(hoarders_fill_the_bound_and_it_is_said)
{
    struct grants grants;
    uint32_t had = 0;

    clear(&grants);
    for (uint32_t i = 0; i < NODES && !grants.choked; i++) {
        grants_note(&grants, &nodes[i], GRANTS_REST, 0, LIMIT_FRAME_SIZE);
        had += serve(&grants);
        for (uint32_t k = 0; k < 2 && !grants.choked; k++)
            for (uint32_t n = 0; n <= i; n++)
                grants_tick(&grants, &nodes[n]);
        had += serve(&grants);
    }
    assert_true(grants.choked);
    assert_true(had >= GRANTS_MAX / LIMIT_FRAME_SIZE);
    assert_true(grants.all <= GRANTS_MAX);
    assert_int_equal(serve(&grants), 0);
    /* A small one still has its turn behind them when one of them is ended. */
    grants_leave(&grants, &nodes[0]);
    assert_int_equal(serve(&grants), 1);
    assert_int_equal(nodes[0].held, 0);
}

/* Whatever they claim and use, in any order. */
TEST(the_sum_is_bounded_whatever_nodes_do)
{
    uint64_t random = 20261122;
    struct grants grants;

    clear(&grants);
    for (uint32_t step = 0; step < 200000; step++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        struct grant *grant = &nodes[(random >> 33) % 100];
        uint32_t what = (uint32_t)(random >> 20) % 16;
        if (what < 8)
            grants_note(&grants, grant,
                        grant->held - (random >> 40) % (grant->held + 1),
                        what < 2 ? 0 : random >> (what * 8),
                        what < 5 ? 0 : random >> (what * 7));
        else if (what < 9)
            grants_leave(&grants, grant);
        else if (what < 11)
            grants_tick(&grants, grant);
        else if (what < 14)
            grants_came(&grants, what == 11 ? GRANTS_FLOW : 0);
        else
            (void)serve(&grants);
        if (what < 8 && grant->held < GRANTS_REST && grant->items == 0)
            grants_note(&grants, grant, GRANTS_REST, 0, 0);
        assert_true(sum_held() <= 100 * (uint64_t)GRANTS_REST + GRANTS_MAX);
    }
    for (uint32_t i = 0; i < NODES; i++)
        grants_leave(&grants, &nodes[i]);
    assert_int_equal(grants.flow, 0);
    assert_int_equal(grants.all, 0);
    assert_int_equal(grants.busy_count, 0);
    assert_null(grants.first);
    assert_null(grants.last);
}

RUN(cmocka_unit_test(one_alone_has_a_whole_turn_and_goes_on),
    cmocka_unit_test(a_turn_is_not_more_than_what_is_to_come),
    cmocka_unit_test(all_turns_together_are_bounded_and_go_round),
    cmocka_unit_test(who_needs_more_than_a_rest_gets_it_in_turn),
    cmocka_unit_test(who_does_not_use_a_turn_keeps_nobody_waiting),
    cmocka_unit_test(hoarders_fill_the_bound_and_it_is_said),
    cmocka_unit_test(the_sum_is_bounded_whatever_nodes_do))
