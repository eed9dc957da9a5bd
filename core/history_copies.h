/*
 * history_copies.h - which events of a history do not count, and from where on
 *
 * The journal marks what has no effect, for something better is held
 * (reader_quarantine).  A mark may come to any position at any time; but what
 * was known before the better came stays what it was.
 */
#ifndef CORE_HISTORY_COPIES_H
#define CORE_HISTORY_COPIES_H

#include "core/base.h"
#include "core/err.h"

struct history;
struct reader;

/* Sees all that the reader does.  ERR_MEMORY, and as the reader. */
NODISCARD enum err history_copies_load(struct history *history,
                                       struct reader *reader);

/* Positions that do not count (or not from some position on), ascending;
 * valid until the next refresh. */
uint64_t history_quarantined(const struct history *history, uint32_t index);
/* From where on that one does not count: never before itself. */
uint64_t history_quarantined_from(const struct history *history,
                                  uint32_t index);
uint32_t history_quarantine_count(const struct history *history);

#endif
