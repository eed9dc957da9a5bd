/*
 * csv.h - rows of text files with columns, one at a time
 *
 * Three layouts: a delimiter (RFC 4180: quoted fields may hold delimiters,
 * doubled quotes and line ends), columns separated by any number of blanks,
 * and columns of fixed widths, whose blanks around are cut off.  A byte order
 * mark at the start is passed over; lines end with LF or CRLF; empty lines are
 * passed over.  A row that breaks a rule is told with its line, and reading
 * goes on behind it; one whose quote is not closed within the longest row ends
 * with the last line that fits.
 */
#ifndef TOOLS_CSV_H
#define TOOLS_CSV_H

#include "core/err.h"

#include <stdio.h>

enum {
    CSV_COLUMNS_MAX = 1000,
    CSV_ROW_SIZE_MAX = 1048576, /* one row, all its lines */
};

struct csv; /* owned; csv_close() */

struct csv_layout {
    char delimiter;         /* 0: columns separated by blanks */
    const uint32_t *widths; /* NULL: not by widths */
    uint32_t width_count;
};

/* Reads from `in`, which stays the caller's.  ERR_MEMORY. */
NODISCARD enum err csv_open(FILE *in, struct csv_layout layout,
                            struct csv **ret_csv);
void csv_close(struct csv *csv);

/* Whether the file begins like text, which is asked before its first row is
 * read.  ERR_INPUT: as the complaint says it is something else. */
NODISCARD enum err csv_check(struct csv *csv, struct complaint *complaint);

/* Reads the next row.  OK: a row is there; ERR_NOT_FOUND: the end;
 * ERR_INPUT: a row that can't be taken, as the complaint says; go on with
 * the next; ERR_IO, likewise. */
NODISCARD enum err csv_next(struct csv *csv, struct complaint *complaint);

/* The row last read, also one that could not be taken: the line it began on
 * (from 1), its bytes without the line end (the first CSV_ROW_SIZE_MAX of one
 * that is longer), and its fields.  Valid until the next row is read. */
uint64_t csv_line(const struct csv *csv);
view csv_row(const struct csv *csv);
uint32_t csv_count(const struct csv *csv);
view csv_field(const struct csv *csv, uint32_t index);

/* Appends a field as RFC 4180 has it, quoted where it must be. */
struct text;
void csv_write(struct text *out, view field, char delimiter);
/* The same for a text that a spreadsheet program will open: one that begins
 * with = + - @, a tab or a carriage return would be taken for a formula, and
 * gets an apostrophe before it. */
void csv_write_defused(struct text *out, view field, char delimiter);

#endif
