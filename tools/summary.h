/*
 * summary.h - the counts of a report, row by row
 *
 * Rows are made as their keys turn up.  What an account adds is kept apart
 * until it is known whether the account counts (a segment is judged at the end
 * of its walk), and is then taken or dropped as a whole.
 */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include "core/err.h"

enum summary_column {
    SUMMARY_JOINED,
    SUMMARY_ACTIVE, /* an account counts once in a row */
    SUMMARY_PURCHASES,
    SUMMARY_SALES,
    SUMMARY_REFUNDS,
    SUMMARY_ISSUED,
    SUMMARY_REDEEMED,
    SUMMARY_STAMPS,
    SUMMARY_VOUCHERS_ISSUED,
    SUMMARY_VOUCHERS_REDEEMED,
    SUMMARY_VOUCHERS_VALUE,
    SUMMARY_UNCOVERED,
    SUMMARY_KEYED,
    SUMMARY_COLUMNS,
};

const char *summary_column_name(enum summary_column column);
/* Whether it is an amount in cents. */
bool summary_is_money(enum summary_column column);

struct summary; /* owned; summary_close() */

/* NULL: the machine has no memory left. */
struct summary *summary_open(void);
void summary_close(struct summary *summary);

/* Adds for the account at work.  Memory that runs out is told by
 * summary_take(). */
void summary_add(struct summary *summary, view key, enum summary_column column,
                 int64_t amount);

/* The account is done: what it added counts, or does not. */
NODISCARD enum err summary_take(struct summary *summary, bool counts);

struct summary_row {
    view key;
    int64_t amounts[SUMMARY_COLUMNS];
    uint64_t last_active; /* number of the account last counted active */
};

/* All rows: shorter digits first where all keys are numbers, else by bytes.
 * Valid until the next call. */
const struct summary_row *summary_rows(struct summary *summary, bool by_number,
                                       uint32_t *ret_count);

#endif
