/*
 * statement_table.h - a statement for the eyes: partners and stores, the
 * adjustments, the clearing matrix
 *
 * The net of a partner has its adjustments in it, a store's has none; the row
 * of the program is the other side of all nets.
 */
#ifndef TOOLS_STATEMENT_TABLE_H
#define TOOLS_STATEMENT_TABLE_H

#include "core/statement.h"

#include <stdio.h>

/* Prints the part of `partner`, all of it where that is NULL.  False: it
 * can't be written. */
NODISCARD bool statement_table(FILE *out, const struct statement *statement,
                               const struct statement_partner *partner);

#endif
