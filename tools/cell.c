#include "tools/cell.h"

#include "core/limits.h"

#include <string.h>
#include <time.h>

enum { CELL_DIGITS_MAX = 18, CELL_TIME_SIZE = 64, YEAR_MAX = 9999 };

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static view
trim(view text)
{
    while (text.size > 0 && text.bytes[0] == ' ') {
        text.bytes++;
        text.size--;
    }
    while (text.size > 0 && text.bytes[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* --- numbers ------------------------------------------------------------ */

bool
cell_decimal(view text, char mark, decimal *ret_value)
{
    uint32_t digits = 0;
    bool behind = false;
    decimal value = { 0 };

    text = trim(text);
    bool negative = text.size > 0 && text.bytes[0] == '-';
    for (uint32_t i = negative; i < text.size; i++) {
        uint8_t c = text.bytes[i];
        if (c == ' ' && i > 0 && is_digit(text.bytes[i - 1]))
            continue;
        if (c == (uint8_t)mark && !behind) {
            behind = true;
            continue;
        }
        if (!is_digit(c) || digits == CELL_DIGITS_MAX ||
            value.scale == CELL_SCALE_MAX)
            return false;
        value.digits = value.digits * 10 + (c - '0');
        value.scale += behind;
        digits += value.digits != 0; /* leading zeros are free */
    }
    if (text.size == negative || !is_digit(text.bytes[text.size - 1]))
        return false;
    if (negative)
        value.digits = -value.digits;
    *ret_value = value;
    return true;
}

static int64_t
power_of_ten(uint32_t exponent)
{
    int64_t power = 1;

    assert(exponent <= CELL_DIGITS_MAX);
    while (exponent-- > 0)
        power *= 10;
    return power;
}

bool
cell_integer(view text, int64_t *ret_value)
{
    decimal value;

    if (!cell_decimal(text, '.', &value))
        return false;
    int64_t unit = power_of_ten(value.scale);
    if (value.digits % unit != 0)
        return false;
    *ret_value = value.digits / unit;
    return true;
}

bool
cell_money_half_away(decimal a, decimal b, bool is_minor, money *ret_amount)
{
    /* Both below 10^18, so the product and a hundredfold of it are no more
     * than 10^38 and fit 127 bits. */
    int128 product = (int128)a.digits * b.digits * (is_minor ? 1 : 100);
    int128 unit = power_of_ten(a.scale + b.scale);
    int128 half = product < 0 ? -(unit / 2) : unit / 2;

    int128 minor = (product + half) / unit;
    if (minor > LIMIT_MONEY_MINOR || minor < -LIMIT_MONEY_MINOR)
        return false;
    *ret_amount = (money) { (int64_t)minor };
    return true;
}

/* --- times -------------------------------------------------------------- */

/* A moment as it is written: a civil date, a time of day, perhaps an offset. */
struct written {
    civil date;
    int32_t ms_of_day;
    bool has_offset;
    bool is_count; /* of seconds: no date was written, and this is of UTC */
    int32_t offset_s;
};

static struct written
write_utc(int64_t at_ms)
{
    int64_t day = at_ms / CALENDAR_DAY_MS - (at_ms % CALENDAR_DAY_MS < 0);

    return (struct written) {
        .date = calendar_civil((int32_t)day),
        .ms_of_day = (int32_t)(at_ms - day * CALENDAR_DAY_MS),
        .has_offset = true,
    };
}

/* Whether the format reads this conversion, '%' and the letter. */
static bool
converts(const char *format, char letter)
{
    const char *at = strchr(format, '%');

    while (at != NULL && at[1] != '\0' && at[1] != letter)
        at = strchr(at + 2, '%');
    return at != NULL && at[1] == letter;
}

static bool
read_format(const char *text, const char *format, struct written *ret)
{
    struct tm tm = { .tm_mday = 1 };
    const char *end = strptime(text, format, &tm);

    if (end == NULL || *end != '\0' || tm.tm_sec > 59 ||
        tm.tm_year > YEAR_MAX - 1900)
        return false;
    /* Seconds were made a time of this machine's zone, which is to play no
     * part. */
    if (converts(format, 's')) {
        int64_t offset_s = tm.tm_gmtoff;
        *ret = write_utc(((int64_t)timegm(&tm) - offset_s) * 1000);
        ret->is_count = true;
        return true;
    }
    *ret = (struct written) {
        .date = { tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday },
        .ms_of_day = ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * 1000,
        .has_offset = converts(format, 'z'),
        .offset_s = (int32_t)tm.tm_gmtoff,
    };
    return calendar_is_date(ret->date);
}

/* What most exports write, without being told. */
static bool
read_common(const char *text, struct written *ret)
{
    static const char *const FORMATS[] = {
        "%Y-%m-%d",          "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
    };
    int64_t at_ms;

    if (calendar_parse_time(view_of(text), &at_ms)) {
        *ret = write_utc(at_ms);
        return true;
    }
    for (uint32_t i = 0; i < COUNT_OF(FORMATS); i++)
        if (read_format(text, FORMATS[i], ret))
            return true;
    return false;
}

static bool
read_written(view text, const struct cell_clock *clock, struct written *ret)
{
    char copy[CELL_TIME_SIZE];

    text = trim(text);
    if (text.size == 0 || text.size >= sizeof copy ||
        memchr(text.bytes, '\0', text.size) != NULL)
        return false;
    memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    if (clock->format != NULL ? !read_format(copy, clock->format, ret)
                              : !read_common(copy, ret))
        return false;
    ret->date.year += clock->shift_years;
    return ret->date.year >= 1900 && ret->date.year <= YEAR_MAX &&
           calendar_is_date(ret->date);
}

static int64_t
instant(const struct written *written, const struct zone *zone)
{
    int32_t day = calendar_day(written->date);

    return written->has_offset ? day * CALENDAR_DAY_MS + written->ms_of_day -
                                     (int64_t)written->offset_s * 1000
                               : zone_at_ms(zone, day, written->ms_of_day);
}

bool
cell_time(view text, const struct cell_clock *clock, int64_t *ret_at_ms)
{
    struct written written;

    if (!read_written(text, clock, &written))
        return false;
    *ret_at_ms = instant(&written, clock->zone);
    return true;
}

bool
cell_day(view text, const struct cell_clock *clock, int32_t *ret_day)
{
    struct written written;

    if (!read_written(text, clock, &written))
        return false;
    *ret_day = written.is_count
                   ? zone_day(clock->zone, instant(&written, clock->zone))
                   : calendar_day(written.date);
    return true;
}

/* --- names -------------------------------------------------------------- */

/* The base letters of U+00C0 to U+017F, "" where there is none. */
static const char *const BASE[] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c",  "e", "e", "e",  "e", "i", "i",
    "i", "i", "d",  "n",  "o", "o", "o",  "o",  "o", "",  "o",  "u", "u", "u",
    "u", "y", "th", "ss", "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e",
    "e", "e", "i",  "i",  "i", "i", "d",  "n",  "o", "o", "o",  "o", "o", "",
    "o", "u", "u",  "u",  "u", "y", "th", "y",  "a", "a", "a",  "a", "a", "a",
    "c", "c", "c",  "c",  "c", "c", "c",  "c",  "d", "d", "d",  "d", "e", "e",
    "e", "e", "e",  "e",  "e", "e", "e",  "e",  "g", "g", "g",  "g", "g", "g",
    "g", "g", "h",  "h",  "h", "h", "i",  "i",  "i", "i", "i",  "i", "i", "i",
    "i", "i", "ij", "ij", "j", "j", "k",  "k",  "k", "l", "l",  "l", "l", "l",
    "l", "l", "l",  "l",  "l", "n", "n",  "n",  "n", "n", "n",  "n", "n", "n",
    "o", "o", "o",  "o",  "o", "o", "oe", "oe", "r", "r", "r",  "r", "r", "r",
    "s", "s", "s",  "s",  "s", "s", "s",  "s",  "t", "t", "t",  "t", "t", "t",
    "u", "u", "u",  "u",  "u", "u", "u",  "u",  "u", "u", "u",  "u", "w", "w",
    "y", "y", "y",  "z",  "z", "z", "z",  "z",  "z", "s",
};
static_assert(COUNT_OF(BASE) == 0x180 - 0xC0, "a base for each letter");

/* The letters for the character at text[*at], which is passed; "" for any
 * character that no name or code may have. */
static const char *
base_letters(view text, uint32_t *at)
{
    uint8_t lead = text.bytes[(*at)++];

    if (lead < 0x80 || lead >= 0xF8 || *at == text.size)
        return "";
    uint8_t second = text.bytes[*at];
    while (*at < text.size && (text.bytes[*at] & 0xC0) == 0x80)
        (*at)++;
    if (lead < 0xC3 || lead > 0xC5 || (second & 0xC0) != 0x80)
        return "";
    return BASE[(uint32_t)(lead - 0xC3) * 64 + (second & 0x3F)];
}

/* A "-" counts as a gap itself, so that "a - b" becomes "a-b". */
static bool
is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.';
}

/* Any run of what can't stand becomes one "-", none at the ends. */
static void
fold(struct text *out, view text, bool is_name)
{
    bool gap = false;
    bool any = false;

    text = trim(text);
    for (uint32_t i = 0; i < text.size;) {
        uint8_t c = text.bytes[i];
        char one[2] = { 0 };
        const char *letters = one;
        if (c >= 0x80)
            letters = base_letters(text, &i);
        else
            i++;
        if (c < 0x80 && is_name && c >= 'A' && c <= 'Z')
            one[0] = (char)(c - 'A' + 'a');
        else if (c < 0x80 && (is_name ? is_name_byte(c) : c > ' ' && c < 0x7F))
            one[0] = (char)c;
        if (letters[0] == '\0') {
            gap = any;
            continue;
        }
        if (gap)
            text_char(out, '-');
        text_string(out, letters);
        gap = false;
        any = true;
    }
}

void
cell_fold_name(struct text *out, view text)
{
    fold(out, text, true);
}

void
cell_fold_code(struct text *out, view text)
{
    fold(out, text, false);
}
