/*
 * trace.h - diagnostics of the processes: one line per event on stderr
 *
 *   2026-11-21T20:15:03.127Z notice 421 connected hub=1 session=1048577
 *   time                     level node what      key=value ...
 *
 * Seqs and numbers stand in it, never a secret and nothing a person said.
 *
 * Where stderr is systemd's journal, a line begins with its priority as syslog
 * numbers them, "<3>" for an error, which the journal takes off and sorts by.
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

/* Looks whether stderr is the journal, which it isn't to begin with.  Reads the
 * environment: to be called while there is one thread. */
void trace_find_journal(void);

/* What a line of this level begins with; empty where stderr is not the journal.
 * Never freed; a handler of signals may ask, too. */
const char *trace_priority(enum trace_level level);

/* Lines above this level are left out; TRACE_NOTICE to begin with. */
void trace_set_level(enum trace_level level);

/* `what` is a word; the rest "key=value key=value". */
void trace(enum trace_level level, uint32_t node, const char *what,
           const char *format, ...) PRINTF_LIKE(4, 5);

/* "421.1700000000.0" for a trace; valid until the eighth next call. */
const char *trace_stream(stream_id stream);

#endif
