#include "tools/lines.h"

#include "core/limits.h"
#include "core/text.h"

#include <stdlib.h>

enum err
lines_open(struct lines *lines, FILE *in)
{
    *lines = (struct lines) { .in = in, .bytes = malloc(LIMIT_JSON_LINE) };
    return lines->bytes == NULL ? ERR_MEMORY : OK;
}

void
lines_close(struct lines *lines)
{
    free(lines->bytes);
    lines->bytes = NULL;
}

enum err
lines_next(struct lines *lines, view *ret_line)
{
    uint64_t size = 0;
    int c = getc_unlocked(lines->in);

    if (c == EOF)
        return ferror(lines->in) ? ERR_IO : ERR_NOT_FOUND;
    for (; c != EOF && c != '\n'; c = getc_unlocked(lines->in)) {
        if (size < LIMIT_JSON_LINE)
            lines->bytes[size] = (uint8_t)c;
        size++;
    }
    if (ferror(lines->in))
        return ERR_IO;
    lines->number++;
    bool too_long = size > LIMIT_JSON_LINE;
    if (too_long)
        size = LIMIT_JSON_LINE;
    if (size > 0 && lines->bytes[size - 1] == '\r')
        size--;
    *ret_line = (view) { lines->bytes, (uint32_t)size };
    if (lines->number == 1)
        *ret_line = text_without_mark(*ret_line);
    return too_long ? ERR_INPUT : OK;
}

bool
lines_is_blank(view line)
{
    for (uint32_t i = 0; i < line.size; i++)
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t')
            return false;
    return true;
}
