/*
 * scalar.h - single values as people write them in a file
 *
 * Each function takes the text of one value and returns false where it is not
 * exactly such a value.  Numbers are read digit by digit and never pass
 * through a float: "0.1" with three decimals is 100.  No signs but a leading
 * minus, no exponents, no blanks, no leading zeros, no separators.
 */
#ifndef CORE_SCALAR_H
#define CORE_SCALAR_H

#include "core/text.h"

enum { SCALAR_DECIMALS_MAX = 6 };

/* A decimal number in units of 10^-decimals; one too great for 64 bits is
 * INT64_MAX (or INT64_MIN), which no range allows. */
NODISCARD bool scalar_number(view word, uint32_t decimals, int64_t *ret_value);

/* "7" or "10-19", as written: also 0 and the wrong way round; what is too
 * great is UINT32_MAX. */
NODISCARD bool scalar_range(view word, uint32_t *ret_first, uint32_t *ret_last);

/* "MM-DD", a day that each year has. */
NODISCARD bool scalar_month_day(view word, uint8_t *ret_month,
                                uint8_t *ret_day);

/* "HH:MM-HH:MM" in milliseconds of the day; 24:00 only as the end. */
NODISCARD bool scalar_hours(view word, int32_t *ret_from_ms,
                            int32_t *ret_to_ms);

/* "12 months", "1 month". */
NODISCARD bool scalar_months(view word, int64_t *ret_months);

/* The other way round.  Two decimals are written out (money), of others only
 * those that are needed. */
void scalar_number_write(int64_t value, uint32_t decimals, struct text *text);
void scalar_hours_write(int32_t from_ms, int32_t to_ms, struct text *text);

#endif
