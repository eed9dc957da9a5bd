/*
 * test_history_copies.c - of what stands under one identity one counts, asked
 * as of any day and whatever came in which order: the original once it is
 * there, until then the least of the copies that had arrived, however many
 * nodes had told the same
 */
#include "core/history_copies.h"

#include "core/facts.h"
#include "core/history.h"
#include "core/text.h"
#include "tests/inflow.h"
#include "tests/unit.h"

#include <stdlib.h>

enum {
    TALES = 3,     /* of what is said under an identity, by fingerprint */
    STEPS = 4,     /* what comes under one identity, each from another node */
    COMES = TALES, /* a step: the original comes instead of a copy */
    ORIGIN = STEPS + 1, /* the node whose events they are */
    ORDERS_MAX = 108,
    BETWEEN = 2,  /* events of an account that stand between the tales */
    APART = 2000, /* milliseconds from one tale's time to the next one's */
    ARENA_SIZE = 1 << 22,
};
static_assert(ORDERS_MAX <= (int)INFLOW_BATCH_MAX, "one append for all");

/* What comes in which order; each is of an identity and of accounts of its own,
 * so that all can come at once, step by step. */
struct order {
    identity identity;
    uint64_t member; /* the first */
    struct event tales[TALES];
    uint32_t steps[STEPS];
};

struct hall {
    struct inflow inflow;
    struct history *history;
    struct arena arena;
    uint32_t accounts; /* of an order; of several each tale has its own */
    bool has_original; /* which comes some time */
    uint32_t original; /* its tale */
    struct order orders[ORDERS_MAX];
    uint32_t count;
    uint64_t positions[STEPS]; /* behind each step */
};

/* --- which orders there are --- */

static struct event
make_event(uint64_t member, uint32_t total)
{
    return (struct event) {
        .kind = EVENT_PURCHASE,
        .store = 70,
        .at_ms = INFLOW_NOW,
        .recorded_ms = INFLOW_NOW,
        .account = { .member = member },
        .sale = { .receipt = view_of("r"), .total = { total } },
    };
}

static int
compare_tales(const void *a, const void *b)
{
    struct text scratch = { 0 };
    fingerprint x, y;

    assert_true(facts_print(a, &scratch, &x));
    assert_true(facts_print(b, &scratch, &y));
    text_close(&scratch);
    return hash128_compare(x.content, y.content);
}

/* The least first; a tale's time has nothing to do with that. */
static void
make_tales(const struct hall *hall, struct order *order)
{
    for (uint32_t i = 0; i < TALES; i++) {
        order->tales[i] =
            make_event(order->member + i % hall->accounts, 101 + i);
        order->tales[i].at_ms += APART * (int64_t)i;
    }
    qsort(order->tales, TALES, sizeof order->tales[0], compare_tales);
}

static void
list_orders(struct hall *hall, struct order *order, uint32_t count, bool came)
{
    if (count == STEPS && came == hall->has_original) {
        assert_true(hall->count < ORDERS_MAX);
        order->member = 1 + (uint64_t)hall->count * TALES;
        order->identity =
            (identity) { .node = 90, .incarnation = 5, .seq = 1 + hall->count };
        make_tales(hall, order);
        hall->orders[hall->count++] = *order;
    }
    for (uint32_t i = 0; count < STEPS && i <= TALES; i++) {
        if (i == COMES && (came || !hall->has_original))
            continue;
        order->steps[count] = i;
        list_orders(hall, order, count + 1, came || i == COMES);
    }
}

/* Which identity each original will have: they come in the order of their
 * numbers. */
static void
name_originals(struct hall *hall)
{
    struct event event = make_event(1 + ORDERS_MAX * TALES, 1);

    inflow_append(&hall->inflow, ORIGIN, &event, 1);
    for (uint32_t step = 0; step < STEPS; step++)
        for (uint32_t i = 0; i < hall->count; i++)
            if (hall->orders[i].steps[step] == COMES) {
                event.identity.seq++;
                hall->orders[i].identity = event.identity;
            }
}

/* --- what comes --- */

static void
tell_between(struct hall *hall)
{
    struct event events[ORDERS_MAX];

    for (uint32_t i = 0; i < BETWEEN * hall->accounts; i++) {
        for (uint32_t j = 0; j < hall->count; j++) {
            events[j] =
                make_event(hall->orders[j].member + i % hall->accounts, 1);
            events[j].at_ms +=
                APART * (int64_t)(i / hall->accounts) + APART / 2;
        }
        inflow_append(&hall->inflow, 0, events, hall->count);
    }
}

