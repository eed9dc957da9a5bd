#include "core/mistake.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum {
    DISTANCE_MAX = 2,
    GUESS_SIZE_MAX = 64, /* longer words are not compared */
    SHOWN_WHOLE = 200,   /* characters of a line that is not cut */
    SHOWN_BEFORE = 60,   /* characters of a long line left of the caret */
    SHOWN_AFTER = 40,    /* and right of it */
};

void
mistakes_add(struct mistakes *mistakes, struct mistake_place place,
             const char *format, ...)
{
    assert(mistakes->count <= LIMIT_MISTAKES);
    mistakes->total++;
    if (mistakes->count == LIMIT_MISTAKES)
        return;
    struct mistake *mistake = &mistakes->list[mistakes->count++];
    mistake->place = place;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(mistake->text, sizeof mistake->text, format, arguments);
    va_end(arguments);
}

static bool
is_before(struct mistake_place a, struct mistake_place b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* They come nearly in order, and those of one place stay as they came. */
void
mistakes_sort(struct mistakes *mistakes)
{
    struct mistake *list = mistakes->list;

    for (uint32_t i = 1; i < mistakes->count; i++) {
        struct mistake moved = list[i];
        uint32_t at = i;
        for (; at > 0 && is_before(moved.place, list[at - 1].place); at--)
            list[at] = list[at - 1];
        list[at] = moved;
    }
}

/* One character of UTF-8 at the head of `text`: its size, or 1 and a code of
 * -1 where the bytes are none. */
static uint32_t
decode(view text, int32_t *ret_code)
{
    uint8_t head = text.bytes[0];
    uint32_t size = head < 0x80   ? 1
                    : head < 0xc2 ? 0
                    : head < 0xe0 ? 2
                    : head < 0xf0 ? 3
                    : head < 0xf5 ? 4
                                  : 0;

    assert(text.size > 0);
    *ret_code = -1;
    if (size == 0 || size > text.size)
        return 1;
    int32_t code = size == 1 ? head : head & (0x7f >> size);
    for (uint32_t i = 1; i < size; i++) {
        if ((text.bytes[i] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (text.bytes[i] & 0x3f);
    }
    *ret_code = code;
    return size;
}

/* Control characters, those that turn the direction of the text, and what is
 * no character at all: a terminal or a log must not see them. */
static bool
is_printable(int32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return false;
    if (code >= 0x200b && code <= 0x200f)
        return false;
    if (code >= 0x2028 && code <= 0x202e)
        return false;
    return !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
}

const char *
mistake_quote(view text, struct mistake_quote *quote)
{
    enum { END = sizeof "...\"" };
    char *out = quote->text;
    size_t size = 0;

    out[size++] = '"';
    while (text.size > 0 && size + 4 + END <= sizeof quote->text) {
        int32_t code;
        uint32_t taken = decode(text, &code);
        if (is_printable(code)) {
            memcpy(out + size, text.bytes, taken);
            size += taken;
        } else {
            out[size++] = '?';
        }
        text.bytes += taken;
        text.size -= taken;
    }
    snprintf(out + size, sizeof quote->text - size, "%s\"",
             text.size > 0 ? "..." : "");
    return quote->text;
}

struct mistake_guess
mistake_guess_start(view wanted)
{
    return (struct mistake_guess) {
        .wanted = wanted,
        .distance = DISTANCE_MAX + 1,
    };
}

static uint32_t
least(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Levenshtein's distance, one row of his table at a time. */
static uint32_t
distance_of(view a, view b)
{
    uint32_t row[GUESS_SIZE_MAX + 1];

    assert(a.size <= GUESS_SIZE_MAX);
    for (uint32_t i = 0; i <= a.size; i++)
        row[i] = i;
    for (uint32_t j = 1; j <= b.size; j++) {
        uint32_t diagonal = row[0];
        row[0] = j;
        for (uint32_t i = 1; i <= a.size; i++) {
            uint32_t above = row[i];
            uint32_t replaced = diagonal + (a.bytes[i - 1] != b.bytes[j - 1]);
            row[i] = least(above + 1, row[i - 1] + 1, replaced);
            diagonal = above;
        }
    }
    return row[a.size];
}

void
mistake_guess_offer(struct mistake_guess *guess, view word)
{
    view wanted = guess->wanted;
    uint32_t shorter = wanted.size < word.size ? wanted.size : word.size;
    uint32_t longer = wanted.size < word.size ? word.size : wanted.size;

    if (longer > GUESS_SIZE_MAX || longer - shorter > DISTANCE_MAX)
        return;
    uint32_t distance = distance_of(wanted, word);
    /* Where every letter differs, nothing is alike. */
    if (distance >= shorter || distance >= guess->distance)
        return;
    guess->best = word;
    guess->distance = distance;
}

const char *
mistake_guess_words(const struct mistake_guess *guess,
                    struct mistake_quote *quote)
{
    struct mistake_quote word;

    if (guess->best.size == 0)
        return "";
    assert(guess->best.size <= GUESS_SIZE_MAX);
    snprintf(quote->text, sizeof quote->text, "; did you mean %s?",
             mistake_quote(guess->best, &word));
    return quote->text;
}

/* The size of the line break at the head of `text`, 0 if there is none.  YAML
 * counts more of them as lines than most editors do. */
static uint32_t
break_size(view text)
{
    const uint8_t *bytes = text.bytes;

    if (text.size >= 2 && bytes[0] == '\r' && bytes[1] == '\n')
        return 2;
    if (text.size >= 1 && (bytes[0] == '\n' || bytes[0] == '\r'))
        return 1;
    if (text.size >= 2 && bytes[0] == 0xc2 && bytes[1] == 0x85)
        return 2;
    if (text.size >= 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 &&
        (bytes[2] == 0xa8 || bytes[2] == 0xa9))
        return 3;
    return 0;
}

view
mistake_line(view source, uint32_t line)
{
    uint32_t at = 0, begin = 0;

    source = text_without_mark(source);
    while (at < source.size) {
        view rest = { source.bytes + at, source.size - at };
        uint32_t taken = break_size(rest);
        if (taken > 0 && --line == 0)
            break;
        at += taken > 0 ? taken : 1;
        if (taken > 0)
            begin = at;
    }
    if (at == source.size && line > 1)
        begin = at;
    return (view) { source.bytes + begin, at - begin };
}

static bool
is_longer(view line, uint32_t characters)
{
    for (int32_t code; line.size > 0 && characters > 0; characters--) {
        uint32_t taken = decode(line, &code);
        line = (view) { line.bytes + taken, line.size - taken };
    }
    return line.size > 0;
}

/* Of a character, in columns of a terminal; one where the C library does not
 * know, as without a locale. */
static uint32_t
width_of(int32_t code)
{
    const int width = code < 0 ? 1 : wcwidth((wchar_t)code);

    return width < 0 ? 1 : (uint32_t)width;
}

/* Long lines are shown in part: a flow mapping may be one line of a megabyte.
 * What stands before the caret becomes blanks of the same width below it. */
static void
write_line(view line, uint32_t column, struct text *text)
{
    bool whole = !is_longer(line, SHOWN_WHOLE);
    uint32_t first =
        whole || column <= SHOWN_BEFORE ? 1 : column - SHOWN_BEFORE;
    uint32_t end = whole ? SHOWN_WHOLE : column + SHOWN_AFTER;
    struct text blanks = { 0 };

    for (uint32_t at = 1; line.size > 0 && at <= end; at++) {
        int32_t code;
        uint32_t taken = decode(line, &code);
        bool tab = code == '\t';
        if (at >= first && (is_printable(code) || tab))
            text_bytes(text, line.bytes, taken);
        else if (at >= first)
            text_char(text, '?');
        uint32_t width = at < first || at >= column ? 0
                         : is_printable(code)       ? width_of(code)
                                                    : 1;
        while (width-- > 0)
            text_char(&blanks, tab ? '\t' : ' ');
        line = (view) { line.bytes + taken, line.size - taken };
    }
    text_char(text, '\n');
    text_view_append(text, text_view(&blanks));
    text_string(text, "^\n");
    text_close(&blanks);
}

static void
write_mistake(const struct mistake *mistake, const char *file, view source,
              struct text *text)
{
    assert(mistake->place.line > 0);
    assert(mistake->place.column > 0);
    text_format(text, "%s:%u:%u: %s\n", file, mistake->place.line,
                mistake->place.column, mistake->text);
    view line = mistake_line(source, mistake->place.line);
    if (line.size > 0) /* else there is nothing to point at */
        write_line(line, mistake->place.column, text);
}

void
mistakes_write(const struct mistakes *mistakes, const char *file, view source,
               struct text *text)
{
    for (uint32_t i = 0; i < mistakes->count; i++)
        write_mistake(&mistakes->list[i], file, source, text);
    const uint32_t more = mistakes->total - mistakes->count;
    if (more > 0)
        text_format(text, "%s: %u more %s\n", file, more,
                    text_plural(more, "mistake", "mistakes"));
}
