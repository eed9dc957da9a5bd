/*
 * mapping.h - rows of somebody's export turned into events
 *
 * A mapping file (YAML; the shipped ones in tools/maps/ are the examples)
 * says which columns or constants make each field of an event.  Rows with
 * the same `group` are the lines of one receipt, wherever in the file they
 * stand; so the rows of a grouped file are kept until its end.  A row or a
 * receipt that makes no valid event is rejected with its lines and the
 * reason; a receipt is rejected whole.
 */
#ifndef TOOLS_MAPPING_H
#define TOOLS_MAPPING_H

#include <stdio.h>

#include "core/event.h"

struct mapping; /* in the arena it was read into */

/* Reads a mapping file.  `path` is for the messages and for side files, which
 * are named relative to the data.  ERR_INPUT with file, line and column;
 * ERR_NOT_FOUND: it names a time zone that the system does not have. */
NODISCARD enum err mapping_read(view bytes, const char *path,
                                struct arena *arena,
                                struct mapping **ret_mapping,
                                struct complaint *complaint);

/* Where the events go.  Both are called in the order of the file (a receipt
 * at its first row) and borrow for the call. */
struct mapping_sink {
    void *context;
    /* An event that event_check() takes.  Any fault ends the conversion. */
    enum err (*event)(void *context, const struct event *event, uint64_t line);
    /* A row that can't be taken; `row` is its text. */
    enum err (*reject)(void *context, uint64_t line, view row, const char *why);
};

struct mapping_count {
    uint64_t rows;     /* data rows, without the heading */
    uint64_t skipped;  /* left out because the mapping says so */
    uint64_t rejected; /* rows that could not be taken */
    uint64_t events;
};

/* Converts one file; `path` names it (side files are looked for beside it).
 * Faults: those of the sink, ERR_IO, ERR_MEMORY; ERR_INPUT with a complaint:
 * the file lacks a column that the mapping names. */
NODISCARD enum err mapping_convert(const struct mapping *mapping, FILE *in,
                                   const char *path,
                                   const struct mapping_sink *sink,
                                   struct mapping_count *ret_count,
                                   struct complaint *complaint);

#endif
