/*
 * mapping.h - rows of somebody's export turned into events
 *
 * The rows go by a mapping file (mapping_file.h; the shipped ones in
 * tools/maps/ are the examples).  Rows with the same `group` are the lines of
 * one receipt, wherever in the file they stand.  So a grouped file is read
 * twice: once it is known how many rows each receipt has, rows are kept only
 * until theirs, and all that began before it, are whole.  What can't be read
 * twice, a pipe, is kept until its end.  A row that makes no valid event is
 * rejected with its line and the reason; a receipt is rejected whole.
 */
#ifndef TOOLS_MAPPING_H
#define TOOLS_MAPPING_H

#include "core/event.h"
#include "core/json.h"
#include "tools/mapping_file.h"

#include <stdio.h>

/* Where the events go; a receipt comes at the place of its first row. */
struct mapping_sink {
    void *context;
    struct arena *arena; /* events are made in it; the sink may reset it */
    /* An event that EVENTS.md allows, the line that it began on, and its rows,
     * a line each, which lie in the arena.  A fault ends the conversion. */
    enum err (*event)(void *context, const struct event *event,
                      const struct json_extra *extra, uint64_t line, view rows);
    /* The heading row, before all else, where the file has one. */
    enum err (*heading)(void *context, view row);
    /* A row that can't be taken; `row` is its text.  Likewise. */
    enum err (*reject)(void *context, uint64_t line, view row, const char *why);
};

struct mapping_count {
    uint64_t rows;     /* data rows, without the heading */
    uint64_t skipped;  /* left out because the mapping says so */
    uint64_t rejected; /* rows that could not be taken */
    uint64_t events;
};

/* Converts one file; `path` names it: side files are looked for beside it.
 * Faults: those of the sink, ERR_IO, ERR_MEMORY (too many rows at once);
 * ERR_INPUT with a complaint: a file lacks a column that the mapping names, or
 * a side file is missing. */
NODISCARD enum err mapping_convert(const struct mapping *mapping, FILE *in,
                                   const char *path,
                                   const struct mapping_sink *sink,
                                   struct mapping_count *ret_count,
                                   struct complaint *complaint);

#endif
