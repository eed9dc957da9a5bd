/*
 * settled.c - what has been settled so far (see settled.h)
 *
 * Closes come in order of period, so what is new mostly goes to the end.
 */
#include "core/settled.h"

#include "core/limits.h"
#include "core/list.h"

static int
compare(const void *item, const void *key)
{
    const struct settled *a = item, *b = key;

    if (a->period != b->period)
        return a->period < b->period ? -1 : 1;
    return view_compare(a->partner, b->partner);
}

/* The index of the entry of that month and partner, or where it would stand. */
static uint32_t
place(const struct settled_list *list, const struct settled *key)
{
    return LIST_PLACE(list->items, list->count, key, compare);
}

static bool
is_at(const struct settled_list *list, uint32_t index,
      const struct settled *key)
{
    return index < list->count && compare(&list->items[index], key) == 0;
}

static bool
measure(int64_t *volume, money amount)
{
    return amount_measure(volume, amount.minor, LIMIT_SETTLED_VOLUME);
}

bool
settled_add(struct settled_list *list, const struct settled *more,
            struct arena *arena)
{
    uint32_t index = place(list, more);
    int64_t volume = list->volume;

    if (!measure(&volume, more->issue_cost) ||
        !measure(&volume, more->redeem_credit) ||
        !measure(&volume, more->voucher_credit))
        return false;
    list->volume = volume;
    if (!is_at(list, index, more)) {
        *LIST_INSERT(arena, list, index) = *more;
        return true;
    }
    struct settled *sum = &list->items[index];
    sum->issue_cost = money_add(sum->issue_cost, more->issue_cost);
    sum->redeem_credit = money_add(sum->redeem_credit, more->redeem_credit);
    sum->voucher_credit = money_add(sum->voucher_credit, more->voucher_credit);
    return true;
}

struct settled
settled_find(const struct settled_list *list, int32_t period, view partner)
{
    const struct settled none = { .period = period, .partner = partner };
    uint32_t index = place(list, &none);

    return is_at(list, index, &none) ? list->items[index] : none;
}
