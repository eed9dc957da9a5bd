/*
 * basket.h - a receipt as the rules see it
 *
 * Which of its lines are eligible is decided once, when the basket is filled:
 * those above 0, not `excluded`, and named by `only` where that names anything.
 * The same basket serves the earning rules, the stamps and the facts.
 */
#ifndef CORE_BASKET_H
#define CORE_BASKET_H

#include "core/event.h"
#include "core/timeline.h"

struct basket_line {
    money amount; /* after `off`, or what is left of it after returns */
    uint32_t qty;
    bool eligible;
    uint64_t goods; /* goods_of(), if it is eligible */
    view category;
    view sku;
};

/* About 64 kB: one per fold, filled again for each receipt. */
struct basket {
    uint32_t count;
    money eligible; /* sum of the eligible lines */
    int64_t qty;    /* of the eligible lines together */
    uint64_t goods; /* what any of these matches */
    struct basket_line lines[LIMIT_EVENT_LINES];
};

/* Fills the basket with the lines of a purchase or a blind return as eligible
 * under `version` (NULL, before the first: all above 0 are).  `left` has for
 * each line what remains of it after returns, and qty shrinks with it; NULL:
 * as bought, after `off`.  A receipt without lines is one line of its total.
 * Views borrow from the event. */
void basket_fill(struct basket *basket, const struct version *version,
                 const struct event *event, const money *left);

/* What some of the lines come to. */
struct basket_sum {
    int64_t amount; /* cents */
    int64_t qty;
};

/* The eligible lines that match the goods of both filters (which may be one and
 * the same), filters of the version by which the basket was filled. */
struct basket_sum basket_sum(const struct basket *basket,
                             const struct goods_filter *filter,
                             const struct goods_filter *also);

/* Whether any eligible line matches the categories of the filter, and with
 * `by_sku` its skus too. */
bool basket_matches(const struct basket *basket,
                    const struct goods_filter *filter, bool by_sku);

#endif
