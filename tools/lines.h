/*
 * lines.h - a text file line by line, none longer than a line of JSON may be;
 * a byte order mark at its beginning is passed over
 */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include "core/err.h"

#include <stdio.h>

struct lines {
    FILE *in;        /* stays the caller's */
    uint8_t *bytes;  /* owned */
    uint64_t number; /* of the line last read, from 1 */
};

/* ERR_MEMORY. */
NODISCARD enum err lines_open(struct lines *lines, FILE *in);
void lines_close(struct lines *lines);

/* The next line, without its end, valid until the next call.  ERR_NOT_FOUND:
 * there is none; ERR_INPUT: it is too long, `ret_line` is how it begins, the
 * rest was passed over; ERR_IO. */
NODISCARD enum err lines_next(struct lines *lines, view *ret_line);

/* Nothing but blanks. */
bool lines_is_blank(view line);

#endif
