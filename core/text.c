#include "core/text.h"

#include "core/calendar.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DIGITS[] = "00010203040506070809"
                             "10111213141516171819"
                             "20212223242526272829"
                             "30313233343536373839"
                             "40414243444546474849"
                             "50515253545556575859"
                             "60616263646566676869"
                             "70717273747576777879"
                             "80818283848586878889"
                             "90919293949596979899";
static const char HEX[] = "0123456789abcdef";

/* For whoever ends a command: nothing else decides by it. */
static atomic_bool lacked;

void
text_close(struct text *text)
{
    free(text->bytes);
    *text = (struct text) { 0 };
}

void
text_clear(struct text *text)
{
    text->size = 0;
    text->failed = false;
}

bool
text_ok(const struct text *text)
{
    return !text->failed;
}

bool
text_has_lacked(void)
{
    return atomic_load(&lacked);
}

void
text_fail(struct text *text)
{
    text->failed = true;
    atomic_store(&lacked, true);
}

view
text_view(const struct text *text)
{
    assert(text->size <= UINT32_MAX);
    return (view) { text->bytes, (uint32_t)text->size };
}

uint32_t
text_utf8_size(const uint8_t *bytes, uint32_t left)
{
    uint8_t c = bytes[0];
    uint32_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if (c == 0 || (c >= 0x80 && c < 0xc2) || c > 0xf4 || size > left)
        return 0;
    for (uint32_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((c == 0xe0 && bytes[1] < 0xa0) || (c == 0xed && bytes[1] > 0x9f))
        return 0;
    if ((c == 0xf0 && bytes[1] < 0x90) || (c == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return size;
}

static bool
grow(struct text *text, size_t size)
{
    enum { ROOM_FIRST = 256 };
    size_t room = text->room < ROOM_FIRST ? ROOM_FIRST : text->room;

    if (text->failed)
        return false;
    while (room - text->size < size && room <= SIZE_MAX / 4)
        room *= 2;
    uint8_t *bytes =
        room - text->size < size ? NULL : realloc(text->bytes, room);
    if (bytes == NULL) {
        text_fail(text);
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

/* Makes sure that `size` bytes more fit; false once anything has failed. */
static inline bool
reserve(struct text *text, size_t size)
{
    assert(text->size <= text->room);
    if (!text->failed && text->room - text->size >= size)
        return true;
    return grow(text, size);
}

const char *
text_plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

view
text_without_mark(view bytes)
{
    static const uint8_t MARK[] = { 0xef, 0xbb, 0xbf };

    if (bytes.size < sizeof MARK || memcmp(bytes.bytes, MARK, sizeof MARK) != 0)
        return bytes;
    return (view) { bytes.bytes + sizeof MARK,
                    bytes.size - (uint32_t)sizeof MARK };
}

bool
text_reserve(struct text *text, size_t size)
{
    return reserve(text, size);
}

void
text_bytes(struct text *text, const void *bytes, size_t size)
{
    if (size == 0 || !reserve(text, size))
        return;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void
text_view_append(struct text *text, view bytes)
{
    text_bytes(text, bytes.bytes, bytes.size);
}

void
text_string(struct text *text, const char *string)
{
    text_bytes(text, string, strlen(string));
}

void
text_char(struct text *text, char c)
{
    if (!reserve(text, 1))
        return;
    text->bytes[text->size++] = (uint8_t)c;
}

void
text_integer(struct text *text, int64_t value)
{
    if (value >= 0) {
        text_unsigned(text, (uint64_t)value);
        return;
    }
    text_char(text, '-');
    text_unsigned(text, 0 - (uint64_t)value);
}

void
text_unsigned(struct text *text, uint64_t value)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t first = sizeof digits;

    while (value >= 100) {
        first -= 2;
        memcpy(digits + first, DIGITS + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        first -= 2;
        memcpy(digits + first, DIGITS + 2 * value, 2);
    } else {
        digits[--first] = (char)('0' + value);
    }
    text_bytes(text, digits + first, sizeof digits - first);
}

void
text_format(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    if (!reserve(text, (size_t)size + 1))
        return;
    va_start(arguments, format);
    vsnprintf((char *)text->bytes + text->size, (size_t)size + 1, format,
              arguments);
    va_end(arguments);
    text->size += (size_t)size;
}

void
text_comma(struct text *text)
{
    if (text->size == 0)
        return;
    uint8_t last = text->bytes[text->size - 1];
    if (last != '{' && last != '[' && last != '\n')
        text_bytes(text, ", ", 2);
}

static inline bool
needs_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void
append_escaped(struct text *text, uint8_t c)
{
    switch (c) {
    case '"':
        text_bytes(text, "\\\"", 2);
        return;
    case '\\':
        text_bytes(text, "\\\\", 2);
        return;
    case '\n':
        text_bytes(text, "\\n", 2);
        return;
    case '\r':
        text_bytes(text, "\\r", 2);
        return;
    case '\t':
        text_bytes(text, "\\t", 2);
        return;
    default:
        break;
    }
    char escape[] = { '\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15] };
    text_bytes(text, escape, sizeof escape);
}

/* All of it at once where nothing needs an escape, as nearly always. */
void
text_json_string(struct text *text, view value)
{
    uint32_t from = 0;

    if (!reserve(text, (size_t)value.size + 2))
        return;
    text->bytes[text->size++] = '"';
    for (uint32_t i = 0; i < value.size; i++) {
        if (!needs_escape(value.bytes[i]))
            continue;
        text_bytes(text, value.bytes + from, i - from);
        append_escaped(text, value.bytes[i]);
        from = i + 1;
    }
    if (value.size > from)
        text_bytes(text, value.bytes + from, value.size - from);
    text_char(text, '"');
}

void
text_json_key(struct text *text, const char *key)
{
    size_t size = strlen(key);

    text_comma(text);
    if (!reserve(text, size + 4))
        return;
    uint8_t *next = text->bytes + text->size;
    *next++ = '"';
    memcpy(next, key, size);
    memcpy(next + size, "\": ", 3);
    text->size += size + 4;
}

void
text_json_integer(struct text *text, const char *key, int64_t value)
{
    text_json_key(text, key);
    text_integer(text, value);
}

void
text_json_view(struct text *text, const char *key, view value)
{
    text_json_key(text, key);
    text_json_string(text, value);
}

/* Escapes are ASCII, so what is no UTF-8 stands where it stood. */
void
text_json_words(struct text *text, const char *key, view value)
{
    text_json_key(text, key);
    size_t at = text->size;
    text_json_string(text, value);
    while (at < text->size) {
        uint32_t size =
            text_utf8_size(text->bytes + at, (uint32_t)(text->size - at));
        if (size == 0)
            text->bytes[at] = '?';
        at += size == 0 ? 1 : size;
    }
}

void
text_json_bool(struct text *text, const char *key, bool value)
{
    text_json_key(text, key);
    text_string(text, value ? "true" : "false");
}

void
text_json_time(struct text *text, const char *key, int64_t at_ms)
{
    char time[27];

    text_json_key(text, key);
    calendar_format_time(at_ms, time + 1);
    time[0] = '"';
    time[25] = '"';
    text_bytes(text, time, 26);
}

void
text_json_null(struct text *text, const char *key)
{
    text_json_key(text, key);
    text_bytes(text, "null", 4);
}
