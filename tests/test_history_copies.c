/*
 * test_history_copies.c - of copies that differ one counts, asked as of any
 * day: the least of those that had arrived by then, in whatever order they came
 */
#include "core/history.h"

#include "core/facts.h"
#include "core/text.h"
#include "tests/inflow.h"
#include "tests/unit.h"

enum {
    COPIES = 3,
    TALES = 6,    /* of what they say, each another order of fingerprints */
    BETWEEN = 2,  /* events of the account that stand between them */
    APART = 2000, /* milliseconds from one copy's time to the next one's */
    ARENA_SIZE = 1 << 22,
};

struct order {
    uint32_t tale;
    uint32_t count;
    uint32_t copies[COPIES];
};

/* Of one event of somebody who never came himself. */
static struct event
copy_of(uint32_t tale, uint32_t copy)
{
    return (struct event) {
        .kind = EVENT_PURCHASE,
        .identity = { .node = 90, .incarnation = 5, .seq = 1 },
        .store = 70,
        .at_ms = INFLOW_NOW + APART * (int64_t)copy,
        .account = { .member = 42 },
        .sale = { .receipt = view_of("r"), .total = { 100 * tale + copy } },
    };
}

static int64_t
total_of(uint32_t tale, uint32_t copy)
{
    return copy_of(tale, copy).sale.total.minor;
}

static fingerprint
print_of(uint32_t tale, uint32_t copy)
{
    const struct event event = copy_of(tale, copy);
    struct text scratch = { 0 };
    fingerprint print;

    assert_true(facts_print(&event, &scratch, &print));
    text_close(&scratch);
    return print;
}

/* The total that counts of the first `count` that came. */
static int64_t
least(const struct order *order, uint32_t count)
{
    uint32_t best = order->copies[0];

    for (uint32_t i = 1; i < count; i++)
        if (hash128_compare(print_of(order->tale, order->copies[i]).content,
                            print_of(order->tale, best).content) < 0)
            best = order->copies[i];
    return total_of(order->tale, best);
}

static void
tell(struct inflow *inflow, const struct order *order)
{
    for (uint32_t i = 0; i < BETWEEN; i++) {
        struct event event = copy_of(0, 0);
        event.identity = (identity) { 0 };
        event.at_ms += APART * (int64_t)i + APART / 2;
        inflow_append(inflow, 0, &event, 1);
    }
    for (uint32_t i = 0; i < order->count; i++) {
        struct event event = copy_of(order->tale, order->copies[i]);
        inflow_append(inflow, 1 + order->copies[i], &event, 1);
        inflow_send(inflow, 1 + order->copies[i]);
    }
}

/* Asked as known when each had come: how often it was something else, or not
 * one. */
static uint32_t
count_wrong(const struct order *order)
{
    const account_id who = copy_of(0, 0).account;
    struct history_account account;
    struct history *history;
    struct inflow inflow;
    struct arena arena;
    uint32_t wrong = 0;

    assert_true(arena_open(&arena, ARENA_SIZE));
    inflow_open(&inflow, COPIES);
    tell(&inflow, order);
    assert_int_equal(
        history_open(inflow.place.path, inflow.journal, true, &history), OK);
    assert_int_equal(history_refresh(history), OK);
    for (uint32_t count = 1; count <= order->count; count++) {
        struct arena scratch = arena;
        int64_t total = 0;
        assert_int_equal(
            history_read(history, who, BETWEEN + count, &scratch, &account),
            OK);
        for (uint32_t i = 0; i < account.event_count; i++)
            total += account.events[i]->sale.total.minor;
        wrong +=
            account.event_count != BETWEEN + 1 || total != least(order, count);
    }
    history_close(history);
    inflow_close(&inflow);
    arena_close(&arena);
    return wrong;
}

/* Of all orders of `count` of the copies. */
static uint32_t
count_wrong_orders(struct order *order, uint32_t count)
{
    uint32_t wrong = 0;

    if (order->count == count)
        return count_wrong(order);
    for (uint32_t next = 0; next < COPIES; next++) {
        bool used = false;
        for (uint32_t i = 0; i < order->count; i++)
            used |= order->copies[i] == next;
        if (used)
            continue;
        order->copies[order->count++] = next;
        wrong += count_wrong_orders(order, count);
        order->count--;
    }
    return wrong;
}

static void
expect_one(uint32_t count)
{
    for (uint32_t tale = 1; tale <= TALES; tale++) {
        struct order order = { .tale = tale };
        assert_int_equal(count_wrong_orders(&order, count), 0);
    }
}

TEST(of_two_copies_one_counts_as_of_any_day)
{
    expect_one(2);
}

TEST(of_three_copies_one_counts_as_of_any_day)
{
    expect_one(3);
}

RUN(cmocka_unit_test(of_two_copies_one_counts_as_of_any_day),
    cmocka_unit_test(of_three_copies_one_counts_as_of_any_day))
