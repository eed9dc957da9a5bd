/*
 * settled.h - what has been settled so far for each partner's month
 *
 * The sum of a month's own statement and of every adjustment since, in cents.
 * An adjustment is what a month comes to now less this, so nothing is settled
 * twice and nothing is lost.
 */
#ifndef CORE_SETTLED_H
#define CORE_SETTLED_H

#include "core/amount.h"
#include "core/err.h"

struct settled {
    int32_t period; /* calendar_month() */
    view partner;   /* id */
    money issue_cost;
    money redeem_credit;
    money voucher_credit;
};

/* By period and partner, each pair once; a zeroed one is empty. */
struct settled_list {
    struct settled *items; /* in the arena of who adds */
    uint32_t count;
    uint32_t room;
    int64_t volume; /* of all that was added, whatever its sign */
};

/* Adds the figures to what stands under their period and partner; the name is
 * borrowed for as long as the list lives.  False: all together come to more
 * than LIMIT_SETTLED_VOLUME, and nothing was added. */
NODISCARD bool settled_add(struct settled_list *list,
                           const struct settled *more, struct arena *arena);

/* What has been settled for that partner's month: zeros if nothing has. */
struct settled settled_find(const struct settled_list *list, int32_t period,
                            view partner);

#endif
