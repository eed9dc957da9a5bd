/*
 * table.h - tables for people
 *
 * On a terminal libsmartcols lays the columns out, with bold headings unless
 * NO_COLOR is set; into a pipe the same cells go as plain text, a tab between
 * them and the headings first, so that cut and awk can take them.  Programs
 * are better served by --json.  A table whose headings are all empty has none.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "core/base.h"

#include <stdio.h>

struct table; /* owned; table_close() */

struct table_column {
    const char *heading;
    bool right; /* numbers */
};

/* NULL: the machine has no memory left. */
struct table *table_open(const struct table_column *columns, uint32_t count);
void table_close(struct table *table);

/* The first `count` columns say what a row is about.  On a terminal that is too
 * narrow the items of a list ("a, b") stand one below the other, and where that
 * does not do, the other columns stand in several tables, each behind these;
 * without it the terminal breaks the lines. */
void table_keys(struct table *table, uint32_t count);

/* A new row of empty cells; cells are then set from the left. */
void table_row(struct table *table);
void table_text(struct table *table, const char *text);
void table_view(struct table *table, view text);
void table_integer(struct table *table, int64_t value);
/* Cents as "1234.56". */
void table_money(struct table *table, int64_t minor);

/* Writes the table.  False: memory ran out on the way, or it can't be
 * written; nothing or a part of it was. */
NODISCARD bool table_print(struct table *table, FILE *out);

/* Whether the stream is a terminal. */
bool table_terminal(FILE *out);

#endif
