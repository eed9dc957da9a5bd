#include "core/scalar.h"

#include "core/calendar.h"

enum { HOUR_MS = 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* value * 10 + digit, or the greatest number for ever after. */
static int64_t
push_digit(int64_t value, uint8_t digit)
{
    int64_t pushed;

    if (__builtin_mul_overflow(value, 10, &pushed) ||
        __builtin_add_overflow(pushed, digit - '0', &pushed))
        return INT64_MAX;
    return pushed;
}

/* The digits at the head of `word`, which is moved past them.  No digit, or a
 * zero before others, is none. */
static bool
take_digits(view *word, int64_t *value)
{
    uint32_t count = 0;

    for (; count < word->size && is_digit(word->bytes[count]); count++)
        *value = push_digit(*value, word->bytes[count]);
    if (count == 0 || (count > 1 && word->bytes[0] == '0'))
        return false;
    *word = (view) { word->bytes + count, word->size - count };
    return true;
}

bool
scalar_number(view word, uint32_t decimals, int64_t *ret_value)
{
    bool minus = word.size > 0 && word.bytes[0] == '-';
    int64_t value = 0;
    uint32_t found = 0;

    assert(decimals <= SCALAR_DECIMALS_MAX);
    if (minus)
        word = (view) { word.bytes + 1, word.size - 1 };
    if (!take_digits(&word, &value))
        return false;
    if (word.size > 0) {
        found = word.size - 1;
        if (word.bytes[0] != '.' || found == 0 || found > decimals)
            return false;
        for (uint32_t i = 1; i < word.size; i++) {
            if (!is_digit(word.bytes[i]))
                return false;
            value = push_digit(value, word.bytes[i]);
        }
    }
    for (; found < decimals; found++)
        value = push_digit(value, '0');
    *ret_value = minus ? -value : value;
    return true;
}

bool
scalar_range(view word, uint32_t *ret_first, uint32_t *ret_last)
{
    int64_t first = 0, last = 0;

    if (!take_digits(&word, &first))
        return false;
    last = first;
    if (word.size > 0) {
        if (word.bytes[0] != '-')
            return false;
        word = (view) { word.bytes + 1, word.size - 1 };
        last = 0;
        if (!take_digits(&word, &last) || word.size > 0)
            return false;
    }
    *ret_first = first > UINT32_MAX ? UINT32_MAX : (uint32_t)first;
    *ret_last = last > UINT32_MAX ? UINT32_MAX : (uint32_t)last;
    return true;
}

/* Two digits at that place. */
static bool
two_digits(view word, uint32_t at, int32_t *ret_value)
{
    assert(at + 2 <= word.size);
    if (!is_digit(word.bytes[at]) || !is_digit(word.bytes[at + 1]))
        return false;
    *ret_value = (word.bytes[at] - '0') * 10 + (word.bytes[at + 1] - '0');
    return true;
}

bool
scalar_month_day(view word, uint8_t *ret_month, uint8_t *ret_day)
{
    const int32_t common_year = 2001;
    int32_t month, day;

    if (word.size != 5 || word.bytes[2] != '-')
        return false;
    if (!two_digits(word, 0, &month) || !two_digits(word, 3, &day))
        return false;
    if (!calendar_is_date((civil) { common_year, month, day }))
        return false;
    *ret_month = (uint8_t)month;
    *ret_day = (uint8_t)day;
    return true;
}

/* "HH:MM" at that place, 00:00 to 24:00. */
static bool
time_at(view word, uint32_t at, int32_t *ret_ms)
{
    int32_t hour, minute;

    if (!two_digits(word, at, &hour) || !two_digits(word, at + 3, &minute))
        return false;
    if (word.bytes[at + 2] != ':' || minute > 59)
        return false;
    *ret_ms = hour * HOUR_MS + minute * MINUTE_MS;
    return *ret_ms <= CALENDAR_DAY_MS;
}

bool
scalar_hours(view word, int32_t *ret_from_ms, int32_t *ret_to_ms)
{
    int32_t from_ms, to_ms;

    if (word.size != 11 || word.bytes[5] != '-')
        return false;
    if (!time_at(word, 0, &from_ms) || !time_at(word, 6, &to_ms))
        return false;
    if (from_ms == CALENDAR_DAY_MS || from_ms == to_ms)
        return false;
    *ret_from_ms = from_ms;
    *ret_to_ms = to_ms;
    return true;
}

bool
scalar_months(view word, int64_t *ret_months)
{
    int64_t months = 0;

    if (!take_digits(&word, &months))
        return false;
    if (!view_equal(word, view_of(" months")) &&
        !view_equal(word, view_of(" month")))
        return false;
    *ret_months = months;
    return true;
}

void
scalar_number_write(int64_t value, uint32_t decimals, struct text *text)
{
    enum { MONEY_DECIMALS = 2 };
    char digits[SCALAR_DECIMALS_MAX];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint32_t needed = 0;

    assert(decimals <= SCALAR_DECIMALS_MAX);
    for (uint32_t i = decimals; i > 0; i--, rest /= 10) {
        digits[i - 1] = (char)('0' + rest % 10);
        if (needed == 0 && digits[i - 1] != '0')
            needed = i;
    }
    if (decimals == MONEY_DECIMALS)
        needed = decimals;
    text_string(text, value < 0 ? "-" : "");
    text_unsigned(text, rest);
    text_string(text, needed > 0 ? "." : "");
    text_bytes(text, digits, needed);
}

void
scalar_hours_write(int32_t from_ms, int32_t to_ms, struct text *text)
{
    text_format(text, "%02d:%02d-%02d:%02d", from_ms / HOUR_MS,
                from_ms % HOUR_MS / MINUTE_MS, to_ms / HOUR_MS,
                to_ms % HOUR_MS / MINUTE_MS);
}