static void
tell_originals(struct hall *hall, uint32_t step)
{
    struct event events[ORDERS_MAX];
    const struct order *orders[ORDERS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < hall->count; i++)
        if (hall->orders[i].steps[step] == COMES) {
            events[count] = hall->orders[i].tales[hall->original];
            orders[count++] = &hall->orders[i];
        }
    if (count == 0)
        return;
    inflow_append(&hall->inflow, ORIGIN, events, count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(identity_equal(events[i].identity, orders[i]->identity));
    inflow_send(&hall->inflow, ORIGIN);
}

static void
tell_copies(struct hall *hall, uint32_t step)
{
    struct event events[ORDERS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < hall->count; i++) {
        const struct order *order = &hall->orders[i];
        if (order->steps[step] == COMES)
            continue;
        events[count] = order->tales[order->steps[step]];
        events[count++].identity = order->identity;
    }
    inflow_append(&hall->inflow, 1 + step, events, count);
    inflow_send(&hall->inflow, 1 + step);
}

/* --- what counts --- */

/* Of the first `count`. */
static const struct event *
counting(const struct hall *hall, const struct order *order, uint32_t count)
{
    uint32_t least = TALES;

    for (uint32_t i = 0; i < count; i++) {
        if (order->steps[i] == COMES)
            return &order->tales[hall->original];
        if (order->steps[i] < least)
            least = order->steps[i];
    }
    return &order->tales[least];
}

/* That alone, besides what stands between, as known behind so many steps. */
static void
expect_one(const struct hall *hall, const struct order *order, uint32_t count)
{
    const struct event *wanted = counting(hall, order, count);
    const uint64_t known = hall->positions[count - 1];
    struct history_account account;

    for (uint32_t i = 0; i < hall->accounts; i++) {
        struct arena scratch = hall->arena;
        const account_id who = { .member = order->member + i };
        bool here = account_equal(wanted->account, who);
        int64_t total = 0;
        assert_int_equal(
            history_read(hall->history, who, known, &scratch, &account), OK);
        for (uint32_t j = 0; j < account.event_count; j++)
            total += account.events[j]->sale.total.minor;
        if (total != BETWEEN + (here ? wanted->sale.total.minor : 0))
            fail_msg("steps %u%u%u%u, %u known, the original is tale %u: "
                     "account %u of %u comes to %d",
                     order->steps[0], order->steps[1], order->steps[2],
                     order->steps[3], count, hall->original, i, hall->accounts,
                     (int)total);
    }
}

/* Behind each step, and once more when all has come. */
static void
run_steps(struct hall *hall)
{
    for (uint32_t step = 0; step < STEPS; step++) {
        tell_originals(hall, step);
        tell_copies(hall, step);
        assert_int_equal(history_refresh(hall->history), OK);
        hall->positions[step] = history_position(hall->history);
        for (uint32_t i = 0; i < hall->count; i++)
            expect_one(hall, &hall->orders[i], step + 1);
    }
    for (uint32_t step = 0; step < STEPS; step++)
        for (uint32_t i = 0; i < hall->count; i++)
            expect_one(hall, &hall->orders[i], step + 1);
}

static void
expect_orders(bool has_original, uint32_t original, uint32_t count)
{
    for (uint32_t accounts = 1; accounts <= TALES; accounts++) {
        struct hall *hall = calloc(1, sizeof *hall);
        struct order order = { 0 };
        assert_non_null(hall);
        hall->has_original = has_original;
        hall->original = original;
        hall->accounts = accounts;
        assert_true(arena_open(&hall->arena, ARENA_SIZE));
        inflow_open(&hall->inflow, ORIGIN);
        assert_int_equal(history_open(hall->inflow.place.path,
                                      hall->inflow.journal, true,
                                      &hall->history),
                         OK);
        list_orders(hall, &order, 0, false);
        assert_int_equal(hall->count, count);
        if (has_original)
            name_originals(hall);
        tell_between(hall);
        run_steps(hall);
        history_close(hall->history);
        inflow_close(&hall->inflow);
        arena_close(&hall->arena);
        free(hall);
    }
}

TEST(of_copies_one_counts_as_of_any_day)
{
    expect_orders(false, 0, 81);
}

TEST(of_copies_and_the_original_one_counts_as_of_any_day)
{
    for (uint32_t original = 0; original < TALES; original++)
        expect_orders(true, original, ORDERS_MAX);
}

RUN(cmocka_unit_test(of_copies_one_counts_as_of_any_day),
    cmocka_unit_test(of_copies_and_the_original_one_counts_as_of_any_day))
