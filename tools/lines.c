#include "tools/lines.h"

#include "core/limits.h"
#include "core/text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a line of full length with its end, and of much that comes behind. */
enum { ROOM = 2 * LIMIT_JSON_LINE };
static_assert(LIMIT_JSON_LINE == 1 << 20, "as LINES_TOO_LONG says");

enum err
lines_open(struct lines *lines, FILE *in)
{
    *lines = (struct lines) { .in = in, .bytes = malloc(ROOM) };
    return lines->bytes == NULL ? ERR_MEMORY : OK;
}

void
lines_close(struct lines *lines)
{
    free(lines->bytes);
    lines->bytes = NULL;
}

/* Whether the end of the next line is there; it stands at `searched` then. */
static bool
find_end(struct lines *lines)
{
    const uint8_t *from = lines->bytes + lines->searched;
    const uint8_t *found = memchr(from, '\n', lines->size - lines->searched);

    lines->searched =
        found == NULL ? lines->size : (uint32_t)(found - lines->bytes);
    return found != NULL;
}

/* Reads more, behind what there is; waits for it. */
static enum err
read_more(struct lines *lines)
{
    assert(lines->size < ROOM);
    ssize_t got =
        read(fileno(lines->in), lines->bytes + lines->size, ROOM - lines->size);
    if (got < 0)
        return errno == EINTR ? OK : ERR_IO;
    lines->size += (uint32_t)got;
    lines->ended = got == 0;
    return OK;
}

/* Makes room behind the next line by moving it to the front. */
static void
move_up(struct lines *lines)
{
    if (lines->from == 0 || lines->size < ROOM)
        return;
    lines->size -= lines->from;
    lines->searched -= lines->from;
    memmove(lines->bytes, lines->bytes + lines->from, lines->size);
    lines->from = 0;
}

/* Drops what comes up to the end of a line whose beginning was told; it may be
 * long in coming. */
static enum err
pass_over(struct lines *lines)
{
    while (lines->cut) {
        lines->from = lines->searched = lines->size = 0;
        enum err err = read_more(lines);
        if (err != OK)
            return err;
        const bool found = find_end(lines);
        lines->from = lines->searched += found;
        lines->cut = !found && !lines->ended;
    }
    return OK;
}

static view
see_line(const struct lines *lines)
{
    view line = { lines->bytes + lines->from, lines->searched - lines->from };

    if (line.size > LIMIT_JSON_LINE)
        line.size = LIMIT_JSON_LINE;
    if (line.size > 0 && line.bytes[line.size - 1] == '\r')
        line.size--;
    return line;
}

enum err
lines_next(struct lines *lines, view *ret_line)
{
    enum err err = pass_over(lines);

    while (err == OK && !find_end(lines) && !lines->ended &&
           lines->size - lines->from <= LIMIT_JSON_LINE) {
        move_up(lines);
        err = read_more(lines);
    }
    if (err != OK)
        return err;
    if (lines->ended && lines->from == lines->size)
        return ERR_NOT_FOUND;
    const bool too_long = lines->searched - lines->from > LIMIT_JSON_LINE;
    lines->cut = too_long && lines->searched == lines->size && !lines->ended;
    *ret_line = see_line(lines);
    lines->from = lines->searched + (lines->searched < lines->size);
    lines->searched = lines->from;
    if (++lines->number == 1)
        *ret_line = text_without_mark(*ret_line);
    return too_long ? ERR_INPUT : OK;
}

bool
lines_peek(struct lines *lines, view *ret_line)
{
    struct pollfd wanted = { .fd = fileno(lines->in), .events = POLLIN };

    if (lines->cut)
        return false;
    while (!find_end(lines)) {
        move_up(lines);
        if (lines->ended || lines->size - lines->from > LIMIT_JSON_LINE ||
            poll(&wanted, 1, 0) <= 0 || read_more(lines) != OK)
            return false;
    }
    if (lines->searched - lines->from > LIMIT_JSON_LINE)
        return false;
    *ret_line = see_line(lines);
    return true;
}

bool
lines_is_blank(view line)
{
    for (uint32_t i = 0; i < line.size; i++)
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t')
            return false;
    return true;
}
