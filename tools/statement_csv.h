/*
 * statement_csv.h - a statement as CSV: one row for each partner, store and
 * measure
 *
 * Columns: period (the month of the statement), partner, store (empty: the
 * partner as a whole), measure, unit (points, count, or the currency), value;
 * money in the currency with two decimals; and adjusts.  An adjustment has a
 * row for each figure, with "adjustment." before the measure and the month that
 * it adjusts in the last column, which is empty elsewhere.  For spreadsheet
 * programs in Finland: semicolons, decimal commas and a byte order mark.
 */
#ifndef TOOLS_STATEMENT_CSV_H
#define TOOLS_STATEMENT_CSV_H

#include "core/statement.h"

/* Appends the names of the columns, before the rows of the first statement. */
void statement_csv_heading(struct text *text, bool excel);

/* Appends the rows of `partner`, of all where it is NULL. */
void statement_csv(struct text *text, const struct statement *statement,
                   const struct statement_partner *partner, bool excel);

#endif
