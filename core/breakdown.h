/*
 * breakdown.h - what happened in a period, by store, partner, day, rule, ...
 *
 * Every account is walked once; its steps within the period are booked under
 * the keys of the breakdown, first in a tally of its own, which then counts if
 * the account is in the segment.  Figures are those of the statement (effects
 * of the fold), so that their sums are those of `settle`; purchases and sales
 * are counted from the events themselves, so that those from before the first
 * version are there, too.
 *
 * Where a thing stands:
 *
 *   store, partner, group   as in a statement: what undoes stands with what it
 *                           undoes; a store in two groups counts in both
 *   day, month              local, of the instant of the effect
 *   cashier                 who served at the event; changes by the clock and
 *                           a referrer's reward have none
 *   reward                  also points that it cost; none: points as money
 *   rule                    points and vouchers that it gave; none: all other
 *                           points and vouchers (adjustments, grants, cards)
 *   category, sku           what a line came to after the receipt's `off`, and
 *                           refunds of it; a category holds its parts, too
 */
#ifndef CORE_BREAKDOWN_H
#define CORE_BREAKDOWN_H

#include "core/ledger.h"
#include "core/segment.h"
#include "core/tally.h"
#include "core/text.h"

enum breakdown_by {
    BREAKDOWN_BY_STORE,
    BREAKDOWN_BY_PARTNER,
    BREAKDOWN_BY_GROUP,
    BREAKDOWN_BY_DAY,
    BREAKDOWN_BY_MONTH,
    BREAKDOWN_BY_CASHIER,
    BREAKDOWN_BY_REWARD,
    BREAKDOWN_BY_RULE,
    BREAKDOWN_BY_CATEGORY,
    BREAKDOWN_BY_SKU,
    BREAKDOWN_BY_COUNT,
};

/* "store", ... */
const char *breakdown_by_name(enum breakdown_by by);
NODISCARD bool breakdown_by_parse(view name, enum breakdown_by *ret_by);

/* Whether the figure is told in such a breakdown: no cashier's points are
 * said by category. */
bool breakdown_has(enum breakdown_by by, enum tally_figure figure);

struct breakdown_options {
    enum breakdown_by by;
    uint64_t known;
    int64_t from_ms;                 /* inclusive */
    int64_t until_ms;                /* inclusive */
    const struct timeline *timeline; /* borrowed */
    const struct segment *segment;   /* judged at until_ms; NULL: all */
    uint64_t seed;                   /* random, of the tables */
};

struct breakdown {
    const struct tally_row *rows; /* in the order of their keys */
    uint32_t row_count;
    struct tally_row total; /* each account and receipt once */
};

/* Faults as of census_open() and census_next(). */
NODISCARD enum err breakdown_make(struct ledger *ledger,
                                  const struct breakdown_options *options,
                                  struct arena *arena,
                                  struct breakdown *ret_breakdown,
                                  struct complaint *complaint);

/* Appends the key as people read it: a number, a date, a name; "" for none. */
void breakdown_key_text(enum breakdown_by by, view key, struct text *text);

#endif
