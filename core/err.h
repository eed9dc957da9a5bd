/*
 * err.h - faults, and the words that explain them
 *
 * Three channels, never mixed: a bug is an assert; a fault (disk, network,
 * memory, malformed bytes) is an `enum err`; a refusal (too few points) is a
 * verdict of the function that refuses.  Where a person must be told what is
 * wrong with their input, the function also fills a `struct complaint`.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include "core/base.h"

enum err {
    OK = 0,
    ERR_INPUT,     /* what a user or a peer handed us breaks a rule */
    ERR_NOT_FOUND, /* what was asked for is not there */
    ERR_EXISTS,    /* what was to be made is there already */
    ERR_CONFLICT,  /* same identity or id, different content */
    ERR_UNKNOWN,   /* made by a later version: kept, but not understood */
    ERR_CORRUPT,   /* bytes on disk are not those that were written */
    ERR_FULL,      /* no room on the disk */
    ERR_IO,        /* any other fault of a disk or a network */
    ERR_MEMORY,    /* the machine has no memory left */
    ERR_BUSY,      /* somebody else holds it; try again */
    ERR_COUNT,
};

/* The name of the fault in words, for a message. */
const char *err_name(enum err err);

/* The fault that a call of the system told by that `errno`, where a path was
 * to be opened or made: ERR_NOT_FOUND (also where nothing can have so long a
 * name), ERR_FULL or ERR_IO. */
NODISCARD enum err err_of_errno(int code);
/* Likewise where bytes were to be written: ERR_FULL, of the disk or of what
 * the user may have of it, or ERR_IO. */
NODISCARD enum err err_of_write(int code);

/* ERR_CORRUPT, after noting the first place that saw it. */
#define err_corrupt() err_corrupt_at(__FILE__, __LINE__)
/* Its function; returns ERR_CORRUPT. */
NODISCARD enum err err_corrupt_at(const char *file, int line);

/* "file:line" of the first witness of corruption in this process, or "". */
const char *err_witness(void);

/* One line for a person: what, where, what was expected, what to do. */
struct complaint {
    char text[512]; /* "" when there is nothing to complain about */
};

/* Writes the complaint, cut to its size; returns ERR_INPUT, so that a parser
 * can say `return complain(...)`.  A NULL complaint is allowed. */
enum err complain(struct complaint *complaint, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* What was found, for a complaint: in quotes, on one line, control characters
 * as `?`, cut where it is too long to read. */
struct quoted {
    char text[84];
};
struct quoted err_quote(view found);

#endif
