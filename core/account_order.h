/*
 * account_order.h - the entries of a table that have changed, in order of keys
 *
 * Checkpoints are written, and marked accounts folded, in that order.  All of a
 * large table may have changed: so the list is of numbers, and it comes into
 * order one partition (runs.h) after the other, which takes little beside it.
 */
#ifndef CORE_ACCOUNT_ORDER_H
#define CORE_ACCOUNT_ORDER_H

#include "core/account_table.h"

/* Of a table that is borrowed and does not change meanwhile. */
struct account_order {
    const struct account_table *table;
    uint32_t *numbers; /* owned; indices of entries */
    uint32_t count;
};

/* ERR_MEMORY. */
NODISCARD enum err account_order_open(const struct account_table *table,
                                      struct account_order *ret_order);
/* A zeroed one is allowed. */
void account_order_close(struct account_order *order);

/* The entry at `at`, below the count; asks for what is read soon by who goes
 * on from there. */
const struct account_entry *account_order_at(const struct account_order *order,
                                             uint32_t at);

#endif
