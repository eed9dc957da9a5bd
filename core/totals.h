/*
 * totals.h - effects summed up by month, partner, store and measure
 *
 * What a statement is made of.  Totals are exact (amounts in int64, money in
 * millionths in 128 bits), so effects can be booked and taken back in any
 * order, in parts by several threads, and merged: the result is the same.  A
 * row counts the effects that are in it and is there as long as there are any,
 * also where they come to nothing.  Breakage has no store: it stands in a row
 * of store 0.
 */
#ifndef CORE_TOTALS_H
#define CORE_TOTALS_H

#include "core/effect.h"

enum { TOTALS_FIGURES = 3 };

/* One partner's effects at one store in one calendar month. */
struct totals_row {
    int32_t month;   /* calendar_month() */
    int32_t partner; /* number in the timeline */
    uint32_t store;  /* 0: none */
    int64_t effects; /* how many are booked here */
    int64_t amounts[MEASURE_STATEMENT_COUNT];
    micro figures[TOTALS_FIGURES]; /* by enum figure, less one */
};

/* One entry of the clearing matrix of a month. */
struct totals_pair {
    int32_t month;
    int32_t issuer; /* numbers of partners, `debt` among them */
    int32_t acceptor;
    int64_t effects;
    int64_t points; /* may be negative or 0 */
};

struct totals; /* in the arena it was opened in */

/* Empty totals, which grow in the arena. */
struct totals *totals_open(struct arena *arena);

/* Books effects whose instant lies in that month. */
void totals_add(struct totals *totals, int32_t month,
                const struct effect_list *effects);

/* Takes back what totals_add() has booked, or will have when all is done. */
void totals_take(struct totals *totals, int32_t month,
                 const struct effect_list *effects);

/* Adds a row or an entry of the matrix to what stands under its key. */
void totals_add_row(struct totals *totals, const struct totals_row *row);
void totals_add_pair(struct totals *totals, const struct totals_pair *pair);

/* Adds all of `from`, which is left as it is. */
void totals_merge(struct totals *totals, const struct totals *from);

/* All rows that have effects in (month, partner, store) order, and all such
 * entries of the matrix in (month, issuer, acceptor) order; valid until the
 * next change, and sorted but once until then. */
const struct totals_row *totals_rows(struct totals *totals,
                                     uint32_t *ret_count);
const struct totals_pair *totals_pairs(struct totals *totals,
                                       uint32_t *ret_count);

/* The order of their keys. */
int totals_row_compare(const struct totals_row *a, const struct totals_row *b);
int totals_pair_compare(const struct totals_pair *a,
                        const struct totals_pair *b);

/* The same key and the same sums. */
bool totals_row_equal(const struct totals_row *a, const struct totals_row *b);
bool totals_pair_equal(const struct totals_pair *a,
                       const struct totals_pair *b);
/* All rows and entries of the one are those of the other. */
bool totals_equal(struct totals *a, struct totals *b);

#endif
