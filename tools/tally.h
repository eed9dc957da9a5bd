/*
 * tally.h - the counts of a report, row by row
 *
 * Rows are made as their keys turn up.  What an account adds is kept apart
 * until it is known whether the account counts (a segment is judged at the end
 * of its walk), and is then taken or dropped as a whole.
 */
#ifndef TOOLS_TALLY_H
#define TOOLS_TALLY_H

#include "core/err.h"

enum tally_column {
    TALLY_JOINED,
    TALLY_ACTIVE, /* an account counts once in a row */
    TALLY_PURCHASES,
    TALLY_SALES,
    TALLY_REFUNDS,
    TALLY_ISSUED,
    TALLY_REDEEMED,
    TALLY_STAMPS,
    TALLY_VOUCHERS_ISSUED,
    TALLY_VOUCHERS_REDEEMED,
    TALLY_VOUCHERS_VALUE,
    TALLY_UNCOVERED,
    TALLY_KEYED,
    TALLY_COLUMNS,
};

const char *tally_column_name(enum tally_column column);
/* Whether it is an amount in cents. */
bool tally_is_money(enum tally_column column);

struct tally; /* owned; tally_close() */

/* NULL: the machine has no memory left. */
struct tally *tally_open(void);
void tally_close(struct tally *tally);

/* Adds for the account at work.  Memory that runs out is told by
 * tally_take(). */
void tally_add(struct tally *tally, view key, enum tally_column column,
               int64_t amount);

/* The account is done: what it added counts, or does not. */
NODISCARD enum err tally_take(struct tally *tally, bool counts);

struct tally_row {
    view key;
    int64_t amounts[TALLY_COLUMNS];
    uint64_t last_active; /* number of the account last counted active */
};

/* All rows: shorter digits first where all keys are numbers, else by bytes.
 * Valid until the next call. */
const struct tally_row *tally_rows(struct tally *tally, bool by_number,
                                   uint32_t *ret_count);

#endif
