/*
 * trace.h - diagnostics of the processes: one line per event on stderr
 *
 *   2026-11-21T20:15:03.127Z notice 421 connected hub=1 session=1048577
 *   time                     level node what      key=value ...
 *
 * Seqs and numbers stand in it, never a secret and nothing a person said.
 */
#ifndef NODES_TRACE_H
#define NODES_TRACE_H

#include "core/base.h"
#include "core/record.h"

enum trace_level {
    TRACE_ERROR,  /* someone must act */
    TRACE_NOTICE, /* something changed */
    TRACE_DEBUG,  /* every step */
};

/* Lines above this level are left out; TRACE_NOTICE to begin with. */
void trace_set_level(enum trace_level level);

/* `what` is a word; the rest "key=value key=value". */
void trace(enum trace_level level, uint32_t node, const char *what,
           const char *format, ...) PRINTF_LIKE(4, 5);

/* "421.1700000000.0" for a trace; valid until the eighth next call. */
const char *trace_stream(stream_id stream);

#endif
