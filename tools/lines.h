/*
 * lines.h - a text file line by line, none longer than a line of JSON may be;
 * a byte order mark at its beginning is passed over
 *
 * It is read through its descriptor, into a buffer of our own: only so can
 * somebody who answers lines know whether the next one has come already.
 */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include "core/err.h"

#include <stdio.h>

struct lines {
    FILE *in;          /* stays the caller's, who reads nothing else from it */
    uint8_t *bytes;    /* owned; what has come */
    uint32_t from;     /* where the next line begins */
    uint32_t searched; /* up to here it has no end */
    uint32_t size;
    bool ended;      /* nothing more comes */
    bool cut;        /* the end of the line last read is still to come */
    uint64_t number; /* of the line last read, from 1 */
};

/* What to say of a line that is too long. */
#define LINES_TOO_LONG "expected an event on each line, of at most 1 MiB"

/* ERR_MEMORY. */
NODISCARD enum err lines_open(struct lines *lines, FILE *in);
void lines_close(struct lines *lines);

/* The next line, without its end, valid until the next call of this or
 * lines_peek().  ERR_NOT_FOUND: there is none; ERR_INPUT: it is too long,
 * `ret_line` is how it begins; that is told at once, as the line may have no
 * end, and the rest is passed over by the next call.  ERR_IO, as errno says. */
NODISCARD enum err lines_next(struct lines *lines, view *ret_line);

/* The line that lines_next() would give, if it has come to its end already;
 * valid until then.  False: it would have to be waited for, or is too long. */
NODISCARD bool lines_peek(struct lines *lines, view *ret_line);

/* Nothing but blanks. */
bool lines_is_blank(view line);

#endif
