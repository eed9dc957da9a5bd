/*
 * liability.h - what the program owes its members, in points: month by month
 * and by issuer, and when what is left will expire
 *
 * For each issuer and month
 *
 *     closing = opening + issued - redeemed - expired - reversed + adjusted
 *
 * and closing is what lies in the lots of that issuer at the end of the month:
 * this is the clearing identity of SETTLEMENT.md over time, and asserted.  The
 * row "debt" stands for points taken that were not there, as a negative
 * liability, so that all closings add up to the balances of all accounts.
 *
 * How it ties to the statements: expired is theirs, partner by partner; issued
 * and the positive adjustments are together their `issued`, reversed and the
 * negative ones their `reversed`, over all partners; redeemed over all rows is
 * their `redeemed` less `restored`.
 */
#ifndef CORE_LIABILITY_H
#define CORE_LIABILITY_H

#include "core/ledger.h"

enum { LIABILITY_NEVER = INT32_MAX }; /* no month of expiry */

struct liability_row {
    int32_t month; /* calendar_month() */
    view partner;  /* the issuer, or "debt" */
    int64_t opening;
    int64_t issued;
    int64_t redeemed; /* net of what was given back */
    int64_t expired;
    int64_t reversed; /* withdrawn by returns */
    int64_t adjusted; /* by hand, + and - */
    int64_t closing;
};

/* Points that are good through the end of a month at the latest. */
struct liability_due {
    int32_t month; /* LIABILITY_NEVER */
    view partner;
    int64_t points; /* not 0; of "debt" negative, and never due */
};

struct liability {
    int64_t at_ms;                    /* as of */
    const struct liability_row *rows; /* by month, partner; of those that have
                                       * begun */
    uint32_t row_count;
    uint32_t due_count;
    const struct liability_due *due; /* by month, partner */
    int64_t total;                   /* the sum of the last closings */
};

struct liability_question {
    int32_t through; /* the last month; at its end, or now if that is before */
    uint64_t known;
    int64_t now_ms;
};

/* Reads all accounts.  Names are copied into the arena.  ERR_NOT_FOUND: no
 * rules have been published; ERR_INPUT: `through` lies outside of 2000 to 2199;
 * faults of census_open(). */
NODISCARD enum err liability_make(struct ledger *ledger,
                                  const struct liability_question *question,
                                  struct arena *arena,
                                  struct liability *ret_liability,
                                  struct complaint *complaint);

#endif
