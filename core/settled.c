/*
 * settled.c - what has been settled so far (see settled.h)
 *
 * Closes come in order of period, so what is new mostly goes to the end.
 */
#include "core/settled.h"

#include "core/list.h"

/* The index of the first entry that is not before that period and partner. */
static uint32_t
lower_bound(const struct settled_list *list, int32_t period, view partner)
{
    uint32_t low = 0, high = list->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct settled *one = &list->items[middle];
        bool before = one->period != period
                          ? one->period < period
                          : view_compare(one->partner, partner) < 0;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_at(const struct settled_list *list, uint32_t index, int32_t period,
      view partner)
{
    return index < list->count && list->items[index].period == period &&
           view_equal(list->items[index].partner, partner);
}

void
settled_add(struct settled_list *list, const struct settled *more,
            struct arena *arena)
{
    uint32_t index = lower_bound(list, more->period, more->partner);

    if (!is_at(list, index, more->period, more->partner)) {
        *LIST_INSERT(arena, list, index) = *more;
        return;
    }
    struct settled *sum = &list->items[index];
    sum->issue_cost = money_add(sum->issue_cost, more->issue_cost);
    sum->redeem_credit = money_add(sum->redeem_credit, more->redeem_credit);
    sum->voucher_credit = money_add(sum->voucher_credit, more->voucher_credit);
}

struct settled
settled_find(const struct settled_list *list, int32_t period, view partner)
{
    uint32_t index = lower_bound(list, period, partner);

    if (is_at(list, index, period, partner))
        return list->items[index];
    return (struct settled) { .period = period, .partner = partner };
}
