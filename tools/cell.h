/*
 * cell.h - what the text of a cell means: numbers, times, names
 *
 * Real exports write 17850.0 for an integer, 2,55 for a price and "Coffee &
 * Té" for a category.  Numbers are read digit by digit, never through a float.
 */
#ifndef TOOLS_CELL_H
#define TOOLS_CELL_H

#include "core/amount.h"
#include "core/calendar.h"
#include "core/text.h"

/* "17850", "0042", "17850.0"; blanks around are passed over. */
NODISCARD bool cell_integer(view text, int64_t *ret_value);

/* A decimal number: digits / 10^scale. */
typedef struct {
    int64_t digits;
    uint32_t scale;
} decimal;

enum { CELL_SCALE_MAX = 9 };

/* "12", "-3.145", "1 234,50" where `mark` is ','; at most 18 digits, of them 9
 * behind the mark; blanks between digits are passed over. */
NODISCARD bool cell_decimal(view text, char mark, decimal *ret_value);

/* The product in cents (10^-2; or whole, where the columns hold cents
 * already), rounded half away from zero once.  False: beyond the range of
 * money on one event. */
NODISCARD bool cell_money_half_away(decimal a, decimal b, bool is_minor,
                                    money *ret_amount);

/* How times are written. */
struct cell_clock {
    const char *format; /* as of strptime(3); NULL: RFC 3339, or a date with
                         * a time or without */
    const struct zone *zone; /* of times that name none */
    int32_t shift_years;     /* added to the year */
};

/* False: it is no such time, or the shifted date does not exist.  The day is
 * the one that is written, with whatever offset; of seconds (%s), which name
 * none, it is that of the zone. */
NODISCARD bool cell_time(view text, const struct cell_clock *clock,
                         int64_t *ret_at_ms);
NODISCARD bool cell_day(view text, const struct cell_clock *clock,
                        int32_t *ret_day);

/* Appends the text as a name of EVENTS.md: lower case, letters without their
 * marks (a for ä), "-" for each run of anything else. */
void cell_fold_name(struct text *out, view text);

/* Appends the text as a code: printable ASCII, "-" for each run of blanks. */
void cell_fold_code(struct text *out, view text);

#endif
